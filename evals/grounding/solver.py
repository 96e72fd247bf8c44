"""One record's interpretations by every reader, scored by code and, where one is named, by a judge."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.citations.joint import Confirmed, confirm
from calipers.evals.citations.kept import measured_again
from calipers.evals.framework import Row
from calipers.evals.grounding.criteria import criteria
from calipers.evals.grounding.judge import judged
from calipers.evals.grounding.reading import NOTHING, Reading, of_peer, of_report
from calipers.evals.measurement.ptbxl import FS_HZ, Labelled, Microvolts, as_ecg
from calipers.evals.peers import PEERS
from calipers.evals.readers import completed, interpret
from calipers.knowledge import statements

#: The control: the interpretation of the next record in place of this one's.
ANOTHER: Final = "control: another's report"
#: The control: nothing is said.
SILENT: Final = "control: nothing said"


class Job(NamedTuple):
    """One record and the next, the models that read it, and who judges."""

    row: Labelled
    eight_uv: Microvolts
    other: Labelled
    other_uv: Microvolts
    models: tuple[str, ...]
    judge: str | None


def ground(job: Job) -> list[Row]:
    """A row for each reader."""
    ecg = as_ecg(job.row, job.eight_uv)
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    again = measured_again(signal, FS_HZ)
    rows = []
    for reader, reading, ran in _readings(job, ecg):
        found = confirm(reading.values, again, signal)
        rows.append(_row(job, reader, reading, found, ran))
    return rows


def _readings(job: Job, ecg: Ecg) -> Iterator[tuple[str, Reading, str]]:
    """Who reads, what they say, and for a model of ours which one in fact ran."""
    for model in job.models:
        report = interpret(model, ecg)
        yield model, of_report(report), report.provenance.model
    yield ANOTHER, of_report(interpret(job.models[0], as_ecg(job.other, job.other_uv))), ""
    yield SILENT, NOTHING, ""
    for name, peer in PEERS.items():
        yield name, of_peer(peer(ecg)), ""


def _row(job: Job, reader: str, reading: Reading, found: list[Confirmed], ran: str) -> Row:
    labels = frozenset(job.row.codes) & _sayable()
    tallies = dict(criteria(reading, labels, found))
    tallies |= completed(reader, ran) if ran else {}
    output: dict[str, Any] = {"text": reading.text, "labels": sorted(labels)}
    if job.judge is not None and (reader in job.models or reader == ANOTHER):
        scores, raw = judged(job.judge, reading.text, f"Findings: {', '.join(_words(labels))}.")
        tallies |= scores
        output["judge"] = raw
    return Row(str(job.row.ecg_id), job.row.patient, reader, tallies, prompt="a full read", output=output)


def _words(labels: frozenset[str]) -> list[str]:
    return sorted({row.label for code in labels for row in statements().by_scp(code)} or {"no finding"})


@cache
def _sayable() -> frozenset[str]:
    """Every code that some statement carries."""
    return frozenset(code for row in statements().values() for code in row.scp)
