"""One record's reports, checked: by a program that imports nothing of ours, and value by value by another."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.evals.citations.joint import Confirmed, confirm, families, family_of
from calipers.evals.citations.second import measure_again
from calipers.evals.citations.support import support
from calipers.evals.framework import Row
from calipers.evals.measurement.ptbxl import FS_HZ, Labelled, Microvolts, as_ecg
from calipers.evals.readers import interpret

CHECKER: Final = Path(__file__).resolve().parents[2] / "tests" / "independent_check.py"
#: The control: this record's report held against the signal of another.
ANOTHER: Final = "control: another's ECG"
NEUROKIT2: Final = "neurokit2"


class Job(NamedTuple):
    """One record, another one for the control (None: this record has none), and the models that read it."""

    row: Labelled
    eight_uv: Microvolts
    other_uv: Microvolts | None
    models: tuple[str, ...]


def check_record(job: Job) -> list[Row]:
    """A row for each model, one for the control, and one for NeuroKit2's own values."""
    ecg = as_ecg(job.row, job.eight_uv)
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    again = measure_again(signal, FS_HZ)
    rows = []
    for model in job.models:
        report = json.loads(interpret(model, ecg).model_dump_json())
        problems = independent_check()(report, signal, FS_HZ)
        rows.append(_row(job, model, report, again, signal, problems))
    if job.other_uv is not None:
        values = cited_values(report)
        other = np.asarray(as_ecg(job.row, job.other_uv).signal_mv, dtype=np.float64)
        rows.append(_compared(job, ANOTHER, confirm(values, measure_again(other, FS_HZ), other), len(values)))
    theirs = neurokit2_values(signal)
    rows.append(_compared(job, NEUROKIT2, confirm(theirs, again, signal), len(theirs)))
    return rows


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
    problems: Sequence[str],
) -> Row:
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


def neurokit2_values(signal: NDArray[np.float64]) -> dict[str, dict[str, Any]]:
    """Rate and intervals by NeuroKit2 on lead II, as its own tutorials take them; it states no uncertainty."""
    from calipers.evals.measurement.peers import neurokit2_marks

    try:
        marks = neurokit2_marks(signal[1].astype(np.float32), round(FS_HZ))
    except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return {}
    p, on, off, t = (
        np.array(marks.get(f"ECG_{edge}", []), dtype=np.float64)
        for edge in ("P_Onsets", "R_Onsets", "R_Offsets", "T_Offsets")
    )
    ms = 1000.0 / FS_HZ
    found = {"pr": _median(on, p, ms), "qrs": _median(off, on, ms), "qt": _median(t, on, ms)}
    rr = np.diff(on[np.isfinite(on)]) * ms
    found |= {"hr": 60_000.0 / float(rr.mean())} if rr.size else {}
    return {
        name: {"name": name, "lead": None, "value": value, "uncertainty": None}
        for name, value in found.items()
        if np.isfinite(value)
    }


def _median(later: NDArray[np.float64], earlier: NDArray[np.float64], ms: float) -> float:
    pairs: Iterable[float] = (later - earlier)[np.isfinite(later - earlier)] if later.shape == earlier.shape else ()
    values = np.array(list(pairs))
    return float(np.median(values)) * ms if values.size else float("nan")
