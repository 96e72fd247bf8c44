"""Train and export the statement network. `python -m calipers.models.mllm.train_statements --table FILE` repeats it.

The teacher's probabilities, a network on folds 1–7 whose fold 8 gives the calibration, the shipped network on
folds 1–8, the export. Each stage resumes from its last checkpoint. Fold 9 is not opened.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from calipers.models.mllm.classifier import CALIBRATION, WEIGHTS
from calipers.models.mllm.corpus import Corpus, read_corpus, read_vocabulary
from calipers.models.mllm.export import export_statements
from calipers.models.mllm.signal_encoder import SignalEncoder
from calipers.models.mllm.statement_training import StatementTraining, load_encoder, train_statements
from calipers.models.mllm.teacher import read_table, teach

DEFAULT_WORK: Final = Path("/tmp/calipers-mllm")
CALIBRATION_FOLD: Final = 8
#: Weight of the prior that keeps a statement's offset at the common one, in records.
_PRIOR: Final = 5.0


def run(data: Path, table: Path, work: Path, recipe: StatementTraining) -> None:
    """All stages; what is done is not done again."""
    corpus = read_corpus(data)
    codes = read_vocabulary(data).codes
    measured = read_table(table)
    earlier = tuple(fold for fold in recipe.folds if fold != CALIBRATION_FOLD)
    first = _trained(replace(recipe, folds=earlier), corpus, work / "folds-1-7", teach(corpus, measured, folds=earlier))
    final = _trained(recipe, corpus, work / "folds-1-8", teach(corpus, measured, folds=recipe.folds))
    rows = corpus.chosen(folds=(CALIBRATION_FOLD,), zscored=False)
    slope, offset = fit_calibration(logits(first, corpus, rows), corpus.statements[rows], corpus.known[rows])
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    export_statements(final, WEIGHTS)
    stored = {"codes": codes, "slope": round(slope, 4), "offset": [round(float(value), 4) for value in offset]}
    CALIBRATION.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    shutil.copyfile(work / "folds-1-8" / "final.safetensors", WEIGHTS.with_suffix(".safetensors"))
    shutil.copyfile(work / "folds-1-8" / "train_log.jsonl", WEIGHTS.with_name("statements_train_log.jsonl"))


def _trained(recipe: StatementTraining, corpus: Corpus, out: Path, teacher: NDArray[np.float32]) -> SignalEncoder:
    weights = out / "final.safetensors"
    if weights.exists():
        return load_encoder(weights, recipe.network)
    return train_statements(recipe, corpus, out, teacher)


@torch.no_grad()
def logits(network: SignalEncoder, corpus: Corpus, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(rows, 71) of whole records."""
    found = []
    for start in range(0, len(rows), 64):
        part = rows[start : start + 64]
        signal = torch.from_numpy(corpus.signal_mv[part].astype(np.float32))
        present = torch.from_numpy(corpus.present[part].astype(np.float32))
        found.append(network(signal, present).statements.numpy())
    return np.concatenate(found).astype(np.float64)


def fit_calibration(
    raw: NDArray[np.float64], statements: NDArray[np.float32], known: NDArray[np.float32]
) -> tuple[float, NDArray[np.float64]]:
    """One slope for all and an offset for each statement, by penalised likelihood (Platt 1999).

    Args:
        raw: (r, 71) logits of records the network has not seen.
        statements: (r, 71) labels.
        known: (r, 71) 1 where a label counts.

    Returns:
        slope, and (71,) offsets drawn towards their mean where a statement is rare.
    """
    size = raw.shape[1]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope, offset = parameters[0], parameters[1:]
        score = slope * raw + offset
        chance = 1.0 / (1.0 + np.exp(-score))
        surprise = np.logaddexp(0.0, score) - statements * score
        away = offset - offset.mean()
        value = float((known * surprise).sum() + 0.5 * _PRIOR * (away**2).sum())
        slack = known * (chance - statements)
        return value, np.concatenate(([float((slack * raw).sum())], slack.sum(axis=0) + _PRIOR * away))

    found = minimize(loss, np.concatenate(([1.0], np.zeros(size))), jac=True, method="L-BFGS-B")
    return float(found.x[0]), np.asarray(found.x[1:])


def main() -> None:
    """Everything, into the package's weights folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--table", type=Path, required=True, help="written by calipers.evals.statements.table")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="checkpoints")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    run(given.data, given.table, given.work, StatementTraining(threads=given.threads))


if __name__ == "__main__":
    main()
