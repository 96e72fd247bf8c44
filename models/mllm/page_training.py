"""Training of the page reader on drawn pages of known signals: one config, resumable, logged, CPU or GPU.

`python -m calipers.evals.image_agreement.pages --out PAGES` draws the pages (and again with `--n 80 --lost`);
`python -m calipers.models.mllm.page_training --pages PAGES --out RUN` trains and exports.
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
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.mllm.corpus import Corpus, read_corpus
from calipers.models.mllm.page import STRIP_HEIGHT, STRIP_WIDTH, THUMBNAIL_SHAPE
from calipers.models.mllm.page_batches import DrawnPage, StripBatch, StripBatches, drawn_pages, strip_batches
from calipers.models.mllm.page_reader import (
    LayoutRecogniser,
    PageReader,
    PageReaderConfig,
    bins_of_mv,
    expected_mv,
)

WEIGHTS: Final = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class PageTraining:
    """One training of the page reader."""

    steps: int = 600
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    warm_up: float = 0.1
    seed: int = 1
    save_every: int = 100
    network: PageReaderConfig = field(default_factory=PageReaderConfig)
    batches: StripBatches = field(default_factory=StripBatches)


def train_page_reader(
    config: PageTraining, pages: list[DrawnPage], corpus: Corpus, out: Path, device: str = "cpu"
) -> tuple[PageReader, LayoutRecogniser]:
    """Train to the last step, resuming from `out/checkpoint.pt`; writes the log."""
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    reader = PageReader(config.network).to(device)
    recogniser = LayoutRecogniser().to(device)
    both = nn.ModuleList([reader, recogniser])
    optimiser = torch.optim.AdamW(both.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.steps, pct_start=config.warm_up
    )
    saved = out / "checkpoint.pt"
    first = 0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        both.load_state_dict(state["networks"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        first = int(state["step"])
    started, losses = time.time(), []
    both.train()
    batches = strip_batches(config.batches, pages, corpus, range(first, config.steps), config.seed)
    with (out / "train_log.jsonl").open("a") as log:
        log.write(json.dumps({"config": asdict(config), "pages": len(pages), "from": first}) + "\n")
        for step, batch in enumerate(batches, start=first + 1):
            loss, parts = _loss(reader, recogniser, batch, device)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(both.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(parts)
            if step % config.save_every == 0 or step == config.steps:
                mean = {name: round(float(np.mean([part[name] for part in losses])), 4) for name in losses[0]}
                log.write(json.dumps({"step": step, **mean, "s": round(time.time() - started)}) + "\n")
                log.flush()
                losses = []
                state = {"networks": both.state_dict(), "optimiser": optimiser.state_dict(),
                         "schedule": schedule.state_dict(), "step": step}  # fmt: skip
                torch.save(state, saved.with_suffix(".new"))
                saved.with_suffix(".new").replace(saved)
    both.eval()
    return reader, recogniser


def ink(pixels: NDArray[np.uint8], device: str = "cpu") -> Tensor:
    """(b, h, w, 3) uint8 → (b, 3, h, w): 0 white, 1 black."""
    return 1.0 - torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float() / 255.0


def _loss(
    reader: PageReader, recogniser: LayoutRecogniser, batch: StripBatch, device: str
) -> tuple[Tensor, dict[str, float]]:
    """Place among the bins, expected height, shown or not, layout."""
    mv, shown = torch.from_numpy(batch.mv).to(device), torch.from_numpy(batch.shown).to(device)
    with torch.autocast(device, torch.bfloat16):
        read = reader(ink(batch.strips, device).contiguous(memory_format=torch.channels_last))
        layout = functional.cross_entropy(
            recogniser(ink(batch.thumbnails, device)).float(), torch.from_numpy(batch.layouts).to(device)
        )
    target = bins_of_mv(mv)
    bins = read.heights.shape[1]
    counted = shown & (target >= 0) & (target <= bins - 1)
    low = target.clamp(0, bins - 1.001).floor()
    share = (target.clamp(0, bins - 1.001) - low)[:, None]
    logs = read.heights.log_softmax(dim=1)
    lower, upper = (torch.gather(logs, 1, (low.long() + more)[:, None]) for more in (0, 1))
    surprise = -((1 - share) * lower + share * upper)[:, 0][counted].mean()
    away = functional.smooth_l1_loss(bins_of_mv(expected_mv(read))[counted], target[counted], beta=0.5)
    said = functional.binary_cross_entropy_with_logits(read.shown, shown.float())
    error_uv = 1000 * (expected_mv(read) - mv).abs()[counted].median()
    parts = {"place": surprise.item(), "away": away.item(), "shown": said.item(), "layout": layout.item(),
             "median_uv": error_uv.item()}  # fmt: skip
    return surprise + away + said + 0.2 * layout, parts


class _Rows(nn.Module):
    """The reader as it is exported: strips in, amplitudes and chances of a trace out."""

    def __init__(self, reader: PageReader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, strips: Tensor) -> tuple[Tensor, Tensor]:
        """(b, 192, 1072, 3) uint8 -> (b, 1072) millivolts about the strip's middle, (b, 1072) 0–1."""
        read = self.reader(1.0 - strips.permute(0, 3, 1, 2).float() / 255.0)
        return expected_mv(read), read.shown.sigmoid()


class _Layouts(nn.Module):
    """The recogniser as it is exported."""

    def __init__(self, recogniser: LayoutRecogniser) -> None:
        super().__init__()
        self.recogniser = recogniser

    def forward(self, thumbnail: Tensor) -> Tensor:
        """(b, h, w, 3) uint8 -> (b, layouts) chances."""
        chances: Tensor = self.recogniser(1.0 - thumbnail.permute(0, 3, 1, 2).float() / 255.0).softmax(dim=1)
        return chances


def export_page_reader(reader: PageReader, recogniser: LayoutRecogniser, folder: Path) -> None:
    """Write `page_reader.onnx` and `page_layout.onnx`, which run without torch."""
    strips = torch.zeros(2, STRIP_HEIGHT, STRIP_WIDTH, 3, dtype=torch.uint8)
    torch.onnx.export(
        _Rows(reader).eval(), (strips,), str(folder / "page_reader.onnx"), input_names=["strips"],
        output_names=["amplitude_mv", "shown"], dynamic_axes={name: {0: "rows"} for name in ("strips", "amplitude_mv", "shown")},
        opset_version=17, dynamo=False,
    )  # fmt: skip
    thumbnails = torch.zeros(1, *THUMBNAIL_SHAPE, 3, dtype=torch.uint8)
    torch.onnx.export(
        _Layouts(recogniser).eval(), (thumbnails,), str(folder / "page_layout.onnx"), input_names=["thumbnail"],
        output_names=["chances"], opset_version=17, dynamo=False,
    )  # fmt: skip


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pages", type=Path, required=True, help="written by calipers.evals.image_agreement.pages")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint and log")
    parser.add_argument("--steps", type=int, default=PageTraining.steps)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    config = PageTraining(steps=given.steps)
    reader, recogniser = train_page_reader(
        config, drawn_pages(given.pages), read_corpus(given.data), given.out, given.device
    )
    export_page_reader(reader.cpu(), recogniser.cpu(), WEIGHTS)
    shutil.copyfile(given.out / "train_log.jsonl", WEIGHTS / "page_reader_train_log.jsonl")


if __name__ == "__main__":
    main()
