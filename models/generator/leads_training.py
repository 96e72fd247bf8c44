"""Train the lead network on PTB-XL's recordings: leads are left out by chance and inferred from the others."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calipers.leads import LEADS
from calipers.models.generator.anatomy import baseline
from calipers.models.generator.beat_training import mixing
from calipers.models.generator.leads_network import LeadNetwork
from calipers.models.generator.marked import Marked
from calipers.models.generator.marks import CODEC_HZ
from calipers.models.generator.qualities import TWELVE

#: Seconds of a stretch.
_STRETCH: Final = 4 * CODEC_HZ
#: Sets of leads that are asked for often, taken in half of the examples.
_USUAL: Final = (("I", "II", "V2"), ("II", "V1", "V5"), ("II",), ("I",), ("V2",), ("I", "II"))
#: An error counts against the lead's own size, and against this much beside it, mV².
_LEAST_POWER: Final = 0.004

Float32 = NDArray[np.float32]


class Recordings(NamedTuple):
    """(r, 8, 5000) float16 millivolts without drift, and (r,) the fold of each."""

    eight: NDArray[np.float16]
    fold: NDArray[np.int64]


class LeadBatch(NamedTuple):
    """leads (b, 12, n), given (b, 12), eight (b, 8, n)."""

    leads: Tensor
    given: Tensor
    eight: Tensor


def recordings(corpus: Path, records: dict[str, Marked]) -> Recordings:
    """The real recordings of a corpus file."""
    with np.load(corpus) as stored:
        eight = stored["drawn"].astype(np.float32) + stored["residual"].astype(np.float32)
        onsets = np.split(stored["qrs_on"], np.cumsum(stored["beats"])[:-1])
        keys = [str(key) for key in stored["record_id"]]
    for row, on in enumerate(onsets):
        eight[row] -= baseline(eight[row].astype(np.float64), on)
    return Recordings(eight.astype(np.float16), np.array([records[key].fold for key in keys]))


def lead_batch(data: Recordings, rows: NDArray[np.int64], rng: np.random.Generator, *, vary: bool) -> LeadBatch:
    """Stretches with a set of given leads each; varied, other hearts and electrodes."""
    n = data.eight.shape[2]
    starts = rng.integers(0, n - _STRETCH + 1, size=len(rows))
    eight = np.stack([data.eight[row, :, at : at + _STRETCH] for row, at in zip(rows, starts, strict=True)])
    drawn: NDArray[np.float64] = eight.astype(np.float64)
    if vary:
        drawn = mixing(len(rows), rng) @ drawn
    given = np.stack([_given(rng) for _ in rows])
    leads = (TWELVE @ drawn).astype(np.float32)
    return LeadBatch(torch.from_numpy(leads), torch.from_numpy(given), torch.from_numpy(eight.astype(np.float32)))


def _given(rng: np.random.Generator) -> Float32:
    out = np.zeros(len(LEADS), dtype=np.float32)
    if rng.random() < 0.5:
        names = _USUAL[int(rng.integers(len(_USUAL)))]
        out[[LEADS.index(name) for name in names]] = 1.0
    elif rng.random() < 0.5:
        out[rng.choice(len(LEADS), size=int(rng.integers(1, 5)), replace=False)] = 1.0
    else:
        out[:] = 1.0
        out[rng.choice(np.arange(6, 12), size=int(rng.integers(1, 4)), replace=False)] = 0.0
    return out


def lead_loss(network: LeadNetwork, batch: LeadBatch) -> Tensor:
    """Mean squared error of the twelve leads over their own mean square, of those that were not given."""
    twelve = torch.from_numpy(TWELVE.astype(np.float32)).to(batch.leads.device)
    error = twelve @ (network(batch.leads, batch.given) - batch.eight)
    power = batch.leads.square().mean(dim=2) + _LEAST_POWER
    missing = 1.0 - batch.given
    share = error.square().mean(dim=2) / power * missing
    return share.sum() / missing.sum()
