"""Training of the encoder on statements: one config, resumable, logged; labels or a teacher's probabilities."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.mllm.augmentation import AugmentationConfig, augment
from calipers.models.mllm.corpus import Corpus
from calipers.models.mllm.signal_encoder import SignalEncoder, SignalEncoderConfig

#: Mean over 71 statements of which two or three are present; brings the loss near 1.
_LOSS_SCALE: Final = 10.0


@dataclass(frozen=True)
class StatementTraining:
    """One training.

    Attributes:
        folds: PTB-XL folds to learn from.
        teacher_share: weight of the teacher's probabilities against the labels, where a teacher is given.
    """

    folds: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    epochs: int = 60
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    warm_up: float = 0.15
    average: float = 0.998
    teacher_share: float = 0.5
    seed: int = 1
    threads: int = 2
    network: SignalEncoderConfig = field(default_factory=SignalEncoderConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)


def train_statements(
    config: StatementTraining, corpus: Corpus, out: Path, teacher: NDArray[np.float32] | None = None
) -> SignalEncoder:
    """Train to the last epoch, resuming from `out/checkpoint.pt`; writes `final.safetensors` and the log.

    Args:
        config: the recipe.
        corpus: all records.
        out: folder of the run.
        teacher: (r, 71) probabilities for every record of the corpus, NaN where there are none.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    records = _Records(corpus, config, teacher)
    network = SignalEncoder(config.network)
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    steps = config.epochs * records.steps
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=steps, pct_start=config.warm_up
    )
    states = {"network": network, "averaged": averaged, "optimiser": optimiser, "schedule": schedule}
    first = _resume(out / "checkpoint.pt", states)
    started = time.time()
    with (out / "train_log.jsonl").open("a") as log:
        parameters = sum(weights.numel() for weights in network.parameters())
        log.write(json.dumps({"config": asdict(config), "parameters": parameters, "records": len(records.rows)}) + "\n")
        for epoch in range(first, config.epochs):
            network.train()
            losses = []
            for step, batch in enumerate(records.epoch(epoch), start=epoch * records.steps):
                loss = _loss(network, batch)
                optimiser.zero_grad(set_to_none=True)
                torch.autograd.backward(loss)
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                _average(averaged, network, min(config.average, (step + 1) / (step + 20)))
                losses.append(loss.item())
            row = {"epoch": epoch + 1, "loss": round(float(np.mean(losses)), 4), "s": round(time.time() - started)}
            log.write(json.dumps(row) + "\n")
            log.flush()
            _save(out / "checkpoint.pt", epoch + 1, states)
    averaged.train(False)
    save_encoder(averaged, out / "final.safetensors")
    return averaged


@dataclass(frozen=True)
class _Batch:
    signal_mv: Tensor
    present: Tensor
    target: Tensor
    known: Tensor


class _Records:
    """The chosen records as tensors, and the batches of an epoch."""

    def __init__(self, corpus: Corpus, config: StatementTraining, teacher: NDArray[np.float32] | None) -> None:
        self._config = config
        self.rows = corpus.chosen(folds=config.folds, zscored=True)
        target, known = corpus.statements[self.rows].copy(), corpus.known[self.rows].copy()
        if teacher is not None:
            taught = np.isfinite(teacher[self.rows])
            soft = np.where(taught, teacher[self.rows], 0.0)
            share = config.teacher_share * taught
            # An unknown label is the teacher's alone.
            share = np.where(known > 0, share, taught)
            target = (1 - share) * target + share * soft
            known = np.maximum(known, taught)
        self._signal = torch.from_numpy(corpus.signal_mv[self.rows])
        self._present = torch.from_numpy(corpus.present[self.rows].astype(np.float32))
        self._target = torch.from_numpy(target.astype(np.float32))
        self._known = torch.from_numpy(known.astype(np.float32))
        self.steps = len(self.rows) // config.batch

    def epoch(self, epoch: int) -> list[_Batch] | _Epoch:
        """The batches of one epoch; the same for the same seed and epoch."""
        return _Epoch(self, epoch)

    def batch(self, rows: Tensor, generator: torch.Generator) -> _Batch:
        """Augmented records, some of them mixed with a second one (Zhang 2018)."""
        settings = self._config.augmentation
        signal, present = augment(self._signal[rows].float(), self._present[rows], settings, generator)
        target, known = self._target[rows], self._known[rows]
        if torch.rand((), generator=generator) < settings.mixed_share:
            share = float(np.random.default_rng(int(rows[0])).beta(settings.mixing, settings.mixing))
            share = max(share, 1.0 - share)
            other = torch.randperm(len(rows), generator=generator)
            both = (present * present[other])[:, :, None]
            signal = torch.where(both > 0, share * signal + (1 - share) * signal[other], signal)
            target = share * target + (1 - share) * target[other]
            known = known * known[other]
        return _Batch(signal, present, target, known)

    @property
    def config(self) -> StatementTraining:
        """The recipe."""
        return self._config


class _Epoch:
    """Iterates the batches of one epoch."""

    def __init__(self, records: _Records, epoch: int) -> None:
        self._records = records
        self._generator = torch.Generator().manual_seed(1000 * records.config.seed + epoch)

    def __iter__(self) -> object:
        size = self._records.config.batch
        order = torch.randperm(len(self._records.rows), generator=self._generator)
        for start in range(0, self._records.steps * size, size):
            yield self._records.batch(order[start : start + size], self._generator)
