"""A benchmark: its name, what was asked of the run, and what comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol, TypeVar

import numpy as np

from calipers.evals.framework.document import Document
from calipers.evals.framework.result import Result

#: Of data sets on which something was trained: the records it saw, those it never saw, or both.
Split = Literal["training", "validation", "all"]
SEED: Final = 20_250_101

Item = TypeVar("Item")


@dataclass(frozen=True)
class Options:
    """What was asked of a run.

    Attributes:
        data: folder laid out like the project's `shared/data`.
        n: at most this many records of each data set, evenly spread; None for every one.
        split: which records of a data set that has a split.
        seed: of every random draw; results repeat.
        workers: processes; 1 runs everything in this one.
        show_progress: a bar on standard error, where that is a terminal.
        model: whose choices are scored, where a model is asked; None as `Agent(model=None)`.
        judge: a model that scores answers beside the code, where a task has published criteria for one.
        out: folder in which results of single samples are kept as they come; None keeps none.
        passes: how often each pass over a data set was begun, so that a second one has a file of its own.
        modules: what worker processes have imported, and what an earlier run did whose samples are kept.
    """

    data: Path
    n: int | None = None
    split: Split = "all"
    seed: int = SEED
    workers: int = 2
    show_progress: bool = True
    model: str | None = None
    judge: str | None = None
    out: Path | None = None
    passes: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    modules: set[str] = field(default_factory=set, compare=False, repr=False)


class Outcome(NamedTuple):
    """The numbers for programs, and the report for readers."""

    result: Result
    report: Document


class Task(Protocol):
    """One benchmark."""

    name: str

    def run(self, options: Options) -> Outcome:
        """Run it.

        Raises:
            MissingPart: a data set or a package it needs is not there.
        """
        ...


def spread(items: Sequence[Item], n: int | None) -> list[Item]:
    """At most `n` items, evenly spread over the sequence; all of them for None."""
    if n is None or n >= len(items):
        return list(items)
    chosen = np.linspace(0, len(items) - 1, n).round().astype(int)
    return [items[index] for index in chosen]
