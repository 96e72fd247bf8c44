"""Labelled synthetic sets: for each ECG its signal, picture, measurements and text under one id, resumable.

As in MEETI (arXiv 2507.15255) signal, image, parameters and text are aligned; the picture's lead boxes and the traces'
pixels go with it, so that page readers can be trained on them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import Measurement
from calipers.tools.generate.closed_loop import fulfil
from calipers.tools.generate.detection_sets import write_detection
from calipers.tools.generate.request import Request
from calipers.tools.generate.synthesis import Synthesis
from calipers.tools.generate.understanding import understand_request
from calipers.tools.generate.writing import described, write_wfdb
from calipers.tools.measure import measure
from calipers.tools.render import Sheet, render
from calipers.tools.render.letters import MM_PER_INCH
from calipers.tools.render.paper import strip_name

MANIFEST: Final = "manifest.jsonl"
_MEASURED: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "p_axis", "qrs_axis", "t_axis")
_DPI: Final = 100


class Summary(NamedTuple):
    """How many ECGs were made, how many of them met every wish, and how many were there from an earlier run."""

    made: int
    met: int
    kept: int


def wishes_of(*, text: str | None, spec: Path | None, like: Path | None, count: int) -> list[Request]:
    """The requests of a set.

    Args:
        text: one request, repeated `count` times.
        spec: a file of requests, one a line: words, or a JSON object of `Request`'s fields with an optional `count`.
        like: an ECG whose measured numbers and statements are asked for, `count` times.
        count: how many; with `spec`, at least one of each line.

    Raises:
        UsageError: nothing is asked for, or a line is not a request.
    """
    if spec is not None:
        wishes = [one for line in spec.read_text(encoding="utf-8").splitlines() if line.strip() for one in _line(line)]
    elif like is not None:
        wishes = [_like(like)]
    elif text is not None:
        wishes = [understand_request(text)]
    else:
        raise UsageError("found neither TEXT nor --spec nor --like; needed one of them for a set")
    if not wishes:
        raise UsageError(f"found no request in `{spec}`; needed one a line")
    total = max(count, len(wishes))
    return [wishes[place % len(wishes)] for place in range(total)]


def _line(line: str) -> list[Request]:
    if not line.lstrip().startswith("{"):
        return [understand_request(line)]
    try:
        fields: dict[str, Any] = json.loads(line)
        times = int(fields.pop("count", 1))
        base = understand_request(fields["text"]) if fields.get("text") else Request()
        return [base.model_copy(update=dict(Request(**fields).model_dump(exclude_unset=True)))] * times
    except (ValueError, TypeError) as broken:
        raise UsageError(f"found `{line[:60]}`; needed words, or a JSON object of a request's fields") from broken


def _like(path: Path) -> Request:
    """A request for an ECG with the numbers, the age and the sex of a given one."""
    from calipers.knowledge import evaluate
    from calipers.report import Demographics
    from calipers.tools.generate.patterns import PATTERNS
    from calipers.tools.read import read_ecg

    ecg = read_ecg(str(path))
    found = measure(ecg)
    verdicts = evaluate(found, Demographics(age=ecg.patient.age, sex=ecg.patient.sex))
    keys = tuple(key for key, verdict in verdicts.items() if verdict.result == "met" and key in PATTERNS)
    numbers = {name: found[name].number for name in ("hr", "pr", "qrs", "qrs_axis")} | {
        "qtc": found["qtc_bazett"].number
    }
    given = {name: float(round(value)) for name, value in numbers.items() if value is not None}
    wish = Request(statements=keys, age=ecg.patient.age, sex=ecg.patient.sex, text=f"like {path.name}")
    return wish.model_copy(update=given)


def write_set(wishes: Sequence[Request], out: Path, *, seed: int = 0) -> Summary:
    """Make every ECG that is not in the folder's manifest yet.

    `out` gets, for each id, `ID.hea/.dat`, `ID.png`, `ID.json` (request, items, measurements, text, boxes) and
    `ID.masks.npz`; and `manifest.jsonl`, one line an ECG, written last, so that a torn one is made again. The boxes
    and traces of all are in `annotations.coco.json` and, as YOLO has them, in `ID.txt` and `data.yaml`.
    """
    out.mkdir(parents=True, exist_ok=True)
    manifest = out / MANIFEST
    done = _done(manifest)
    made = met = kept = 0
    for place, wish in enumerate(wishes):
        name = f"synthetic-{seed:04d}-{place:06d}"
        if name in done:
            kept += 1
            continue
        found = fulfil(wish, seed=seed * 1_000_003 + place)
        _write_one(found, out, name)
        line = {"id": name, "record": found.ecg.record, "met": found.met, "text": wish.text, "synthetic": True}
        with manifest.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")
        made, met = made + 1, met + int(found.met)
    write_detection(out, sorted(_done(manifest)))
    return Summary(made, met, kept)


def _done(manifest: Path) -> frozenset[str]:
    if not manifest.is_file():
        return frozenset()
    whole = manifest.read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
        manifest.write_text("".join(lines), encoding="utf-8")
    return frozenset(json.loads(line)["id"] for line in lines)


def _write_one(made: Synthesis, out: Path, name: str) -> None:
    write_wfdb(made.ecg, out / name)
    picture = render(made.ecg, format="png", dpi=_DPI)
    picture.save(out / f"{name}.png")
    measured = measure(made.ecg)
    boxes, masks = _boxes_and_masks(made.ecg, picture.sheet)
    np.savez_compressed(out / f"{name}.masks.npz", allow_pickle=False, **masks)
    document = described(made) | {
        "id": name,
        "text": report_line(measured, made.request),
        "measurements": {item.id: item.number for item in measured.whole if item.number is not None},
        "boxes_px": boxes,
        "names_px": _name_boxes(picture.sheet),
    }
    (out / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def report_line(measured: Mapping[str, Measurement], request: Request) -> str:
    """The ECG in a line of words, from what was measured."""
    numbers = [
        f"{name} {measured[name].number:.0f} {measured[name].unit}"
        for name in _MEASURED
        if measured[name].number is not None
    ]
    named = [key.replace("_", " ") for key in request.statements]
    return ", ".join([*named, *numbers])


def _boxes_and_masks(ecg: Ecg, sheet: Sheet) -> tuple[dict[str, list[list[float]]], dict[str, NDArray[np.int16]]]:
    """Of every strip its box in pixels (left, top, right, bottom), and the trace's pixels as (samples, 2)."""
    scale = _DPI / MM_PER_INCH
    boxes: dict[str, list[list[float]]] = {}
    masks: dict[str, NDArray[np.int16]] = {}
    for number, strip in enumerate(sheet.strips):
        x, y = sheet.polyline(strip, ecg)
        corners = (x[0], strip.baseline_mm - sheet.pitch_mm / 2, x[-1], strip.baseline_mm + sheet.pitch_mm / 2)
        boxes.setdefault(strip.lead, []).append([round(float(value) * scale, 1) for value in corners])
        masks[f"{number:02d}.{strip.lead}"] = np.round(np.stack((x, y), axis=1) * scale).astype(np.int16)
    return boxes, masks


def _name_boxes(sheet: Sheet) -> dict[str, list[list[float]]]:
    """Of every strip's name its box in pixels: left, top, right, bottom."""
    scale = _DPI / MM_PER_INCH
    boxes: dict[str, list[list[float]]] = {}
    for strip in sheet.strips:
        name = strip_name(sheet, strip)
        boxes.setdefault(strip.lead, []).append([round(value * scale, 1) for value in name.box_mm()])
    return boxes
