"""Exact terms: BM25 over stems, and how much of a question a text covers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calipers.knowledge.store.wording import stem, stems, words

Scores = NDArray[np.float64]


class WordIndex:
    """The stems of every text, built in memory in milliseconds; the same texts give the same index."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        self._texts = [stems(text) for text in texts]
        self._sets = [frozenset(text) for text in self._texts]
        self.vocabulary = frozenset(word for text in texts for word in words(text))
        self._frequency = Counter(term for text in self._sets for term in text)
        self._bm25 = bm25s.BM25()
        self._bm25.index(self._texts, show_progress=False)

    def scores(self, question: str) -> Scores:
        """BM25 of every text, scaled so that the best has 1; zeros when no word is known."""
        known = [term for term in stems(question) if term in self._frequency]
        if not known:
            return np.zeros(len(self._texts))
        raw = np.asarray(self._bm25.get_scores(known), np.float64)
        return raw / raw.max() if raw.max() > 0 else raw

    def coverage(self, question: str) -> Scores:
        """The share of the question's content that each text holds, rare words counting more: 0 to 1.

        A word that no text holds counts as the rarest, so that a question about something else is not
        covered by the few words it shares. A number that no text holds is the patient's and does not count.
        """
        asked = list(dict.fromkeys(words(question)))
        asked = [word for word in asked if not (word[0].isdigit() and stem(word) not in self._frequency)]
        if not asked:
            return np.zeros(len(self._texts))
        weights = np.array([self._rarity(stem(word)) for word in asked])
        held = np.array([[stem(word) in text for word in asked] for text in self._sets], np.float64)
        return np.asarray(held @ weights / weights.sum(), np.float64)

    def _rarity(self, term: str) -> float:
        count = self._frequency.get(term, 0)
        return math.log(1 + (len(self._texts) - count + 0.5) / (count + 0.5))
