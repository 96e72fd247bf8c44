"""Training of the segmenter on painted pages of PTB-XL's folds 1–8: one config, resumable, logged.

`python -m calipers.models.segmenter.train --out RUN` trains to the last step, or resumes, and exports to `weights/`;
`--minutes N` stops after a time, with the learning rate led down to its end.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from calipers.models.segmenter.crops import Batch, Crops, batches
from calipers.models.segmenter.network import NetworkConfig, Segmenter, loss
from calipers.models.segmenter.segmenter import WEIGHTS
from calipers.models.segmenter.signals import read_signals

FOLDS: Final = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class Training:
    """One training."""

    steps: int = 9000
    learning_rate: float = 4e-3
    weight_decay: float = 1e-3
    warm_up: float = 0.05
    cool_down: float = 0.35
    seed: int = 1
    save_every: int = 50
    network: NetworkConfig = field(default_factory=NetworkConfig)
    crops: Crops = field(default_factory=Crops)


def rate_at(share: float, *, highest: float, warm_up: float, cool_down: float) -> float:
    """Learning rate at a share of the training: up over its first part, level, down to nothing over its last."""
    return highest * max(min(1.0, share / warm_up, (1.0 - share) / cool_down), 0.0)


def train(config: Training, data: Path, out: Path, minutes: float | None) -> Segmenter:
    """Train to the last step or minute, resuming from `out/checkpoint.pt`; writes `out/train_log.jsonl`."""
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    network = Segmenter(config.network)
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    saved, first, spent = out / "checkpoint.pt", 0, 0.0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        first, spent = int(state["step"]), float(state["seconds"])
    signals = read_signals(data, FOLDS)
    started, parts = time.monotonic() - spent, []
    network.train()
    with (out / "train_log.jsonl").open("a") as log:
        log.write(json.dumps({"config": asdict(config), "records": len(signals), "from": first}) + "\n")
        for step, batch in enumerate(
            batches(config.crops, signals, range(first, config.steps), config.seed), first + 1
        ):
            seconds = time.monotonic() - started
            share = step / config.steps if minutes is None else seconds / (60 * minutes)
            if share >= 1.0 and minutes is not None:
                break
            for group in optimiser.param_groups:
                group["lr"] = rate_at(
                    share, highest=config.learning_rate, warm_up=config.warm_up, cool_down=config.cool_down
                )
            parts.append(_step(network, optimiser, batch))
            if step % config.save_every == 0 or step == config.steps:
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


def scaled(inks: Tensor) -> Tensor:
    """Bytes to about one for black ink on white paper."""
    return inks.float() / 64.0


def _step(network: Segmenter, optimiser: torch.optim.Optimizer, batch: Batch) -> dict[str, float]:
    with torch.autocast("cpu", torch.bfloat16):
        lines, words = network(scaled(torch.from_numpy(batch.inks)))
    total, parts = loss(
        lines.float(), words.float(), torch.from_numpy(batch.lines).float() / 255.0, torch.from_numpy(batch.words)
    )
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(total)
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return parts


class Exported(nn.Module):
    """Bytes in, probabilities out; see `segmenter.inks`."""

    def __init__(self, network: Segmenter) -> None:
        super().__init__()
        self.network = network

    def forward(self, inks: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 3, h, w) int8 → lines (1, 2, h, w), words (1, words, h/4, w/4)."""
        lines, words = self.network(scaled(inks))
        return lines.sigmoid(), words.softmax(dim=1)


def export(network: Segmenter, path: Path = WEIGHTS) -> None:
    """Write the ONNX file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.zeros(1, 3, 128, 160, dtype=torch.int8)
    height, width = torch.export.Dim("rows", min=2, max=400) * 16, torch.export.Dim("columns", min=2, max=400) * 16
    torch.onnx.export(
        Exported(network).eval(), (example,), str(path), input_names=["inks"], output_names=["lines", "words"],
        dynamic_shapes={"inks": {2: height, 3: width}}, dynamo=True, external_data=False,
    )  # fmt: skip


def main() -> None:
    """Train from the command line."""
    from calipers.settings import settings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=settings().data or Path("../shared/data"))
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--export-only", action="store_true", help="export the checkpoint as it stands")
    given = parser.parse_args()
    config = Training(steps=0 if given.export_only else Training.steps)
    export(train(config, given.data, given.out, given.minutes))
    shutil.copyfile(given.out / "train_log.jsonl", WEIGHTS.with_name("segmenter_train_log.jsonl"))


if __name__ == "__main__":
    main()
