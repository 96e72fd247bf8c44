"""A sentence about an ECG as numbers: its embedding and the clinical terms that it names."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

TERMS: Final = Path(__file__).with_name("sentence_terms.yaml")
_WHOLE: Final = 3


def sentence_features(texts: Sequence[str], embedded: Float32) -> Float32:
    """(m, 384 + terms): unit embeddings, then 1 for each term that a sentence names.

    Args:
        texts: the sentences.
        embedded: (m, 384) of all-MiniLM-L6-v2.
    """
    return np.concatenate([embedded, np.stack([terms_of(text) for text in texts])], axis=1)


def terms_of(text: str) -> Float32:
    """(terms,) 1 for what is named.

    >>> float(terms_of("previous heart attack of the inferior wall").sum())
    3.0
    """
    plain = " ".join(re.findall(r"[a-z0-9.\-]+", text.lower()))
    return np.array([float(bool(pattern.search(plain))) for pattern in _patterns()], np.float32)


@functools.cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    named = yaml.safe_load(TERMS.read_text(encoding="utf-8"))
    return tuple(re.compile("|".join(_pattern(str(word)) for word in words)) for words in named.values())


def _pattern(word: str) -> str:
    """Short beginnings, and those that say so, are whole words."""
    whole = word.endswith("$") or len(word) <= _WHOLE
    return rf"(?<![a-z0-9]){re.escape(word.removesuffix('$'))}" + (r"(?![a-z0-9])" if whole else "")
