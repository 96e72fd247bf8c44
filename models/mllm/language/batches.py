"""Training batches of conversations: token ids, what is learnt of them and how much each token counts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from calipers.models.mllm.language.dialogues import SEED, dialogue
from calipers.models.mllm.language.handwritten import handwritten, in_training, taught
from calipers.models.mllm.language.prompt import END, Turn
from calipers.models.mllm.language.revisions import revision

#: Target of a token that is read and not learnt.
UNTRAINED: Final = -100
#: Batches that are drawn and sorted by length together.
_POOL: Final = 16
#: How much the first word of a line counts, against one for the others.
_FIRST_WORD: Final = 3.0


@dataclass(frozen=True)
class Mixture:
    """What questions are drawn from: shares of those written by hand and of revisions, the rest from the grammar."""

    handwritten: float = 0.88
    revisions: float = 0.04
    batch: int = 16
    longest: int = 128
    seed: int = SEED


class Batch(NamedTuple):
    """ids: (b, t) int64; targets: (b, t) the next token, or `UNTRAINED`; weights: (b, t); seen: (b, t, width) each."""

    ids: Tensor
    targets: Tensor
    weights: Tensor
    seen: tuple[Tensor, ...] = ()


class Encoded(NamedTuple):
    """A conversation's token ids, and how much each counts: nothing where it is not the model's own."""

    ids: list[int]
    weights: list[float]


def encoded(turns: Sequence[Turn], tokenizer: Any, longest: int) -> Encoded:
    """Token ids of a conversation; the oldest are cut off."""
    ids: list[int] = []
    weights: list[float] = []
    for turn in turns:
        head = tokenizer.encode(f"<|im_start|>{turn.role}\n").ids
        body = tokenizer.encode(f"{turn.text}{END}")
        ids += [*head, *body.ids]
        weights += [0.0] * len(head)
        first = len(turn.text.split(" ")[0])
        own = turn.role == "assistant"
        weights += [(_FIRST_WORD if start < first else 1.0) if own else 0.0 for start, _ in body.offsets]
        tail = tokenizer.encode("\n").ids
        ids += tail
        weights += [0.0] * len(tail)
    return Encoded(ids[-longest:], weights[-longest:])


def text_batches(mixture: Mixture, tokenizer: Any, first: int) -> Iterator[Batch]:
    """Endless batches of conversations from the `first` on."""
    pool = first // _POOL
    skipped = first % _POOL
    while True:
        draw = random.Random(f"{mixture.seed}:{pool}")
        drawn = [encoded(turns, tokenizer, mixture.longest) for turns in _pool(mixture, pool, draw)]
        drawn.sort(key=lambda one: len(one.ids))
        made = [padded(drawn[at : at + mixture.batch]) for at in range(0, len(drawn), mixture.batch)]
        draw.shuffle(made)
        yield from made[skipped:]
        pool, skipped = pool + 1, 0


def development(tokenizer: Any, batch: int) -> list[Batch]:
    """The questions held out, as they were written."""
    rows = [encoded(item.turns(), tokenizer, Mixture.longest) for item in handwritten() if item.held_out]
    last = [Encoded(row.ids, _last_turn(row.weights)) for row in rows]
    last.sort(key=lambda one: len(one.ids))
    return [padded(last[at : at + batch]) for at in range(0, len(last), batch)]


def padded(rows: Sequence[Encoded]) -> Batch:
    """Rows as one batch; what fills the shorter ones is not learnt."""
    longest = max(len(row.ids) for row in rows) - 1
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    targets = torch.full((len(rows), longest), UNTRAINED)
    weights = torch.zeros(len(rows), longest)
    for number, row in enumerate(rows):
        size = len(row.ids) - 1
        ids[number, :size] = torch.tensor(row.ids[:-1])
        weights[number, :size] = torch.tensor(row.weights[1:])
        follows = torch.tensor(row.ids[1:])
        targets[number, :size] = torch.where(weights[number, :size] > 0, follows, UNTRAINED)
    return Batch(ids, targets, weights)


def _pool(mixture: Mixture, pool: int, draw: random.Random) -> Iterator[Sequence[Turn]]:
    size = _POOL * mixture.batch
    by_hand = round(mixture.handwritten * size)
    for number in range(pool * by_hand, (pool + 1) * by_hand):
        yield taught(in_training(mixture.seed, number), draw)
    revised = round(mixture.revisions * size)
    for _ in range(revised):
        yield revision(draw)
    for _ in range(size - by_hand - revised):
        yield dialogue(draw).turns


def _last_turn(weights: list[float]) -> list[float]:
    """Weights of the last of the model's turns alone."""
    end = max(at for at, weight in enumerate(weights) if weight > 0)
    start = end
    while start > 0 and weights[start - 1] > 0:
        start -= 1
    return [weight if start <= at <= end else 0.0 for at, weight in enumerate(weights)]
