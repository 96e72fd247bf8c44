"""Train what maps words to the beat flow's condition, once from the language model and once from sentence embeddings.

    python -m calipers.models.generator.words_training LINES.jsonl --out DIR --by model
    python -m calipers.models.generator.words_training LINES.jsonl --out DIR --by sentence

LINES are written by `tools.generate.spoken_corpus`. The language model is frozen; its keys and values of each text are
computed once and kept in DIR. The last tenth of the lines is not trained on. A run that is started again goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from calipers.models.generator.conditions import TEXT, Condition, ConditionSpace
from calipers.models.generator.generator import generator
from calipers.models.generator.qualities import NAMES
from calipers.models.generator.words import BY_MODEL, BY_SENTENCE, Aligner, Asked, Head, Read, Reader, reader

_BATCH: Final = 48
_SAVE_EVERY_S: Final = 120.0
_VALUES_COUNT: Final = 4.0
#: A statement that is asked for counts this much more than one that is not: few are.
_ASKED_COUNTS: Final = 4.0

#: What the words at some places of the lines ask for, as a network gives it.
Network = Callable[[NDArray[np.int64]], Asked]


class Targets(NamedTuple):
    """statements (n, statements), told and values (n, qualities + 2)."""

    statements: Tensor
    told: Tensor
    values: Tensor


def targets(lines: Sequence[dict[str, Any]], space: ConditionSpace) -> Targets:
    """What each line says, in the condition's own numbers."""
    vectors = torch.from_numpy(
        np.stack(
            [
                space.vector(Condition(frozenset(one["statements"]), one["qualities"], one["age"], one["sex"]))
                for one in lines
            ]
        )
    )
    patient = vectors[:, space.patient : space.text]
    values = torch.cat([patient[:, ::2], vectors[:, space.qualities : space.qualities + len(NAMES)]], dim=1)
    told = torch.cat([patient[:, 1::2], vectors[:, space.qualities + len(NAMES) :]], dim=1)
    return Targets(vectors[:, : space.told], told, values)


def loss_of(asked: Asked, wanted: Targets) -> Tensor:
    """Cross-entropy of statements and of what is told; absolute error of the values that are."""
    binary = nn.functional.binary_cross_entropy_with_logits
    by_name = binary(
        asked.statements, wanted.statements, weight=1.0 + (_ASKED_COUNTS - 1.0) * wanted.statements, reduction="none"
    ).sum(dim=1)
    by_flag = binary(asked.told, wanted.told, reduction="none").sum(dim=1)
    off = ((asked.values - wanted.values).abs() * wanted.told).sum(dim=1)
    return (by_name + by_flag + _VALUES_COUNT * off).mean()


def judged(asked: Asked, wanted: Targets) -> dict[str, float]:
    """Statements: precision and recall; numbers: recall of being told, and median error in units of the condition."""
    says, told = asked.statements > 0, asked.told > 0
    hit = float((says & (wanted.statements > 0)).sum())
    off = (asked.values - wanted.values).abs()[(wanted.told > 0) & told]
    return {
        "precision": round(hit / max(float(says.sum()), 1.0), 3),
        "recall": round(hit / float(wanted.statements.sum()), 3),
        "told": round(float((told & (wanted.told > 0)).sum()) / float(wanted.told.sum()), 3),
        "told_wrongly": round(float((told & (wanted.told == 0)).sum()) / max(float(told.sum()), 1.0), 3),
        "median_error": round(float(off.median()), 3) if off.numel() else 0.0,
    }


def main() -> None:
    """Command line of this stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--by", choices=("model", "sentence"), required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=1e-3)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for line in chosen.lines.read_text(encoding="utf-8").splitlines()]
    space = generator().space
    torch.manual_seed(1)
    if chosen.by == "sentence":
        vectors = torch.tensor([line["vector"] for line in lines]) * TEXT**0.5
        head = Head(TEXT, space.told)
        _train(chosen, head, lambda rows: head(vectors[rows]), targets(lines, space), chosen.out / BY_SENTENCE)
        return
    words = reader()
    read = _cached(chosen.out / "read.pt", [line["text"] for line in lines], words)
    _, blocks, heads, _, size = read[0].keys.shape
    aligner = Aligner(words.model.config.hidden_size, 2 * blocks * heads * size, space.told)

    def ask(rows: NDArray[np.int64]) -> Asked:
        found: Asked = aligner(words.model, Read.padded([read[row] for row in rows]))
        return found

    _train(chosen, aligner, ask, targets(lines, space), chosen.out / BY_MODEL)


def _train(chosen: argparse.Namespace, network: nn.Module, ask: Network, wanted: Targets, out: Path) -> None:
    """AdamW on a cosine; a checkpoint and a line of the log every two minutes."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=chosen.rate, weight_decay=0.05)
    state, step = out.with_suffix(".pt"), 0
    if state.is_file():
        held = torch.load(state, weights_only=True)
        network.load_state_dict(held["network"])
        optimiser.load_state_dict(held["optimiser"])
        step = held["step"]
    count, rng = len(wanted.told), np.random.default_rng(step)
    kept_out, began, saved = np.arange(count - count // 10, count), time.monotonic(), time.monotonic()
    running: list[float] = []
    while step < chosen.steps:
        for group in optimiser.param_groups:
            group["lr"] = chosen.rate * min(1.0, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / chosen.steps))
        rows = rng.choice(count - len(kept_out), _BATCH, replace=False)
        found = loss_of(ask(rows), Targets(*(one[rows] for one in wanted)))
        optimiser.zero_grad()
        torch.autograd.backward(found)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        running.append(float(found.detach()))
        step += 1
        if time.monotonic() - saved > _SAVE_EVERY_S or step == chosen.steps:
            with torch.no_grad():
                network.eval()
                seen = judged(ask(kept_out), Targets(*(one[kept_out] for one in wanted)))
            network.train()
            torch.save({"network": network.state_dict(), "optimiser": optimiser.state_dict(), "step": step}, state)
            _save(network, out)
            line = {"step": step, "loss": round(float(np.mean(running)), 3), **seen}
            with out.with_name(f"{out.stem}_train_log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(line | {"seconds": round(time.monotonic() - began)}) + "\n")
            running, saved = [], time.monotonic()


def _save(network: nn.Module, file: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: value.half().contiguous() for name, value in network.state_dict().items()}, file)


def _cached(path: Path, texts: list[str], words: Reader) -> list[Read]:
    """The texts as the last blocks attend to them, kept in a file as they come."""
    held = torch.load(path, weights_only=True) if path.is_file() else []
    found = [Read(*one) for one in held]
    while len(found) < len(texts):
        keys, values, lengths = words.read(texts[len(found)])
        found.append(Read(keys.half(), values.half(), lengths))
        if len(found) % 200 == 0 or len(found) == len(texts):
            torch.save([tuple(one) for one in found], path)
    return found[: len(texts)]


if __name__ == "__main__":
    main()
