"""Wrong units: replaced, added, dropped, in the text, the template, both, or the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from calipers import Measurement
from calipers.printing import fill
from tests.agent.forgery.target import Forged, Target, refilled, trick, with_criterion, with_measurement

_OTHERS = {
    " ms": (" s", " mV", " msec", " minutes", ""),
    " mV": (" mm", " µV", " V", " ms", ""),
    "/min": (" bpm", " Hz", "/s", " ms", ""),
    "°": (" deg", " ms", "%", ""),
}
_ADDED = (" ms", " seconds", " mV", " bpm", "°", " %", " degrees", " millivolts", "/min", " mm", " small squares")


def _unit_in(text: str, target: Target) -> re.Match[str] | None:
    found = list(re.finditer(r"(?<=\d)(?: ms| mV|/min|°)", text))
    return target.rng.choice(found) if found else None


@trick("unit", "text")
def other_unit(target: Target) -> Iterator[Forged]:
    if unit := _unit_in(target.claim.text, target):
        other = target.rng.choice(_OTHERS[unit[0]])
        text = target.claim.text[: unit.start()] + other + target.claim.text[unit.end() :]
        yield Forged(f"`{unit[0]}` in the text becomes `{other}`", target.retext(text))


@trick("unit", "template")
def added_in_template(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key, unit = target.rng.choice(target.value_slots), target.rng.choice(_ADDED)
        template = target.claim.template.replace(f"{{{key}}}", f"{{{key}}}{unit}", 1)
        yield Forged(f"`{unit}` after {{{key}}} in the template", target.forge(template=template))


@trick("unit", "both")
def added_in_both(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key, unit = target.rng.choice(target.value_slots), target.rng.choice(_ADDED)
        template = target.claim.template.replace(f"{{{key}}}", f"{{{key}}}{unit}", 1)
        yield Forged(f"`{unit}` after {{{key}}}", target.forge(template=template, text=fill(template, target.printed)))


@trick("unit", "both")
def added_before(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        template = target.claim.template.replace(f"{{{key}}}", f"(seconds) {{{key}}}", 1)
        yield Forged(
            f"`(seconds)` before {{{key}}}", target.forge(template=template, text=fill(template, target.printed))
        )


@trick("unit", "both")
def value_and_other_unit(target: Target) -> Iterator[Forged]:
    if target.value_slots and (unit := _unit_in(target.claim.text, target)):
        key = target.rng.choice(target.value_slots)
        value = re.sub(r"[^\d.-]+$", "", target.printed(key)) + target.rng.choice(_OTHERS[unit[0]])
        template = target.claim.template.replace(f"{{{key}}}", value, 1)
        if template != target.claim.template and value != target.printed(key):
            yield Forged(
                f"{{{key}}} becomes `{value}`", target.forge(template=template, text=fill(template, target.printed))
            )


@trick("unit", "evidence")
def in_the_table(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        item = target.items[key]
        assert isinstance(item, Measurement)
        unit = target.rng.choice([unit for unit in ("ms", "mV", "deg", "/min", "") if unit != item.unit])
        yield Forged(
            f"{key} is entered in `{unit}` and printed so", refilled(with_measurement(target.report, key, unit=unit))
        )


@trick("unit", "evidence")
def unknown_in_the_table(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        yield Forged(f"{key} is entered in seconds", with_measurement(target.report, key, unit="s"))


@trick("unit", "evidence")
def of_a_criterion(target: Target) -> Iterator[Forged]:
    held = [key for key in target.claim.criteria if getattr(target.items[f"crit:{key}"], "threshold", None) is not None]
    if held:
        key = f"crit:{target.rng.choice(held)}"
        unit = "mV" if getattr(target.items[key], "unit", "") != "mV" else "ms"
        yield Forged(
            f"{key} is entered in {unit} and printed so", refilled(with_criterion(target.report, key, unit=unit))
        )
