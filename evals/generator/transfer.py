"""Train on synthetic, test on real: a classifier that has seen no real ECG of a condition, judged on fold 9.

The classifier is a ridge on random convolutions of the signal (`models/mllm/random_kernels`), which learn nothing
from any ECG themselves; beside it the same classifier trained on as many real records of the training folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.framework import Options
from calipers.evals.generator.agreement import auroc
from calipers.evals.generator.sets import ours, real
from calipers.evals.measurement.ptbxl import Labelled, labelled
from calipers.models.mllm.encoder_input import encoder_input
from calipers.models.mllm.random_kernels import kernel_features, ridge

CONDITIONS: Final[dict[str, tuple[str, ...]]] = {"AF": ("AFIB",), "LBBB": ("CLBBB",), "RBBB": ("CRBBB",)}
_EACH: Final = 60


def transfer(
    options: Options, folds: tuple[int, ...], rows: Sequence[Labelled], held: Sequence[Ecg]
) -> dict[str, dict[str, float]]:
    """AUROC on the held records of a classifier trained on drawn, and on real ECGs of the same rows of `folds`."""
    known = [row for row in labelled(options.data) if row.fold in folds]
    count = min(options.n or _EACH, _EACH)
    chosen: dict[int, Labelled] = {}
    for codes in (*CONDITIONS.values(), ()):
        some = [
            row for row in known
            if (any(code in row.codes for code in codes) if codes else not any(c in row.codes for c in _EVERY))
        ]  # fmt: skip
        step = max(len(some) // (count if codes else 2 * count), 1)
        chosen |= {row.ecg_id: row for row in some[::step][: count if codes else 2 * count]}
    trained_on, ecgs = real(options, folds, len(chosen), frozenset(chosen))
    drawn = ours(trained_on, options)
    scores = [_scores(trained_on, one, held) for one in (drawn, ecgs)]
    out = {}
    for place, (name, codes) in enumerate(CONDITIONS.items()):
        has = np.array([any(code in row.codes for code in codes) for row in rows])
        if 0 < has.sum() < len(has):
            out[name] = {
                "n": float(has.sum()), "auroc_trained_on_drawn": auroc(scores[0][:, place], has),
                "auroc_trained_on_real": auroc(scores[1][:, place], has),
            }  # fmt: skip
    return out


_EVERY: Final = frozenset(code for codes in CONDITIONS.values() for code in codes)


def _scores(rows: Sequence[Labelled], ecgs: Sequence[Ecg], held: Sequence[Ecg]) -> np.ndarray:
    """(held, conditions) of a ridge trained on the ECGs."""
    labels = np.array(
        [[float(any(code in row.codes for code in codes)) for codes in CONDITIONS.values()] for row in rows],
        dtype=np.float32,
    )
    signals = np.stack([encoder_input(one.signal_mv, one.fs_hz).signal_mv for one in (*ecgs, *held)])
    inside = np.arange(len(signals)) < len(ecgs)
    every = np.concatenate((labels, np.zeros((len(held), labels.shape[1]), dtype=np.float32)))
    return ridge(kernel_features(signals.astype(np.float16)), every, inside)
