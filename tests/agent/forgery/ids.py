"""Wrong ids: unknown, of another kind, padded, dropped, misspelt, or measured to be not measurable."""

from __future__ import annotations

from collections.abc import Iterator

from calipers import Measurement
from calipers.printing import fill
from tests.agent.forgery.target import Forged, Target, trick, with_measurement

_UNKNOWN = (
    "pr2",
    "V9.st_j",
    "V3.st_99",
    "qrs#99",
    "heart_rate",
    "prior:0123456789abcdef/pr",
    "guide:none",
    "device:pq",
)


def _others(target: Target, key: str, *, same_unit: bool) -> list[str]:
    item = target.items[key]
    assert isinstance(item, Measurement)
    return [
        other.id
        for other in target.report.measurements
        if other.number is not None
        and other.name != item.name
        and (other.unit == item.unit) == same_unit
        and (other.lead in (item.lead, None) if same_unit else True)
    ]


@trick("id", "claim")
def unknown_in_evidence(target: Target) -> Iterator[Forged]:
    unknown = target.rng.choice(_UNKNOWN)
    yield Forged(f"cites {unknown} as well", target.forge(evidence=(*target.claim.evidence, unknown)))


@trick("id", "claim")
def unknown_instead(target: Target) -> Iterator[Forged]:
    at = target.rng.randrange(len(target.claim.evidence))
    unknown = target.rng.choice(_UNKNOWN)
    evidence = (*target.claim.evidence[:at], unknown, *target.claim.evidence[at + 1 :])
    yield Forged(f"cites {unknown} in place of {target.claim.evidence[at]}", target.forge(evidence=evidence))


@trick("id", "template")
def unknown_slot(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key, unknown = target.rng.choice(target.value_slots), target.rng.choice(_UNKNOWN)
        template = target.claim.template.replace(f"{{{key}}}", f"{{{unknown}}}", 1)
        yield Forged(f"{{{key}}} becomes {{{unknown}}}", target.forge(template=template))


@trick("id", "template")
def slot_in_another_form(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        form = target.rng.choice(
            [f"{{{key} }}", f"{{{{{key}}}}}", f"{{{key.upper()}x}}", f"{{{key}:.1f}}", f"{{{key}!r}}", f"{{ {key}}}"]
        )
        template = target.claim.template.replace(f"{{{key}}}", form, 1)
        yield Forged(f"{{{key}}} becomes {form}", target.forge(template=template))


@trick("id", "template")
def slot_not_cited(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        if others := _others(target, key, same_unit=True):
            other = target.rng.choice(others)
            template = target.claim.template.replace(f"{{{key}}}", f"{{{other}}}", 1)
            text = fill(template, target.printed)
            yield Forged(
                f"{{{key}}} becomes {{{other}}}, which is not cited", target.forge(template=template, text=text)
            )


@trick("id", "both")
def same_unit(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        if others := _others(target, key, same_unit=True):
            other = target.rng.choice(others)
            yield Forged(
                f"{{{key}}} becomes {{{other}}}, cited and printed", target.with_claim(target.swap_slot(key, other))
            )


@trick("id", "both")
def other_unit(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        other = target.rng.choice(_others(target, key, same_unit=False))
        yield Forged(
            f"{{{key}}} becomes {{{other}}}, cited and printed", target.with_claim(target.swap_slot(key, other))
        )


@trick("id", "both")
def a_single_beat(target: Target) -> Iterator[Forged]:
    held = [key for key in target.value_slots if key in ("pr", "qrs", "qt", "p_dur")]
    if held:
        key = target.rng.choice(held)
        item = target.items[key]
        assert isinstance(item, Measurement)
        beat = item.model_copy(update={"id": f"{key}#3", "beat": 3, "value": (item.number or 0.0) + 20.0})
        report = target.report.model_copy(update={"measurements": (*target.report.measurements, beat)})
        claim = target.swap_slot(key, beat.id, items=target.items | {beat.id: beat})
        yield Forged(f"{{{key}}} becomes that of one beat", target.with_claim(claim, report))


@trick("id", "both")
def the_limit_as_value(target: Target) -> Iterator[Forged]:
    limits = [
        key for key in target.claim.criteria if getattr(target.items[f"crit:{key}"], "threshold", None) is not None
    ]
    if limits and target.value_slots:
        key, limit = target.rng.choice(target.value_slots), target.rng.choice(limits)
        template = target.claim.template.replace(f"{{{key}}}", f"{{crit:{limit}}}", 1)
        yield Forged(
            f"{{{key}}} becomes the limit {limit}", target.forge(template=template, text=fill(template, target.printed))
        )


@trick("id", "claim")
def padding(target: Target) -> Iterator[Forged]:
    lead_values = [
        item.id
        for item in target.report.measurements
        if item.id not in target.claim.evidence and item.name in ("rp_amp", "sp_amp", "rp_dur")
    ]
    if lead_values:
        extra = target.rng.choice(lead_values)
        yield Forged(f"cites {extra}, which has no part in it", target.forge(evidence=(*target.claim.evidence, extra)))


@trick("id", "claim")
def nothing_cited(target: Target) -> Iterator[Forged]:
    yield Forged("cites nothing", target.forge(evidence=()))


@trick("id", "claim")
def one_id_less(target: Target) -> Iterator[Forged]:
    if len(target.claim.evidence) > 1:
        at = target.rng.randrange(len(target.claim.evidence))
        evidence = (*target.claim.evidence[:at], *target.claim.evidence[at + 1 :])
        yield Forged(f"does not cite {target.claim.evidence[at]}", target.forge(evidence=evidence))


@trick("id", "claim")
def cited_twice(target: Target) -> Iterator[Forged]:
    yield Forged("cites an id twice", target.forge(evidence=(*target.claim.evidence, target.claim.evidence[0])))


@trick("id", "evidence")
def renamed_item(target: Target) -> Iterator[Forged]:
    if not target.cited:
        return
    item = target.rng.choice(target.cited)
    name = target.rng.choice(["qt", "pr", "hr", "t_axis"])
    if item.name != name:
        yield Forged(f"{item.id} is entered as {name}", with_measurement(target.report, item.id, name=name))


@trick("id", "evidence")
def item_removed(target: Target) -> Iterator[Forged]:
    if not target.cited:
        return
    item = target.rng.choice(target.cited)
    kept = tuple(other for other in target.report.measurements if other.id != item.id)
    yield Forged(f"{item.id} is gone from the table", target.report.model_copy(update={"measurements": kept}))


@trick("id", "evidence")
def absence_without_a_measurement(target: Target) -> Iterator[Forged]:
    if target.claim.polarity == "absent":
        item = target.rng.choice(target.cited)
        missing = {"value": None, "uncertainty": None, "status": "not_measurable", "reason": "T-wave end not found"}
        report = with_measurement(target.report, item.id, **missing)
        items = {measured.id: measured for measured in report.measurements} | {
            entry.id: entry for entry in report.evidence_table
        }
        yield Forged(
            f"{item.id} was not measurable", target.with_claim(target.swap_slot("", "", items=dict(items)), report)
        )


@trick("id", "evidence")
def missing_without_reason(target: Target) -> Iterator[Forged]:
    if not target.cited:
        return
    item = target.rng.choice(target.cited)
    if item.status == "measured":
        yield Forged(f"{item.id} is measured without a value", with_measurement(target.report, item.id, value=None))
