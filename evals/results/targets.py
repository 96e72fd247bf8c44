"""What was asked for, and how far a figure falls short of it: the weakest rows are found by code, not chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from calipers.errors import UsageError
from calipers.evals.framework import Result
from calipers.evals.results.slots import number

Relation = Literal[">=", "<=", "within"]
_ASKED: Final = re.compile(r"^([\w.+-]+):(\S.*?) (>=|<=|within) (\d+(?:\.\d+)?)(?: \((.+)\))?$")
_SIGNS: Final[dict[str, str]] = {">=": "≥", "<=": "≤", "within": "±"}


class Target(NamedTuple):
    """A figure and its limit: at least, at most, or so far from zero on either side; `by` says who set it."""

    result: str
    metric: str
    relation: Relation
    limit: float
    by: str = "asked"

    @classmethod
    def parse(cls, text: str) -> Target:
        """`ptbxl_statements:macro_auroc >= 0.93`, `measurement:qrs_bias_ms within 10`, `… >= 0.5 (published of X)`.

        Raises:
            UsageError: it is not of this form.
        """
        match = _ASKED.match(text)
        if match is None:
            raise UsageError(f"found target `{text}`; needed `result:metric >= 0.93`, with >=, <= or within")
        relation: Relation = match[3]  # type: ignore[assignment]
        return cls(match[1], match[2], relation, float(match[4]), match[5] or "asked")

    def value(self, results: Mapping[str, Result]) -> float | None:
        """The figure; None where it was not taken."""
        return number(results, self.result, self.metric)

    def attained(self, results: Mapping[str, Result]) -> float | None:
        """The share of what was asked that was attained: 1 on the limit, more beyond it; None where not taken."""
        value = self.value(results)
        if value is None:
            return None
        if self.relation == ">=":
            return value / self.limit if self.limit else float(value >= 0.0)
        reached = abs(value) if self.relation == "within" else value
        if not self.limit:  # nothing was asked for: what is short of it is the share that should not be
            return 1.0 - reached
        # Of what should be small, twice the limit attains half.
        return self.limit / reached if reached > self.limit else 2.0 - reached / self.limit

    def limit_text(self) -> str:
        """`≥ 0.93`."""
        return f"{_SIGNS[self.relation]} {self.limit:g}"


class Standing(NamedTuple):
    """A row's worst target: the share of it that was attained."""

    what: str
    target: Target
    value: float
    attained: float
    why: str


def standings(rows: Sequence[tuple[str, Sequence[Target], str]], results: Mapping[str, Result]) -> list[Standing]:
    """Every row that was asked for something, by its worst target, the weakest first.

    Args:
        rows: what each claims, what it was asked for, and why it may fall short.
        results: name → result.
    """
    found = []
    for what, targets, why in rows:
        taken = [
            Standing(what, one, value, share, why)
            for one in targets
            if (value := one.value(results)) is not None and (share := one.attained(results)) is not None
        ]
        found += [min(taken, key=lambda one: one.attained)] if taken else []
    return sorted(found, key=lambda one: one.attained)
