"""A second opinion on the first word of a line: a linear classifier over letter groups of the question.

It errs differently from the language model, which reads meaning and stumbles over spelling; their product errs
less than either. What it adds at each of the first two steps of decoding is the weighted log-probability of the
words that may stand there; the grammar and the language model decide all the rest.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from calipers.errors import MissingPart
from calipers.models.mllm.language.prompt import Turn

#: First words of lines that answer a question; a fixed sentence counts by its name.
WORDS: Final = (
    "measure", "explain", "interpret", "classify", "compare", "render", "guidelines", "history", "similar", "generate",
    "say greeting", "say thanks", "say off_topic", "say treatment", "say prognosis", "say not_in_ecg",
)  # fmt: skip
#: Share of its log-probability that is added; chosen on held-out questions and the benchmark's tune half.
WEIGHT: Final = 0.7
_SIZE: Final = 1 << 15
_LETTERS: Final = (2, 3, 4, 5)
_WORD: Final = re.compile(r"\w+")


class FirstWord:
    """Log-probabilities of `WORDS` for a question.

    Args:
        weights: (words, features).
        offset: (words,).
    """

    def __init__(self, weights: Tensor, offset: Tensor) -> None:
        self.weights, self.offset = weights, offset

    def opinion(self, turns: Sequence[Turn]) -> Tensor:
        """(words,) log-probabilities for the question that ends these turns."""
        places, values = features(turns)
        return (self.weights[:, places].float() @ values + self.offset.float()).log_softmax(-1)

    def save(self, path: Path) -> None:
        """Write as safetensors."""
        save_file({"weights": self.weights.half().contiguous(), "offset": self.offset.half()}, path)

    @classmethod
    def load(cls, path: Path) -> FirstWord:
        """Read what `save` wrote.

        Raises:
            MissingPart: it is not there.
        """
        if not path.is_file():
            raise MissingPart(f"found no {path.name}; needed: an installation with the language model's weights")
        stored = load_file(path)
        return cls(stored["weights"], stored["offset"])


def first_word(line: str) -> str:
    """What of a line `WORDS` holds."""
    words = line.split()
    return " ".join(words[:2]) if words[0] == "say" else words[0]


def features(turns: Sequence[Turn]) -> tuple[Tensor, Tensor]:
    """Places and sizes of what a question holds: letter groups, words, pairs of words, and what was done before."""
    question = turns[-1].text.rpartition("\n")[0].lower()
    words = _WORD.findall(question)
    held = Counter(
        f"c{edged[at : at + size]}"
        for edged in (f" {word} " for word in words)
        for size in _LETTERS
        for at in range(len(edged) - size + 1)
    )
    once = [f"w{word}" for word in words] + [f"b{a}_{b}" for a, b in zip(["^", *words], [*words, "$"], strict=True)]
    held.update(dict.fromkeys(once, 1))
    if before := [turn.text for turn in turns if turn.role == "assistant"]:
        held.update({"p": 1, f"p{first_word(before[-1])}": 1})
    sizes: dict[int, float] = {}
    for name, count in held.items():
        place = zlib.crc32(name.encode()) % _SIZE
        sizes[place] = sizes.get(place, 0.0) + 1.0 + math.log(count)
    values = torch.tensor(list(sizes.values()))
    return torch.tensor(list(sizes)), values / values.norm()


def fitted(examples: Sequence[tuple[Sequence[Turn], str]], *, passes: int = 60, decay: float = 3e-6) -> FirstWord:
    """Fit to questions and their lines: softmax regression on everything at once."""
    known = [(features(turns), WORDS.index(first_word(line))) for turns, line in examples if first_word(line) in WORDS]
    rows = torch.cat([torch.full((len(places),), row) for row, ((places, _), _) in enumerate(known)])
    columns = torch.cat([places for (places, _), _ in known])
    values = torch.cat([sizes for (_, sizes), _ in known])
    shape = (len(known), _SIZE)
    held = torch.sparse_coo_tensor(torch.stack([rows, columns]), values, shape, check_invariants=True).coalesce()
    labels = torch.tensor([label for _, label in known])
    weights = torch.zeros(_SIZE, len(WORDS), requires_grad=True)
    offset = torch.zeros(len(WORDS), requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, offset], max_iter=passes, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        found = nn.functional.cross_entropy(torch.sparse.mm(held, weights) + offset, labels)
        found = found + decay * weights.pow(2).sum()
        found.backward()  # type: ignore[no-untyped-call]
        return found

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return FirstWord(weights.detach().T.contiguous(), offset.detach())
