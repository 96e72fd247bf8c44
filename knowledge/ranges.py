"""Normal ranges of the intervals, for the plain question whether a value is normal."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import Field, TypeAdapter

from calipers.knowledge.nodes import Entry
from calipers.report import Demographics

Place = Literal["above", "below", "within"]


class NormalRange(Entry):
    """A range in milliseconds; both limits are normal. `high_female` replaces `high` in women."""

    low: float
    high: float
    source: Annotated[str, Field(min_length=1)]
    high_female: float | None = None

    def place(self, value_ms: float, patient: Demographics) -> Place:
        """Where a value lies; of unknown sex the wider range counts."""
        highest = self.high if self.high_female is None or patient.sex == "male" else self.high_female
        return "above" if value_ms > highest else "below" if value_ms < self.low else "within"


@cache
def normal_ranges() -> dict[str, NormalRange]:
    """Measurement name → its normal range."""
    content = yaml.safe_load((files("calipers.knowledge") / "ranges.yaml").read_text("utf-8"))
    return TypeAdapter(dict[str, NormalRange]).validate_python(content)
