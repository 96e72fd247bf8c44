"""Fine-tuning of the language model on instructions: `python -m calipers.models.mllm.language.train`.

Choices: LoRA on every linear layer of the upper blocks; loss on the model's own lines alone, and the output layer
computed there alone; the first word of a line, which is the tool, counts more; batches of like length; bfloat16
with float32 factors; attention written out, which is faster than fused kernels for short sequences on a CPU.
Questions written by hand come in passes, each time typed a little differently, among conversations from the
grammar and revisions. With `--sight`, some batches are ECGs: their sequences go through the projector,
which was aligned with the words first and is trained with the rest, and the statements seen are written. A step's data follow from the seed and the step's
number, so a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from calipers.models.mllm.language import lora
from calipers.models.mllm.language.base import load_base, load_tokenizer
from calipers.models.mllm.language.batches import UNTRAINED, Batch, Mixture, development, text_batches
from calipers.models.mllm.language.first_word import fitted
from calipers.models.mllm.language.handwritten import handwritten
from calipers.models.mllm.language.projector import EcgProjector, Sight, load_sight, save_sight
from calipers.models.mllm.language.projector_alignment import align, word_vectors
from calipers.models.mllm.language.sight_corpus import sightings
from calipers.models.mllm.language.sightings import Sightings

_HELD_OUT_AT_ONCE: Final = 24
#: Of PTB-XL; the ninth judges.
_FOLDS: Final = tuple(range(1, 9))


@dataclass(frozen=True)
class TrainingConfig:
    """One run.

    Attributes:
        mixture: what the questions are drawn from; its `batch` sequences a step.
        start: an adapter to go on from; None for a new one.
        sight: a file of ECG tokens; None trains without ECGs.
        projector: one to go on from; None aligns a new one.
        data: the data folder, from which `sight` is made where it is not there.
        sight_every: of so many steps one reads ECGs.
        sight_batch: ECGs in such a step.
        projector_rate: learning rate of the projector.
    """

    mixture: Mixture
    steps: int = 600
    rate: float = 6e-4
    warmup: int = 30
    last_rate: float = 0.05
    clip: float = 1.0
    save_every: int = 25
    check_every: int = 100
    start: str | None = None
    sight: str | None = None
    projector: str | None = None
    data: str | None = None
    sight_every: int = 12
    sight_batch: int = 24
    projector_rate: float = 1e-3


def loss_of(model: nn.Module, batch: Batch, projector: EcgProjector | None = None) -> Tensor:
    """Weighted mean cross-entropy of the model's own tokens."""
    decoder: Any = model.model
    read: Tensor = decoder.embed_tokens(batch.ids)
    ahead = 0
    if batch.seen and projector is not None:
        ecg = projector(*batch.seen).to(read.dtype)  # (b, k, d)
        ahead, read = ecg.shape[1], torch.cat([ecg, read], dim=1)
    hidden = decoder(inputs_embeds=read).last_hidden_state[:, ahead:]  # (b, t, d)
    learnt = batch.targets != UNTRAINED
    logits = nn.functional.linear(hidden[learnt], decoder.embed_tokens.weight)  # (k, vocabulary)
    each = nn.functional.cross_entropy(logits.float(), batch.targets[learnt], reduction="none")
    weights = batch.weights[learnt]
    return (each * weights).sum() / weights.sum()


