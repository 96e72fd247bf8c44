"""Measure a candidate and set it beside what was asked for (tolerances of DESIGN §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.knowledge import Verdicts, evaluate
from calipers.report import Demographics
from calipers.tools.generate.request import Request
from calipers.tools.generate.synthesis import Item
from calipers.tools.measure import measure

TOLERANCES: Final[dict[str, float]] = {
    "pr": 15.0, "qrs": 12.0, "qtc": 20.0, "p_axis": 15.0, "qrs_axis": 15.0, "t_axis": 15.0, "st_j": 0.05,
}  # fmt: skip
#: DESIGN names none for amplitudes: a tenth of a millivolt, or 15 % of a large one.
_AMPLITUDE_MV: Final = 0.1
_AMPLITUDE_SHARE: Final = 0.15


def judge(ecg: Ecg, request: Request) -> tuple[tuple[Item, ...], Mapping[str, Measurement], Verdicts]:
    """Every wish of a request beside what is measured on an ECG."""
    found = measure(ecg)
    verdicts = evaluate(found, Demographics(age=request.age, sex=request.sex))
    items = [_number(name, wanted, tolerance, found) for name, wanted, tolerance in numbers(request)]
    items += [
        _statement(key, "present", verdicts) if key in verdicts else _unverifiable(key) for key in request.statements
    ]
    items += [_statement(key, "absent", verdicts) for key in request.absent if key in verdicts]
    return tuple(items), found, verdicts


def numbers(request: Request) -> list[tuple[str, float, float]]:
    """Measurement id, wanted value and tolerance of each number asked for."""
    out: list[tuple[str, float, float]] = []
    if request.hr is not None:
        out.append(("hr", float(request.hr), max(0.05 * request.hr, 3.0)))
    for name in ("pr", "qrs", "p_axis", "qrs_axis", "t_axis"):
        value = getattr(request, name)
        if value is not None:
            out.append((name, float(value), TOLERANCES[name]))
    if request.qtc is not None:
        out.append((request.qtc_formula, float(request.qtc), TOLERANCES["qtc"]))
    for key, value in request.levels.items():
        is_st = key.endswith(".st_j")
        out.append(
            (key, float(value), TOLERANCES["st_j"] if is_st else max(_AMPLITUDE_MV, _AMPLITUDE_SHARE * abs(value)))
        )
    return out


def _number(name: str, wanted: float, tolerance: float, found: Mapping[str, Measurement]) -> Item:
    measurement = found.get(name)
    obtained = measurement.number if measurement is not None else None
    item = Item(
        name=name, requested=wanted, obtained=obtained, tolerance=tolerance,
        unit=measurement.unit if measurement is not None else "",
    )  # fmt: skip
    return item.model_copy(update={"met": obtained is not None and item.miss <= 1.0})


def _unverifiable(key: str) -> Item:
    return Item(name=key, requested="present", obtained="cannot be verified: no published criteria", verifiable=False)


def _statement(key: str, wanted: str, verdicts: Verdicts) -> Item:
    verdict = verdicts[key]
    result = verdict.result
    leaning = f"{result}, leans {'present' if verdict.leans else 'absent'}" if verdict.leans is not None else result
    met = result == "met" if wanted == "present" else not verdict.leans_present
    return Item(name=key, requested=wanted, obtained=result if result != "indeterminate" else leaning, met=met)
