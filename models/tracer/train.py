"""Training of the network on painted rows of PTB-XL's folds 1–7: one config, resumable, logged.

`python -m calipers.models.tracer.train --out RUN --minutes N` trains for a time, or resumes, and exports to
`weights/`; the learning rate is led down to its end.
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
from calipers.models.tracer.tracer import WEIGHTS
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


class _Steps(Dataset[Batch]):
    """A step's batch depends on the seed and the step alone."""

    def __init__(self, config: Training, signals: NDArray[np.int16], first: int) -> None:
        self._config, self._signals, self._first = config, signals, first

    def __len__(self) -> int:
        return self._config.steps - self._first

    def __getitem__(self, index: int) -> Batch:
        cv2.setNumThreads(1)
        return batch(self._config.cut, self._signals, np.random.default_rng((self._config.seed, self._first + index)))


def train(config: Training, data: Path, out: Path, minutes: float) -> Tracer:
    """Train to the last minute, resuming from `out/checkpoint.pt`; writes `out/train_log.jsonl`."""
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


def _ahead(config: Training, signals: NDArray[np.int16], first: int) -> Iterator[Batch]:
    """Batches made by one other process."""
    return iter(DataLoader(_Steps(config, signals, first), batch_size=None, num_workers=1, prefetch_factor=4))


def _step(network: Tracer, optimiser: torch.optim.Optimizer, one: Batch) -> dict[str, float]:
    ink, lines, leads = (torch.as_tensor(part) for part in one.seen)
    with torch.autocast("cpu", torch.bfloat16):
        line, own = network(scaled(ink).contiguous(memory_format=torch.channels_last), lines, leads)
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

    def forward(self, ink: Tensor, lines: Tensor, leads: Tensor) -> Tensor:
        """See `Windows` → (b, h, w * FINER) how likely the row's line is at each height of a finer column."""
        line, _ = self.network(scaled(ink), lines, leads)
        chance: Tensor = line[:, 0].softmax(dim=1)
        return chance


def export(network: Tracer, path: Path = WEIGHTS) -> None:
    """Write the ONNX file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = 2 * REACH_PX, 4 * MULTIPLE
    example = (
        torch.zeros(2, 1, height, width, dtype=torch.uint8),
        torch.zeros(2, height // FOLD[0]),
        torch.zeros(2, 3, width // FOLD[1], dtype=torch.int64),
    )
    rows, columns = torch.export.Dim("rows", min=1, max=64), torch.export.Dim("columns", min=2, max=400)
    torch.onnx.export(
        Exported(network).eval(), example, str(path), input_names=["ink", "lines", "leads"], output_names=["line"],
        dynamic_shapes={"ink": {0: rows, 3: columns * MULTIPLE}, "lines": {0: rows}, "leads": {0: rows, 2: columns * (MULTIPLE // FOLD[1])}},
        dynamo=True, external_data=False,
    )  # fmt: skip


def main() -> None:
    """Train from the command line."""
    from calipers.settings import settings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=settings().data or Path("../shared/data"))
    parser.add_argument("--minutes", type=float, required=True, help="0 exports the checkpoint as it stands")
    given = parser.parse_args()
    export(train(Training(), given.data, given.out, given.minutes or 1e-9))
    shutil.copyfile(given.out / "train_log.jsonl", WEIGHTS.with_name("tracer_train_log.jsonl"))


if __name__ == "__main__":
    main()
