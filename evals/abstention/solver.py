"""One record asked what it can and cannot answer; peers are asked for the PR interval alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np

from calipers.agent.api import Agent, Answer
from calipers.ecg import Ecg
from calipers.evals.abstention.questions import GLOBAL, OF_A_LEAD, PR, UNANSWERABLE, Value
from calipers.evals.framework import Row
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg
from calipers.evals.readers import agent
from calipers.leads import LEADS

Kind = Literal["sinus", "fibrillation"]
#: Unanswerable questions put to one record; records take turns, so that all are asked.
_A_RECORD: Final = 6


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
    return rows + list(_peers(job, ecg))


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
    for name, pr in (("neurokit2", _neurokit2_pr), ("openecg", _openecg_pr)):
        given = pr(np.asarray(ecg.signal_mv[1], dtype=np.float32), round(ecg.fs_hz))
        right = given is not None if job.kind == "sinus" else given is None
        part = "answerable" if job.kind == "sinus" else "unmeasurable"
        output = {"pr_ms": given}
        yield Row(
            f"{job.row.ecg_id} {PR.text}", job.row.patient, name, {part: (float(right), 1.0)}, (part,), PR.text, output
        )


def _neurokit2_pr(lead_mv: np.ndarray[tuple[int, ...], np.dtype[np.float32]], fs_hz: int) -> float | None:
    from calipers.evals.measurement.peers import neurokit2_marks

    try:
        marks = neurokit2_marks(lead_mv, fs_hz)
    except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    p, r = (np.array(marks.get(f"ECG_{edge}", []), dtype=np.float64) for edge in ("P_Onsets", "R_Onsets"))
    both = (r - p)[np.isfinite(r - p)] if r.shape == p.shape else np.empty(0)
    return float(np.median(both)) * 1000.0 / fs_hz if both.size else None


def _openecg_pr(lead_mv: np.ndarray[tuple[int, ...], np.dtype[np.float32]], fs_hz: int) -> float | None:
    import openecg

    report: Callable[..., object] = openecg.report
    intervals = getattr(report(lead_mv, fs=fs_hz), "intervals_ms", {})
    found = next((value for name, value in intervals.items() if name.lower().startswith("pr")), None)
    return None if found is None else float(found)


def _row(job: Job, model: str, part: str, text: str, answer: Answer, right: bool) -> Row:
    tallies = {part: (float(right), 1.0), "right": (float(right), 1.0)}
    output = {"text": answer.text, "claims": [claim.text for claim in answer.claims], "right": right}
    return Row(f"{job.row.ecg_id} {text}", job.row.patient, model, tallies, (part,), text, output)
