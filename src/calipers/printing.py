"""How a cited value is printed, and how a claim's slots are filled. Nothing else prints a number.

>>> fill("PR interval {pr}", lambda slot: "226 ms")
'PR interval 226 ms'
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from calipers.evidence import (
    CriterionEvidence,
    DeviceEvidence,
    Evidence,
    Measurement,
    ModelProbability,
    PriorEvidence,
    ToolEvidence,
)
from calipers.parameters import SHARES

#: `{pr}`, `{V3.st_j}`, `{qrs#4}`, `{crit:lvh.sokolow_lyon}`, `{device:pr}`, `{prior:<record>/pr}`
SLOT: Final = re.compile(r"\{([A-Za-z][^{}\s]*)\}")

_DIGITS: Final[dict[str, int]] = {"ms": 0, "mV": 2, "deg": 0, "/min": 0, "": 2}
_SUFFIX: Final[dict[str, str]] = {"ms": " ms", "mV": " mV", "deg": "°", "/min": "/min", "": ""}
NOT_MEASURABLE: Final = "not measurable"


def printed(item: Evidence) -> str:
    """A citable item's value with its unit, as it stands in every text: `226 ms`, `-0.12 mV`, `52°`.

    Raises:
        ValueError: the item holds no value to print (a passage, a case).
    """
    match item:
        case Measurement():
            # Shares of one keep their decimals even when they are whole: `1.00`, not `1`.
            if item.name in SHARES and isinstance(item.value, float):
                return f"{item.value:.2f}"
            return NOT_MEASURABLE if item.status == "not_measurable" else printed_value(item.value, item.unit)
        case CriterionEvidence():
            if item.threshold is None:
                raise ValueError(f"criterion `{item.id}` has no threshold to print")
            return printed_value(item.threshold, item.unit)
        case DeviceEvidence():
            return printed_value(item.value, item.unit)
        case PriorEvidence(measurement=Measurement() as earlier):
            return printed(earlier)
        case PriorEvidence() if item.id.endswith("/recorded_at"):
            return item.text
        case ModelProbability():
            return f"{100 * item.probability:.0f} %"
        case ToolEvidence(value=str() as words):
            return words
        case ToolEvidence(value=float() as value):
            return f"{value:.6g} {item.unit}".strip()
    raise ValueError(f"`{item.id}` holds no value to print")


def printed_value(value: float | str | None, unit: str) -> str:
    """A bare value with its unit; whole counts and flags without decimals."""
    if value is None:
        return NOT_MEASURABLE
    if isinstance(value, str):
        return value
    digits = 0 if unit == "" and float(value).is_integer() else _DIGITS[unit]
    text = f"{value:.{digits}f}"
    # "-0.00" is a rounding artefact, not a sign.
    if float(text) == 0.0:
        text = text.lstrip("-")
    return f"{text}{_SUFFIX[unit]}"


def slots(template: str) -> tuple[str, ...]:
    """The ids in a template's slots, in order."""
    return tuple(SLOT.findall(template))


def fill(template: str, lookup: Callable[[str], str]) -> str:
    """Replace each slot by what `lookup` prints for its id."""
    return SLOT.sub(lambda match: lookup(match.group(1)), template)
