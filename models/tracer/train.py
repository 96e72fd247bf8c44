"""Training of the networks on painted rows of PTB-XL's folds 1–7: one config each, resumable, logged.

`python -m calipers.models.tracer.train --out RUN --minutes N` trains the first for a time, or resumes, and exports to
`weights/`; the learning rate is led down to its end. With `--after RUN` it trains the second, which begins as the first
of that run and is shown what the exported first says.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from calipers.models.segmenter.signals import read_signals
from calipers.models.segmenter.train import rate_at
from calipers.models.tracer.batches import Batch, Cut, batch
from calipers.models.tracer.network import NetworkConfig, Tracer
from calipers.models.tracer.tracer import SECOND_WEIGHTS, WEIGHTS
from calipers.models.tracer.windows import FOLD, MULTIPLE, REACH_PX

FOLDS: Final = (1, 2, 3, 4, 5, 6, 7)
#: A line taken to be so far from its place is logged as far.
_FAR_PX: Final = 6


@dataclass(frozen=True)
class Training:
    """One training."""

    steps: int = 100_000
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    warm_up: float = 0.03
    cool_down: float = 0.5
    seed: int = 1
    save_every: int = 50
    network: NetworkConfig = field(default_factory=NetworkConfig)
    cut: Cut = field(default_factory=Cut)


def training_of_second() -> Training:
    """The second network's."""
    return Training(learning_rate=2e-3, seed=2, network=NetworkConfig(second=True), cut=Cut(pages=3))


class _Steps(Dataset[Batch]):
    """A step's batch depends on the seed and the step alone; the second network's on the first's weights too."""

    def __init__(self, config: Training, signals: NDArray[np.int16], first: int) -> None:
        self._config, self._signals, self._first = config, signals, first

    def __len__(self) -> int:
        return self._config.steps - self._first

    def __getitem__(self, index: int) -> Batch:
        cv2.setNumThreads(1)
        chance = np.random.default_rng((self._config.seed, self._first + index))
        return batch(self._config.cut, self._signals, chance, second=self._config.network.second)


def train(config: Training, data: Path, out: Path, minutes: float, after: Path | None = None) -> Tracer:
    """Train to the last minute, resuming from `out/checkpoint.pt`; writes `out/train_log.jsonl`.

    Args:
        config: what and how.
        data: PTB-XL's folder is in it.
        out: a folder.
        minutes: in all.
        after: the first network's folder, from which the second begins.
    """
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    network = Tracer(config.network)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    saved, first, spent = out / "checkpoint.pt", 0, 0.0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        first, spent = int(state["step"]), float(state["seconds"])
    elif after is not None:
        network.load_state_dict(_widened(torch.load(after / "checkpoint.pt", weights_only=True)["network"], network))
    signals = read_signals(data, FOLDS)
    started = time.monotonic() - spent
    network.train()
    with (out / "train_log.jsonl").open("a") as log:
        log.write(json.dumps({"config": asdict(config), "records": len(signals), "from": first}) + "\n")
        parts = []
        for step, one in enumerate(_ahead(config, signals, first), first + 1):
            seconds = time.monotonic() - started
            share = seconds / (60 * minutes)
            if share >= 1.0:
                break
            for group in optimiser.param_groups:
                group["lr"] = rate_at(
                    share, highest=config.learning_rate, warm_up=config.warm_up, cool_down=config.cool_down
                )
            parts.append(_step(network, optimiser, one))
            if step % config.save_every == 0:
                mean = {name: round(float(np.mean([part[name] for part in parts])), 4) for name in parts[0]}
                log.write(json.dumps({"step": step, **mean, "s": round(seconds)}) + "\n")
                log.flush()
                parts = []
                state = {
                    "network": network.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step,
                    "seconds": seconds,
                }
                torch.save(state, saved.with_suffix(".new"))
                saved.with_suffix(".new").replace(saved)
    network.eval()
    return network


def _widened(first: dict[str, Tensor], second: Tracer) -> dict[str, Tensor]:
    """The first network's weights for the second: what it sees beside counts nothing yet."""
    name = "at_1.0.0.weight"
    wide = torch.zeros_like(second.state_dict()[name])
    wide[:, : first[name].shape[1]] = first[name]
    return {**first, name: wide}


def _ahead(config: Training, signals: NDArray[np.int16], first: int) -> Iterator[Batch]:
    """Batches made by one other process."""
    return iter(DataLoader(_Steps(config, signals, first), batch_size=None, num_workers=1, prefetch_factor=4))


