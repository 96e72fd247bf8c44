"""Training of the shared space of ECGs and sentences on PTB-XL's reports and statements: seeded, logged, CPU or GPU.

Two losses. Reports and their ECGs find each other in a batch (Radford 2021), and every record is a positive of
every report that reads like its own. Statements in words, as clinicians say them and denied, are true or false
of each record by its labels (Zhai 2023). The signal encoder and the sentence encoder stay as they are.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Float32 = NDArray[np.float32]

WORDINGS: Final = Path(__file__).with_name("statement_wordings.yaml")
#: How a statement is denied.
DENIALS: Final = ("no {}", "no evidence of {}", "absence of {}", "without {}")


@dataclass(frozen=True)
class AlignmentTraining:
    """One training.

    Attributes:
        width: of the shared space.
        wordings: weight of the statements in words against the reports.
        denied: share of the statements that are shown denied.
    """

    width: int = 256
    epochs: int = 40
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.2
    dropout: float = 0.3
    wordings: float = 1.0
    denied: float = 0.25
    seed: int = 1


class Wording(NamedTuple):
    """A sentence that is true of a record if it has the statement of that place, or has it not."""

    text: str
    statement: int
    denied: bool


class Pairs(NamedTuple):
    """What is learned from.

    Attributes:
        views: (views, r, f) what the signal encoder says of each record, as recorded and made harder.
        report: (r,) the record's place in `reports`, -1 without one.
        reports: (m, 384) sentence embeddings.
        statements, known: (r, 71) labels and whether they count.
        wordings: sentences about statements.
        worded: (w, 384) their embeddings.
    """

    views: Float32
    report: NDArray[np.int64]
    reports: Float32
    statements: Float32
    known: Float32
    wordings: Sequence[Wording]
    worded: Float32


class Towers(nn.Module):
    """An ECG's features and a sentence's embedding, brought to unit vectors of one space."""

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
        return functional.normalize(self.ecg((features - self.mean) / self.spread), dim=1)

    def place_text(self, sentences: Tensor) -> Tensor:
        """(m, 384) -> (m, width)."""
        return functional.normalize(self.text(sentences) + self.text_hidden(sentences), dim=1)

    def truth(self, ecgs: Tensor, sentences: Tensor) -> Tensor:
        """(b, width), (m, 384) -> (b, m) logits that the sentence is true of the ECG."""
        texts = self.place_text(sentences)
        return self.true_scale.exp() * ecgs @ texts.T + self.prevalence(sentences)[:, 0]


def read_wordings(
    codes: Sequence[str], descriptions: Mapping[str, Sequence[str]]
) -> tuple[list[Wording], list[Wording]]:
    """Sentences to train on, affirmed and denied, and those held out.

    Args:
        codes: the statements in the encoder's order.
        descriptions: the standard's words for each.
    """
    stored = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    said, held = [], []
    for place, code in enumerate(codes):
        phrases = list(dict.fromkeys([*descriptions[code], *stored[code]["said"]]))
        said += [Wording(phrase, place, denied=False) for phrase in phrases]
        said += [Wording(form.format(phrase), place, denied=True) for phrase in phrases for form in DENIALS[:2]]
        held += [Wording(phrase, place, denied=False) for phrase in stored[code]["held"]]
    return said, held


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
    denied = np.array([wording.denied for wording in pairs.wordings])
    shown = np.flatnonzero(~denied | (chance.random(len(denied)) < config.denied))
    places = np.array([wording.statement for wording in pairs.wordings])[shown]
    target = np.abs(pairs.statements[batch][:, places] - denied[shown])
    known = torch.from_numpy(pairs.known[batch][:, places])
    logits = towers.truth(ecgs, torch.from_numpy(pairs.worded[shown]))
    losses = functional.binary_cross_entropy_with_logits(
        logits, torch.from_numpy(target.astype(np.float32)), reduction="none"
    )
    return paired, 10.0 * (losses * known).sum() / known.sum()
