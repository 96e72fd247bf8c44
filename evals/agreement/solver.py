"""One record by every source, statement by statement."""

from __future__ import annotations

from typing import Final, NamedTuple

from calipers import classify
from calipers.evals.agreement.cart_words import cart_codes
from calipers.evals.framework import Row
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg
from calipers.evals.peers import PEERS
from calipers.evals.perturbation.demands import value
from calipers.evals.readers import interpret
from calipers.evals.statements.agreement import HEADLINE
from calipers.knowledge import evaluate, statements
from calipers.report import Demographics, Report
from calipers.tools.measure import measure

#: A probability from here on counts as the network's yes.
_YES: Final = 0.5
#: Codes that one measured value decides, and its limit.
_BY_LIMIT: Final = {"STACH": ("hr", 100.0, 1), "SBRAD": ("hr", 60.0, -1), "1AVB": ("pr", 200.0, 1)}
#: The codes that a peer can name at all.
_NAMES: Final = {
    "openecg": frozenset(("AFIB", "PACE", "PVC", "STACH", "SBRAD", "1AVB")),
    "neurokit2": frozenset(("STACH", "SBRAD", "1AVB")),
}
#: Who is held against whom.
PAIRS: Final = (
    ("text", "labels"), ("criteria", "labels"), ("network", "labels"), ("cart", "labels"), ("text", "criteria"),
    ("text", "network"), ("criteria", "network"), ("text", "cart"), ("text", "measurements"),
    ("measurements", "labels"), ("openecg", "labels"), ("neurokit2", "labels"), ("text", "another"),
)  # fmt: skip


class Job(NamedTuple):
    """One record, its report's words, the labels of another, and the models that read it."""

    row: Labelled
    eight_uv: Microvolts
    words: str
    another: frozenset[str]
    models: tuple[str, ...]


def hear_all(job: Job) -> list[Row]:
    """A row for each model and code: for each pair of sources, twice the yes of both over the yes of each."""
    ecg = as_ecg(job.row, job.eight_uv)
    measured = measure(ecg)
    verdicts = evaluate(measured, Demographics(age=job.row.age, sex=job.row.sex))
    leaning = {key for key, verdict in verdicts.items() if verdict.leans_present}
    chances = classify(ecg)
    cart = cart_codes(job.words)
    peers = {name: peer(ecg).codes for name, peer in PEERS.items()}
    rows = []
    for model in job.models:
        report = interpret(model, ecg)
        said = _said(report)
        for code in HEADLINE:
            keys = {row.key for row in statements().by_scp(code)}
            heard = {
                "text": code in said,
                "criteria": bool(keys & leaning),
                "network": chances[code] >= _YES,
                "cart": code in cart,
                "labels": code in job.row.codes,
                "another": code in job.another,
            }
            heard |= {name: code in codes for name, codes in peers.items() if code in _NAMES[name]}
            if code in _BY_LIMIT:
                heard["measurements"] = _beyond(report, code)
            rows.append(_row(job, model, code, heard))
    return rows


def _row(job: Job, model: str, code: str, heard: dict[str, bool]) -> Row:
    tallies = {
        f"{one}_{other}": (2.0 * (heard[one] and heard[other]), float(heard[one]) + float(heard[other]))
        for one, other in PAIRS
        if one in heard and other in heard
    }
    identifier = f"{job.row.ecg_id} {code}"
    return Row(
        identifier, job.row.patient, model, tallies, (code,), output={"yes": sorted(k for k, v in heard.items() if v)}
    )


def _said(report: Report) -> frozenset[str]:
    """Codes of what the text says is present, as its own statement and not as the model's suggestion."""
    return frozenset(
        code
        for claim in report.claims
        if claim.statement is not None and claim.polarity == "present" and not claim.id.startswith("suggested_")
        for code in claim.statement.scp
    )


def _beyond(report: Report, code: str) -> bool:
    name, limit, side = _BY_LIMIT[code]
    number = value(report, name)
    return number is not None and (number - limit) * side > 0
