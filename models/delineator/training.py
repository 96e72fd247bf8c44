"""The training loop: one network, one config, resumable, logged."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from calipers.models.delineator.augmentation import AugmentationConfig
from calipers.models.delineator.ludb import TRAINING, training_folds
from calipers.models.delineator.network import DelineatorNetwork, NetworkConfig, parameter_count
from calipers.models.delineator.training_data import (
    Source,
    Window,
    batch_shape,
    load_ludb,
    load_pseudo,
    make_window,
)


@dataclass(frozen=True)
class TrainConfig:
    """One training.

    Attributes:
        fold: the LUDB fold left out, None for all 159 records.
        pseudo: folder of pseudo-labelled PTB-XL records, None for LUDB alone.
        pseudo_share: share of the windows that come from it.
    """

    fold: int | None = None
    pseudo: str | None = None
    pseudo_share: float = 0.5
    steps: int = 2000
    batch: int = 8
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    ema: float = 0.998
    seed: int = 7
    threads: int = 2
    checkpoint_every: int = 200
    network: NetworkConfig = field(default_factory=NetworkConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)


def train(config: TrainConfig, out: Path) -> DelineatorNetwork:
    """Train to the last step, resuming from `out/checkpoint.pt`; writes `final.safetensors` and the log."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    network = DelineatorNetwork(config.network)
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.steps, pct_start=0.1
    )
    first = 0
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        first = saved["step"]
        network.load_state_dict(saved["network"])
        averaged.load_state_dict(saved["averaged"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
    sampler = Sampler(config)
    started = time.time()
    with (out / "train_log.jsonl").open("a") as log:
        logged = asdict(config) | {"pseudo": Path(config.pseudo).name if config.pseudo else None}
        log.write(json.dumps({"config": logged, "parameters": parameter_count(network)}) + "\n")
        losses: list[float] = []
        for step in range(first, config.steps):
            loss = batch_loss(network, sampler.batch(step))
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            _average(averaged, network, min(config.ema, (step + 1) / (step + 10)))
            losses.append(loss.item())
            if (step + 1) % config.checkpoint_every == 0 or step + 1 == config.steps:
                seconds = round(time.time() - started)
                row = {"step": step + 1, "loss": round(float(np.mean(losses)), 5), "s": seconds}
                log.write(json.dumps(row) + "\n")
                log.flush()
                losses.clear()
                _save(checkpoint, step + 1, network, averaged, optimiser, schedule)
    recalibrate(averaged, sampler, config.steps)
    save_weights(averaged, out / "final.safetensors")
    return averaged


class Sampler:
    """Draws the batch of a given step."""

    def __init__(self, config: TrainConfig) -> None:
        self._config = config
        left_out = training_folds()[config.fold] if config.fold is not None else ()
        self._ludb = load_ludb(tuple(record for record in TRAINING if record not in left_out))
        self._pseudo = load_pseudo(Path(config.pseudo)) if config.pseudo else []

    def batch(self, step: int) -> Batch:
        """All windows of a step, of one shape."""
        config = self._config
        rng = np.random.default_rng([config.seed, step])
        shape = batch_shape(rng)
        windows = []
        for _ in range(config.batch):
            pool: list[Source] = [*self._ludb]
            if self._pseudo and rng.random() < config.pseudo_share:
                pool = [*self._pseudo]
            source = pool[int(rng.integers(len(pool)))]
            windows.append(make_window(source, shape, rng, config.augmentation))
        return Batch.stack(windows)


@dataclass(frozen=True)
class Batch:
    """Windows stacked: signal (b, leads, n), lead_* (b, leads, 3, n), global_* (b, 3, n)."""

    signal: Tensor
    lead_target: Tensor
    lead_weight: Tensor
    global_target: Tensor
    global_weight: Tensor

    @classmethod
    def stack(cls, windows: list[Window]) -> Batch:
        """Collate windows of one shape."""
        columns: list[NDArray[np.float32]] = [np.stack(column) for column in zip(*windows, strict=True)]
        return cls(*(torch.from_numpy(column) for column in columns))


def batch_loss(network: DelineatorNetwork, batch: Batch) -> Tensor:
    """Cross-entropy of the leads' tracks and of the global track, each averaged where marks exist."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(batch.signal)
    lead = functional.binary_cross_entropy_with_logits(
        logits.per_lead.float(), batch.lead_target, batch.lead_weight, reduction="sum"
    ) / batch.lead_weight.sum().clamp_min(1)
    whole = functional.binary_cross_entropy_with_logits(
        logits.global_.float(), batch.global_target, batch.global_weight, reduction="sum"
    ) / batch.global_weight.sum().clamp_min(1)
    return lead + whole


@torch.no_grad()
def recalibrate(network: DelineatorNetwork, sampler: Sampler, first_step: int, batches: int = 60) -> None:
    """Measure the batch-norm statistics anew for the averaged weights."""
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm1d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    for step in range(first_step, first_step + batches):
        network(sampler.batch(step).signal)
    network.train(False)


@torch.no_grad()
def _average(averaged: DelineatorNetwork, network: DelineatorNetwork, keep: float) -> None:
    for mean, new in zip(averaged.parameters(), network.parameters(), strict=True):
        mean.lerp_(new, 1 - keep)


def _save(
    path: Path,
    step: int,
    network: DelineatorNetwork,
    averaged: DelineatorNetwork,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    states = {
        "step": step,
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
    }
    torch.save(states, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def save_weights(network: DelineatorNetwork, path: Path) -> None:
    """Write the weights as safetensors."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, str(path))


def load_network(path: Path, config: NetworkConfig | None = None) -> DelineatorNetwork:
    """Read weights that `save_weights` wrote, ready for inference."""
    from safetensors.torch import load_file

    network = DelineatorNetwork(config or NetworkConfig())
    network.load_state_dict(load_file(str(path)))
    network.train(False)
    return network
