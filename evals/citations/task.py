"""The citation benchmark: are the ids right, do they support, and are the values what another program measures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from calipers.evals.citations.solver import Job, check_record
from calipers.evals.framework import Options, Outcome, Row, Section, Table
from calipers.evals.framework.sampled import DataSet, outcome, solve
from calipers.evals.measurement.ptbxl import Labelled
from calipers.evals.readers import held_rows, readers, readers_of, single_process, with_signals

NAME: Final = "citations"
#: Records without and with a language model.
RECORDS: Final = 120
MODEL_RECORDS: Final = 40
#: Of so many records one is held against the next one's signal as well.
CONTROL_EVERY: Final = 3
_METHOD: Final = (
    "Every record is read in full. `accepted`: a program that imports nothing of Calipers finds no fault with the"
    " report's ids, slots, units, spans, printed values, nor between it and the signal. `precision`: cited measurements"
    " that the claim's slots print or its criteria look at; `recall`: measurements of the criteria that decided a"
    " claim that it cites itself (the criteria it cites name the rest). `confirmed`: cited values that openecg's marks"
    " and plain numpy measure again within the joint 95 % interval; the second program's own share of it is its error"
    " against cardiologists on LUDB (`python -m calipers.evals.citations.calibrate`). `remeasured`: the share of cited"
    " values that it can measure at all. Controls on every third record: the report against the next record's signal"
    " (what chance confirms), its citations moved on to the next claim, and every measurement cited by every claim;"
    " none of them may be accepted and precise. openecg's and NeuroKit2's rate and intervals of lead II go through the"
    " same test; the second program uses openecg's marks, which flatters openecg. `own_words`: the share of reads that"
    " the named model completed itself; the rest fell back and repeats `none`."
)


class CitationsTask:
    """Structure, support and values of citations; `--model` says whose reports."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; fold 9, or folds 1–8 with `--split training`."""
        started = time.perf_counter()
        models = readers(options)
        rows = held_rows(options, RECORDS if len(models) == 1 else MODEL_RECORDS)
        data = DataSet("PTB-XL", _jobs(options, rows, models), max(0, len(rows) - 1))
        solved = solve(data, check_record, single_process(options))
        return outcome(NAME, "Citations", _METHOD, solved, models[0], started, _sections(solved, models[0]))


def _jobs(options: Options, rows: Sequence[Labelled], models: tuple[str, ...]) -> Iterator[Job]:
    for number, ((row, eight_uv), (_, other_uv)) in enumerate(pairwise(with_signals(options, rows))):
        yield Job(row, eight_uv, None if number % CONTROL_EVERY else other_uv, readers_of(models, options, number))


def _sections(rows: Sequence[Row], reader: str) -> list[Section]:
    own = [row for row in rows if row.reader == reader]
    outside = Counter(line.partition(":")[0] for row in own for line in row.output["outside"])
    examples = {
        line.partition(":")[0]: f"{row.id}: {line.partition(': ')[2]}" for row in own for line in row.output["outside"]
    }
    values = tuple((key, str(count), examples[key]) for key, count in outside.most_common(25))
    refused = tuple((row.id, problem) for row in own for problem in row.output["problems"])
    loose = Counter(line for row in own for line in row.output["unsupported"])
    return [
        Section("Values outside the joint interval", (Table(("id", "reports", "such as ECG"), values),)),
        Section("What the independent check refused", (Table(("ECG", "problem"), refused),)),
        Section(
            "Cited without being looked at",
            (Table(("claim: id", "reports"), tuple((line, str(count)) for line, count in loose.most_common(25))),),
        ),
    ]
