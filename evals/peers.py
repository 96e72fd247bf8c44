"""What two free programs say of an ECG as their own tutorials use them, on lead II: rate, intervals, and codes.

openecg's `report()` names rhythms and counts ventricular beats itself. NeuroKit2 only measures: plain limits make codes
of its rate and PR, as anyone would who reports by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.evals.measurement.peers import neurokit2_marks

#: openecg's name of an interval → ours.
_INTERVALS: Final = {"p_duration": "p_dur", "qrs_duration": "qrs", "pr": "pr", "qt": "qt"}
_RHYTHMS: Final = {"sinus": "SR", "afib": "AFIB", "paced": "PACE"}
_FAST, _SLOW, _LONG_PR_MS = 100.0, 60.0, 200.0
#: Lead II.
_ROW: Final = 1


class Heard(NamedTuple):
    """One program's word on one ECG.

    Attributes:
        values: id → rate a minute, intervals in milliseconds; what it does not give is left out.
        codes: SCP-ECG codes of what it says is present.
        text: its own sentence; empty where it writes none.
    """

    values: Mapping[str, float]
    codes: frozenset[str]
    text: str = ""


def openecg(ecg: Ecg) -> Heard:
    """openecg's `report()` on lead II."""
    import openecg as program

    found = program.report(ecg.signal_mv[_ROW], fs=round(ecg.fs_hz))
    values = {
        key: float(value) for name, key in _INTERVALS.items() if (value := found.intervals_ms.get(name)) is not None
    }
    if rate := found.heart_rate.get("bpm"):
        values["hr"] = float(rate)
    codes = {code for label, code in _RHYTHMS.items() if found.rhythm.get("label") == label}
    codes |= {"PVC"} if found.beats.get("vpc_count") else set()
    return Heard(values, frozenset(codes) | by_limits(values, codes), str(found.summary))


def neurokit2(ecg: Ecg) -> Heard:
    """NeuroKit2's cleaning, peaks and wavelet delineation of lead II; nothing where it stops with an error."""
    try:
        marks = neurokit2_marks(ecg.signal_mv[_ROW], round(ecg.fs_hz))
    except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return Heard({}, frozenset())
    p, on, off, t = (_times_ms(marks, edge, ecg.fs_hz) for edge in ("P_Onsets", "R_Onsets", "R_Offsets", "T_Offsets"))
    values = {"pr": _median(on, p), "qrs": _median(off, on), "qt": _median(t, on)}
    rr = np.diff(on[np.isfinite(on)])
    values |= {"hr": 60_000.0 / float(rr.mean())} if rr.size else {}
    known = {name: value for name, value in values.items() if np.isfinite(value)}
    return Heard(known, by_limits(known, frozenset()))


PEERS: Final[dict[str, Callable[[Ecg], Heard]]] = {"openecg": openecg, "neurokit2": neurokit2}


def by_limits(values: Mapping[str, float], rhythm: frozenset[str] | set[str]) -> frozenset[str]:
    """Codes that plain limits make of a rate and a PR: tachycardia and bradycardia of a sinus rhythm, first-degree block."""
    other = bool(rhythm & {"AFIB", "PACE"})
    rate, pr = values.get("hr", float("nan")), values.get("pr", float("nan"))
    limits = {"STACH": rate > _FAST and not other, "SBRAD": rate < _SLOW and not other, "1AVB": pr > _LONG_PR_MS}
    return frozenset(code for code, beyond in limits.items() if beyond)


def _times_ms(marks: Mapping[str, Any], edge: str, fs_hz: float) -> NDArray[np.float64]:
    return np.array(marks.get(f"ECG_{edge}", []), dtype=np.float64) * 1000.0 / fs_hz


def _median(later: NDArray[np.float64], earlier: NDArray[np.float64]) -> float:
    if later.shape != earlier.shape:
        return float("nan")
    both = (later - earlier)[np.isfinite(later - earlier)]
    return float(np.median(both)) if both.size else float("nan")
