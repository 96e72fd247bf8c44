"""The grounding benchmark: GEM's criteria by code against labels and a second measurement, and by a judge beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from calipers.evals.framework import Options, Outcome, Row, Section, Table
from calipers.evals.framework.sampled import DataSet, outcome, solve
from calipers.evals.framework.tallies import score
from calipers.evals.grounding.judge import require_judge
from calipers.evals.grounding.judging import differences, section
from calipers.evals.grounding.published import SCORES, SOURCE
from calipers.evals.grounding.solver import ANOTHER, Job, ground
from calipers.evals.measurement.ptbxl import Labelled
from calipers.evals.readers import held_rows, readers, readers_of, single_process, with_signals

NAME: Final = "grounding"
RECORDS: Final = 120
MODEL_RECORDS: Final = 40
_METHOD: Final = (
    "The eight criteria of GEM's Grounded ECG Understanding, in their published units. By code: diagnosis accuracy"
    " gives a cardiologist's label two points where a released claim carries it with measured evidence and one where"
    " it is only suggested; completeness counts which of ten features (rate, rhythm, PR, QRS, QT, axis, P, QRS shape,"
    " ST, T) are spoken of with values that a second program does not contradict; relevance counts the points that"
    " support a label (for a normal ECG, a denial does) on values that hold; leads are covered when a value of theirs"
    " is cited, and accurate when a second program confirms what is cited; grounding is the share of points that cite"
    " a measured value; reasoning the share of statements whose criteria came out as they say on values that hold;"
    " process the share of a clinician's six steps. One control puts the next record's report in this one's place,"
    " one says nothing. openecg's marks are also the second program's, which flatters openecg's own values."
    " `own_words`: the share of reads that the named model completed itself; the rest repeats `none`."
)


class GroundingTask:
    """Eight criteria for each reader; `--model` says whose report, `--judge` who judges beside the code."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; fold 9, or folds 1–8 with `--split training`."""
        started = time.perf_counter()
        models = readers(options)
        if options.judge is not None:
            require_judge(options.judge)
        rows = held_rows(options, RECORDS if len(models) == 1 else MODEL_RECORDS)
        data = DataSet("PTB-XL", _jobs(options, rows, models), max(0, len(rows) - 1))
        solved = solve(data, ground, single_process(options))
        found = differences(solved, models[0], ANOTHER) if options.judge is not None else {}
        extra = (_published(solved, models[0]), section(found, options.judge))
        done = outcome(NAME, "Grounded ECG understanding", _METHOD, solved, models[0], started, extra)
        judged = {f"judge {options.judge}: {name}": values for name, values in found.items()}
        return done._replace(result=replace(done.result, groups={**done.result.groups, **judged}))


def _jobs(options: Options, rows: Sequence[Labelled], models: tuple[str, ...]) -> Iterator[Job]:
    for number, ((row, eight_uv), (other, other_uv)) in enumerate(pairwise(with_signals(options, rows))):
        yield Job(row, eight_uv, other, other_uv, readers_of(models, options, number), options.judge)


def _published(rows: Sequence[Row], reader: str) -> Section:
    own = score([row for row in rows if row.reader == reader])
    lines = tuple(
        (name, "–" if (found := own.get(name)) is None else f"{found.value:.3f}", f"{pulse:.3f}", f"{gem:.3f}")
        for name, (pulse, gem) in SCORES.items()
    )
    about = "Published of models that cannot run here, by another judge on other records of the same set."
    return Section("Beside published figures", (about, Table(("criterion", reader, "PULSE", "GEM"), lines, SOURCE)))
