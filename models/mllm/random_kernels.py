"""Random convolutions of the signal and a ridge on what they find (MiniRocket, Dempster 2021): one of the teachers.

Eighty-four fixed kernels of nine taps at several dilations, each on a few signed leads; how much of the record
lies above random levels, by how much, and the largest answer. Nothing is learned but the ridge.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from calipers.models.mllm.encoder_input import N_LEADS

Float32 = NDArray[np.float32]

_TAPS: Final = 9
_DILATIONS: Final = (1, 2, 4, 8, 16, 32)
_LEVELS: Final = 4
#: Records that the levels are drawn from.
_SAMPLE: Final = 64
_BATCH: Final = 128
#: Ridge penalty as a share of the features' mean square.
PENALTY: Final = 1.0


@torch.no_grad()
def kernel_features(signal_mv: NDArray[np.float16], seed: int = 0) -> Float32:
    """(r, f) features of (r, 12, n) signals at 100 Hz, standardised over the records."""
    chance = np.random.default_rng(seed)
    triples = list(itertools.combinations(range(_TAPS), 3))
    taps = -np.ones((len(triples), 1, _TAPS), dtype=np.float32)
    for kernel, triple in zip(taps, triples, strict=True):
        kernel[0, list(triple)] = 2.0
    found = []
    for dilation in _DILATIONS:
        leads = _signed_leads(len(triples), chance)
        sample = torch.from_numpy(signal_mv[chance.choice(len(signal_mv), min(_SAMPLE, len(signal_mv)), replace=False)])
        answers = _answers(sample.float(), leads, torch.from_numpy(taps), dilation).transpose(0, 1).flatten(1).numpy()
        shares = chance.uniform(0.02, 0.98, (len(triples), _LEVELS))
        levels = torch.from_numpy(
            np.stack([np.quantile(row, share) for row, share in zip(answers, shares, strict=True)]).astype(np.float32)
        )
        parts = [
            _summary(_answers(torch.from_numpy(part).float(), leads, torch.from_numpy(taps), dilation), levels)
            for part in np.array_split(signal_mv, max(len(signal_mv) // _BATCH, 1))
        ]
        found.append(np.concatenate(parts))
    features = np.concatenate(found, axis=1)
    standard: Float32 = ((features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)).astype(np.float32)
    return standard


def _signed_leads(kernels: int, chance: np.random.Generator) -> Tensor:
    leads = np.zeros((kernels, N_LEADS), dtype=np.float32)
    for row in leads:
        size = int(chance.integers(1, 4))
        row[chance.choice(N_LEADS, size, replace=False)] = chance.choice([1.0, -1.0], size)
    return torch.from_numpy(leads)


def _answers(signal_mv: Tensor, leads: Tensor, taps: Tensor, dilation: int) -> Tensor:
    """(b, 12, n) -> (b, kernels, n / 2)."""
    mixed = torch.einsum("kc,bcn->bkn", leads, signal_mv)
    return functional.conv1d(
        mixed, taps, dilation=dilation, padding=(_TAPS // 2) * dilation, groups=len(taps), stride=2
    )


def _summary(answers: Tensor, levels: Tensor) -> Float32:
    over = answers[:, :, None] - levels[None, :, :, None]  # (b, kernels, levels, n / 2)
    share, amount = (over > 0).float().mean(dim=-1), over.clamp_min(0).mean(dim=-1)
    summary: Float32 = torch.cat([share.flatten(1), amount.flatten(1), answers.amax(dim=-1)], dim=1).numpy()
    return summary


def ridge(features: Float32, statements: Float32, inside: NDArray[np.bool_]) -> Float32:
    """(outside, 71) scores of the records outside, from a ridge on those inside, in spreads of the labels."""
    kernel = features @ features[inside].T / features.shape[1]
    mean = statements[inside].mean(axis=0)
    values, vectors = np.linalg.eigh(kernel[inside].astype(np.float64))
    solved = vectors @ ((vectors.T @ (statements[inside] - mean)) / (values + PENALTY)[:, None])
    spread = np.sqrt(mean * (1 - mean)) + 1e-3
    scores: Float32 = (kernel[~inside] @ solved / spread).astype(np.float32)
    return scores
