"""Training of the encoder on statements: one config, resumable, logged; labels, a teacher, and auxiliary tasks."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.mllm.augmentation import AugmentationConfig, augment
from calipers.models.mllm.auxiliary import Auxiliary
from calipers.models.mllm.checkpoints import Stateful, average, keep, resume, save_encoder
from calipers.models.mllm.corpus import Corpus
from calipers.models.mllm.signal_encoder import Encoded, SignalEncoder, SignalEncoderConfig

_Scalar = TypeVar("_Scalar", bound=np.generic)

#: Mean over 71 statements of which two or three are present; brings the loss near 1.
_LOSS_SCALE: Final = 10.0


@dataclass(frozen=True)
class StatementTraining:
    """One training.

    Attributes:
        folds: PTB-XL folds to learn from.
        teacher_share: weight of the teacher's probabilities against the labels, where a teacher is given.
        measured_weight, words_weight: of the auxiliary tasks, where their targets are given.
        simulated_weight: of a statement of a simulated record, where such are given.
    """

    folds: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    epochs: int = 45
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    warm_up: float = 0.15
    average: float = 0.998
    teacher_share: float = 0.5
    measured_weight: float = 0.5
    words_weight: float = 0.3
    simulated_weight: float = 0.3
    seed: int = 1
    threads: int = 2
    device: str = "cpu"
    network: SignalEncoderConfig = field(default_factory=SignalEncoderConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)


def train_statements(
    config: StatementTraining,
    corpus: Corpus,
    out: Path,
    teacher: NDArray[np.float32] | None = None,
    auxiliary: Auxiliary | None = None,
    *,
    start: SignalEncoder | None = None,
    simulated: Corpus | None = None,
) -> SignalEncoder:
    """Train to the last epoch, resuming from `out/checkpoint.pt`; writes `final.safetensors` and the log.

    Args:
        config: the recipe.
        corpus: all records.
        out: folder of the run.
        teacher: (r, 71) probabilities for every record of the corpus, NaN where there are none.
        auxiliary: further targets for every record of the corpus.
        start: a pretrained network to go on from; None begins anew.
        simulated: records to learn from besides, at `simulated_weight`.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    records = _Records(corpus, config, teacher, auxiliary, simulated)
    learner = _Learner(config, records.measured_size, records.words_size)
    if start is not None:
        learner.network.load_state_dict(start.state_dict())
    learner.to(config.device)
    averaged = copy.deepcopy(learner.network)
    optimiser = torch.optim.AdamW(learner.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    steps = config.epochs * records.steps
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=steps, pct_start=config.warm_up
    )
    states: dict[str, Stateful] = {
        "learner": learner,
        "averaged": averaged,
        "optimiser": optimiser,
        "schedule": schedule,
    }
    first = resume(out / "checkpoint.pt", states)
    started = time.time()
    with (out / "train_log.jsonl").open("a") as log:
        parameters = sum(weights.numel() for weights in averaged.parameters())
        log.write(json.dumps({"config": asdict(config), "parameters": parameters, "records": records.count}) + "\n")
        for epoch in range(first, config.epochs):
            learner.train()
            torch.manual_seed(1000 * config.seed + epoch)
            losses = []
            for step, batch in enumerate(records.epoch(epoch), start=epoch * records.steps):
                loss = learner(batch.on(config.device))
                optimiser.zero_grad(set_to_none=True)
                torch.autograd.backward(loss)
                torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                average(averaged, learner.network, min(config.average, (step + 1) / (step + 20)))
                losses.append(loss.item())
            row = {"epoch": epoch + 1, "loss": round(float(np.mean(losses)), 4), "s": round(time.time() - started)}
            log.write(json.dumps(row) + "\n")
            log.flush()
            keep(out / "checkpoint.pt", epoch + 1, states)
    averaged.to("cpu").train(False)
    save_encoder(averaged, out / "final.safetensors")
    return averaged


@dataclass(frozen=True)
class _Batch:
    signal_mv: Tensor
    present: Tensor
    patient: Tensor
    target: Tensor
    known: Tensor
    measured: Tensor
    measurable: Tensor
    words: Tensor
    reported: Tensor
    mixed: bool

    def on(self, device: str) -> _Batch:
        tensors = {name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)}
        return _Batch(**tensors, mixed=self.mixed)


