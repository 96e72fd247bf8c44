"""PTB-XL's records as the tokens that the language model learns to see from.

Every record is encoded once as a signal (whole; with another gain, wander and noise) and as pages show it (each lead masked to its own stretch), always by the trunk that the program ships.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.leads import INDEX
from calipers.models.mllm.corpus import Corpus, read_corpus, read_vocabulary
from calipers.models.mllm.encoder_input import INPUT_HZ
from calipers.models.mllm.encoder_tokens import encode
from calipers.models.mllm.language.sightings import Sightings
from calipers.models.mllm.page import LAYOUTS, PageLayout

Float32 = NDArray[np.float32]
View = Callable[[Float32, Float32, np.random.Generator], tuple[Float32, Float32]]

_SEED: Final = 5
_GAIN_SD: Final = 0.1
_WANDER_MV: Final = 0.1
_NOISE_MV: Final = 0.03
_PAGES: Final[tuple[PageLayout, ...]] = ("3x4+1", "6x2")
_AT_ONCE: Final = 64


def whole(signal_mv: Float32, present: Float32, draw: np.random.Generator) -> tuple[Float32, Float32]:
    """(b, 12, n) as recorded."""
    return signal_mv, present


def disturbed(signal_mv: Float32, present: Float32, draw: np.random.Generator) -> tuple[Float32, Float32]:
    """(b, 12, n) with another gain, a slow wander and noise."""
    b, leads, n = signal_mv.shape
    seconds = np.arange(n) / INPUT_HZ
    wander = np.sin(2 * np.pi * (draw.uniform(0.05, 0.5, (b, 1, 1)) * seconds + draw.uniform(size=(b, leads, 1))))
    gain = np.exp(_GAIN_SD * draw.normal(size=(b, 1, 1)))
    added = _WANDER_MV * draw.uniform(size=(b, 1, 1)) * wander
    added = added + _NOISE_MV * draw.uniform(size=(b, 1, 1)) * draw.normal(size=signal_mv.shape)
    return ((gain * signal_mv + added) * present).astype(np.float32), present


def page(layout: PageLayout) -> View:
    """(b, 12, n) as a page of this layout shows it: a lead's level is that of its own stretch."""

    def view(signal_mv: Float32, present: Float32, draw: np.random.Generator) -> tuple[Float32, Float32]:
        shown = np.zeros(signal_mv.shape[1:], dtype=np.float32)
        levelled = signal_mv.copy()
        # A lead that comes again as a rhythm strip is read from the longer row, which comes last.
        for segment in (segment for row in LAYOUTS[layout].segments for segment in row):
            lead, stretch = INDEX[segment.lead], slice(segment.first, segment.stop)
            shown[lead, stretch] = 1.0
            level = np.median(signal_mv[:, lead, stretch], axis=1, keepdims=True)
            levelled[:, lead, stretch] = signal_mv[:, lead, stretch] - level
        there = present * shown
        return levelled * there, there

    return view


SIGNAL_VIEWS: Final[tuple[View, ...]] = (whole, disturbed)
PAGE_VIEWS: Final[tuple[View, ...]] = tuple(page(layout) for layout in _PAGES)


def sightings(data: Path, folds: Sequence[int], *, zscored: bool, threads: int) -> Sightings:
    """Sequences and statements of the records of these folds."""
    corpus, vocabulary = read_corpus(data), read_vocabulary(data)
    rows = corpus.chosen(folds=tuple(folds), zscored=zscored)
    draw = np.random.default_rng(_SEED)
    sequences, logits = [], []
    for start in range(0, len(rows), _AT_ONCE):
        signal_mv, present = _signals(corpus, rows[start : start + _AT_ONCE])
        seen = [encode(*view(signal_mv, present, draw), threads=threads) for view in (*SIGNAL_VIEWS, *PAGE_VIEWS)]
        sequences.append(np.stack([tokens.sequence for tokens in seen], axis=1).astype(np.float16))
        logits.append(seen[0].statements.astype(np.float16))
    labelled = (corpus.statements[rows] > 0) & (corpus.known[rows] > 0)
    return Sightings(np.concatenate(sequences), labelled, np.concatenate(logits), vocabulary.codes, len(PAGE_VIEWS))


def _signals(corpus: Corpus, rows: NDArray[np.int64]) -> tuple[Float32, Float32]:
    signal_mv = corpus.signal_mv[rows].astype(np.float32)
    present = np.repeat(corpus.present[rows][:, :, None], signal_mv.shape[2], axis=2).astype(np.float32)
    return signal_mv * present, present
