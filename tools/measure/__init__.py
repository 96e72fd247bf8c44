"""Measure an ECG: every interval, amplitude, level and count, each with spans, uncertainty and method."""

from __future__ import annotations

from calipers.ecg import Ecg
from calipers.evidence import Measurements
from calipers.tools.measure.engine import examine
from calipers.tools.measure.examination import Examination
from calipers.tools.measure.timeline import Episode, MinuteRate, Timeline

__all__ = ["Episode", "Examination", "MinuteRate", "Timeline", "examine", "measure"]


def measure(ecg: Ecg) -> Measurements:
    """Measure one ECG.

    Args:
        ecg: at least one lead; two leads at 250 Hz measure.

    Returns:
        id → `Measurement`: global (`pr`), per lead (`V3.st_j`), per beat (`qrs#4`, `V3.st_j#4`). What
        cannot be measured is there too, with `status="not_measurable"` and the reason. Beat items of a
        record of more than a minute are made when they are asked for.

    Example:
        >>> measured = measure(ecg)
        >>> print(round(measured["pr"].value), measured["pr"].unit, measured["pr"].status)
        149 ms measured
        >>> measured["V3.st_j"].lead, measured["qrs#4"].beat
        ('V3', 4)
        >>> measured.to_frame().loc[0, ["id", "unit"]].tolist()
        ['hr', '/min']
    """
    return examine(ecg).measurements
