"""Fine-tuning of the language model on generated instructions: `python -m calipers.models.mllm.language.train`.

Choices: LoRA on every linear layer; loss on the model's own lines alone, and the output layer computed there
alone; batches of like length; bfloat16 with float32 factors. A step's data follow from the seed and the step's
number, so a run that was cut off goes on where it stopped. Everything is generated: no patient's data is read.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from calipers.models.mllm.language import lora
from calipers.models.mllm.language.base import load_base, load_tokenizer
from calipers.models.mllm.language.dialogues import SEED, Dialogue, dialogue
from calipers.models.mllm.language.prompt import END

#: Batches that are drawn and sorted by length together.
_POOL: Final = 16
_UNTRAINED: Final = -100


@dataclass(frozen=True)
class TrainingConfig:
    """One run. `batch` dialogues a step."""

    steps: int = 600
    batch: int = 8
    rate: float = 8e-4
    warmup: int = 30
    last_rate: float = 0.05
    clip: float = 1.0
    longest: int = 160
    seed: int = SEED
    save_every: int = 25


class Batch(NamedTuple):
    """ids: (b, t) int64; targets: (b, t) the next token, -100 where nothing is learnt."""

    ids: Tensor
    targets: Tensor


def encoded(turns: Dialogue, tokenizer: Any, longest: int) -> tuple[list[int], list[bool]]:
    """Token ids of a dialogue, and which of them are the model's own; the oldest are cut off."""
    ids: list[int] = []
    own: list[bool] = []
    for turn in turns.turns:
        head = tokenizer.encode(f"<|im_start|>{turn.role}\n").ids
        body = tokenizer.encode(f"{turn.text}{END}").ids
        tail = tokenizer.encode("\n").ids
        ids += [*head, *body, *tail]
        own += [False] * len(head) + [turn.role == "assistant"] * len(body) + [False] * len(tail)
    return ids[-longest:], own[-longest:]


def batches(config: TrainingConfig, tokenizer: Any, first: int) -> Iterator[Batch]:
    """The batches of steps `first` and on."""
    for pool in range(first // _POOL, math.ceil(config.steps / _POOL)):
        draw = random.Random(f"{config.seed}:{pool}")
        drawn = [encoded(dialogue(draw), tokenizer, config.longest) for _ in range(_POOL * config.batch)]
        drawn.sort(key=lambda pair: len(pair[0]))
        made = [_padded(drawn[at : at + config.batch]) for at in range(0, len(drawn), config.batch)]
        draw.shuffle(made)
        yield from made[max(0, first - pool * _POOL) : config.steps - pool * _POOL]


def loss_of(model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross-entropy of the model's own tokens."""
    decoder: Any = model.model
    hidden = decoder(input_ids=batch.ids).last_hidden_state  # (b, t, d)
    learnt = batch.targets != _UNTRAINED
    logits = nn.functional.linear(hidden[learnt], decoder.embed_tokens.weight)  # (k, vocabulary)
    return nn.functional.cross_entropy(logits.float(), batch.targets[learnt])


def train(config: TrainingConfig, folder: Path) -> Path:
    """Train, or go on training, in a folder; returns the adapter's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(config), indent=1), encoding="utf-8")
    torch.manual_seed(config.seed)
    model = load_base(dtype=torch.bfloat16)
    tokenizer = load_tokenizer()
    learnt = lora.attach(model)
    optimiser = torch.optim.AdamW(learnt, lr=config.rate, weight_decay=0.0)
    adapter, state = folder / "adapter.safetensors", folder / "state.pt"
    step = _resumed(learnt, optimiser, state)
    model.train()
    started = time.perf_counter()
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for batch in batches(config, tokenizer, step):
            for group in optimiser.param_groups:
                group["lr"] = _rate(step, config)
            loss = loss_of(model, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learnt, config.clip)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            line = {
                "step": step,
                "loss": round(loss.item(), 4),
                "tokens": batch.ids.numel(),
                "seconds": round(time.perf_counter() - started, 1),
            }
            log.write(json.dumps(line) + "\n")
            log.flush()
            if step % config.save_every == 0 or step == config.steps:
                lora.save(model, adapter)
                _kept(learnt, optimiser, step, state)
    return adapter


def _rate(step: int, config: TrainingConfig) -> float:
    """Linear warm-up, then half a cosine down to `last_rate` of the peak."""
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.rate * (config.last_rate + (1 - config.last_rate) * 0.5 * (1 + math.cos(math.pi * done)))


def _padded(rows: Sequence[tuple[list[int], list[bool]]]) -> Batch:
    longest = max(len(ids) for ids, _ in rows) - 1
    made = torch.zeros(len(rows), longest, dtype=torch.long)
    targets = torch.full((len(rows), longest), _UNTRAINED)
    for number, (ids, own) in enumerate(rows):
        made[number, : len(ids) - 1] = torch.tensor(ids[:-1])
        targets[number, : len(ids) - 1] = torch.tensor(
            [token if mine else _UNTRAINED for token, mine in zip(ids[1:], own[1:], strict=True)]
        )
    return Batch(made, targets)


def _kept(learnt: list[nn.Parameter], optimiser: torch.optim.Optimizer, step: int, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save({"step": step, "factors": [each.data for each in learnt], "optimiser": optimiser.state_dict()}, partial)
    partial.replace(path)


def _resumed(learnt: list[nn.Parameter], optimiser: torch.optim.Optimizer, path: Path) -> int:
    if not path.is_file():
        return 0
    stored = torch.load(path, weights_only=True)
    for parameter, factor in zip(learnt, stored["factors"], strict=True):
        parameter.data.copy_(factor)
    optimiser.load_state_dict(stored["optimiser"])
    return int(stored["step"])


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; one that was cut off goes on")
    parser.add_argument("--steps", type=int, default=TrainingConfig.steps)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(train(TrainingConfig(steps=given.steps), given.out))


if __name__ == "__main__":
    main()
