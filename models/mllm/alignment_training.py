"""Training of the shared space of ECGs and sentences on PTB-XL's reports and statements: seeded, logged, CPU or GPU.

Two losses. Reports and their ECGs find each other in a batch (Radford 2021), and every record is a positive of
every report that reads like its own. Statements in words, as clinicians say them, are true or false
of each record by its labels (Zhai 2023). The signal encoder and the sentence encoder stay as they are.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.mllm.wordings import Wording

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class AlignmentTraining:
    """One training.

    Attributes:
        width: of the shared space.
        wordings: weight of the statements in words against the reports.
    """

    width: int = 256
    epochs: int = 40
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.2
    dropout: float = 0.3
    wordings: float = 1.0
    seed: int = 1


class Pairs(NamedTuple):
    """What is learned from.

    Attributes:
        views: (views, r, f) what the signal encoder says of each record, as recorded and made harder.
        report: (r,) the record's place in `reports`, -1 without one.
        reports: (m, s) `sentence_features`.
        statements, known: (r, 71) labels and whether they count.
        wordings: sentences about statements.
        worded: (w, s) theirs.
    """

    views: Float32
    report: NDArray[np.int64]
    reports: Float32
    statements: Float32
    known: Float32
    wordings: Sequence[Wording]
    worded: Float32


class Towers(nn.Module):
    """An ECG's features and a sentence's, brought to unit vectors of one space."""

    mean: Tensor
    spread: Tensor
    true_scale: Tensor
    pair_scale: Tensor

    def __init__(self, features: int, width: int, sentence: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))
        self.ecg = nn.Sequential(nn.Dropout(dropout), nn.Linear(features, width))
        self.text = nn.Sequential(nn.Dropout(0.1), nn.Linear(sentence, width))
        self.text_hidden = nn.Sequential(
            nn.Linear(sentence, 512), nn.GELU(), nn.Dropout(dropout), nn.Linear(512, width)
        )
        self.prevalence = nn.Linear(sentence, 1)
        self.pair_scale = nn.Parameter(torch.tensor(2.5))
        self.true_scale = nn.Parameter(torch.tensor(2.5))

    def place_ecg(self, features: Tensor) -> Tensor:
        """(b, f) -> (b, width)."""
        placed: Tensor = self.ecg((features - self.mean) / self.spread)
        return functional.normalize(placed, dim=1)

    def place_text(self, sentences: Tensor) -> Tensor:
        """(m, s) of `sentence_features` -> (m, width)."""
        placed: Tensor = self.text(sentences) + self.text_hidden(sentences)
        return functional.normalize(placed, dim=1)

    def truth(self, ecgs: Tensor, sentences: Tensor) -> Tensor:
        """(b, width), (m, s) -> (b, m) logits that the sentence is true of the ECG."""
        usual: Tensor = self.prevalence(sentences)[:, 0]
        return self.true_scale.exp() * ecgs @ self.place_text(sentences).T + usual


def train_alignment(
    config: AlignmentTraining, pairs: Pairs, rows: NDArray[np.int64], log: Path | None = None
) -> Towers:
    """Train on these records to the last epoch; a minute's work, so it does not resume."""
    torch.manual_seed(config.seed)
    chance = np.random.default_rng(config.seed)
    towers = Towers(pairs.views.shape[2], config.width, pairs.reports.shape[1], dropout=config.dropout)
    clean = torch.from_numpy(pairs.views[0, rows]).float()
    towers.mean.copy_(clean.mean(dim=0))
    towers.spread.copy_(clean.std(dim=0) + 1e-3)
    decayed = [weights for weights in towers.parameters() if weights.ndim > 1]
    plain = [weights for weights in towers.parameters() if weights.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        config.learning_rate,
    )
    steps = config.epochs * (len(rows) // config.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=steps, pct_start=0.1)
    averaged = copy.deepcopy(towers)
    started, lines = time.time(), [json.dumps({"config": asdict(config), "records": len(rows)})]
    step = 0
    for epoch in range(config.epochs):
        towers.train()
        order = chance.permutation(rows)
        losses = []
        for start in range(0, len(order) - config.batch + 1, config.batch):
            batch = order[start : start + config.batch]
            paired, true = _losses(towers, pairs, batch, config, chance)
            loss = paired + config.wordings * true
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
            step += 1
            with torch.no_grad():
                keep = min(0.99, step / (step + 10))
                for mean, new in zip(averaged.state_dict().values(), towers.state_dict().values(), strict=True):
                    mean.lerp_(new, 1.0 - keep)
            losses.append((paired.item(), true.item()))
        reports, wordings = np.mean(losses, axis=0)
        lines.append(json.dumps({"epoch": epoch + 1, "reports": round(float(reports), 4),
                                 "wordings": round(float(wordings), 4), "s": round(time.time() - started)}))  # fmt: skip
    if log is not None:
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    averaged.train(False)
    return averaged


def _losses(
    towers: Towers, pairs: Pairs, batch: NDArray[np.int64], config: AlignmentTraining, chance: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Reports against ECGs, and statements in words against ECGs."""
    view = chance.integers(len(pairs.views), size=len(batch))
    ecgs = towers.place_ecg(torch.from_numpy(pairs.views[view, batch]).float())
    report = pairs.report[batch]
    paired = torch.zeros(())
    has = np.flatnonzero(report >= 0)
    if len(has) > 1:
        same = torch.from_numpy(report[has][:, None] == report[has][None]).float()
        texts = towers.place_text(torch.from_numpy(pairs.reports[report[has]]))
        scores = towers.pair_scale.exp() * ecgs[has] @ texts.T
        share = same / same.sum(dim=1, keepdim=True)
        paired = -0.5 * (
            (share * scores.log_softmax(dim=1)).sum(dim=1).mean()
            + (share * scores.T.log_softmax(dim=1)).sum(dim=1).mean()
        )
    places = np.array([wording.statement for wording in pairs.wordings])
    target = torch.from_numpy(pairs.statements[batch][:, places])
    known = torch.from_numpy(pairs.known[batch][:, places])
    logits = towers.truth(ecgs, torch.from_numpy(pairs.worded))
    losses = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return paired, 10.0 * (losses * known).sum() / known.sum()
