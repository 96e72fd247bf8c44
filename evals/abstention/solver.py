"""One record asked what it can and cannot answer; peers are asked for the PR interval alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np

from calipers.agent.api import Agent, Answer
from calipers.ecg import Ecg
from calipers.evals.abstention.questions import GLOBAL, OF_A_LEAD, PR, UNANSWERABLE, Value
from calipers.evals.framework import Row
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg
from calipers.evals.peers import PEERS
from calipers.evals.readers import agent
from calipers.leads import LEADS

Kind = Literal["sinus", "fibrillation"]
#: Unanswerable questions put to one record; records take turns, so that all are asked.
_A_RECORD: Final = 6
#: What needs no ECG: never a claim, and always a number. Neither is right everywhere.
SILENT: Final = "control: silent"
TALKATIVE: Final = "control: always a number"


class Job(NamedTuple):
    """One record, what its label makes of it, its place in the order, and who is asked."""

    row: Labelled
    eight_uv: Microvolts
    kind: Kind
    number: int
    models: tuple[str, ...]
    seed: int


def ask_record(job: Job) -> list[Row]:
    """A row for each reader and question."""
    ecg = as_ecg(job.row, job.eight_uv)
    rows = [row for model in job.models for row in _asked(job, model, ecg)]
    own = [row for row in rows if row.reader == job.models[0]]
    return [*rows, *(control for row in own for control in _controls(row)), *_peers(job, ecg)]


def _controls(row: Row) -> Iterator[Row]:
    """The same question to who never says anything, and to who always gives a number."""
    (part,) = row.groups
    for name, right in ((SILENT, part != "answerable"), (TALKATIVE, part == "answerable")):
        yield replace(row, reader=name, tallies=_right(part, right), output={"text": "", "right": right})


def _asked(job: Job, model: str, ecg: Ecg) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as home, Agent(agent(model).choice, home=Path(home)) as chat:
        start = job.number * _A_RECORD
        for place in range(_A_RECORD):
            text = UNANSWERABLE[(start + place) % len(UNANSWERABLE)]
            answer = chat.ask(f"u{place}", text, ecg)
            yield _row(job, model, "unanswerable", text, answer, not answer.claims)
        # In fibrillation the PR is what cannot be measured; the rate can.
        for number, value in enumerate(GLOBAL):
            answer = chat.ask(f"g{number}", value.text, ecg)
            if job.kind == "sinus" or value.id == "hr":
                yield _row(job, model, "answerable", value.text, answer, _prints(answer, value))
            elif value == PR:
                yield _row(job, model, "unmeasurable", value.text, answer, not _prints(answer, value))
        if job.kind == "sinus":
            yield from _without_signal(job, model, chat, ecg)


def _without_signal(job: Job, model: str, chat: Agent, ecg: Ecg) -> Iterator[Row]:
    """The same record as noise, and without two of its leads."""
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    noise = np.random.default_rng([job.seed, job.row.ecg_id]).standard_normal(signal.shape)
    static = _like(ecg, noise * np.ptp(signal, axis=1, keepdims=True) / 8.0)
    for number, value in enumerate(GLOBAL):
        answer = chat.ask(f"n{number}", value.text, static)
        yield _row(job, model, "unmeasurable", f"noise: {value.text}", answer, not _prints(answer, value))
    bare = signal.copy()
    bare[[LEADS.index("V3"), LEADS.index("V5")]] = np.nan
    without = _like(ecg, bare)
    for number, value in enumerate(OF_A_LEAD):
        answer = chat.ask(f"l{number}", value.text, without)
        yield _row(job, model, "unmeasurable", f"no lead: {value.text}", answer, not _prints(answer, value))
        answer = chat.ask(f"c{number}", value.text, ecg)
        yield _row(job, model, "answerable", value.text, answer, _prints(answer, value))


def _like(ecg: Ecg, signal: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Ecg:
    return Ecg.from_array(signal, ecg.fs_hz, LEADS, age=ecg.patient.age, sex=ecg.patient.sex)


def _prints(answer: Answer, value: Value) -> bool:
    """Whether a claim prints the value, and it is a number."""
    if answer.report is None:
        return False
    measured = {item.id for item in answer.report.measurements if item.number is not None}
    return any(f"{{{value.id}}}" in claim.template for claim in answer.claims) and value.id in measured


def _peers(job: Job, ecg: Ecg) -> Iterator[Row]:
    """Whether a peer gives a PR: in sinus rhythm it should, in fibrillation it should not."""
    part = "answerable" if job.kind == "sinus" else "unmeasurable"
    for name, peer in PEERS.items():
        given = peer(ecg).values.get("pr")
        right = (given is not None) == (job.kind == "sinus")
        key = f"{job.row.ecg_id} {PR.text}"
        yield Row(key, job.row.patient, name, _right(part, right), (part,), PR.text, {"pr_ms": given})


def _right(part: str, right: bool) -> dict[str, tuple[float, float]]:
    return {part: (float(right), 1.0), "right": (float(right), 1.0)}


def _row(job: Job, model: str, part: str, text: str, answer: Answer, right: bool) -> Row:
    tallies = _right(part, right)
    output = {"text": answer.text, "claims": [claim.text for claim in answer.claims], "right": right}
    return Row(f"{job.row.ecg_id} {text}", job.row.patient, model, tallies, (part,), text, output)
