"""One record's reports, checked: by a program that imports nothing of ours, and value by value by another.

Beside them stand peers, and controls that a broken product would equal: reports that cite everything measured, reports
whose claims cite what another claim rests on, and this report held against another record's signal.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.evals.citations.joint import Confirmed, confirm, families, family_of
from calipers.evals.citations.kept import measured_again
from calipers.evals.citations.support import support
from calipers.evals.framework import Row
from calipers.evals.measurement.ptbxl import FS_HZ, Labelled, Microvolts, as_ecg
from calipers.evals.peers import PEERS
from calipers.evals.readers import completed, interpret

CHECKER: Final = Path(__file__).resolve().parents[2] / "tests" / "independent_check.py"
#: The control: this record's report held against the signal of another.
ANOTHER: Final = "control: another's ECG"
#: The control: each claim cites what the claim before it cites.
SHUFFLED: Final = "control: citations shuffled"
#: The control: each claim cites every measurement there is.
EVERYTHING: Final = "control: everything cited"


_OF_CITING: Final = ("accepted", "precision", "recall_findings", "recall_denials")


class Job(NamedTuple):
    """One record, another one for the control (None: this record has none), and the models that read it."""

    row: Labelled
    eight_uv: Microvolts
    other_uv: Microvolts | None
    models: tuple[str, ...]


def check_record(job: Job) -> list[Row]:
    """A row for each model, for each control, and for each peer's own values."""
    ecg = as_ecg(job.row, job.eight_uv)
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    again = measured_again(signal, FS_HZ)
    rows = []
    for place, model in enumerate(job.models):
        report = json.loads(interpret(model, ecg).model_dump_json())
        rows.append(_row(job, model, report, again, signal))
        if place == 0 and job.other_uv is not None:
            rows += _controls(job, report, again, signal, job.other_uv)
    for name, peer in PEERS.items():
        values = stated(peer(ecg).values)
        rows.append(_compared(job, name, confirm(values, again, signal), len(values)))
    return rows


def _controls(
    job: Job, report: dict[str, Any], again: dict[str, float], signal: NDArray[np.float64], other_uv: Microvolts
) -> Iterator[Row]:
    """What must not pass: the report against another's signal, and with citations that are not its own."""
    values = cited_values(report)
    other = np.asarray(as_ecg(job.row, other_uv).signal_mv, dtype=np.float64)
    yield _compared(job, ANOTHER, confirm(values, measured_again(other, FS_HZ), other), len(values))
    cited = [claim["evidence"] for claim in report["claims"]]
    everything = [item["id"] for item in report["measurements"]]
    for name, evidence in ((SHUFFLED, [*cited[-1:], *cited[:-1]]), (EVERYTHING, [everything] * len(cited))):
        row = _row(job, name, _citing(report, evidence), again, signal)
        # The values are this ECG's own: only who cites them is another.
        yield replace(row, tallies={key: row.tallies[key] for key in _OF_CITING})


def _citing(report: dict[str, Any], evidence: Sequence[list[str]]) -> dict[str, Any]:
    """The report with other citations under the same claims."""
    claims = [{**claim, "evidence": ids} for claim, ids in zip(report["claims"], evidence, strict=True)]
    return {**report, "claims": claims}


@cache
def independent_check() -> Callable[[dict[str, Any], Any, float], list[str]]:
    """The check of `tests/independent_check.py`, loaded by its path: it is no part of the package.

    Raises:
        MissingPart: this is not a clone of the repository.
    """
    spec = importlib.util.spec_from_file_location("independent_check", CHECKER) if CHECKER.is_file() else None
    if spec is None or spec.loader is None:
        raise MissingPart(f"found no `{CHECKER}`; needed a clone of the repository, whose tests hold the checker")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check: Callable[[dict[str, Any], Any, float], list[str]] = module.check
    return check


def _row(
    job: Job,
    model: str,
    report: dict[str, Any],
    again: dict[str, float],
    signal: NDArray[np.float64],
) -> Row:
    problems = independent_check()(report, signal, FS_HZ)
    denials, findings = (
        support({**report, "claims": [claim for claim in report["claims"] if (claim["polarity"] == "absent") == deny]})
        for deny in (True, False)
    )
    values = cited_values(report)
    compared = _compared(job, model, confirm(values, again, signal), len(values))
    tallies = {
        "accepted": (float(not problems), 1.0),
        "precision": (float(denials.cited_rightly + findings.cited_rightly), float(denials.cited + findings.cited)),
        "recall_findings": (float(findings.needed_cited), float(findings.needed)),
        "recall_denials": (float(denials.needed_cited), float(denials.needed)),
        **compared.tallies,
        **({} if model.startswith("control") else completed(model, report["provenance"]["model"])),
    }
    output = {
        **compared.output,
        "problems": list(problems),
        "unsupported": [*findings.wrong, *denials.wrong],
        "claims": [claim["text"] for claim in report["claims"]],
    }
    return Row(compared.id, compared.cluster, model, tallies, prompt="a full read", output=output)


def _compared(job: Job, reader: str, found: Sequence[Confirmed], values: int) -> Row:
    tallies = {
        "remeasured": (float(len(found)), float(values)),
        "confirmed": (float(sum(one.inside for one in found)), float(len(found))),
    }
    for family in families():
        members = [one for one in found if one.family == family]
        if members:
            tallies[f"confirmed_{family}"] = (float(sum(one.inside for one in members)), float(len(members)))
    outside = [
        f"{one.id}: {one.reported:g}, again {one.again:.3g} ± {one.half_width:.3g}" for one in found if not one.inside
    ]
    return Row(str(job.row.ecg_id), job.row.patient, reader, tallies, output={"outside": outside})


def cited_values(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The measurements with a number that any claim cites."""
    cited = {key for claim in report["claims"] for key in claim["evidence"]}
    return {
        item["id"]: item
        for item in report["measurements"]
        if item["id"] in cited and item["beat"] is None and isinstance(item["value"], int | float) and _is_level(item)
    }


def _is_level(item: dict[str, Any]) -> bool:
    """Counts, shares and qualities are no values to measure again; they are left out of both counts."""
    return item["unit"] in ("ms", "mV", "deg", "/min") and (family_of(item["name"]) is not None or item["lead"] is None)


def stated(values: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """A peer's values as measurements; it states no uncertainty."""
    return {key: {"name": key, "lead": None, "value": value, "uncertainty": None} for key, value in values.items()}
