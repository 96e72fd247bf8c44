"""ECGs to learn seeing from: encoder sequences, made once, and the statements that cardiologists gave.

Each record comes in several views: whole, and as pages and incomplete recordings show it. A line names the
labelled statements in the order in which the encoder's own head finds them likely, so what is written first is
what is seen best. Labels that are unknown are left out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calipers.models.mllm.language.actions import Action
from calipers.models.mllm.language.batches import Batch, encoded, padded
from calipers.models.mllm.language.prompt import LOOK, Turn

#: No line says more.
_MOST: Final = 8
_LONGEST: Final = 160
#: What a batch shows, page or not of each sequence, and how often: signals alone, pages alone, both.
_SHOWN: Final = ((False,), (True,), (False, True))
_SHARES: Final = (0.4, 0.4, 0.2)


@dataclass(frozen=True, eq=False)
class Sightings:
    """Records to learn from.

    Attributes:
        sequences: (r, views, t, width) float16, the first view whole, the last ones as pages show it.
        labelled: (r, statements) bool, labelled and known.
        logits: (r, statements) float16 of the encoder's head on the first view.
        codes: SCP codes of the statements.
        pages: how many of the views are pages.
    """

    sequences: NDArray[np.float16]
    labelled: NDArray[np.bool_]
    logits: NDArray[np.float16]
    codes: tuple[str, ...]
    pages: int = 0

    @classmethod
    def load(cls, path: Path) -> Sightings:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            codes, pages = tuple(map(str, stored["codes"])), int(stored["pages"]) if "pages" in stored else 0
            return cls(stored["sequences"], stored["labelled"], stored["logits"], codes, pages)

    def save(self, path: Path) -> None:
        """Write one file."""
        np.savez(
            path,
            sequences=self.sequences,
            labelled=self.labelled,
            logits=self.logits,
            codes=np.array(self.codes),
            pages=np.array(self.pages),
        )

    def line(self, record: int) -> str:
        """What is to be written for a record; empty where nothing is labelled."""
        ranked = [at for at in np.argsort(-self.logits[record]) if self.labelled[record, at]]
        return Action(seen=tuple(self.codes[at] for at in ranked[:_MOST])).line() if ranked else ""

    def batch(self, number: int, size: int, seed: int, tokenizer: Any) -> Batch:
        """The `number`-th batch of endless passes; each ECG as a signal, as a page, or as both."""
        rows = self._labelled_rows()
        chosen = [
            rows[_order(seed, at // len(rows), len(rows))[at % len(rows)]]
            for at in range(number * size, (number + 1) * size)
        ]
        draw = random.Random(f"{seed}:sight:{number}")
        shown = draw.choices(_SHOWN, _SHARES)[0]
        seen = tuple(self._view(chosen, page=page, draw=draw) for page in shown)
        lines = [encoded((LOOK, Turn("assistant", self.line(row))), tokenizer, _LONGEST) for row in chosen]
        return padded(lines)._replace(seen=seen)

    def _view(self, rows: Sequence[int], *, page: bool, draw: random.Random) -> Tensor:
        """(b, t, width) of each record in one of its views."""
        views = range(self.sequences.shape[1])
        own = views[len(views) - self.pages :] if page and self.pages else views[: len(views) - self.pages]
        return torch.from_numpy(np.stack([self.sequences[row, draw.choice(own)] for row in rows])).float()

    def _labelled_rows(self) -> list[int]:
        return [int(row) for row in np.flatnonzero(self.labelled.any(axis=1))]


@lru_cache(maxsize=4)
def _order(seed: int, turn: int, size: int) -> tuple[int, ...]:
    order = list(range(size))
    random.Random(f"{seed}:sight:{turn}").shuffle(order)
    return tuple(order)
