"""Whether a reported value lies within the joint 95 % interval of two programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evals.citations.second import LEADS

_TABLE: Final = Path(__file__).with_name("second_error.json")
#: 95 % half-widths of what cardiologists did not mark: counting beats, and an axis from net areas.
_RATE_SHARE: Final = 0.02
_AXIS_DEG: Final = 15.0
#: The second program reads so much of a record.
_RECORD_MS: Final = 10_000.0
#: What two baselines and filters may differ by, millivolts.
_LEVEL_MV: Final = 0.03
_FAMILIES: Final = {
    "rates": ("hr", "rr_mean"),
    "intervals": ("p_dur", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "qtc_framingham", "qtc_hodges", "jtc"),
    "axes": ("qrs_axis",),
    "amplitudes": ("p_amp", "q_amp", "r_amp", "s_amp", "rp_amp", "sp_amp", "t_amp"),
    "st_levels": ("st_j", "st_60", "st_80"),
}
#: Corrected intervals have the error of the QT that they are made of.
_OF_QT: Final = ("qtc_bazett", "qtc_fridericia", "qtc_framingham", "qtc_hodges")


class Confirmed(NamedTuple):
    """One value by both programs; `half_width` is the joint 95 % interval's."""

    id: str
    family: str
    reported: float
    again: float
    half_width: float

    @property
    def inside(self) -> bool:
        """Whether they agree within it."""
        gap = abs(self.reported - self.again)
        if self.family == "axes":
            gap = min(gap % 360.0, 360.0 - gap % 360.0)
        return gap <= self.half_width


def confirm(
    items: Mapping[str, Mapping[str, Any]], again: Mapping[str, float], signal_mv: NDArray[np.float64]
) -> list[Confirmed]:
    """Compare reported values with those measured again, where both programs have one.

    Args:
        items: id → measurement as in `report.json` (`name`, `lead`, `value`, `uncertainty`).
        again: id → value of the second program.
        signal_mv: (12, n) millivolts; the height of a lead scales the second program's error in it.
    """
    found = []
    for key, item in items.items():
        family = family_of(item["name"])
        if family is None or key not in again or not isinstance(item["value"], int | float):
            continue
        value, own = _second(item["name"], item["lead"], again[key], signal_mv)
        if family == "rates":
            own = float(np.hypot(own, _one_beat(again) * abs(value)))
        if np.isfinite(value):
            joint = float(np.hypot(item["uncertainty"] or 0.0, own))
            found.append(Confirmed(key, family, float(item["value"]), value, joint))
    return found


def _one_beat(again: Mapping[str, float]) -> float:
    """What a beat more or less at the record's ends moves the mean RR by, 95 %, as a share of it."""
    mean, sd = again.get("rr_mean", 0.0), again.get("rr_sd", 0.0)
    beats = _RECORD_MS / mean if mean else 1.0
    return 1.96 * sd / mean / beats if mean else 0.0


def family_of(name: str) -> str | None:
    """The family of a measurement's name; None for what the second program does not measure."""
    return next((family for family, names in _FAMILIES.items() if name in names), None)


def families() -> tuple[str, ...]:
    """Every family."""
    return tuple(_FAMILIES)


def _second(name: str, lead: str | None, value: float, signal_mv: NDArray[np.float64]) -> tuple[float, float]:
    """The second program's value without its bias, and its 95 % half-width."""
    table = _errors()
    if name in ("hr", "rr_mean"):
        return value, _RATE_SHARE * abs(value)
    if name == "qrs_axis":
        return value, _AXIS_DEG
    if name in _OF_QT:
        return value - table["qt"]["bias"], table["qt"]["half_width"]
    if name == "jtc":
        bias = table["qt"]["bias"] - table["qrs"]["bias"]
        return value - bias, float(np.hypot(table["qt"]["half_width"], table["qrs"]["half_width"]))
    row = table.get(name)
    if row is None:
        return float("nan"), 0.0
    if lead is None:
        return value - row["bias"], row["half_width"]
    height = float(np.nanmax(signal_mv[LEADS.index(lead)]) - np.nanmin(signal_mv[LEADS.index(lead)]))
    return value, float(np.hypot(row["half_width"] * height, _LEVEL_MV))


@cache
def _errors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return found