def _step(network: Tracer, optimiser: torch.optim.Optimizer, one: Batch) -> dict[str, float]:
    ink, lines, leads = (torch.as_tensor(part) for part in one.seen)
    drawn = torch.as_tensor(one.drawn) if network.second else None
    with torch.autocast("cpu", torch.bfloat16):
        line, own = network(scaled(ink).contiguous(memory_format=torch.channels_last), lines, leads, drawn)
    total, parts = loss(line.float(), own.float(), one)
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(total)
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return parts


def loss(line: Tensor, own: Tensor, one: Batch) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of the line's place, shared between the two pixels it lies between, and of whose the ink is.

    Args:
        line, own: the network's logits.
        one: the batch.
    """
    y, weight = torch.as_tensor(one.y_px), torch.as_tensor(one.y_weight)
    chance = line[:, 0].log_softmax(dim=1)
    lower = y.floor().long()
    part = y - lower
    upper = (lower + 1).clamp(max=line.shape[2] - 1)
    said = [chance.gather(1, place[:, None])[:, 0] for place in (lower, upper)]
    placed = -(weight * ((1 - part) * said[0] + part * said[1])).sum() / weight.sum()
    mine, matters = torch.as_tensor(one.own), torch.as_tensor(one.own_weight)
    shared = functional.binary_cross_entropy_with_logits(own, mine.float(), matters, reduction="sum") / matters.sum()
    with torch.no_grad():
        far = ((line[:, 0].argmax(dim=1) - y).abs() > _FAR_PX).float()
        wrong = ((own > 0) != mine) & (matters > 1)
    return placed + shared, {
        "line": placed.item(),
        "own": shared.item(),
        "far": float((far * (weight > 1)).sum() / (weight > 1).sum()),
        "wrong": float(wrong.sum() / (matters > 1).sum()),
    }


def scaled(ink: Tensor) -> Tensor:
    """Bytes to shares."""
    return ink.float() / 255.0


class Exported(nn.Module):
    """Bytes in, probabilities out."""

    def __init__(self, network: Tracer) -> None:
        super().__init__()
        self.network = network

    def forward(self, ink: Tensor, lines: Tensor, leads: Tensor, drawn: Tensor | None = None) -> Tensor:
        """See `Windows` → (b, h, w * FINER) how likely the row's line is at each height of a finer column."""
        line, _ = self.network(scaled(ink), lines, leads, drawn)
        chance: Tensor = line[:, 0].softmax(dim=1)
        return chance


def export(network: Tracer, path: Path) -> None:
    """Write the ONNX file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = 2 * REACH_PX, 4 * MULTIPLE
    cells = (height // FOLD[0], width // FOLD[1])
    rows, columns = torch.export.Dim("rows", min=1, max=64), torch.export.Dim("columns", min=2, max=400)
    wide = columns * (MULTIPLE // FOLD[1])
    shown = {
        "ink": (torch.zeros(2, 1, height, width, dtype=torch.uint8), {0: rows, 3: columns * MULTIPLE}),
        "lines": (torch.zeros(2, cells[0]), {0: rows}),
        "leads": (torch.zeros(2, 3, cells[1], dtype=torch.int64), {0: rows, 2: wide}),
    }
    if network.second:
        shown["drawn"] = (torch.zeros(2, 2, *cells), {0: rows, 3: wide})
    torch.onnx.export(
        Exported(network).eval(), tuple(example for example, _ in shown.values()), str(path),
        input_names=list(shown), output_names=["line"],
        dynamic_shapes={name: sizes for name, (_, sizes) in shown.items()}, dynamo=True, external_data=False,
    )  # fmt: skip


def main() -> None:
    """Train from the command line."""
    from calipers.settings import settings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=settings().data or Path("../shared/data"))
    parser.add_argument("--minutes", type=float, required=True, help="0 exports the checkpoint as it stands")
    parser.add_argument("--after", type=Path, help="RUN of the first network: trains the second")
    given = parser.parse_args()
    config, weights = (training_of_second(), SECOND_WEIGHTS) if given.after else (Training(), WEIGHTS)
    export(train(config, given.data, given.out, given.minutes or 1e-9, given.after), weights)
    shutil.copyfile(given.out / "train_log.jsonl", weights.with_name(f"{weights.stem}_train_log.jsonl"))


if __name__ == "__main__":
    main()
