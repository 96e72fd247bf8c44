"""Slots of a row's figure and what fills them: `{result:metric|form}`, `{result:group/metric|form}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from calipers.errors import UsageError
from calipers.evals.framework import Result

#: What stands where a result was not saved, or has no such figure yet.
MISSING: Final = "not run"
_SLOT: Final = re.compile(r"\{([\w.+-]+):([^{}|]+)\|(\w+)\}")
_FORMS: Final[dict[str, Callable[[float], str]]] = {
    "pct0": lambda value: f"{100 * value:.0f} %",
    "pct1": lambda value: f"{100 * value:.1f} %",
    "num0": lambda value: f"{value:,.0f}",
    "num1": lambda value: f"{value:.1f}",
    "num2": lambda value: f"{value:.2f}",
    "num3": lambda value: f"{value:.3f}",
    "signed1": lambda value: f"{value:+.1f}".replace("-", "−"),
}


class Slot(NamedTuple):
    """One slot: the result's name, its metric (`n`, `metric` or `group/metric`), and the form in which it is printed."""

    result: str
    metric: str
    form: str


def slots(text: str) -> Iterator[Slot]:
    """The slots of a text, in order."""
    return (Slot(*match.groups()) for match in _SLOT.finditer(text))


def fill(text: str, results: Mapping[str, Result]) -> str:
    """The text with its slots filled; `not run` for what was not taken.

    Raises:
        UsageError: a slot names a form that does not exist.
    """
    return _SLOT.sub(lambda slot: printed(Slot(*slot.groups()), results), text)


def fill_with_intervals(text: str, results: Mapping[str, Result]) -> str:
    """The text with its slots filled, each figure followed by its 95 % interval where it has one and shows none."""
    shown = {(slot.result, slot.metric) for slot in slots(text) if slot.form not in _FORMS}

    def filled(match: re.Match[str]) -> str:
        slot = Slot(*match.groups())
        limits = "–" if (slot.result, slot.metric) in shown else interval_text(results, slot)
        return printed(slot, results) + (f" [{limits}]" if limits != "–" else "")

    return _SLOT.sub(filled, text)


def printed(slot: Slot, results: Mapping[str, Result]) -> str:
    """One slot's value as it is printed, or its interval for the forms `ci3` and `pctci1`."""
    if slot.form in _FORMS:
        value = number(results, slot.result, slot.metric)
        return MISSING if value is None else _FORMS[slot.form](value)
    kind, digits = slot.form[:-1], slot.form[-1:]
    if kind not in ("ci", "pctci") or not digits.isdigit():
        raise UsageError(f"found form `{slot.form}`; needed one of {', '.join(_FORMS)}, ci3 or pctci1")
    limits = interval(results, slot)
    if limits is None:
        return "–" if slot.result in results else MISSING
    factor = 100.0 if kind == "pctci" else 1.0
    return "[{:.{d}f}, {:.{d}f}]".format(*(factor * limit for limit in limits), d=int(digits))


def number(results: Mapping[str, Result], name: str, metric: str) -> float | None:
    """A figure of a result, or of one of its groups; None where it was not taken."""
    result = results.get(name)
    if result is None or metric == "n":
        return None if result is None else float(result.n)
    group, _, own = metric.rpartition("/")
    values = result.groups.get(group, {}) if group else result.metrics
    return values.get(own)


def interval(results: Mapping[str, Result], slot: Slot) -> tuple[float, float] | None:
    """The 95 % interval of a slot's figure; None for a group's, or without one."""
    result = results.get(slot.result)
    return None if result is None or "/" in slot.metric else result.ci95.get(slot.metric)


def interval_text(results: Mapping[str, Result], slot: Slot) -> str:
    """The interval in the slot's own form, without its unit: `68.1–83.3`; a dash without one."""
    limits = interval(results, slot)
    form = _FORMS.get(slot.form)
    if limits is None or form is None:
        return "–"
    low, high = (form(limit).removesuffix(" %") for limit in limits)
    return f"{low} to {high}"
