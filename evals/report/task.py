"""The report benchmark: what full reads say of PTB-XL's records against what cardiologists said of them."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from calipers.agent.choice import choose
from calipers.errors import MissingPart
from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table, spread
from calipers.evals.framework.result import point_values
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, labelled
from calipers.evals.peers import PEERS
from calipers.evals.report.agreement import ReportScores
from calipers.evals.report.interpreted import Interpreted, interpret_all, saying
from calipers.evals.tool_choice.task import UNADAPTED

NAME: Final = "report"
#: Records that a language model reads by default, for ten minutes on two cores.
MODEL_RECORDS: Final = 60
_METHOD: Final = (
    "Every record is interpreted in full. A released claim that a finding is present is right when one of its"
    " statement's SCP-ECG codes is among the record's labels, whatever the likelihood; a label is found when a claim"
    " carries it. Labels are incomplete: cardiologists name what matters and leave out the rest, so that precision is"
    " a lower bound. `--split training` takes folds 1–8, anything else fold 9. With a language model the same records"
    f" are read without one as well, {MODEL_RECORDS} of them unless `--n` says otherwise. openecg and NeuroKit2 read the"
    " same records (lead II). Controls: the commonest labels, said of every record, and the next record's claims."
)
#: The controls: what needs no ECG, and what is of another.
COMMONEST: Final = "control: always NORM and SR"
ANOTHER: Final = "control: another's report"


class ReportTask:
    """Precision, recall and F1 of released claims, by certainty; `--model` says whose reports."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. Without `--model` no language model is asked."""
        started = time.perf_counter()
        model = options.model or "none"
        _require(model)
        rows = _records(options, options.n if model == "none" else options.n or MODEL_RECORDS)
        reports = {model: interpret_all(options, rows, model)}
        if model != "none":
            reports["none"] = interpret_all(options, rows, "none")
        reports |= {peer: interpret_all(options, rows, peer) for peer in PEERS} | _controls(reports[model])
        main = ReportScores(reports[model])
        scores = dict(main.scores())
        if model != "none":
            scores["f1_beyond_none"] = _beyond(reports[model], reports["none"])
        groups = {f"model {name}": point_values(ReportScores(found).scores()) for name, found in reports.items()}
        groups |= {f"label {code}": main.of_code(code) for code in main.codes()}
        result = Result.of(NAME, len(reports[model]), scores, groups, time.perf_counter() - started)
        return Outcome(result, _report(result, {one.ran for one in reports[model]}))


def _controls(reports: list[Interpreted]) -> dict[str, list[Interpreted]]:
    moved = [*reports[1:], *reports[:1]]
    return {
        COMMONEST: [saying(one.row, ("NORM", "SR"), COMMONEST) for one in reports],
        ANOTHER: [other._replace(row=one.row) for one, other in zip(reports, moved, strict=True)],
    }


def _records(options: Options, n: int | None) -> list[Labelled]:
    held = options.split != "training"
    return spread([row for row in labelled(options.data) if (row.fold >= TEST_FOLD) == held], n)


def _require(model: str) -> None:
    """A model that cannot run would fall back to none, and its figures would be another's."""
    if model not in ("none", UNADAPTED) and (choice := choose(model)).chat is None:
        raise MissingPart(f"found model `{model}`, for which {choice.reason}; needed it to run")


def _beyond(reports: list[Interpreted], without: list[Interpreted]) -> Estimate | None:
    """Mean difference of the records' own F1, paired by record."""
    by_record = {one.row.ecg_id: one for one in without}
    gains = [_own_f1(one) - _own_f1(by_record[one.row.ecg_id]) for one in reports]
    return Bootstrap([one.row.patient for one in reports]).mean(np.array(gains))


def _own_f1(report: Interpreted) -> float:
    """The record's own F1 of labels and claims."""
    labels = set(report.row.codes)
    right = sum(bool(one.codes & labels) for one in report.said)
    return 2.0 * right / max(len(labels) + len(report.said), 1)


def _report(result: Result, ran: set[str]) -> Document:
    figures = tuple(
        (name, f"{value:.3f}", "{:.3f} to {:.3f}".format(*result.ci95[name]) if name in result.ci95 else "–")
        for name, value in result.metrics.items()
    )
    labels = tuple(
        (name.removeprefix("label "), *(_cell(values.get(key)) for key in ("n", "said", "precision", "recall", "f1")))
        for name, values in result.groups.items()
        if name.startswith("label ")
    )
    return Document(
        "Reports against labels",
        f"{result.n} records; model {', '.join(sorted(ran))}; {result.seconds:.0f} s.",
        (
            Section("How it was judged", (_METHOD,)),
            Section("Figures", (Table(("figure", "value", "95 % interval"), figures),)),
            Section("By label", (Table(("label", "labels", "said", "precision", "recall", "F1"), labels),)),
        ),
    )


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}" if value == int(value) and value > 1 else f"{value:.2f}"
