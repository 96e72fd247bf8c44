"""From a record to a page of some layout, and back to an ECG by the product's own reader."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.evals.framework import Options, each
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg, signals
from calipers.models.segmenter.damage import Level, damage
from calipers.models.segmenter.painter import paint
from calipers.models.segmenter.styles import Style, draw_style
from calipers.tools.classify import classify
from calipers.tools.read import read_ecg

#: Arrangement and number of rhythm strips, by the name that reports use.
LAYOUTS: Final[dict[str, tuple[str, int]]] = {
    "3x4+1": ("3x4", 1),
    "3x4+3": ("3x4", 3),
    "3x4": ("3x4", 0),
    "6x2": ("6x2", 0),
    "4x3": ("4x3", 0),
    "12x1": ("12x1", 0),
}
_PX_MM: Final = 6.0


class Job(NamedTuple):
    """One record on one page."""

    row: Labelled
    eight_uv: Microvolts
    layout: str
    level: Level


class PageRead(NamedTuple):
    """What `classify` says of a record's signal and of its page.

    Attributes:
        ecg_id, patient, layout: which.
        refused: what the reader said where it read nothing.
        seconds: of reading the page.
        signal, page: (71,) probabilities in the order of `classifier.codes`; the page's None where it was refused.
    """

    ecg_id: int
    patient: str
    layout: str
    refused: str | None
    seconds: float
    signal: list[float]
    page: list[float] | None


def page_of(ecg: Ecg, layout: str, level: Level, seed: int, path: Path) -> Path:
    """Paint a record as a page of a look by chance, let it come to harm, and write it as PNG."""
    style, chance = style_of(layout, seed)
    page = paint(ecg.signal_mv, ecg.fs_hz, style, _PX_MM, chance)
    image = damage(page.image, level, chance, page.px_mm)
    if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR)):
        raise OSError(f"found no way to write `{path}`; needed a writable folder")
    return path


def style_of(layout: str, seed: int) -> tuple[Style, np.random.Generator]:
    """The look of a record's page, and the draws that go on from it."""
    arrangement, strips = LAYOUTS[layout]
    chance = np.random.default_rng((seed, *layout.encode()))
    return draw_style(chance, arrangement=arrangement, strips=strips), chance


def read_back(ecg: Ecg, layout: str, level: Level, seed: int) -> Ecg:
    """The same ECG, read from its page; age and sex are given with it.

    Raises:
        UnreadableInput: the page was not read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = page_of(ecg, layout, level, seed, Path(folder) / "page.png")
        return read_ecg(path, age=ecg.patient.age, sex=ecg.patient.sex)


def judge(options: Options, rows: Sequence[Labelled], layouts: Sequence[str], level: Level) -> list[PageRead]:
    """Both judgements of every record on a page of every layout."""
    return each(_judged, jobs(options, rows, layouts, level), len(rows) * len(layouts), "pages", options)


def jobs(options: Options, rows: Sequence[Labelled], layouts: Sequence[str], level: Level) -> Iterator[Job]:
    """One job a record and layout."""
    known = {row.ecg_id: row for row in rows}
    for ecg_id, eight_uv in signals(options.data, set(known)):
        for layout in layouts:
            yield Job(known[ecg_id], eight_uv, layout, level)


def _judged(job: Job) -> PageRead:
    ecg = as_ecg(job.row, job.eight_uv)
    signal = list(classify(ecg).values())
    started = time.perf_counter()
    refused, page = None, None
    try:
        page = list(classify(read_back(ecg, job.layout, job.level, job.row.ecg_id)).values())
    except UnreadableInput as said:
        refused = str(said)
    seconds = time.perf_counter() - started
    return PageRead(job.row.ecg_id, job.row.patient, job.layout, refused, seconds, signal, page)
