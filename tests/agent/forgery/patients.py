"""Another patient's evidence, claims or facts in this patient's report, openly or under a false name."""

from __future__ import annotations

from collections.abc import Iterator

from calipers import Claim, Measurement, Report
from calipers.evidence import Evidence, PriorEvidence
from calipers.knowledge import evaluate, statements
from calipers.printing import fill, printed
from calipers.report import Demographics
from tests.agent.forgery.target import Forged, Target, composed, refilled, trick, with_criterion, with_measurement


def _of_stranger(target: Target, key: str) -> Measurement | None:
    """The stranger's measurement of the same id, if it prints otherwise."""
    theirs = {item.id: item for item in target.stranger.measurements}.get(key)
    return theirs if theirs is not None and printed(theirs) != target.printed(key) else None


@trick("patient", "evidence")
def item_of_another_record(target: Target) -> Iterator[Forged]:
    if not target.cited:
        return
    item = target.rng.choice(target.cited)
    yield Forged(
        f"{item.id} carries another record's key",
        with_measurement(target.report, item.id, record=target.stranger.record),
    )


@trick("patient", "evidence")
def criterion_of_another_record(target: Target) -> Iterator[Forged]:
    if target.claim.criteria:
        key = f"crit:{target.rng.choice(target.claim.criteria)}"
        yield Forged(
            f"{key} carries another record's key", with_criterion(target.report, key, record=target.stranger.record)
        )


