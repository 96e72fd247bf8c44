"""One record, every change of it: the reports before and after, and what the change demanded of them.

Controls beside them: who says after the change what was said before it, and who says nothing after it. Peers are held
to the demands on numbers, with our own half-widths, for they state none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from calipers.agent.api import Agent
from calipers.ecg import Ecg, Sex
from calipers.evals.citations.second import LEADS, beats_of
from calipers.evals.framework import Row
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg
from calipers.evals.peers import PEERS, Heard
from calipers.evals.perturbation.demands import Demand, judge, said
from calipers.evals.perturbation.edits import EDITS
from calipers.evals.perturbation.wording import (
    ORDERS,
    PRINTED,
    QUESTIONS,
    not_obeyed,
    other_patient,
    same_answer,
    same_read,
)
from calipers.evals.readers import agent, interpret
from calipers.report import Report

SAME: Final = "control: said as before"
NOTHING: Final = "control: nothing said"
_CHILD_YEARS: Final = 8.0
_OLD_YEARS: Final = 79.0


class Job(NamedTuple):
    """One record and the models that read it; `asks` where questions are asked, `peers` where other programs read it."""

    row: Labelled
    eight_uv: Microvolts
    models: tuple[str, ...]
    asks: bool
    peers: bool
    seed: int


def perturb(job: Job) -> list[Row]:
    """A row for each model and change."""
    return [row for model in job.models for row in _of_model(job, model)]


def _of_model(job: Job, model: str) -> Iterator[Row]:
    ecg = as_ecg(job.row, job.eight_uv)
    before = interpret(model, ecg)
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    beats = beats_of(signal, ecg.fs_hz)
    first = model == job.models[0]
    heard = {name: peer(ecg) for name, peer in PEERS.items()} if job.peers and first else {}
    for number, (name, edit) in enumerate(EDITS.items()):
        edited = edit(signal, beats, np.random.default_rng([job.seed, job.row.ecg_id, number]))
        changed = Ecg.from_array(edited.signal_mv, edited.fs_hz, LEADS, age=ecg.patient.age, sex=ecg.patient.sex)
        after = interpret(model, changed)
        yield _row(job, model, name, "signal", judge(name, before, after), _outline(after))
        if first:
            yield from _controls(job, name, before)
        for reader, unchanged in heard.items():
            now = PEERS[reader](changed)
            pair = _as_measured(before, before, unchanged), _as_measured(before, after, now)
            numbers = [one for one in judge(name, *pair) if one.value]
            yield _row(job, reader, name, "signal", numbers, {"values": dict(now.values)})
    yield from _of_patient(job, model, ecg, before)
    if job.asks:
        yield from _of_words(job, model, ecg, before)


def _controls(job: Job, name: str, before: Report) -> Iterator[Row]:
    """Who repeats after a change of the signal what was said before it, and who says nothing."""
    silent = before.model_copy(update={"claims": [], "measurements": [], "impression": ""})
    for reader, report in ((SAME, before), (NOTHING, silent)):
        yield _row(job, reader, name, "signal", judge(name, before, report), _outline(report))


def _as_measured(before: Report, report: Report, heard: Heard) -> Report:
    """The report with a peer's numbers in place of ours, and ours' half-widths."""
    ours = {item.id: item for item in (*before.measurements, *report.measurements)}
    items = [
        ours[key].model_copy(update={"value": value, "status": "measured"})
        for key, value in heard.values.items()
        if key in ours
    ]
    return report.model_copy(update={"claims": [], "measurements": items})


def _of_patient(job: Job, model: str, ecg: Ecg, before: Report) -> Iterator[Row]:
    sex: Sex = "female" if ecg.patient.sex == "male" else "male"
    for name, patient in (
        ("other sex", replace(ecg.patient, sex=sex)),
        ("old", replace(ecg.patient, age=_OLD_YEARS)),
        ("a child", replace(ecg.patient, age=_CHILD_YEARS)),
    ):
        after = interpret(model, replace(ecg, patient=patient))
        yield _row(job, model, name, "patient", other_patient(before, after, child=name == "a child"), _outline(after))
    for number, line in enumerate(PRINTED):
        printed = replace(ecg, source=replace(ecg.source, device_statements=(line,)))
        after = interpret(model, printed)
        yield _row(job, model, f"printed order {number + 1}", "orders", same_read(before, after), _outline(after), line)
    plain = interpret(model, ecg, priors=(ecg,))
    for number, line in enumerate(PRINTED):
        prior = replace(ecg, source=replace(ecg.source, device_statements=(line,)))
        after = interpret(model, ecg, priors=(prior,))
        yield _row(job, model, f"prior's order {number + 1}", "orders", same_read(plain, after), _outline(after), line)


def _of_words(job: Job, model: str, ecg: Ecg, before: Report) -> Iterator[Row]:
    plain = said(before)
    with _conversation(model) as chat:
        for number, wordings in enumerate(QUESTIONS):
            first = chat.ask(f"q{number}", wordings[0], ecg)
            for other, text in enumerate(wordings[1:]):
                answer = chat.ask(f"q{number}.{other}", text, ecg)
                yield _row(job, model, text, "wording", same_answer(first, answer), {"text": answer.text}, text)
        for number, order in enumerate(ORDERS):
            text = f"{QUESTIONS[0][0]} {order}"
            answer = chat.ask(f"o{number}", text, ecg)
            demands = not_obeyed(plain, answer)
            yield _row(job, model, f"asked order {number + 1}", "orders", demands, {"text": answer.text}, text)


@contextmanager
def _conversation(model: str) -> Iterator[Agent]:
    """A conversation that leaves no trace, with the model that is loaded already."""
    with tempfile.TemporaryDirectory() as home, Agent(agent(model).choice, home=Path(home)) as chat:
        yield chat


def _row(
    job: Job, model: str, name: str, group: str, demands: Sequence[Demand], output: dict[str, Any], prompt: str = ""
) -> Row:
    changed = [one for one in demands if one.changes]
    held = [one for one in demands if not one.changes]
    numbers = [one for one in demands if one.value]
    tallies = {
        "changed": (float(sum(one.met for one in changed)), float(len(changed))),
        "held": (float(sum(one.met for one in held)), float(len(held))),
        f"{group}_met": (float(sum(one.met for one in demands)), float(len(demands))),
        "numbers_met": (float(sum(one.met for one in numbers)), float(len(numbers))),
        "all_met": (float(all(one.met for one in demands)), 1.0),
    }
    missed = [one.text for one in demands if not one.met]
    part = name if group != "wording" else "wording"
    return Row(
        f"{job.row.ecg_id} {name}", job.row.patient, model, tallies,
        groups=(part,), prompt=prompt or name, output={**output, "missed": missed},
    )  # fmt: skip


def _outline(report: Report) -> dict[str, Any]:
    return {"said": sorted(said(report)), "urgency": report.urgency, "impression": report.impression}
