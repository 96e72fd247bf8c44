"""What a request's words alone convey: told nothing, told by the sentence embedding, told by the language model.

    python -m calipers.evals.generator.words --n 60

Every request of the adherence set is drawn once, the flow told nothing but the text's vector and steered to nothing; only
the basic rhythm is laid down as asked. The language model's vector comes from its hidden states at the learnt
`<ecg_gen>` tokens (`models/generator/words.py`). What ships is the better of the two.
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
from calipers.models.generator.conditions import Float32
from calipers.models.generator.generator import generator
from calipers.models.generator.words import WordEmbedder
from calipers.tools.generate.drawing import Aims, draw
from calipers.tools.generate.judging import judge
from calipers.tools.generate.request import Request
from calipers.tools.generate.understanding import understand_request

Vector = Callable[[str], Float32 | None]
#: Items that the rhythm's own times decide, not what the flow is told.
_OF_THE_RHYTHM: Final = frozenset({
    "atrial_fibrillation", "atrial_flutter", "ventricular_paced_rhythm", "dual_paced_rhythm", "atrial_paced_rhythm",
    "third_degree_av_block", "mobitz_2", "wenckebach", "av_block_2_1", "second_degree_av_block", "sinus_rhythm",
})  # fmt: skip


def arms() -> dict[str, Vector]:
    """The three ways of telling the flow a text."""
    by_sentence, by_model = embedder(), WordEmbedder()
    return {
        "nothing": lambda _: None,
        "sentence embedding": lambda text: by_sentence([text])[0],
        "language model": by_model,
    }


def compare(chosen: Sequence[Wish], ways: dict[str, Vector]) -> dict[str, dict[str, float]]:
    """Per way: requests met, items met, and how far the numbers are from what was asked for, in tolerances."""
    made_by = generator()
    out = {}
    for name, vector in ways.items():
        met, items, misses = list[bool](), list[bool](), list[float]()
        for wish in chosen:
            request = _understood(wish)
            if request is None:
                continue
            ecg = draw(request, Aims({}, {}), wish.seed, made_by, vector(wish.text), by_text_alone=True)
            try:
                found = [item for item in judge(ecg, request)[0] if item.name not in _OF_THE_RHYTHM]
            except UnreadableInput:
                continue
            if found:
                met.append(all(item.met for item in found))
                items += [item.met for item in found]
                misses += [min(item.miss, 10.0) for item in found if isinstance(item.requested, float)]
        out[name] = {
            "n": float(len(met)), "requests_met": float(np.mean(met)), "items_met": float(np.mean(items)),
            "median_miss_in_tolerances": float(np.median(misses)),
        }  # fmt: skip
    return out


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
    print(json.dumps(compare(spread(every, chosen.n), arms()), indent=1))


if __name__ == "__main__":
    main()
