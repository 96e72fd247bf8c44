"""Training of the encoder without labels: hidden stretches of leads are filled in, two stretches of one heart found.

Two views of each record, other five seconds and other disturbances, are encoded with whole leads and stretches of
single leads masked. The sequence must give the hidden signal back (masked modelling, as in ST-MEM, Na 2024); the
pooled features of the two views, and of the patient's other records, must be nearer to each other than to the
batch's (contrast over time, CLOCS, Kiyasseh 2021). The heads that do this are not kept.
"""

from __future__ import annotations

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
from calipers.models.mllm.checkpoints import Stateful, keep, resume, save_encoder
from calipers.models.mllm.corpus import Corpus
from calipers.models.mllm.encoder_input import N_LEADS
from calipers.models.mllm.signal_encoder import SignalEncoder, SignalEncoderConfig

#: Samples of the input behind one step of the sequence.
_STEP: Final = 32
#: Millivolts that count as one in the loss.
_UNIT_MV: Final = 0.2


@dataclass(frozen=True)
class SelfSupervised:
    """One training.

    Attributes:
        lead_share: of leads that are hidden altogether.
        stretch_share: of the stretches of the other leads that are hidden, `stretch` samples each.
        contrast_weight: of the contrast against the filling in.
    """

    folds: tuple[int, ...]
    epochs: int = 10
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warm_up: float = 0.15
    lead_share: float = 0.25
    stretch_share: float = 0.4
    stretch: int = 32
    contrast_weight: float = 0.2
    temperature: float = 0.1
    contrast_size: int = 128
    seed: int = 1
    threads: int = 2
    device: str = "cpu"
    network: SignalEncoderConfig = field(default_factory=SignalEncoderConfig)
    augmentation: AugmentationConfig = field(
        default_factory=lambda: AugmentationConfig(page_share=0.0, fewer_leads_share=0.0, blank_share=0.0)
    )


def pretrain(config: SelfSupervised, corpus: Corpus, out: Path) -> SignalEncoder:
    """Train to the last epoch, resuming from `out/checkpoint.pt`; writes `final.safetensors` and the log.

    Args:
        config: the recipe.
        corpus: records whose labels are not looked at; those of the folds are taken, z-scored ones too.
        out: folder of the run.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    rows = corpus.chosen(folds=config.folds, zscored=True)
    learner = _Learner(config).to(config.device)
    optimiser = torch.optim.AdamW(learner.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    steps = len(rows) // config.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.epochs * steps, pct_start=config.warm_up
    )
    states: dict[str, Stateful] = {"learner": learner, "optimiser": optimiser, "schedule": schedule}
    first = resume(out / "checkpoint.pt", states)
    started = time.time()
    with (out / "train_log.jsonl").open("a") as log:
        log.write(json.dumps({"config": asdict(config), "records": len(rows)}) + "\n")
        for epoch in range(first, config.epochs):
            losses = _epoch(config, corpus, rows, epoch, learner, optimiser, schedule)
            hidden, contrast = np.mean(losses, axis=0)
            row = {"epoch": epoch + 1, "hidden": round(float(hidden), 4), "contrast": round(float(contrast), 4)}
            log.write(json.dumps(row | {"s": round(time.time() - started)}) + "\n")
            log.flush()
            keep(out / "checkpoint.pt", epoch + 1, states)
    network = learner.network.to("cpu").train(False)
    save_encoder(network, out / "final.safetensors")
    return network


def _epoch(
    config: SelfSupervised,
    corpus: Corpus,
    rows: NDArray[np.int64],
    epoch: int,
    learner: _Learner,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> list[tuple[float, float]]:
    """One pass; the losses of its batches. The same for the same seed and epoch."""
    learner.train()
    generator = torch.Generator().manual_seed(1000 * config.seed + epoch)
    order = torch.randperm(len(rows), generator=generator).numpy()
    losses = []
    for start in range(0, len(rows) // config.batch * config.batch, config.batch):
        part = rows[order[start : start + config.batch]]
        signal = torch.from_numpy(corpus.signal_mv[part]).float()
        leads = torch.from_numpy(corpus.present[part].astype(np.float32))
        views = [augment(signal, leads, config.augmentation, generator) for _ in range(2)]
        x = torch.cat([view.signal_mv for view in views])
        there = torch.cat([view.present for view in views])
        seen = there * shown(x.shape[0], x.shape[2], config, generator)
        hidden, contrast = learner(
            x.to(config.device),
            there.to(config.device),
            seen.to(config.device),
            torch.from_numpy(corpus.patient[part]).to(config.device),
        )
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(hidden + config.contrast_weight * contrast)
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append((hidden.item(), contrast.item()))
    return losses


def shown(b: int, samples: int, config: SelfSupervised, generator: torch.Generator) -> Tensor:
    """(b, 12, samples) 1 where the encoder may look; a record keeps at least one lead."""
    leads = torch.rand(b, N_LEADS, 1, generator=generator) >= config.lead_share
    leads |= ~leads.any(dim=1, keepdim=True)
    stretches = -(-samples // config.stretch)
    open_ = torch.rand(b, N_LEADS, stretches, generator=generator) >= config.stretch_share
    return (leads & open_).float().repeat_interleave(config.stretch, dim=2)[:, :, :samples]


class _Learner(nn.Module):
    """The encoder with the heads that only this training has."""

    def __init__(self, config: SelfSupervised) -> None:
        super().__init__()
        self._temperature = config.temperature
        self.network = SignalEncoder(config.network)
        self.fill = nn.Linear(config.network.widths[-1], N_LEADS * _STEP)
        self.contrast = nn.Linear(self.network.features, config.contrast_size)

    def forward(self, signal_mv: Tensor, there: Tensor, seen: Tensor, patient: Tensor) -> tuple[Tensor, Tensor]:
        """The losses of a batch of first views followed by its second ones.

        Args:
            signal_mv: (2 b, 12, n); what is not `seen` is not looked at.
            there: (2 b, 12, n) 1 where there is signal.
            seen: (2 b, 12, n) 1 where the encoder looks.
            patient: (b,) numbers.
        """
        nobody = signal_mv.new_zeros(len(signal_mv), self.network.patient_view.in_features)
        with torch.autocast(signal_mv.device.type, torch.bfloat16):
            encoded = self.network(signal_mv, seen, nobody)
            filled, place = self.fill(encoded.sequence), self.contrast(encoded.pooled)
        n = signal_mv.shape[2]
        filled = filled.float().unflatten(2, (N_LEADS, _STEP)).transpose(1, 2).flatten(2)[:, :, :n]  # (2 b, 12, n)
        sought = there * (1.0 - seen)
        away = functional.smooth_l1_loss(filled, signal_mv / _UNIT_MV, reduction="none") * sought
        return away.sum() / sought.sum().clamp_min(1.0), self._contrast_loss(place.float(), patient)

    def _contrast_loss(self, place: Tensor, patient: Tensor) -> Tensor:
        one, other = functional.normalize(place, dim=1).chunk(2)
        likeness = one @ other.T / self._temperature  # (b, b)
        same = (patient[:, None] == patient[None]).float()
        same = same / same.sum(dim=1, keepdim=True)
        return (functional.cross_entropy(likeness, same) + functional.cross_entropy(likeness.T, same)) / 2
