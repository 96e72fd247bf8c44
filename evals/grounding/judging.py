"""Where the code and a judge differ: their means, how far they go together, and what each makes of another's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import Row, Section, Table
from calipers.evals.framework.tallies import score
from calipers.evals.grounding.published import SCORES

#: Steps of the scale on which weighted kappa is taken.
_STEPS: Final = 5
_HEADER: Final = ("criterion", "records", "by code", "by the judge", "Spearman", "weighted kappa", "another's, by code",
                  "another's, by the judge")  # fmt: skip

Shares = NDArray[np.float64]


def differences(rows: Sequence[Row], reader: str, control: str) -> dict[str, dict[str, float]]:
    """Criterion → the means by code and by the judge, rank correlation, kappa, and both means of the control.

    Args:
        rows: of all readers.
        reader: whose interpretations were judged.
        control: another's interpretations, judged as if they were of this record.
    """
    own, others = ([row for row in rows if row.reader == name] for name in (reader, control))
    found = {}
    for name in SCORES:
        code, said = _pairs(own, name)
        if len(code) < 2:
            continue
        most = max(code.max(), said.max(), 1.0)
        means = {
            key: estimate.value
            for key, metric in (("control_by_code", name), ("control_by_judge", f"judge_{name}"))
            if (estimate := score([row for row in others if metric in row.tallies]).get(metric)) is not None
        }
        ranks = {"spearman": spearman(code, said), "kappa": weighted_kappa(code / most, said / most)}
        found[name] = {
            "n": float(len(code)),
            "by_code": float(code.mean()),
            "by_judge": float(said.mean()),
            **{key: value for key, value in ranks.items() if np.isfinite(value)},
            **means,
        }
    return found


def section(found: Mapping[str, Mapping[str, float]], judge: str | None) -> Section:
    """The differences as a table."""
    title = "By a judge"
    if judge is None:
        return Section(title, ("No judge was configured (`--judge`); the criteria above are by code alone.",))
    keys = ("by_code", "by_judge", "spearman", "kappa", "control_by_code", "control_by_judge")
    lines = tuple(
        (name, f"{values['n']:.0f}", *(f"{values[key]:.3f}" if key in values else "–" for key in keys))
        for name, values in found.items()
    )
    about = (
        f"Judge: {judge}. Where the judge gives every record the same score, there is no correlation. A criterion that"
        " another patient's report satisfies as well measures style, not truth."
    )
    return Section(title, (about, Table(_HEADER, lines)))


def spearman(one: Shares, other: Shares) -> float:
    """Rank correlation, ties at their mean rank; NaN where either never varies."""
    from scipy.stats import rankdata

    if not one.std() or not other.std():
        return float("nan")
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def weighted_kappa(one: Shares, other: Shares) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968), shares of one put on five steps; NaN where both are constant."""
    steps = [np.clip(np.rint(each * (_STEPS - 1)), 0, _STEPS - 1).astype(int) for each in (one, other)]
    table = np.zeros((_STEPS, _STEPS))
    np.add.at(table, (steps[0], steps[1]), 1.0)
    table /= table.sum()
    far = np.subtract.outer(np.arange(_STEPS), np.arange(_STEPS)) ** 2.0
    by_chance = float((far * np.outer(table.sum(axis=1), table.sum(axis=0))).sum())
    return 1.0 - float((far * table).sum()) / by_chance if by_chance else float("nan")


def _pairs(rows: Sequence[Row], name: str) -> tuple[Shares, Shares]:
    """A criterion by code and by the judge, over the records that both scored."""
    known = [row for row in rows if name in row.tallies and f"judge_{name}" in row.tallies]
    code, said = ([_share(row, metric) for row in known] for metric in (name, f"judge_{name}"))
    return np.array(code), np.array(said)


def _share(row: Row, metric: str) -> float:
    hits, trials = row.tallies[metric]
    return hits / trials if trials else 0.0
