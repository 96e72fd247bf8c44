"""The grounding benchmark: GEM's criteria by code against labels and a second measurement, and by a judge beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from calipers.evals.framework import Options, Outcome, Row, Section, Table
from calipers.evals.framework.sampled import DataSet, outcome, solve
from calipers.evals.framework.tallies import score
from calipers.evals.grounding.judge import require_judge
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
        extra = (_published(solved, models[0]), _judge_section(solved, models[0], options.judge))
        return outcome(NAME, "Grounded ECG understanding", _METHOD, solved, models[0], started, extra)


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


def _judge_section(rows: Sequence[Row], reader: str, judge: str | None) -> Section:
    """Where code and judge differ: the means, how far they go together, and what each makes of another's report."""
    title = "By a judge"
    if judge is None:
        return Section(title, ("No judge was configured (`--judge`); the criteria above are by code alone.",))
    own, control = ([row for row in rows if row.reader == name] for name in (reader, ANOTHER))
    lines = []
    for name in SCORES:
        pairs = [
            (_share(row, name), _share(row, f"judge_{name}"))
            for row in own
            if f"judge_{name}" in row.tallies and name in row.tallies
        ]
        if len(pairs) < 2:
            continue
        code, said = np.array(pairs).T
        together = float(np.corrcoef(code, said)[0, 1]) if code.std() and said.std() else float("nan")
        drops = [_drop(own, control, key) for key in (name, f"judge_{name}")]
        lines.append((name, f"{code.mean():.3f}", f"{said.mean():.3f}", f"{together:.2f}", *drops))
    header = ("criterion", "by code", "by the judge", "correlation", "control, by code", "control, by the judge")
    about = f"Judge: {judge}. A criterion that another patient's report satisfies as well measures style, not truth."
    return Section(title, (about, Table(header, tuple(lines))))


def _share(row: Row, metric: str) -> float:
    hits, trials = row.tallies[metric]
    return hits / trials if trials else 0.0


def _drop(own: Sequence[Row], control: Sequence[Row], metric: str) -> str:
    ours, theirs = (score([row for row in part if metric in row.tallies]).get(metric) for part in (own, control))
    return "–" if ours is None or theirs is None else f"{theirs.value:.3f} ({theirs.value - ours.value:+.3f})"
