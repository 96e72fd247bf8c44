"""Training of the page reader on drawn pages of known signals: one config, resumable, logged, CPU or GPU.

`python -m calipers.evals.image_agreement.pages --out PAGES` draws the pages;
`python -m calipers.models.mllm.page_training --pages PAGES --out RUN` trains.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import resample_poly
from torch import Tensor, nn
from torch.nn import functional

from calipers.leads import INDEX
from calipers.models.mllm.corpus import Corpus, read_corpus
from calipers.models.mllm.page import (
    LAYOUTS,
    MM_PER_MV,
    PIXELS_PER_MM_X,
    PIXELS_PER_MM_Y,
    PIXELS_PER_MV,
    SAMPLES,
    STRIP_MARGIN,
    STRIP_WIDTH,
    TRACE_X_MM,
    PageLayout,
    strips_of,
)
from calipers.models.mllm.page_augmentation import PageAugmentation, SeenPage, roughened
from calipers.models.mllm.page_reader import (
    LayoutRecogniser,
    PageReader,
    PageReaderConfig,
    bins_of_mv,
    expected_mv,
)

#: Finer than the pages' columns, so that a height between two samples is not flattened.
_FINE: Final = 4
THUMBNAIL_STEP: Final = 6


@dataclass(frozen=True)
class PageTraining:
    """One training of the page reader."""

    steps: int = 600
    pages: int = 3
    crops: int = 8
    crop_width: int = 320
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    warm_up: float = 0.1
    seed: int = 1
    save_every: int = 100
    network: PageReaderConfig = field(default_factory=PageReaderConfig)
    augmentation: PageAugmentation = field(default_factory=PageAugmentation)


class DrawnPage(NamedTuple):
    """A page's file, `<ecg_id>_<layout>[_<lost leads>].png`."""

    path: Path
    ecg_id: int
    layout: PageLayout
    lost: tuple[str, ...]


class Truth(NamedTuple):
    """mv: (rows, STRIP_WIDTH) about each strip's middle; shown: whether a trace stands in the column."""

    mv: NDArray[np.float32]
    shown: NDArray[np.bool_]


def drawn_pages(folder: Path) -> list[DrawnPage]:
    """The pages of a folder, by name."""
    found = []
    for path in sorted(folder.glob("*.png")):
        ecg_id, layout, *lost = path.stem.split("_")
        found.append(DrawnPage(path, int(ecg_id), next(name for name in LAYOUTS if name == layout), tuple(lost)))
    return found


def truth_of(page: SeenPage, drawn: DrawnPage, fine_mv: NDArray[np.float32]) -> Truth:
    """What the reader should say of each strip of a page.

    Args:
        page: as it is seen.
        drawn: which page it is.
        fine_mv: (12, 4000) the record at four times the page's rate.
    """
    rows = LAYOUTS[drawn.layout]
    columns = TRACE_X_MM * PIXELS_PER_MM_X - STRIP_MARGIN + np.arange(STRIP_WIDTH) + 0.5
    sample = (page.x_mm[0] + page.x_mm[1] * columns - TRACE_X_MM) * PIXELS_PER_MM_X
    mv = np.zeros((len(rows.segments), STRIP_WIDTH), np.float32)
    shown = np.zeros(mv.shape, np.bool_)
    for row, (baseline_mm, segments) in enumerate(zip(rows.baselines_mm, rows.segments, strict=True)):
        for lead, first, stop in segments:
            inside = (sample >= first) & (sample < stop)
            trace = np.interp(sample[inside] * _FINE, np.arange(fine_mv.shape[1]), fine_mv[INDEX[lead]])
            pixel = (baseline_mm - MM_PER_MV * trace - page.y_mm[0]) / page.y_mm[1]
            mv[row, inside] = (round(baseline_mm * PIXELS_PER_MM_Y) - pixel) / PIXELS_PER_MV
            shown[row, inside] = lead not in drawn.lost
    return Truth(mv, shown)


def train_page_reader(
    config: PageTraining, pages: list[DrawnPage], corpus: Corpus, out: Path, device: str = "cpu"
) -> tuple[PageReader, LayoutRecogniser]:
    """Train to the last step, resuming from `out/checkpoint.pt`; writes the log."""
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    reader = PageReader(config.network).to(device, memory_format=torch.channels_last)
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
    with (out / "train_log.jsonl").open("a") as log:
        log.write(json.dumps({"config": asdict(config), "pages": len(pages), "from": first}) + "\n")
        for step, batch in enumerate(_batches(config, pages, corpus, first), start=first + 1):
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


class _Batch(NamedTuple):
    """strips: (b, 192, w, 3) uint8; mv, shown: (b, w); thumbnails: (pages, h, w, 3); layouts: (pages,)."""

    strips: NDArray[np.uint8]
    mv: NDArray[np.float32]
    shown: NDArray[np.bool_]
    thumbnails: NDArray[np.uint8]
    layouts: NDArray[np.int64]


def _batches(config: PageTraining, pages: list[DrawnPage], corpus: Corpus, first: int) -> Iterator[_Batch]:
    """Each step draws from its own chance, so that a resumed training sees what it would have seen."""
    place = {int(ecg_id): row for row, ecg_id in enumerate(corpus.ecg_id)}
    names = list(LAYOUTS)
    for step in range(first, config.steps):
        chance = np.random.default_rng((config.seed, step))
        strips, mv, shown, thumbnails, layouts = [], [], [], [], []
        for drawn in (pages[number] for number in chance.choice(len(pages), config.pages)):
            image = Image.open(drawn.path)
            seen = roughened(image, LAYOUTS[drawn.layout].height, config.augmentation, chance)
            signal = corpus.signal_mv[place[drawn.ecg_id]].astype(np.float64)
            truth = truth_of(seen, drawn, resample_poly(signal, _FINE, 1, axis=1).astype(np.float32))
            whole = strips_of(seen.pixels, drawn.layout)
            for _ in range(config.crops):
                row = int(chance.integers(len(whole)))
                left = int(chance.integers(STRIP_WIDTH - config.crop_width + 1))
                part = slice(left, left + config.crop_width)
                strips.append(whole[row, :, part])
                mv.append(truth.mv[row, part])
                shown.append(truth.shown[row, part])
            thumbnails.append(thumbnail(seen.pixels))
            layouts.append(names.index(drawn.layout))
        yield _Batch(np.stack(strips), np.stack(mv), np.stack(shown), np.stack(thumbnails), np.array(layouts))


def thumbnail(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every sixth pixel's surroundings averaged, on a canvas as high as the highest layout."""
    highest = max(rows.height for rows in LAYOUTS.values())
    canvas = np.full((highest, page.shape[1], 3), 255, np.uint8)
    canvas[: min(len(page), highest)] = page[:highest]
    step = THUMBNAIL_STEP
    cells = canvas.reshape(highest // step, step, page.shape[1] // step, step, 3)
    return cells.mean(axis=(1, 3)).astype(np.uint8)


def ink(pixels: NDArray[np.uint8], device: str = "cpu") -> Tensor:
    """(b, h, w, 3) uint8 → (b, 3, h, w): 0 white, 1 black."""
    return 1.0 - torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float() / 255.0


def _loss(
    reader: PageReader, recogniser: LayoutRecogniser, batch: _Batch, device: str
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
    train_page_reader(config, drawn_pages(given.pages), read_corpus(given.data), given.out, given.device)


if __name__ == "__main__":
    main()
