"""Names that a question may mean, found by shared letter groups: typos and inflections still match.

They stand beside the question in the model's prompt; the model chooses among them or knows better. What a
statement or measurement is called is thereby looked up and need not be learnt by heart.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Final, NamedTuple

from calipers.knowledge import statements
from calipers.models.mllm.language.vocabulary import MEASURED, QTC, stated_names

#: Names offered beside a question, at most.
MOST: Final = 3
#: Share of a name's letter groups, weighted by rarity, that the question must hold.
_COVERED: Final = 0.62
#: And this share of what the likeliest name has.
_NEAR_BEST: Final = 0.75
#: Shorter names must stand in the question as words.
_SHORT: Final = 4
_WORD: Final = re.compile(r"[a-z0-9+]+")


class _Index(NamedTuple):
    """Each name's key, its words and its letter groups, and how rare each group is."""

    keys: tuple[str, ...]
    words: tuple[frozenset[str], ...]
    groups: tuple[frozenset[str], ...]
    rarity: dict[str, float]


def hints(question: str, most: int = MOST) -> tuple[str, ...]:
    """Measurement names and statement keys that a question may mean, the likeliest first."""
    index = _index()
    words = _words(question)
    held = _groups(words)
    asked = set(words)
    best: dict[str, tuple[float, int]] = {}
    for key, names, groups in zip(index.keys, index.words, index.groups, strict=True):
        if names <= asked:
            share = 1.0
        elif all(len(name) < _SHORT for name in names):
            continue
        else:
            common = groups & held
            if not common:
                continue
            share = sum(index.rarity[g] for g in common) / sum(index.rarity[g] for g in groups)
        if share >= _COVERED:
            best[key] = max(best.get(key, (0.0, 0)), (share, sum(map(len, names))))
    ranked = sorted(best, key=lambda key: (-best[key][0], -best[key][1], key))
    least = _NEAR_BEST * best[ranked[0]][0] if ranked else 0.0
    return tuple(key for key in ranked[:most] if best[key][0] >= least)


@cache
def _index() -> _Index:
    pairs = [(name, called) for name, all_called in MEASURED.items() for called in all_called]
    pairs += [("qtc_bazett", called) for called in QTC]
    pairs += [(key, called) for key, row in statements().items() if row.criteria for called in stated_names(key)]
    words = [frozenset(_words(called)) for _, called in pairs]
    groups = [frozenset(_groups(_words(called))) for _, called in pairs]
    counted = Counter(group for each in groups for group in each)
    rarity = {group: math.log(1 + len(pairs) / count) for group, count in counted.items()}
    return _Index(tuple(key for key, _ in pairs), tuple(words), tuple(groups), rarity)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.lower())
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _WORD.findall(folded.replace("-", " ").replace("'", ""))


def _groups(words: list[str]) -> set[str]:
    """Letter triples of each word, with its edges."""
    found: set[str] = set()
    for word in words:
        edged = f" {word} "
        found.update(edged[at : at + 3] for at in range(len(edged) - 2))
    return found
