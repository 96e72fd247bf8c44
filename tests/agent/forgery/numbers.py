"""Wrong numbers: digits, values, literals, number words, in the text, the template, both, or the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from calipers import Measurement
from calipers.printing import fill, printed_value
from tests.agent.forgery.target import Forged, Target, refilled, trick, with_criterion, with_measurement

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")


@trick("number", "text")
def one_digit(target: Target) -> Iterator[Forged]:
    places = [match.start() for match in re.finditer(r"\d", target.claim.text)]
    if places:
        at = target.rng.choice(places)
        digit = target.rng.choice([d for d in "0123456789" if d != target.claim.text[at]])
        yield Forged(
            f"digit {at} of the text becomes {digit}",
            target.retext(target.claim.text[:at] + digit + target.claim.text[at + 1 :]),
        )


@trick("number", "text")
def whole_value(target: Target) -> Iterator[Forged]:
    values = list(_NUMBER.finditer(target.claim.text))
    if values:
        value = target.rng.choice(values)
        other = f"{float(value[0]) * 1.3 + 7:.0f}"
        text = target.claim.text[: value.start()] + other + target.claim.text[value.end() :]
        yield Forged(f"{value[0]} in the text becomes {other}", target.retext(text))


@trick("number", "text")
def lost_sign(target: Target) -> Iterator[Forged]:
    if "-" in re.sub(r"\w-\w", "", target.claim.text):
        yield Forged("a minus sign is lost", target.retext(re.sub(r"(?<!\w)-(?=\d)", "", target.claim.text, count=1)))


@trick("number", "text")
def finer_digits(target: Target) -> Iterator[Forged]:
    value = re.search(r"(?<![\w.])\d+(?= ms)", target.claim.text)
    if value:
        text = target.claim.text[: value.end()] + ".4" + target.claim.text[value.end() :]
        yield Forged("a value gains a decimal", target.retext(text))


@trick("number", "template")
def literal_in_template(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        template = target.claim.template.replace(f"{{{key}}}", target.printed(key), 1)
        yield Forged(f"{{{key}}} becomes its own value as a literal", target.forge(template=template))


@trick("number", "both")
def wrong_literal(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        item = target.items[key]
        assert isinstance(item, Measurement)
        wrong = printed_value((item.number or 0.0) * 1.25 + (0.1 if item.unit == "mV" else 9.0), item.unit)
        template = target.claim.template.replace(f"{{{key}}}", wrong, 1)
        text = fill(template, target.printed)
        yield Forged(f"{{{key}}} becomes the literal {wrong}", target.forge(template=template, text=text))


@trick("number", "both")
def number_word(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        word = target.rng.choice(["two hundred", "ninety", "about a hundred and sixty", "half a"])
        template = target.claim.template.replace(f"{{{key}}}", word, 1)
        yield Forged(
            f"{{{key}}} becomes `{word}`", target.forge(template=template, text=fill(template, target.printed))
        )


@trick("number", "both")
def second_number(target: Target) -> Iterator[Forged]:
    extra = target.rng.choice([" (usual up to 200)", ", 3 of 4 beats", ", grade ２", " ½", ", IV"])
    template = target.claim.template[:-1] + extra + "."
    yield Forged(f"`{extra}` is added", target.forge(template=template, text=fill(template, target.printed)))


@trick("number", "both")
def sign_before_slot(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        template = target.claim.template.replace(f"{{{key}}}", f"-{{{key}}}", 1)
        yield Forged(f"a minus before {{{key}}}", target.forge(template=template, text=fill(template, target.printed)))


@trick("number", "evidence")
def measured_value(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        item = target.items[key]
        assert isinstance(item, Measurement)
        forged = with_measurement(target.report, key, value=(item.number or 0.0) + (0.3 if item.unit == "mV" else 31.0))
        yield Forged(f"the measured {key} changes, the text does not", forged)


@trick("number", "evidence")
def value_as_words(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        forged = refilled(with_measurement(target.report, key, value=f"{target.printed(key)}, normal"))
        yield Forged(f"{key} is entered as words, and printed so", forged)


@trick("number", "evidence")
def criterion_threshold(target: Target) -> Iterator[Forged]:
    keys = [f"crit:{key}" for key in target.claim.criteria]
    held = [item for key in keys if getattr(item := target.items[key], "threshold", None) is not None]
    if held:
        item = target.rng.choice(held)
        threshold = getattr(item, "threshold")  # noqa: B009
        forged = refilled(with_criterion(target.report, item.id, threshold=threshold * 0.9 + 0.01))
        yield Forged(f"the threshold of {item.id} changes in table and text", forged)


@trick("number", "forged")
def value_everywhere(target: Target) -> Iterator[Forged]:
    if target.value_slots:
        key = target.rng.choice(target.value_slots)
        item = target.items[key]
        assert isinstance(item, Measurement)
        shift = 2.0 * (item.uncertainty or 0.0) + (0.05 if item.unit == "mV" else 2.0)
        value = round((item.number or 0.0) + shift, 4)
        yield Forged(
            f"{key} grows by {shift:g} in table and text", refilled(with_measurement(target.report, key, value=value))
        )


@trick("number", "forged")
def smaller_doubt(target: Target) -> Iterator[Forged]:
    found = [key for key in target.value_slots if getattr(target.items[key], "uncertainty", None)]
    if found:
        key = target.rng.choice(found)
        yield Forged(f"{key} loses its uncertainty", with_measurement(target.report, key, uncertainty=0.0))