def train(config: TrainingConfig, folder: Path) -> Path:
    """Train, or go on training, in a folder; returns the adapter's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(config), indent=1), encoding="utf-8")
    torch.manual_seed(config.mixture.seed)
    model = load_base(dtype=torch.bfloat16)
    model.set_attn_implementation("eager")
    tokenizer = load_tokenizer()
    if not (folder / "first_word.safetensors").is_file():
        fitted([(item.turns()[:-1], item.line) for item in handwritten() if not item.held_out]).save(
            folder / "first_word.safetensors"
        )
    factors = lora.attach(model)
    if config.start is not None:
        lora.load(model, Path(config.start))
    seen = _sightings(config)
    projector = None if seen is None else _projector(config, seen, folder / "state.pt")
    looking = [] if projector is None else list(projector.parameters())
    groups = [{"params": factors, "peak": config.rate}, {"params": looking, "peak": config.projector_rate}]
    optimiser = torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=0.0)
    learnt = [*factors, *looking]
    step = _resumed(learnt, optimiser, folder / "state.pt")
    model.train()
    started = time.perf_counter()
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for batch in _batches(config, tokenizer, seen, step):
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * _share_of_rate(step, config)
            loss = loss_of(model, batch, projector)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learnt, config.clip)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            line: dict[str, float | bool] = {
                "step": step,
                "ecg": bool(batch.seen),
                "loss": round(loss.item(), 4),
                "tokens": batch.ids.numel(),
                "seconds": round(time.perf_counter() - started, 1),
            }
            if step % config.check_every == 0 or step == config.steps:
                line |= checked(model, tokenizer)
            log.write(json.dumps(line) + "\n")
            log.flush()
            if step % config.save_every == 0 or step == config.steps:
                lora.save(model, folder / "adapter.safetensors")
                if projector is not None and seen is not None:
                    save_sight(Sight(projector, seen.codes), folder / "projector.safetensors")
                _kept(learnt, optimiser, step, folder / "state.pt")
    return folder / "adapter.safetensors"


@torch.inference_mode()
def checked(model: nn.Module, tokenizer: Any) -> dict[str, float]:
    """On the questions held out, as the model would write unconstrained: share of right first words and whole lines."""
    decoder: Any = model.model
    model.eval()
    first, whole, count = 0, 0, 0
    for batch in development(tokenizer, _HELD_OUT_AT_ONCE):
        hidden = decoder(input_ids=batch.ids).last_hidden_state
        learnt = batch.targets != UNTRAINED
        right = torch.ones_like(learnt)
        right[learnt] = (hidden[learnt] @ decoder.embed_tokens.weight.T).argmax(-1) == batch.targets[learnt]
        whole += int(right.all(dim=1).sum())
        first += int((right | (batch.weights <= 1.0)).all(dim=1).sum())
        count += len(right)
    model.train()
    return {"held_out": count, "first_word": round(first / count, 4), "line": round(whole / count, 4)}


def _sightings(config: TrainingConfig) -> Sightings | None:
    if config.sight is None:
        return None
    if config.data is not None and not Path(config.sight).is_file():
        sightings(Path(config.data), _FOLDS, zscored=True, threads=torch.get_num_threads()).save(Path(config.sight))
    return Sightings.load(Path(config.sight))


def _projector(config: TrainingConfig, seen: Sightings, state: Path) -> EcgProjector:
    """Aligned with the words first; a run that goes on has its own."""
    if state.is_file():
        return EcgProjector(seen.sequences.shape[-1])
    if config.projector is not None:
        return load_sight(Path(config.projector)).projector.requires_grad_(True)
    return align(seen, word_vectors(seen.codes))


def _batches(config: TrainingConfig, tokenizer: Any, seen: Sightings | None, first: int) -> Iterator[Batch]:
    """Those of steps `first` and on; questions and ECGs each count their own."""
    every = config.sight_every if seen is not None else 0
    ecgs = first // every if every else 0
    texts = text_batches(config.mixture, tokenizer, first - ecgs)
    for step in range(first, config.steps):
        if seen is not None and every and step % every == every - 1:
            yield seen.batch(step // every, config.sight_batch, config.mixture.seed, tokenizer)
        else:
            yield next(texts)


def _share_of_rate(step: int, config: TrainingConfig) -> float:
    """Linear warm-up, then half a cosine down to `last_rate`."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.last_rate + (1 - config.last_rate) * 0.5 * (1 + math.cos(math.pi * done))


def _kept(learnt: list[nn.Parameter], optimiser: torch.optim.Optimizer, step: int, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save({"step": step, "learnt": [each.data for each in learnt], "optimiser": optimiser.state_dict()}, partial)
    partial.replace(path)


def _resumed(learnt: list[nn.Parameter], optimiser: torch.optim.Optimizer, path: Path) -> int:
    if not path.is_file():
        return 0
    stored = torch.load(path, weights_only=True)
    for parameter, value in zip(learnt, stored["learnt"], strict=True):
        parameter.data.copy_(value)
    optimiser.load_state_dict(stored["optimiser"])
    return int(stored["step"])


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; one that was cut off goes on")
    parser.add_argument("--steps", type=int, default=TrainingConfig.steps)
    parser.add_argument("--rate", type=float, default=TrainingConfig.rate)
    parser.add_argument("--handwritten", type=float, default=Mixture.handwritten, help="their share of the questions")
    parser.add_argument("--seed", type=int, default=Mixture.seed)
    parser.add_argument("--start", help="adapter to go on from")
    parser.add_argument("--sight", help="file of ECG tokens, made where it is not there")
    parser.add_argument("--sight-every", type=int, default=TrainingConfig.sight_every, help="1: ECGs alone")
    parser.add_argument("--projector", help="projector to go on from")
    parser.add_argument("--data", help="the folder that holds `ptbxl`, to make it from")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    mixture = Mixture(handwritten=given.handwritten, seed=given.seed)
    config = TrainingConfig(
        mixture,
        given.steps,
        given.rate,
        start=given.start,
        sight=given.sight,
        sight_every=given.sight_every,
        projector=given.projector,
        data=given.data,
    )
    print(train(config, given.out))


if __name__ == "__main__":
    main()
