"""Training of the encoder on statements: one config, resumable, logged; labels or a teacher's probabilities."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
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
    epochs: int = 40
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
    states: Mapping[str, _Stateful] = {
        "network": network,
        "averaged": averaged,
        "optimiser": optimiser,
        "schedule": schedule,
    }
    first = _resume(out / "checkpoint.pt", states)
    started = time.time()
    with (out / "train_log.jsonl").open("a") as log:
        parameters = sum(weights.numel() for weights in network.parameters())
        log.write(json.dumps({"config": asdict(config), "parameters": parameters, "records": len(records.rows)}) + "\n")
        for epoch in range(first, config.epochs):
            network.train()
            torch.manual_seed(1000 * config.seed + epoch)
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


class _Stateful(Protocol):
    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any: ...


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
            # An unknown label is the teacher's alone.
            share = np.where(known > 0, config.teacher_share * taught, taught)
            target = ((1 - share) * target + share * soft).astype(np.float32)
            known = np.maximum(known, taught).astype(np.float32)
        self._signal = torch.from_numpy(corpus.signal_mv[self.rows])
        self._present = torch.from_numpy(corpus.present[self.rows].astype(np.float32))
        self._target = torch.from_numpy(target)
        self._known = torch.from_numpy(known)
        self.steps = len(self.rows) // config.batch

    def epoch(self, epoch: int) -> Iterator[_Batch]:
        """The batches of one epoch; the same for the same seed and epoch."""
        generator = torch.Generator().manual_seed(1000 * self._config.seed + epoch)
        size = self._config.batch
        order = torch.randperm(len(self.rows), generator=generator)
        for start in range(0, self.steps * size, size):
            yield self.batch(order[start : start + size], generator)

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


def _loss(network: SignalEncoder, batch: _Batch) -> Tensor:
    """Cross-entropy over the known statements."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(batch.signal_mv, batch.present).statements
    losses = functional.binary_cross_entropy_with_logits(logits.float(), batch.target, reduction="none")
    return _LOSS_SCALE * (losses * batch.known).sum() / batch.known.sum().clamp_min(1.0)


@torch.no_grad()
def _average(averaged: SignalEncoder, network: SignalEncoder, keep: float) -> None:
    """Exponential mean of the weights, and of the batch statistics."""
    for mean, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(new, 1.0 - keep)
        else:
            mean.copy_(new)


def _resume(path: Path, states: Mapping[str, _Stateful]) -> int:
    """Load the last checkpoint, if any; returns the epochs done."""
    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True)
    for name, state in states.items():
        state.load_state_dict(saved[name])
    return int(saved["epochs"])


def _save(path: Path, epochs: int, states: Mapping[str, _Stateful]) -> None:
    saved: dict[str, object] = {name: state.state_dict() for name, state in states.items()}
    torch.save(saved | {"epochs": epochs}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def save_encoder(network: SignalEncoder, path: Path) -> None:
    """Write the weights as safetensors."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, str(path))


def load_encoder(path: Path, config: SignalEncoderConfig | None = None) -> SignalEncoder:
    """Read weights that `save_encoder` wrote, ready for inference."""
    from safetensors.torch import load_file

    network = SignalEncoder(config)
    network.load_state_dict(load_file(str(path)))
    network.train(False)
    return network
