"""The beat items of a long record as arrays: a `Measurement` is made when one is asked for.

An hour holds some 4,500 beats with a hundred items each. As objects they would take gigabytes; here each
is a few numbers, and `V3.st_j#812` resolves to the same measurement that a short record would hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evidence import Measurement, Span, measurement_id
from calipers.leads import Lead

#: Seconds and values are stored as float32 and given back with the digits they had.
_DIGITS: Final = 4

Float32 = NDArray[np.float32]


class Column(NamedTuple):
    """One kind of beat item: `V3.st_j` is name `st_j` in lead V3."""

    name: str
    lead: Lead | None
    unit: str

    @property
    def stem(self) -> str:
        """The id without its beat."""
        return measurement_id(self.name, self.lead)


@dataclass(frozen=True, eq=False)
class BeatTable(Mapping[str, Measurement]):
    """Beat items by id, in the order of the beats.

    Attributes:
        record: the record's key.
        method: the delineator behind every mark.
        columns: (c) kinds of items.
        peak_s: (k,) float64, the R peak of each beat in seconds from the record's start.
        value: (k, c) float32; NaN where the item was not measurable.
        uncertainty: (k, c) float32; NaN where none is stated.
        start_s, end_s: (k, c) float32, the item's span relative to its beat's peak; NaN where it has none.
        text: (k, c) uint16 index into `texts`; 0 where the beat has no such item.
        texts: how a value was measured, or why it was not.
    """

    record: str
    method: str
    columns: tuple[Column, ...]
    peak_s: NDArray[np.float64]
    value: Float32
    uncertainty: Float32
    start_s: Float32
    end_s: Float32
    text: NDArray[np.uint16]
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {column.stem: at for at, column in enumerate(self.columns)})

    def _place(self, key: object) -> tuple[int, int] | None:
        """Beat and column of an id, or None where there is no such item."""
        if not isinstance(key, str):
            return None
        stem, _, beat = key.rpartition("#")
        index: dict[str, int] = self.__dict__["_index"]
        if stem not in index or not beat.isascii() or not beat.isdecimal() or str(int(beat)) != beat:
            return None
        k, c = int(beat), index[stem]
        return (k, c) if k < self.peak_s.size and self.text[k, c] else None

    def __contains__(self, key: object) -> bool:
        return self._place(key) is not None

    def __len__(self) -> int:
        return int(np.count_nonzero(self.text))

    def __iter__(self) -> Iterator[str]:
        for k in range(self.peak_s.size):
            for c in np.flatnonzero(self.text[k]):
                yield f"{self.columns[c].stem}#{k}"

    def __getitem__(self, key: str) -> Measurement:
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        k, c = place
        column, said = self.columns[c], self.texts[self.text[k, c]]
        measured = bool(np.isfinite(self.value[k, c]))
        return Measurement(
            id=key,
            record=self.record,
            name=column.name,
            value=_number(self.value[k, c]) if measured else None,
            unit=column.unit,
            lead=column.lead,
            beat=k,
            spans=self._spans(k, c),
            uncertainty=_number(self.uncertainty[k, c]) if np.isfinite(self.uncertainty[k, c]) else None,
            method=f"{said}; {self.method}" if measured else self.method,
            status="measured" if measured else "not_measurable",
            reason=None if measured else said,
        )

    def _spans(self, k: int, c: int) -> tuple[Span, ...]:
        if not np.isfinite(self.start_s[k, c]):
            return ()
        peak_s = float(self.peak_s[k])
        start_s, end_s = (peak_s + float(side[k, c]) for side in (self.start_s, self.end_s))
        return (Span(self.columns[c].lead, round(start_s, _DIGITS), round(end_s, _DIGITS)),)


def _number(stored: np.float32) -> float:
    return round(float(stored), _DIGITS) + 0.0