class _Learner(nn.Module):
    """The encoder with the heads that only training has, and its loss."""

    def __init__(self, config: StatementTraining, measured: int, words: int) -> None:
        super().__init__()
        self._config = config
        self.network = SignalEncoder(config.network)
        self.measured = nn.Linear(self.network.features, measured)
        self.words = nn.Linear(self.network.features, words)

    def forward(self, batch: _Batch) -> Tensor:
        """Cross-entropy over the known statements, and the auxiliary losses of a batch that is not mixed."""
        with torch.autocast(batch.signal_mv.device.type, torch.bfloat16):
            encoded: Encoded = self.network(batch.signal_mv, batch.present, batch.patient)
            measured, words = self.measured(encoded.pooled), self.words(encoded.pooled)
        loss = _cross_entropy(encoded.statements, batch.target, batch.known)
        if batch.mixed:
            return loss
        away = functional.smooth_l1_loss(measured.float(), batch.measured, reduction="none") * batch.measurable
        loss = loss + self._config.measured_weight * away.sum() / batch.measurable.sum().clamp_min(1.0)
        return loss + self._config.words_weight * _cross_entropy(words, batch.words, batch.reported)


def _cross_entropy(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    losses = functional.binary_cross_entropy_with_logits(logits.float(), target, reduction="none")
    weight = known.expand_as(losses)
    return _LOSS_SCALE * (losses * weight).sum() / weight.sum().clamp_min(1.0)


class _Records:
    """The chosen records as tensors, and the batches of an epoch."""

    def __init__(
        self,
        corpus: Corpus,
        config: StatementTraining,
        teacher: NDArray[np.float32] | None,
        auxiliary: Auxiliary | None,
        simulated: Corpus | None,
    ) -> None:
        self._config = config
        rows = corpus.chosen(folds=config.folds, zscored=True)
        target, known = corpus.statements[rows].copy(), corpus.known[rows].copy()
        if teacher is not None:
            taught = np.isfinite(teacher[rows])
            soft = np.where(taught, teacher[rows], 0.0)
            # An unknown label is the teacher's alone.
            share = np.where(known > 0, config.teacher_share * taught, taught)
            target = ((1 - share) * target + share * soft).astype(np.float32)
            known = np.maximum(known, taught).astype(np.float32)
        nothing = np.zeros((len(corpus.ecg_id), 1), dtype=np.float32)
        more = auxiliary or Auxiliary(nothing, nothing, nothing, nothing)
        signal, present, patient = corpus.signal_mv[rows], corpus.present[rows], corpus.patient_vector[rows]
        tasks = [values[rows] for values in more]
        if simulated is not None:
            signal, present = _joined(signal, simulated.signal_mv), _joined(present, simulated.present)
            patient, target = _joined(patient, simulated.patient_vector), _joined(target, simulated.statements)
            known = _joined(known, config.simulated_weight * simulated.known)
            none = len(simulated.ecg_id)
            tasks = [_joined(values, np.zeros((none, values.shape[1]), dtype=np.float32)) for values in tasks]
        self._signal, self._present = torch.from_numpy(signal), torch.from_numpy(present.astype(np.float32))
        self._patient = torch.from_numpy(patient)
        self._target, self._known = torch.from_numpy(target), torch.from_numpy(known)
        self._more = [torch.from_numpy(values) for values in tasks]
        self.measured_size, self.words_size = more.measured.shape[1], more.words.shape[1]
        self.count = len(signal)
        self.steps = self.count // config.batch

    def epoch(self, epoch: int) -> Iterator[_Batch]:
        """The batches of one epoch; the same for the same seed and epoch."""
        generator = torch.Generator().manual_seed(1000 * self._config.seed + epoch)
        size = self._config.batch
        order = torch.randperm(self.count, generator=generator)
        for start in range(0, self.steps * size, size):
            yield self._batch(order[start : start + size], generator)

    def _batch(self, rows: Tensor, generator: torch.Generator) -> _Batch:
        """Augmented records, in some batches mixed with a second one (Zhang 2018)."""
        settings = self._config.augmentation
        signal, present = augment(self._signal[rows].float(), self._present[rows], settings, generator)
        who = torch.rand(len(rows), 1, generator=generator) >= settings.patient_unknown_share
        patient, target, known = self._patient[rows] * who, self._target[rows], self._known[rows]
        mixed = bool(torch.rand((), generator=generator) < settings.mixed_share)
        if mixed:
            share = float(np.random.default_rng(int(rows[0])).beta(settings.mixing, settings.mixing))
            share = max(share, 1.0 - share)
            other = torch.randperm(len(rows), generator=generator)
            both = present * present[other] > 0
            signal = torch.where(both, share * signal + (1 - share) * signal[other], signal)
            patient = share * patient + (1 - share) * patient[other]
            target = share * target + (1 - share) * target[other]
            known = known * known[other]
        measured, measurable, words, reported = (values[rows] for values in self._more)
        return _Batch(signal, present, patient, target, known, measured, measurable, words, reported, mixed)


def _joined(real: NDArray[_Scalar], more: NDArray[_Scalar]) -> NDArray[_Scalar]:
    return np.concatenate([real, more]).astype(real.dtype, copy=False)
