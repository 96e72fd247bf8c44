"""What a request's words alone convey to the beat flow, by five ways of telling it.

    python -m calipers.evals.generator.words --n 56

Every request of the adherence set is drawn once and not corrected; only the basic rhythm is laid down as asked. The
flow is told, and steered to the numbers among it: nothing; the sentence embedding in its own slot; the condition that
the sentence embedding, or the language model at its `<ecg_gen>` tokens, is mapped to (`models/generator/words.py`); or,
for comparison, the request as the rules understand it. A request is met when all its items are; items stand by their
kind beside it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from calipers.errors import UnreadableInput, UsageError
from calipers.evals.framework.task import spread
from calipers.evals.generator.adherence import Wish, wishes
from calipers.knowledge.store.embedding import embedder
from calipers.models.generator.conditions import Condition, Float32
from calipers.models.generator.generator import generator
from calipers.models.generator.words import WordsByModel, WordsBySentence
from calipers.tools.generate.drawing import Aims, aims_of, draw, told_by
from calipers.tools.generate.judging import judge
from calipers.tools.generate.request import Request
from calipers.tools.generate.synthesis import Item
from calipers.tools.generate.understanding import understand_request

#: What the flow is told of a request in words.
Told = Callable[[Request], Condition | Float32]
#: Items that the rhythm's own times decide, not what the flow is told.
_OF_THE_RHYTHM: Final = frozenset({
    "atrial_fibrillation", "atrial_flutter", "ventricular_paced_rhythm", "dual_paced_rhythm", "atrial_paced_rhythm",
    "third_degree_av_block", "mobitz_2", "wenckebach", "av_block_2_1", "second_degree_av_block", "sinus_rhythm",
})  # fmt: skip
_FURTHEST: Final = 10.0


def ways() -> dict[str, Told]:
    """The five ways."""
    space = generator().space
    embed, by_sentence, by_model = embedder(), WordsBySentence(space), WordsByModel(space)
    return {
        "nothing": lambda _: Condition(),
        "sentence embedding, own slot": lambda asked: Condition(text=embed([asked.text])[0]),
        "sentence embedding, mapped": lambda asked: by_sentence(embed([asked.text])[0]),
        "language model, mapped": lambda asked: by_model(asked.text),
        "understood by rule": lambda asked: told_by(asked, aims_of(asked, {}, 0)),
    }


def compare(chosen: Sequence[Wish], told: dict[str, Told]) -> dict[str, dict[str, float]]:
    """Per way: requests met, items met by kind, and how far numbers are from what was asked for, in tolerances."""
    understood = [(wish, request) for wish in chosen if (request := _understood(wish)) is not None]
    return {name: _summary([_drawn(*one, way) for one in understood]) for name, way in told.items()}


def _drawn(wish: Wish, request: Request, way: Told) -> list[Item]:
    """What became of a request, without what the rhythm decides."""
    ecg = draw(request, Aims({}, {}), wish.seed, generator(), told_alone=way(request))
    try:
        return [item for item in judge(ecg, request)[0] if item.name not in _OF_THE_RHYTHM]
    except UnreadableInput:
        return []


def _summary(found: Sequence[Sequence[Item]]) -> dict[str, float]:
    made = [items for items in found if items]
    every = [item for items in made for item in items]
    out = {
        "n": float(len(made)),
        "requests_met": float(np.mean([all(item.met for item in items) for items in made])),
        "items_met": float(np.mean([item.met for item in every])),
    }
    for kind in dict.fromkeys(_kind(item) for item in every):
        of = [item for item in every if _kind(item) == kind]
        out |= {f"{kind}_n": float(len(of)), f"{kind}_met": float(np.mean([item.met for item in of]))}
        if kind != "statement":
            out[f"{kind}_median_miss"] = float(np.median([min(item.miss, _FURTHEST) for item in of]))
    return out


def _kind(item: Item) -> str:
    if isinstance(item.requested, str):
        return "statement"
    name = item.name.rpartition(".")[2]
    return (
        "qtc" if name.startswith("qtc") else "axis" if name.endswith("axis") else "level" if "." in item.name else name
    )


def _understood(wish: Wish) -> Request | None:
    try:
        return understand_request(wish.text)
    except UsageError:
        return None


def main() -> None:
    """Print the comparison as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=None, help="at most this many requests, evenly spread")
    parser.add_argument("--tuned", action="store_true", help="requests.yaml instead of requests_unseen.yaml")
    chosen = parser.parse_args()
    every = wishes("requests.yaml" if chosen.tuned else "requests_unseen.yaml")
    print(json.dumps(compare(spread(every, chosen.n), ways()), indent=1))


if __name__ == "__main__":
    main()
