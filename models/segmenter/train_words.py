"""Training of the word reader on words of painted pages: one config, resumable, logged.

`python -m calipers.models.segmenter.train_words --out RUN --minutes N` trains and exports to `weights/`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.segmenter.classes import OTHER, WORD, WORDS
from calipers.models.segmenter.crops import Crops, damaged, painted_page
from calipers.models.segmenter.painter import Page
from calipers.models.segmenter.segmenter import inks
from calipers.models.segmenter.signals import read_signals
from calipers.models.segmenter.train import FOLDS, scaled
from calipers.models.segmenter.word_reader import PATCH, WEIGHTS, Box, patch


@dataclass(frozen=True)
class WordTraining:
    """One training of the word reader."""

    minutes: float = 10.0
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    cool_down: float = 0.4
    seed: int = 2
    pages: int = 3
    others: int = 6
    nothings: int = 4
    jitter_mm: float = 0.6
    width: int = 32


class WordReader(nn.Module):
    """Four convolutions, each but the last halved by pooling, and two linear layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = [3, width, 2 * width, 3 * width, 3 * width]
        for number, (before, after) in enumerate(itertools.pairwise(channels)):
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
            if number < 3:
                layers.append(nn.MaxPool2d(2))
        self.body = nn.Sequential(*layers)
        cells = (PATCH[0] // 8) * (PATCH[1] // 8)
        self.head = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.2), nn.Linear(3 * width * cells, 128), nn.ReLU(), nn.Linear(128, len(WORDS))
        )

    def forward(self, patches: Tensor) -> Tensor:
        """(b, 3, *PATCH) int8 → (b, len(WORDS)) logits."""
        logits: Tensor = self.head(self.body(scaled(patches)))
        return logits


class Exported(nn.Module):
    """Bytes in, probabilities out."""

    def __init__(self, reader: WordReader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, patches: Tensor) -> Tensor:
        """(b, 3, *PATCH) int8 → (b, len(WORDS)) in 0–1."""
        return self.reader(patches).softmax(dim=1)


class Patches(NamedTuple):
    """(b, 3, *PATCH) int8 and (b,) numbers in `WORDS`."""

    patches: NDArray[np.int8]
    words: NDArray[np.int64]


def patches(config: WordTraining, signals: NDArray[np.int16], step: int) -> Patches:
    """The words of a few pages, their boxes shaken, with places where nothing is written."""
    chance = np.random.default_rng((config.seed, step))
    found = [one for _ in range(config.pages) for one in _of_page(config, painted_page(signals, chance), chance)]
    return Patches(np.stack([one for one, _ in found]), np.array([word for _, word in found], np.int64))


def _of_page(config: WordTraining, page: Page, chance: np.random.Generator) -> Iterator[tuple[NDArray[np.int8], int]]:
    others = [word for word in page.words if word.word == OTHER]
    few = [others[k] for k in chance.permutation(len(others))[: config.others]]
    wanted = [(WORD[word.word], Box(*word.box)) for word in [*(w for w in page.words if w.word != OTHER), *few]]
    height, width = page.trace.shape
    for _ in range(config.nothings):
        tall, wide = chance.uniform(2, 5) * page.px_mm, chance.uniform(1, 12) * page.px_mm
        x, y = chance.uniform(0, 1, 2) * (width - wide, height - tall)
        if not any(b[0] < x + wide and x < b[2] and b[1] < y + tall and y < b[3] for _, b in page.words):
            wanted.append((0, Box(x, y, x + wide, y + tall)))
    for word, box in wanted:
        shaken = Box(*(np.array(box) + chance.uniform(-1, 1, 4) * config.jitter_mm * page.px_mm))
        reach = 3.0 * (box.bottom - box.top) + 0.7 * (box.right - box.left) + 40
        x0, y0 = max(0, int(box.left - reach)), max(0, int(box.top - reach / 2))
        x1, y1 = min(width, int(box.right + reach)), min(height, int(box.bottom + reach / 2))
        if x1 - x0 < 40 or y1 - y0 < 40:
            continue
        seen = damaged(Crops(), page.image[y0:y1, x0:x1], page.px_mm, chance)
        shifted = Box(shaken.left - x0, shaken.top - y0, shaken.right - x0, shaken.bottom - y0)
        yield patch(inks(seen), shifted), word


def train(config: WordTraining, data: Path, out: Path) -> WordReader:
    """Train for the config's minutes; writes `out/words_log.jsonl` and `out/words.pt`."""
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    reader = WordReader(config.width)
    optimiser = torch.optim.AdamW(reader.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    signals = read_signals(data, FOLDS)
    started, step, losses, hits = time.monotonic(), 0, [], []
    reader.train()
    with (out / "words_log.jsonl").open("a") as log:
        log.write(json.dumps({"config": asdict(config), "records": len(signals)}) + "\n")
        while (share := (time.monotonic() - started) / (60 * config.minutes)) < 1.0:
            for group in optimiser.param_groups:
                group["lr"] = config.learning_rate * min(1.0, (1.0 - share) / config.cool_down, (step + 1) / 50)
            batch = patches(config, signals, step)
            logits = reader(torch.from_numpy(batch.patches))
            wanted = torch.from_numpy(batch.words)
            loss = functional.cross_entropy(logits, wanted, label_smoothing=0.02)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            step += 1
            losses.append(loss.item())
            hits.append((logits.argmax(dim=1) == wanted).float().mean().item())
            if step % 25 == 0:
                line = {"step": step, "loss": round(float(np.mean(losses)), 4), "right": round(float(np.mean(hits)), 4)}
                log.write(json.dumps({**line, "s": round(time.monotonic() - started)}) + "\n")
                log.flush()
                torch.save(reader.state_dict(), out / "words.pt")
                losses, hits = [], []
    return reader.eval()


def export(reader: WordReader, path: Path = WEIGHTS) -> None:
    """Write the ONNX file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.zeros(2, 3, *PATCH, dtype=torch.int8)
    torch.onnx.export(
        Exported(reader).eval(), (example,), str(path), input_names=["patches"], output_names=["words"],
        dynamic_shapes={"patches": {0: torch.export.Dim("boxes", min=1, max=4096)}}, dynamo=True, external_data=False,
    )  # fmt: skip


def main() -> None:
    """Train from the command line."""
    from calipers.settings import settings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=settings().data or Path("../shared/data"))
    parser.add_argument("--minutes", type=float, default=WordTraining.minutes)
    given = parser.parse_args()
    export(train(WordTraining(minutes=given.minutes), given.data, given.out))


if __name__ == "__main__":
    main()
