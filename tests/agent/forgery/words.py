"""Words that have no place in a claim: denials, advice, quotations, judgements, diagnoses said in passing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calipers.printing import fill
from tests.agent.forgery.target import Forged, Target, trick

_DENIALS = (
    "no ST elevation", "without ischaemia", "no evidence of infarction", "free of arrhythmia", "P waves are absent",
    "nothing else was found", "infarction is excluded", "there is never a pause", "lacks Q waves",
)  # fmt: skip
_ADVICE = (
    "start amiodarone", "give aspirin", "anticoagulate the patient", "consider pacing", "refer to cardiology",
    "repeat the ECG tomorrow", "admit to the ward", "stop the beta blocker", "urgent angiography is needed", "treat",
)  # fmt: skip
_DIAGNOSES = (
    "pericardial tamponade", "Wellens syndrome", "Brugada pattern", "hyperkalaemia", "acute infarction", "LVH",
    "atrial fibrillation", "WPW", "digoxin effect", "pulmonary embolism", "left bundle branch block", "STEMI",
    "first-degree AV block", "heart failure", "sick sinus", "Wenckebach", "ischaemia", "old inferior MI",
)  # fmt: skip
_JUDGEMENTS = (
    "Abnormal",
    "Marked",
    "Worrying",
    "New",
    "Acute",
    "Dangerous",
    "Benign",
    "Chronic",
    "Unchanged",
    "Reassuring",
)
_SIGNS = (
    "→",
    "≥",
    "±",
    "!",
    "?",
    "*",
    "<b>",
    "&",
    "\u200b",
    "\n",
    "$",
    "@",
    "\u202e",
    "~",
    "=",
    ">",
    "#",
    "|",
    "_",
    "[",
    "🙂",
)


def _added(target: Target, phrases: Sequence[str], link: str = "; ") -> Iterator[Forged]:
    phrase = target.rng.choice(phrases)
    template = f"{target.claim.template[:-1]}{link}{phrase}."
    yield Forged(f"`{phrase}` is added", target.forge(template=template, text=fill(template, target.printed)))


@trick("wording", "both")
def denial_in_passing(target: Target) -> Iterator[Forged]:
    yield from _added(target, _DENIALS, target.rng.choice(["; ", ", ", " and "]))


@trick("wording", "both")
def advice(target: Target) -> Iterator[Forged]:
    yield from _added(target, _ADVICE, target.rng.choice(["; ", ", ", ". "]))


@trick("wording", "both")
def diagnosis_in_passing(target: Target) -> Iterator[Forged]:
    own = target.claim.statement.label.lower() if target.claim.statement else ""
    phrases = [phrase for phrase in _DIAGNOSES if phrase.lower() not in own]
    yield from _added(target, phrases, target.rng.choice([", ", "; ", " with ", ", consistent with "]))


@trick("wording", "both")
def judgement(target: Target) -> Iterator[Forged]:
    word = target.rng.choice(_JUDGEMENTS)
    template = f"{word} {target.claim.template[0].lower()}{target.claim.template[1:]}"
    yield Forged(f"`{word}` is put before", target.forge(template=template, text=fill(template, target.printed)))


@trick("wording", "both")
def quotation(target: Target) -> Iterator[Forged]:
    left, right = target.rng.choice([('"', '"'), ("“", "”"), ("«", "»"), ("‘", "’"), ("'", "'"), ("„", "“")])
    template = f"{left}{target.claim.template}{right}"
    yield Forged(f"{left}…{right} around it", target.forge(template=template, text=fill(template, target.printed)))


@trick("wording", "both")
def odd_sign(target: Target) -> Iterator[Forged]:
    sign = target.rng.choice(_SIGNS)
    at = target.claim.template.index(" ") if " " in target.claim.template else len(target.claim.template)
    template = f"{target.claim.template[:at]}{sign}{target.claim.template[at:]}"
    yield Forged(f"{sign!r} in the words", target.forge(template=template, text=fill(template, target.printed)))


@trick("wording", "both")
def letters_of_another_script(target: Target) -> Iterator[Forged]:
    template = target.claim.template
    for latin, other in (("a", "а"), ("e", "е"), ("o", "о"), ("i", "і")):
        head, _, tail = template.partition(" ")
        if latin in head:
            template = f"{head.replace(latin, other, 1)} {tail}"
            yield Forged(f"a Cyrillic {latin}", target.forge(template=template, text=fill(template, target.printed)))
            return


@trick("wording", "text")
def words_added_to_text(target: Target) -> Iterator[Forged]:
    extra = target.rng.choice([*_ADVICE, *_DENIALS, *_DIAGNOSES])
    yield Forged(f"`{extra}` in the text alone", target.retext(f"{target.claim.text} {extra}."))


@trick("wording", "text")
def text_emptied(target: Target) -> Iterator[Forged]:
    yield Forged("the text is empty", target.retext(""))


@trick("wording", "template")
def words_added_to_template(target: Target) -> Iterator[Forged]:
    extra = target.rng.choice([*_ADVICE, *_DENIALS, *_DIAGNOSES])
    yield Forged(f"`{extra}` in the template alone", target.forge(template=f"{target.claim.template} {extra}."))


@trick("wording", "both")
def name_of_a_parameter(target: Target) -> Iterator[Forged]:
    """`PR interval {pr}` becomes `QT interval {pr}`: the value stays, its name changes."""
    names = {
        "PR": "QT",
        "QRS": "PR",
        "QT interval": "PR interval",
        "QTc": "JTc",
        "rate": "QRS",
        "RR": "PR",
        "P axis": "T axis",
        "R in": "S in",
        "S in": "R in",
        "T-wave": "P-wave",
        "ST ": "T ",
    }
    before = target.claim.template
    found = [name for name in names if f"{name}" in before and target.value_slots]
    if found:
        name = target.rng.choice(found)
        template = before.replace(name, names[name], 1)
        yield Forged(
            f"`{name}` becomes `{names[name]}`", target.forge(template=template, text=fill(template, target.printed))
        )
