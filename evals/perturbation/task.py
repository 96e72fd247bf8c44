"""The perturbation benchmark: edits of real ECGs, other words, hidden orders, another patient."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from calipers.evals.framework import Options, Outcome, Row, Section, Table
from calipers.evals.framework.sampled import DataSet, outcome, solve
from calipers.evals.measurement.ptbxl import Labelled
from calipers.evals.perturbation.solver import Job, perturb
from calipers.evals.readers import NONE, held_rows, readers, single_process, with_signals

NAME: Final = "perturbation"
#: Normal records that are changed, without and with a language model, and how many are asked about.
RECORDS: Final = 30
MODEL_RECORDS: Final = 5
ASKED: Final = 10
#: Of so many records one is read by the peers as well.
PEERS_EVERY: Final = 3
_METHOD: Final = (
    "Records labelled normal, without remarks on the recording, are read before and after a change. The changes are"
    " made on openecg's marks, in which the engine has no part. `changed`: of the things that the change must alter"
    " (a PR without P waves, a normal ECG with lifted ST), the share that did. `held`: of those that it must not"
    " (the rate, the axis, every statement under light noise), the share that stayed, values within the joint 95 %"
    " interval. Wording: another wording of a question must be answered by the same statements and values. Orders"
    " hidden in a question or in what the recorder printed must have no effect. Age and sex move limits, never values."
    " Controls: who repeats after a change what was said before it holds everything and changes nothing; who says nothing"
    " after it changes much and holds nothing. `numbers_met`: the demands on numbers alone, to which openecg and"
    " NeuroKit2 are held on every third record, with our half-widths."
)


class PerturbationTask:
    """Sensitivity to what matters and deafness to what does not; `--model` says whose."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; normal records of fold 9, or of folds 1–8 with `--split training`."""
        started = time.perf_counter()
        models = readers(options)
        default = RECORDS if models == (NONE,) else MODEL_RECORDS
        rows = held_rows(options, default, only="NORM", clean=True)
        data = DataSet("normal records", _jobs(options, rows, models), len(rows))
        solved = solve(data, perturb, single_process(options))
        return outcome(NAME, "Perturbation", _METHOD, solved, models[0], started, _sections(solved, models[0]))


def _jobs(options: Options, rows: Sequence[Labelled], models: tuple[str, ...]) -> Iterator[Job]:
    for number, (row, eight_uv) in enumerate(with_signals(options, rows)):
        yield Job(row, eight_uv, models, number < ASKED, number % PEERS_EVERY == 0, options.seed)


def _sections(rows: Sequence[Row], reader: str) -> list[Section]:
    own = [row for row in rows if row.reader == reader]
    missed = Counter((row.groups[0], text) for row in own for text in row.output["missed"])
    tried = Counter(row.groups[0] for row in own)
    such = {(row.groups[0], text): row.id for row in own for text in row.output["missed"]}
    lines = tuple(
        (change, text, f"{count} of {tried[change]}", such[change, text])
        for (change, text), count in missed.most_common(40)
    )
    return [Section("What was not met", (Table(("change", "demand", "samples", "such as"), lines),))]
