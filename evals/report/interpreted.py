"""Whole reports of PTB-XL records, by one model or another."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final, Literal, NamedTuple

from calipers.agent.api import Agent
from calipers.agent.embedded import EmbeddedChatModel
from calipers.evals.framework import Options, each
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg, signals
from calipers.evals.peers import PEERS, Heard
from calipers.evals.tool_choice.task import UNADAPTED
from calipers.report import Claim, Report

#: How a claim is said: its certainty, or that only the model suggests it.
Saying = Literal["definite", "probable", "possible", "suggested"]
SAYINGS: Final[tuple[Saying, ...]] = ("definite", "probable", "possible", "suggested")
_SUGGESTED: Final = "suggested_"


class Said(NamedTuple):
    """A released claim that a finding is present: the SCP-ECG codes it stands for, and how it was said."""

    statement: str
    codes: frozenset[str]
    saying: Saying


class Interpreted(NamedTuple):
    """One record's report, counted."""

    row: Labelled
    said: tuple[Said, ...]
    claims: int
    citations: int
    withheld: int
    ran: str
    seconds: float


class _Job(NamedTuple):
    row: Labelled
    eight_uv: Microvolts
    model: str


def interpret_all(options: Options, rows: Sequence[Labelled], model: str) -> list[Interpreted]:
    """A report of every record, by a model or a peer; a language model runs in one process, to be loaded once."""
    known = {row.ecg_id: row for row in rows}

    def jobs() -> Iterator[_Job]:
        for ecg_id, eight_uv in signals(options.data, set(known)):
            yield _Job(known[ecg_id], eight_uv, model)

    alone = options if model == "none" or model in PEERS else replace(options, workers=1)
    return each(_interpret, jobs(), len(known), f"reports, {model}", alone)


def counted(row: Labelled, report: Report, seconds: float) -> Interpreted:
    """What of a report is scored."""
    present = [claim for claim in report.claims if claim.polarity == "present" and claim.statement is not None]
    return Interpreted(
        row,
        tuple(_said(claim) for claim in present if claim.statement is not None and claim.statement.scp),
        len(report.claims),
        sum(len(claim.evidence) + len(claim.criteria) for claim in report.claims),
        len(report.withheld),
        report.provenance.model,
        seconds,
    )


def saying(row: Labelled, codes: Iterable[str], who: str, seconds: float = 0.0) -> Interpreted:
    """What of plain codes is scored, each a claim of its own."""
    said = tuple(Said(code, frozenset((code,)), "definite") for code in sorted(codes))
    return Interpreted(row, said, len(said), 0, 0, who, seconds)


def _interpret(job: _Job) -> Interpreted:
    ecg = as_ecg(job.row, job.eight_uv)
    started = time.perf_counter()
    if job.model in PEERS:
        heard: Heard = PEERS[job.model](ecg)
        return saying(job.row, heard.codes, job.model, time.perf_counter() - started)
    report = _agent(job.model).interpret(ecg)
    return counted(job.row, report, time.perf_counter() - started)


def _said(claim: Claim) -> Said:
    assert claim.statement is not None
    saying: Saying = "suggested" if claim.id.startswith(_SUGGESTED) else claim.certainty
    return Said(claim.statement.key, frozenset(claim.statement.scp), saying)


@cache
def _agent(model: str) -> Agent:
    return Agent(EmbeddedChatModel(adapted=False) if model == UNADAPTED else model)
