"""Which intervals turned normal, or abnormal, or still are abnormal, from one ECG to another."""

from __future__ import annotations

from collections.abc import Mapping

from calipers.evidence import Measurement
from calipers.knowledge.ranges import normal_ranges
from calipers.report import Demographics
from calipers.tools.closed_question.asking import Turned

#: (abnormal in the first, abnormal in the second).
_SOUGHT: dict[Turned, tuple[bool, bool]] = {
    "normal": (True, False),
    "abnormal": (False, True),
    "still_abnormal": (True, True),
}


def changed_ranges(
    first: Mapping[str, Measurement],
    second: Mapping[str, Measurement],
    turned: Turned,
    patients: tuple[Demographics, Demographics] = (Demographics(), Demographics()),
) -> tuple[str, ...]:
    """The names of the intervals that did; one that could not be measured on both ECGs is never named."""
    found = []
    for name, normal in normal_ranges().items():
        values = [ecg[name].number if name in ecg else None for ecg in (first, second)]
        if values[0] is None or values[1] is None:
            continue
        before, now = (
            normal.place(value, patient) != "within"
            for value, patient in zip((values[0], values[1]), patients, strict=True)
        )
        if (before, now) == _SOUGHT[turned]:
            found.append(name)
    return tuple(found)
