"""Onsets and offsets of each beat as a WFDB annotation file beside a record: `(` `p` `)` `(` `N` `)` `t` `)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import Measurement

EXTENSION: Final = "cal"
#: WFDB tells the wave of an onset or offset by `num`: 0 P, 1 QRS, 2 T (PhysioNet, ECG wave annotation codes).
_P, _QRS, _T = 0, 1, 2
_NAME: Final = re.compile(r"[-\w]+", re.ASCII)


def write_annotations(ecg: Ecg, measurements: Mapping[str, Measurement], stem: Path) -> Path:
    """Write `STEM.cal` with the global onset and offset of P and QRS and the end of T, of every beat.

    Args:
        ecg: the record; times become samples at its rate.
        measurements: as `measure(ecg)` gives them.
        stem: the record's path without suffix.

    Raises:
        UsageError: the name is none that WFDB takes, no beat was measured, or the folder cannot be written.
    """
    import wfdb

    if not _NAME.fullmatch(stem.name):
        raise UsageError(f"found the record name `{stem.name}`; WFDB needed letters, digits, `-` and `_`")
    marks = _marks(ecg, measurements)
    if not marks:
        raise UsageError("found no measured beat; needed one to annotate")
    try:
        wfdb.wrann(
            stem.name,
            EXTENSION,
            np.array([sample for sample, _, _ in marks]),
            symbol=[symbol for _, symbol, _ in marks],
            num=np.array([wave for _, _, wave in marks]),
            fs=ecg.fs_hz,
            write_dir=str(stem.parent),
        )
    except OSError as problem:
        raise UsageError(
            f"found `{stem.parent}`, which cannot be written: {problem.strerror}; needed a writable folder"
        ) from problem
    return stem.with_name(f"{stem.name}.{EXTENSION}")


def _marks(ecg: Ecg, measurements: Mapping[str, Measurement]) -> list[tuple[int, str, int]]:
    """(sample, symbol, wave) in time."""
    marks: list[tuple[int, str, int]] = []

    def add(time_s: float, symbol: str, wave: int) -> None:
        sample = round(time_s * ecg.fs_hz)
        if 0 <= sample < ecg.signal_mv.shape[1]:
            marks.append((sample, symbol, wave))

    for item in measurements.values():
        if item.beat is None or item.lead is not None or item.status != "measured" or not item.spans:
            continue
        _, onset_s, offset_s = item.spans[0]
        if item.name in ("p_dur", "qrs"):
            wave, symbol = (_P, "p") if item.name == "p_dur" else (_QRS, "N")
            add(onset_s, "(", wave)
            add((onset_s + offset_s) / 2, symbol, 0)
            add(offset_s, ")", wave)
        elif item.name == "qt":
            add(offset_s, ")", _T)
    return sorted(marks)
