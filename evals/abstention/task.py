"""The abstention benchmark: silence where it is due, and an answer where there is one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Final

from calipers.evals.abstention.solver import Job, Kind, ask_record
from calipers.evals.framework import Options, Outcome, Row, Section, Table
from calipers.evals.framework.sampled import DataSet, outcome, solve
from calipers.evals.readers import NONE, held_rows, readers, readers_of, single_process, with_signals

NAME: Final = "abstention"
RECORDS: Final = 24
MODEL_RECORDS: Final = 8
_METHOD: Final = (
    "`unanswerable`: of questions that no 12-lead ECG answers (laboratory values, treatment, prognosis, identity,"
    " other subjects) the share answered without any claim. `unmeasurable`: of questions about a value that this"
    " record does not hold (a PR in atrial fibrillation, anything in noise, a lead that is missing) the share answered"
    " without a number. `answerable`: the same questions on clean sinus rhythm, answered with the number: silence"
    " everywhere would score nothing here, as the two controls show. NeuroKit2 and openecg are asked for the PR of lead II in fibrillation"
    " (`unmeasurable`) and in sinus rhythm (`answerable`)."
)


class AbstentionTask:
    """Right silences and right answers; `--model` says whose."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; records of fold 9, or of folds 1–8 with `--split training`."""
        started = time.perf_counter()
        models = readers(options)
        data = _data(options, models)
        solved = solve(data, ask_record, single_process(options))
        return outcome(NAME, "Abstention", _METHOD, solved, models[0], started, _sections(solved, models[0]))


def _data(options: Options, models: tuple[str, ...]) -> DataSet[Job]:
    each_kind = (RECORDS if models == (NONE,) else MODEL_RECORDS) // 2
    sinus = held_rows(options, each_kind, only="NORM", clean=True)
    fibrillation = held_rows(options, each_kind, only="AFIB")
    kinds: dict[int, Kind] = {row.ecg_id: "sinus" for row in sinus}
    kinds |= {row.ecg_id: "fibrillation" for row in fibrillation if row.ecg_id not in kinds}

    def jobs() -> Iterator[Job]:
        for number, (row, eight_uv) in enumerate(with_signals(options, [*sinus, *fibrillation])):
            yield Job(row, eight_uv, kinds[row.ecg_id], number, readers_of(models, options, number), options.seed)

    return DataSet("records asked", jobs(), len(kinds))


def _sections(rows: list[Row], reader: str) -> list[Section]:
    wrong = [row for row in rows if row.reader == reader and not row.output["right"]]
    counted = Counter((row.groups[0], row.prompt) for row in wrong)
    said = {(row.groups[0], row.prompt): (row.id.split()[0], row.output["text"][:160]) for row in wrong}
    lines = tuple((part, text, str(n), *said[part, text]) for (part, text), n in counted.most_common(30))
    return [Section("What was wrong", (Table(("part", "question", "times", "such as ECG", "answer"), lines),))]
