"""Whether a report's measurements agree: a value with the span it is drawn on, and with what it is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from calipers.agent.verifier.flaw import Flaw
from calipers.evidence import Evidence, Measurement

_INTERVALS: Final = ("p_dur", "pr", "qrs", "qt", "pause_max")
#: Share by which a value computed from others may miss what they give: means of ratios are no ratios of means.
_SLACK: Final = 0.05


def consistency_flaws(items: Mapping[str, Evidence]) -> dict[str, Flaw]:
    """id → flaw for every global measurement that contradicts its own span or the values it comes from."""
    found = {}
    for name in _INTERVALS:
        item = items.get(name)
        if isinstance(item, Measurement) and item.number is not None and item.spans:
            drawn_ms = 1000.0 * (item.spans[0].end_s - item.spans[0].start_s)
            if abs(drawn_ms - item.number) > (item.uncertainty or 0.0) + 2.0:
                found[name] = Flaw("measurement", f"`{name}` is {item.number:g} ms and drawn over {drawn_ms:.0f} ms")
    for name, expected in _derived(items):
        item = items.get(name)
        if isinstance(item, Measurement) and item.number is not None:
            slack = _SLACK * abs(expected) + 0.5 * (item.uncertainty or 0.0)
            if abs(item.number - expected) > slack:
                found[name] = Flaw(
                    "measurement", f"`{name}` is {item.number:g}; what it is computed from gives {expected:.0f}"
                )
    if "hr" in found:
        found.setdefault("rr_mean", Flaw("measurement", "`rr_mean` and `hr` contradict each other"))
    return found


def _derived(items: Mapping[str, Evidence]) -> list[tuple[str, float]]:
    """(name, value) of what the mean RR, QT and QRS of a report give."""
    rr_ms, qt, qrs, bazett = (_number(items, name) for name in ("rr_mean", "qt", "qrs", "qtc_bazett"))
    found: list[tuple[str, float]] = []
    if rr_ms:
        found.append(("hr", 60_000.0 / rr_ms))
    if rr_ms and qt:
        rr_s = rr_ms / 1000.0
        found += [
            ("qtc_bazett", qt / rr_s**0.5),
            ("qtc_fridericia", qt / rr_s ** (1.0 / 3.0)),
            ("qtc_framingham", qt + 154.0 * (1.0 - rr_s)),
            ("qtc_hodges", qt + 1.75 * (60.0 / rr_s - 60.0)),
        ]
    if bazett and qrs:
        found.append(("jtc", bazett - qrs))
    return found


def _number(items: Mapping[str, Evidence], key: str) -> float | None:
    item = items.get(key)
    return item.number if isinstance(item, Measurement) else None