@trick("patient", "evidence")
def item_replaced_by_a_strangers(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        if theirs := _of_stranger(target, key):
            measurements = tuple(theirs if item.id == key else item for item in target.report.measurements)
            yield Forged(
                f"{key} is a stranger's, and printed so",
                refilled(target.report.model_copy(update={"measurements": measurements})),
            )


def _with_both(target: Target, *, before: bool, disguised: bool) -> Iterator[Forged]:
    if not target.value_slots:
        return
    key = target.rng.choice(target.value_slots)
    theirs = _of_stranger(target, key)
    if theirs is None:
        return
    if disguised:
        theirs = theirs.model_copy(update={"record": target.report.record})
    own = target.report.measurements
    report = target.report.model_copy(update={"measurements": (theirs, *own) if before else (*own, theirs)})
    text = fill(target.claim.template, lambda slot: printed(theirs) if slot == key else target.printed(slot))
    where, name = "before" if before else "after", " as this record's" if disguised else ""
    yield Forged(
        f"a stranger's {key} stands {where} ours{name}",
        target.with_claim(target.claim.model_copy(update={"text": text}), report),
    )


@trick("patient", "evidence")
def strangers_item_after_ours(target: Target) -> Iterator[Forged]:
    yield from _with_both(target, before=False, disguised=False)


@trick("patient", "evidence")
def strangers_item_before_ours(target: Target) -> Iterator[Forged]:
    yield from _with_both(target, before=True, disguised=False)


@trick("patient", "evidence")
def strangers_item_in_disguise(target: Target) -> Iterator[Forged]:
    yield from _with_both(target, before=target.rng.random() < 0.5, disguised=True)


@trick("patient", "both")
def smuggled_as_prior(target: Target) -> Iterator[Forged]:
    if not target.value_slots:
        return
    key = target.rng.choice(target.value_slots)
    if theirs := _of_stranger(target, key):
        prior = PriorEvidence(
            id=f"prior:{theirs.record}/{key}",
            record=theirs.record,
            recorded_at=None,
            author="calipers",
            text="",
            measurement=theirs,
        )
        report = target.report.model_copy(update={"evidence_table": (*target.report.evidence_table, prior)})
        claim = target.swap_slot(key, prior.id, items=target.items | {prior.id: prior})
        yield Forged(f"{{{key}}} becomes {{{prior.id}}} as if measured here", target.with_claim(claim, report))


@trick("patient", "both")
def measurement_under_a_prior_id(target: Target) -> Iterator[Forged]:
    if not target.value_slots:
        return
    key = target.rng.choice(target.value_slots)
    if theirs := _of_stranger(target, key):
        smuggled = theirs.model_copy(update={"id": f"prior:{theirs.record}/{key}"})
        report = target.report.model_copy(update={"measurements": (*target.report.measurements, smuggled)})
        claim = target.swap_slot(key, smuggled.id, items=target.items | {smuggled.id: smuggled})
        yield Forged(f"{{{key}}} becomes a measurement called {smuggled.id}", target.with_claim(claim, report))


def _strangers_claim(target: Target) -> Claim | None:
    """A claim of the stranger that this report does not make, or makes with other values."""
    for claim in target.rng.sample(target.stranger.claims, len(target.stranger.claims)):
        own = next((other for other in target.report.claims if other.id == claim.id), None)
        if own is None or own.text != claim.text:
            return claim.model_copy(update={"id": target.claim.id})
    return None


@trick("patient", "claim")
def a_strangers_claim(target: Target) -> Iterator[Forged]:
    if (claim := _strangers_claim(target)) and all(f"crit:{key}" in target.items for key in claim.criteria):
        yield Forged(f"a stranger's claim `{claim.text[:40]}`", target.with_claim(claim))


@trick("patient", "claim")
def a_strangers_claim_with_criteria(target: Target) -> Iterator[Forged]:
    if claim := _strangers_claim(target):
        theirs = {item.id: item for item in target.stranger.evidence_table}
        added = tuple(
            theirs[f"crit:{key}"].model_copy(update={"record": target.report.record})
            for key in claim.criteria
            if f"crit:{key}" not in target.items
        )
        report = target.report.model_copy(update={"evidence_table": (*target.report.evidence_table, *added)})
        yield Forged(f"a stranger's claim and criteria `{claim.text[:40]}`", target.with_claim(claim, report))


@trick("patient", "claim")
def a_strangers_claim_with_everything(target: Target) -> Iterator[Forged]:
    if claim := _strangers_claim(target):
        theirs = target.stranger
        items = {item.id: item for item in (*theirs.measurements, *theirs.evidence_table)}
        moved = [items[key] for key in claim.evidence if isinstance(items[key], Measurement)]
        criteria = [items[f"crit:{key}"] for key in claim.criteria]
        report = target.report.model_copy(
            update={
                "measurements": (*target.report.measurements, *moved),
                "evidence_table": (*target.report.evidence_table, *criteria),
            }
        )
        yield Forged(f"a stranger's claim with all it cites `{claim.text[:40]}`", target.with_claim(claim, report))


def _changed_patient(target: Target, patient: Demographics) -> Iterator[Forged]:
    """Only where the criteria say something else of the other patient than the claim does."""
    if target.claim.statement is None or patient == target.report.patient:
        return
    key = target.claim.statement.key
    measured = {item.id: item for item in target.report.measurements}
    verdicts = evaluate(measured, target.report.patient)
    if key not in verdicts:
        return
    before, after = verdicts[key], evaluate(measured, patient)[key]
    cited = {f"crit:{name}" for name in target.claim.criteria}
    differs = {step for step in before.ledger if step.id in cited} != {
        step for step in after.ledger if step.id in cited
    }
    if before.result != after.result or before.certainty != after.certainty or differs:
        yield Forged(
            f"the patient becomes {patient.age}, {patient.sex}", target.report.model_copy(update={"patient": patient})
        )


@trick("patient", "evidence")
def becomes_a_child(target: Target) -> Iterator[Forged]:
    if target.claim.statement and statements()[target.claim.statement.key].adults_only:
        patient = target.report.patient.model_copy(update={"age": 6.0})
        yield from _changed_patient(target, patient)


@trick("patient", "evidence")
def becomes_the_other_sex(target: Target) -> Iterator[Forged]:
    sex = "female" if target.report.patient.sex == "male" else "male"
    yield from _changed_patient(target, target.report.patient.model_copy(update={"sex": sex}))


@trick("patient", "evidence")
def becomes_unknown(target: Target) -> Iterator[Forged]:
    yield from _changed_patient(target, Demographics())


@trick("patient", "evidence")
def report_of_another_record(target: Target) -> Iterator[Forged]:
    yield Forged(
        "the report carries another record's key", target.report.model_copy(update={"record": target.stranger.record})
    )


@trick("patient", "forged")
def a_strangers_report_as_ours(target: Target) -> Iterator[Forged]:
    """The whole of another report under this record's key: nothing in itself is wrong."""
    theirs = {item.id: item for item in target.stranger.measurements}
    if not any(_far_apart(target.items[key], theirs.get(key)) for key in target.value_slots):
        return
    text = target.stranger.model_dump_json().replace(target.stranger.record, target.report.record)
    forged = Report.model_validate_json(text)
    if claim := next((claim for claim in forged.claims if claim.id == target.claim.id), None):
        claims = (claim, *(other for other in forged.claims if other.id != claim.id))
        yield Forged(
            "a stranger's whole report under this record's key",
            forged.model_copy(update={"claims": claims, "impression": composed(claims)}),
        )


def _far_apart(ours: Evidence, theirs: Measurement | None) -> bool:
    """Whether two values differ by more than their doubt: patients may agree in a value, and then nobody is wronged."""
    if theirs is None or theirs.number is None or not isinstance(ours, Measurement) or ours.number is None:
        return False
    return abs(ours.number - theirs.number) > (ours.uncertainty or 0.0) + (theirs.uncertainty or 0.0)
