"""Wrong priors: value, unit, date, record or lead of an earlier ECG swapped, in claim, evidence and comparison alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calipers import Changes, Measurement, Report
from calipers.evidence import PriorEvidence
from calipers.printing import SLOT, printed
from tests.agent.forgery.target import Forged, Target, refilled, trick


def _priors(target: Target) -> list[PriorEvidence]:
    """The prior's numbers that the claim prints."""
    found = (target.items[key] for key in dict.fromkeys(SLOT.findall(target.claim.template)))
    return [item for item in found if isinstance(item, PriorEvidence) and item.measurement and item.measurement.number]


def _chosen(target: Target) -> tuple[PriorEvidence, Measurement] | None:
    items = _priors(target)
    if not items:
        return None
    item = target.rng.choice(items)
    assert item.measurement is not None
    return item, item.measurement


def _with_prior(report: Report, key: str, **changes: Any) -> Report:
    table = tuple(
        item.model_copy(update=changes) if isinstance(item, PriorEvidence) and item.id == key else item
        for item in report.evidence_table
    )
    return report.model_copy(update={"evidence_table": table})


def _with_changes(report: Report, **changes: Any) -> Report:
    nearest = report.changes[0].model_copy(update=changes)
    return report.model_copy(update={"changes": (nearest, *report.changes[1:])})


def _moved(item: Measurement) -> Measurement:
    assert item.number is not None
    return item.model_copy(update={"value": round(item.number * 1.4 + 1.0, 2)})


def _measured_otherwise(changes: Changes, item: Measurement) -> tuple[Measurement, ...]:
    return tuple(item if other.id == item.id else other for other in changes.prior_measurements)


@trick("number", "text")
def prior_value_in_the_text(target: Target) -> Iterator[Forged]:
    if chosen := _chosen(target):
        item, measured = chosen
        wrong = printed(_moved(measured))
        text = target.claim.text.replace(f"was {printed(item)}", f"was {wrong}", 1)
        if text != target.claim.text:
            yield Forged(f"{item.id} reads {wrong}", target.retext(text))


@trick("number", "evidence")
def prior_value_in_the_evidence(target: Target) -> Iterator[Forged]:
    if chosen := _chosen(target):
        item, measured = chosen
        yield Forged(f"{item.id} is moved", refilled(_with_prior(target.report, item.id, measurement=_moved(measured))))


@trick("number", "evidence")
def prior_value_in_evidence_and_comparison(target: Target) -> Iterator[Forged]:
    """The rows of the comparison are left as they were."""
    chosen = _chosen(target)
    if chosen and (chosen[1].spans and chosen[1].name in ("pr", "qrs", "qt")):
        item, measured = chosen
        report = _with_prior(target.report, item.id, measurement=_moved(measured))
        anew = _measured_otherwise(report.changes[0], _moved(measured))
        yield Forged(f"{item.id} is moved everywhere", refilled(_with_changes(report, prior_measurements=anew)))


@trick("unit", "evidence")
def prior_unit_in_the_evidence(target: Target) -> Iterator[Forged]:
    if chosen := _chosen(target):
        item, measured = chosen
        unit = "mV" if measured.unit != "mV" else "ms"
        wrong = measured.model_copy(update={"unit": unit})
        yield Forged(f"{item.id} is in {unit}", refilled(_with_prior(target.report, item.id, measurement=wrong)))


@trick("unit", "text")
def prior_unit_in_the_text(target: Target) -> Iterator[Forged]:
    if chosen := _chosen(target):
        item, measured = chosen
        if measured.unit in ("ms", "mV"):
            other = "s" if measured.unit == "ms" else "µV"
            wrong = printed(item).replace(measured.unit, other)
            yield Forged(f"{item.id} reads {wrong}", target.retext(target.claim.text.replace(printed(item), wrong)))


@trick("id", "text")
def date_in_the_text(target: Target) -> Iterator[Forged]:
    dates = [key for key in target.claim.evidence if key.endswith("/recorded_at")]
    for key in dates[:1]:
        said = target.printed(key)
        wrong = f"{int(said[:4]) + 1}{said[4:]}"
        yield Forged(f"the prior is dated {wrong} in the text", target.retext(target.claim.text.replace(said, wrong)))


@trick("id", "evidence")
def date_in_the_evidence(target: Target) -> Iterator[Forged]:
    for key in [key for key in target.claim.evidence if key.endswith("/recorded_at")][:1]:
        said = target.printed(key)
        wrong = f"{int(said[:4]) + 1}{said[4:]}"
        yield Forged(f"the prior is dated {wrong}", refilled(_with_prior(target.report, key, text=wrong)))


@trick("id", "evidence")
def date_of_the_item(target: Target) -> Iterator[Forged]:
    if chosen := _chosen(target):
        item, _ = chosen
        yield Forged(
            f"{item.id} is dated otherwise", _with_prior(target.report, item.id, recorded_at="1999-01-01T00:00:00")
        )


@trick("patient", "both")
def prior_of_a_stranger(target: Target) -> Iterator[Forged]:
    if chosen := _chosen(target):
        item, measured = chosen
        theirs = next((other for other in target.stranger.measurements if other.id == measured.id), None)
        if theirs is not None and theirs.number is not None:
            smuggled = item.model_copy(
                update={"id": f"prior:{theirs.record}/{theirs.id}", "record": theirs.record, "measurement": theirs}
            )
            report = target.report.model_copy(update={"evidence_table": (*target.report.evidence_table, smuggled)})
            claim = target.swap_slot(item.id, smuggled.id, items=target.items | {smuggled.id: smuggled})
            yield Forged(f"{item.id} becomes a stranger's", target.with_claim(claim, report))


@trick("patient", "evidence")
def strangers_value_under_the_priors_record(target: Target) -> Iterator[Forged]:
    if chosen := _chosen(target):
        item, measured = chosen
        theirs = next((other for other in target.stranger.measurements if other.id == measured.id), None)
        if theirs is not None and theirs.value != measured.value:
            disguised = theirs.model_copy(update={"record": item.record})
            yield Forged(
                f"{item.id} holds a stranger's value",
                refilled(_with_prior(target.report, item.id, measurement=disguised)),
            )


@trick("patient", "both")
def now_and_then_exchanged(target: Target) -> Iterator[Forged]:
    for item in _priors(target)[:1]:
        assert item.measurement is not None
        now = item.measurement.id
        template = target.claim.template.replace(f"{{{now}}}", "\0").replace(f"{{{item.id}}}", f"{{{now}}}")
        template = template.replace("\0", f"{{{item.id}}}")
        text = SLOT.sub(lambda match: target.printed(match[1]), template)
        yield Forged(f"{now} and {item.id} are exchanged", target.forge(template=template, text=text))


@trick("wording", "both")
def the_other_way(target: Target) -> Iterator[Forged]:
    pairs = {
        "longer": "shorter",
        "shorter": "longer",
        "higher": "lower",
        "lower": "higher",
        "is new": "is no longer present",
    }
    pairs |= {"no difference beyond": "higher by more than", "No significant change": "Significant change"}
    if any(key.startswith("prior:") for key in target.claim.evidence):
        for said, wrong in pairs.items():
            if said in target.claim.template:
                forged = {field: getattr(target.claim, field).replace(said, wrong, 1) for field in ("template", "text")}
                yield Forged(f"`{said}` becomes `{wrong}`", target.forge(**forged))
                return
