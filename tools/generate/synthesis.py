"""What comes back from the generator: the ECG, and what was asked for beside what was measured on it."""

from __future__ import annotations

from typing import Any

from pydantic import Field, InstanceOf

from calipers.ecg import Ecg
from calipers.evidence import Frozen
from calipers.tools.generate.request import Request


class Item(Frozen):
    """One wish and what became of it.

    Attributes:
        name: a measurement id, or the key of a statement.
        requested: a number in the measurement's unit, or `present` or `absent`.
        obtained: what was measured; the verdict's word for a statement; None where it could not be measured.
        tolerance: the half-width within which a number counts as met; None for a statement.
        met: whether it does.
        unit: of both numbers.
        verifiable: whether any measurement could say so; a statement without published criteria is never met.
    """

    name: str
    requested: float | str
    obtained: float | str | None
    tolerance: float | None = None
    met: bool = False
    unit: str = ""
    verifiable: bool = True

    @property
    def miss(self) -> float:
        """How far off, in tolerances; 0 where met exactly or not verifiable, 2 for a statement that is not met."""
        if isinstance(self.requested, float) and isinstance(self.obtained, float) and self.tolerance:
            off = abs(self.obtained - self.requested)
            if self.unit == "deg":
                off = min(off, 360.0 - off)
            return off / self.tolerance
        return 0.0 if self.met or not self.verifiable else 2.0


class Synthesis(Frozen):
    """A generated ECG.

    Attributes:
        ecg: marked synthetic.
        items: every wish beside what was measured.
        met: whether all of them are.
        provenance: weights, seed, candidates, how long it took, and what was learned from simulated signals.
        request: what was asked.
        inferred_leads: leads that were computed from others, of a completed ECG; never to be cited as measured.
        uncertainty_mv: of each inferred lead, the spread between samples.
    """

    ecg: InstanceOf[Ecg]
    items: tuple[Item, ...]
    met: bool
    provenance: dict[str, Any]
    request: Request = Field(default_factory=Request)
    inferred_leads: tuple[str, ...] = ()
    uncertainty_mv: dict[str, float] = Field(default_factory=dict)

    model_config = Frozen.model_config | {"arbitrary_types_allowed": True}

    def lines(self) -> list[str]:
        """`QRS duration   requested 140   obtained 137   met`, one line an item."""
        return [
            f"{item.name}  requested {_said(item.requested, item.unit)}  obtained {_said(item.obtained, item.unit)}"
            f"  {'met' if item.met else 'NOT MET'}"
            for item in self.items
        ]


def _said(value: float | str | None, unit: str) -> str:
    if value is None:
        return "not measurable"
    return value if isinstance(value, str) else f"{value:.4g}{' ' + unit if unit else ''}"
