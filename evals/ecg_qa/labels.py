"""Questions of our own: ECG-QA's wording with PTB-XL's labels, for what its questions here do not ask."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from calipers.evals.ecg_qa.answering import Judged
from calipers.evals.framework import Bootstrap, Estimate, part
from calipers.evals.measurement.ptbxl import Labelled

#: A code with fewer labels on the scored side is not asked for.
FEWEST_LABELS: Final = 5


def label_questions(data: Path, rows: Sequence[Labelled]) -> dict[str, str]:
    """Code → the question that asks for it by the name in PTB-XL's own table."""
    with part(data, "ptbxl/scp_statements.csv").open(newline="") as table:
        names = {row[""]: row["description"].lower() for row in csv.DictReader(table)}
    counts = {code: sum(code in row.codes for row in rows) for code in names}
    return {code: f"Does this ECG show symptoms of {names[code]}?" for code in names if counts[code] >= FEWEST_LABELS}


def label_scores(rows: Sequence[Labelled], judged: dict[int, Judged], code: str) -> dict[str, Estimate | None]:
    """Balanced accuracy of one code over the records; a code whose question is not understood is answered no."""
    said = np.array([judged[row.ecg_id].statements.get(code, False) for row in rows])
    truth = np.array([code in row.codes for row in rows])
    resample = Bootstrap([row.patient for row in rows])
    return {
        "balanced_accuracy": resample.balanced_accuracy(said, truth),
        "sensitivity": resample.share(said & truth, truth),
        "specificity": resample.share(~said & ~truth, ~truth),
        "understood": Estimate.alone(
            float(np.mean([code in judged[row.ecg_id].statements for row in rows])), len(rows)
        ),
    }
