"""Questions written by hand for training, each with its action; a few are held out to choose settings on.

Their writers are language models that worked on this project, told to speak as clinicians do, and told nothing of
the benchmark's utterances or of the grammar's frames. What they wrote that stands in the benchmark, too, is left
out; the benchmark's texts are known here by their hashes alone.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from calipers.models.mllm.language.actions import parse
from calipers.models.mllm.language.instructions import offered
from calipers.models.mllm.language.prompt import Turn, asked
from calipers.models.mllm.language.roughening import roughened

#: One in so many is held out.
_HELD_OUT: Final = 20
_ROUGHENED: Final = 0.5
_BENCHMARK: Final = "benchmark.sha256"
_MARKS: Final = re.compile(r"[\W_]+")
#: How often another question with its action stands before one that needs none.
_AFTER_ANOTHER: Final = 0.12


class Handwritten(NamedTuple):
    """A question, the line that it calls for, and the questions and lines before it."""

    text: str
    line: str
    before: tuple[tuple[str, str], ...] = ()

    @property
    def held_out(self) -> bool:
        """By a hash of the text: in the development set, not in training."""
        return int(hashlib.sha256(f"calipers {self.text.lower()}".encode()).hexdigest(), 16) % _HELD_OUT == 0

    def turns(self) -> tuple[Turn, ...]:
        """As the model reads it, unchanged."""
        earlier = [turn for text, line in self.before for turn in (asked(text), Turn("assistant", line))]
        return (*earlier, asked(self.text), Turn("assistant", self.line))


@cache
def handwritten() -> tuple[Handwritten, ...]:
    """All of them, in the order of the files; a text that comes again is left out."""
    found: dict[tuple[str, object], Handwritten] = {}
    folder = files("calipers.models.mllm.language") / "written"
    benchmark = frozenset((folder / _BENCHMARK).read_text(encoding="utf-8").split())
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".jsonl"):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                before = tuple((text, parse(said).line()) for text, said in row.get("before", ()))
                read = Handwritten(row["text"], parse(row["expected"]).line(), before)
                if before or fingerprint(read.text) not in benchmark:
                    found.setdefault((read.text.lower(), before), read)
    return tuple(found.values())


def fingerprint(text: str) -> str:
    """What stands for a text in the list of the benchmark's: case, marks and spaces do not count."""
    return hashlib.sha256(_MARKS.sub(" ", text.lower()).strip().encode()).hexdigest()[:16]


def in_training(seed: int, number: int) -> Handwritten:
    """The `number`-th of endless passes, each in its own order."""
    kept, orders = _kept(), number // len(_kept())
    return kept[_order(seed, orders)[number % len(kept)]]


def taught(item: Handwritten, draw: random.Random) -> tuple[Turn, ...]:
    """As it is taught: typed in a hurry, with names beside it that are not always right, at times after another."""
    earlier: list[Turn] = []
    for text, line in item.before:
        earlier += [_asked(text, draw), Turn("assistant", line)]
    if not item.before and draw.random() < _AFTER_ANOTHER:
        other = draw.choice(_kept())
        if not other.before:
            earlier = [asked(other.text), Turn("assistant", other.line)]
    return (*earlier, _asked(item.text, draw), Turn("assistant", item.line))


def _asked(text: str, draw: random.Random) -> Turn:
    said = roughened(text, draw) if draw.random() < _ROUGHENED else text
    return asked(said, offered(said, draw))


@cache
def _kept() -> tuple[Handwritten, ...]:
    return tuple(item for item in handwritten() if not item.held_out)


@cache
def _order(seed: int, turn: int) -> tuple[int, ...]:
    order = list(range(len(_kept())))
    random.Random(f"{seed}:{turn}").shuffle(order)
    return tuple(order)
