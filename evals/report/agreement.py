"""Agreement of released claims with labels: precision by claim, recall by label, F1, and what reports are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import Bootstrap, Estimate
from calipers.evals.framework.result import Scores
from calipers.evals.report.interpreted import SAYINGS, Interpreted, Saying
from calipers.knowledge import statements

#: A code with fewer labels does not count in the macro F1.
FEWEST_LABELS: Final = 5


class ReportScores:
    """Counts of some reports, resampled by patient.

    A claim is right when one of its statement's SCP-ECG codes is among the record's labels, whatever the label's
    likelihood. A label is found when a released claim carries it; only codes that some statement carries count.
    """

    def __init__(self, reports: Sequence[Interpreted]) -> None:
        self.reports = reports
        self._resample = Bootstrap([one.row.patient for one in reports])
        self._claims = np.array([len(one.said) for one in reports], dtype=float)
        self._right = np.array([self._right_of(one) for one in reports], dtype=float)
        self._labels = np.array([len(_sayable() & set(one.row.codes)) for one in reports], dtype=float)
        self._found = np.array([len(_codes_said(one) & set(one.row.codes)) for one in reports], dtype=float)

    def scores(self) -> Scores:
        """Everything, over all reports."""
        total = np.ones(len(self.reports))
        released = np.array([one.claims for one in self.reports], dtype=float)
        withheld = np.array([one.withheld for one in self.reports], dtype=float)
        citations = np.array([one.citations for one in self.reports], dtype=float)
        return {
            "precision": self._resample.share(self._right, self._claims),
            "recall": self._resample.share(self._found, self._labels),
            "f1": self.f1(),
            "macro_f1": self._macro_f1(),
            **{f"precision_{saying}": self._precision(saying) for saying in SAYINGS},
            "present_claims_per_report": self._resample.ratio(self._claims, total),
            "claims_per_report": self._resample.ratio(released, total),
            "citations_per_claim": self._resample.ratio(citations, released),
            "withheld_share": self._resample.share(withheld, released + withheld),
            "seconds_median": self._resample.median([one.seconds for one in self.reports]),
        }

    def f1(self) -> Estimate | None:
        """Over (record, code) pairs: twice what was rightly said, against all that was said or labelled."""
        return self._resample.ratio(2.0 * self._found, self._labels + self._codes_said())

    def codes(self) -> list[str]:
        """Codes with enough labels, the commonest first."""
        counts = {code: self._count(code) for code in _sayable()}
        return sorted((code for code in counts if counts[code] >= FEWEST_LABELS), key=lambda code: -counts[code])

    def of_code(self, code: str) -> dict[str, float]:
        """Labels, precision, recall and F1 of one code; what cannot be said is left out."""
        said = np.array([code in _codes_said(one) for one in self.reports])
        label = np.array([code in one.row.codes for one in self.reports])
        hits = float((said & label).sum())
        found = {
            "n": float(label.sum()),
            "said": float(said.sum()),
            "f1": 2.0 * hits / max(said.sum() + label.sum(), 1),
        }
        if said.any():
            found["precision"] = hits / said.sum()
        if label.any():
            found["recall"] = hits / label.sum()
        return {name: float(value) for name, value in found.items()}

    def _precision(self, saying: Saying) -> Estimate | None:
        said = [sum(one.saying == saying for one in report.said) for report in self.reports]
        right = [self._right_of(report, saying) for report in self.reports]
        return self._resample.share(right, said)

    def _macro_f1(self) -> Estimate | None:
        codes = self.codes()
        said = [[code in _codes_said(one) for code in codes] for one in self.reports]
        labels = [[code in one.row.codes for code in codes] for one in self.reports]
        return self._resample.macro_f1(said, labels) if codes else None

    def _codes_said(self) -> NDArray[np.float64]:
        """Codes said a report: a claim of several codes counts as those that are right, or as one that is wrong."""
        said: NDArray[np.float64] = self._found + self._claims - self._right
        return said

    def _count(self, code: str) -> int:
        return sum(code in one.row.codes for one in self.reports)

    @staticmethod
    def _right_of(report: Interpreted, saying: Saying | None = None) -> int:
        return sum(
            bool(one.codes & set(report.row.codes)) for one in report.said if saying is None or one.saying == saying
        )


def _codes_said(report: Interpreted) -> frozenset[str]:
    return frozenset[str]().union(*(one.codes for one in report.said))


@cache
def _sayable() -> frozenset[str]:
    """Every code that some statement carries."""
    return frozenset(code for row in statements().values() for code in row.scp)
