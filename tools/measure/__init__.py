"""Measure an ECG: every interval, amplitude, level and count, each with spans, uncertainty and method."""

from __future__ import annotations

from calipers.ecg import Ecg
from calipers.evidence import Measurements
from calipers.tools.measure.engine import Examination, examine

__all__ = ["Examination", "examine", "measure"]


def measure(ecg: Ecg) -> Measurements:
    """Measure one ECG.

    Args:
        ecg: at least one lead; two leads at 250 Hz measure.

    Returns:
        id → `Measurement`: global (`pr`), per lead (`V3.st_j`), per beat (`qrs#4`, `V3.st_j#4`). What
        cannot be measured is there too, with `status="not_measurable"` and the reason.
    """
    return examine(ecg).measurements
