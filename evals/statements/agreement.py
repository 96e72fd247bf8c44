"""Agreement of statements with labels: sensitivity, predictive value and F1, a statement at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import Bootstrap, Estimate
from calipers.evals.statements.judged import Judged
from calipers.knowledge import statements

#: The twelve that the macro F1 is taken over.
HEADLINE: Final = (
    "AFIB", "STACH", "SBRAD", "1AVB", "CLBBB", "CRBBB", "LAFB", "LVH", "PVC", "PAC", "PACE", "NORM",
)  # fmt: skip
#: A statement with fewer labels is not scored.
FEWEST_LABELS: Final = 10

#: What of our own is asked, or who else.
Asked = str
#: The control: the next record's findings.
ANOTHER: Final = "control: another's findings"
#: The control: every statement said of every record.
EVERYTHING: Final = "control: everything said"
Booleans = NDArray[np.bool_]


class Agreement:
    """The labels and the findings of some records, as SCP-ECG codes.

    A code is found where any statement that carries it in the table is.
    """

    def __init__(self, records: Sequence[Judged]) -> None:
        self.records = records
        self._resample = Bootstrap([record.row.patient for record in records])

    def codes(self) -> list[str]:
        """The codes with enough labels and a statement with criteria, the headline's first."""
        counted = {code: sum(code in record.row.codes for record in self.records) for code in _judged_codes()}
        others = sorted((code for code in counted if code not in HEADLINE), key=lambda code: -counted[code])
        return [code for code in (*HEADLINE, *others) if counted.get(code, 0) >= FEWEST_LABELS]

    def scores(self, code: str, asked: Asked = "leaning") -> dict[str, Estimate | None]:
        """Sensitivity, PPV and F1 of one code."""
        labelled, found = self._labelled(code), self._found(code, asked)
        return {
            "sensitivity": self._resample.share(labelled & found, labelled),
            "ppv": self._resample.share(labelled & found, found),
            "f1": self._resample.ratio(2 * (labelled & found), labelled.astype(int) + found),
        }

    def macro_f1(self, asked: Asked = "leaning") -> Estimate | None:
        """Mean F1 over the headline's codes that have a label or a finding here."""
        found = np.stack([self._found(code, asked) for code in HEADLINE], axis=1)
        labelled = np.stack([self._labelled(code) for code in HEADLINE], axis=1)
        return self._resample.macro_f1(found, labelled)

    def labels(self, code: str) -> int:
        """How many records carry the code."""
        return int(self._labelled(code).sum())

    def _labelled(self, code: str) -> Booleans:
        return np.array([code in record.row.codes for record in self.records])

    def readers(self) -> tuple[str, ...]:
        """Who else read the records, and the controls."""
        return (*self.records[0].heard, ANOTHER, EVERYTHING) if self.records else ()

    def _found(self, code: str, asked: Asked) -> Booleans:
        keys = {row.key for row in statements().by_scp(code)}
        if asked == ANOTHER:
            return np.roll(self._found(code, "leaning"), 1)
        if asked == EVERYTHING:
            return np.ones(len(self.records), dtype=bool)
        if asked in ("leaning", "asserted"):
            return np.array([bool(keys & getattr(record, asked)) for record in self.records])
        return np.array([code in record.heard[asked] for record in self.records])


def _judged_codes() -> set[str]:
    return {code for row in statements().values() if row.criteria is not None for code in row.scp}
