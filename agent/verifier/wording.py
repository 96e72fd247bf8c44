"""What a claim may say: no numbers or units outside slots, leads that are cited, words of a closed list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from calipers.evidence import Evidence, Measurement
from calipers.leads import LEADS
from calipers.printing import SLOT

#: Terms whose digits are part of a name. Longest first, so that `12-lead ECG` is not read as a number.
FIXED_TERMS: Final = (
    "12-lead",
    "4:1",
    "3:1",
    "2:1",
    "1:1",
    "V7–V9",
    "V7-V9",
    "V3R",
    "V4R",
    *sorted(LEADS, key=len, reverse=True),
)
_LEAD: Final = re.compile(r"(?<![\w'])(aVR|aVL|aVF|V[1-6]|III|II|I)(?![\w'])")
#: `V1–V4`, `V1 to V4`: a range of chest leads names every lead in between.
_LEAD_RANGE: Final = re.compile(r"\bV([1-6])\s?(?:–|-|to)\s?V([1-6])\b")
_FIXED: Final = re.compile("|".join(rf"(?<![\w]){re.escape(term)}(?![\w])" for term in FIXED_TERMS))
_DIGIT: Final = re.compile(r"\d")
_UNIT: Final = re.compile(
    r"(?<![\w])(ms|msec|milliseconds?|s|sec|seconds?|minutes?|mV|millivolts?|µV|uV|microvolts?|mm|cm|bpm|Hz|hertz|"
    r"beats per minute|degrees?|percent)(?![\w])|°|%|/min"
)
_NUMBER_WORD: Final = re.compile(
    r"\b(zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dozen|"
    r"half|twice|double|triple|thrice)\b",
    re.IGNORECASE,
)
_NEGATION: Final = re.compile(r"\b(no|not|without|absent|absence|never|nor|none|neither|free of|excludes?|excluded|ruled out)\b", re.I)
_HEDGE: Final = re.compile(r"\b(borderline|probabl[ey]|possibl[ey]|may|suggests?|suspected|likely|cannot be excluded)\b", re.I)
_QUOTE: Final = re.compile(r"[\"“”«»„]")
#: What a text calls a parameter → the measurement names that may fill the slot after it. First match wins.
_TERMS: Final[tuple[tuple[str, frozenset[str]], ...]] = tuple(
    (pattern, frozenset(names.split()))
    for pattern, names in (
        (r"QTc\s*\(Bazett\)|QTc Bazett", "qtc_bazett"),
        (r"QTc\s*\(Fridericia\)|QTc Fridericia", "qtc_fridericia"),
        (r"QTc\s*\(Framingham\)|QTc Framingham", "qtc_framingham"),
        (r"QTc\s*\(Hodges\)|QTc Hodges", "qtc_hodges"),
        (r"QTc|corrected QT", "qtc_bazett qtc_fridericia qtc_framingham qtc_hodges"),
        (r"JTc", "jtc"),
        (r"QRS axis", "qrs_axis"),
        (r"P axis|P-wave axis", "p_axis"),
        (r"T axis|T-wave axis", "t_axis"),
        (r"atrial rate", "atrial_rate"),
        (r"ventricular rate|heart rate|\brate", "hr atrial_rate"),
        (r"P-wave duration|P duration", "p_dur"),
        (r"PR interval|\bPR\b", "pr"),
        (r"QRS duration|QRS complexes of|\bQRS\b", "qrs qrs_axis qrs_pattern qrs_notch"),
        (r"QT interval|\bQT\b", "qt qtc_bazett qtc_fridericia qtc_framingham qtc_hodges"),
        (r"\bRR\b", "rr_mean rr_sd rr_irregularity pause_max rr"),
        (r"\bpause\b", "pause_max"),
    )
)
_TERM: Final = re.compile("|".join(f"(?P<t{k}>{pattern})" for k, (pattern, _) in enumerate(_TERMS)))


def number_faults(template: str) -> Iterator[tuple[str, str]]:
    """(kind, detail) for digits, number words and units that stand outside slots."""
    bare = SLOT.sub(" \0 ", template)
    without_terms = _FIXED.sub(" ", _LEAD_RANGE.sub(" ", bare))
    if found := _DIGIT.search(without_terms):
        context = without_terms[max(0, found.start() - 12) : found.end() + 12].replace("\0", "{…}").strip()
        yield "number", f"found a digit outside a slot near `{context}`; needed every number in a slot"
    if word := _NUMBER_WORD.search(without_terms):
        yield "number", f"found the number word `{word.group()}`; needed every number in a slot"
    if unit := _UNIT.search(without_terms):
        yield "unit", f"found the unit `{unit.group()}` outside a slot; a slot prints its own unit"
    if re.search(r"[{}]", bare):
        yield "slot", "found a brace that is not part of a slot such as `{pr}`"


def slot_term_faults(template: str, evidence: Mapping[str, Evidence]) -> Iterator[tuple[str, str]]:
    """Slots whose measurement is not what the words before them name, or not of the lead before them."""
    previous_end = 0
    for match in SLOT.finditer(template):
        item = evidence.get(match.group(1))
        before = template[previous_end : match.start()]
        previous_end = match.end()
        if not isinstance(item, Measurement):
            continue
        terms = list(_TERM.finditer(before))
        if terms:
            allowed = _TERMS[int((terms[-1].lastgroup or "t0")[1:])][1]
            if item.name not in allowed:
                yield "slot", f"found `{terms[-1].group()}` filled by `{item.id}`; needed {' or '.join(sorted(allowed))}"
        near = list(_LEAD.finditer(before[-24:]))
        if near and item.lead and near[-1].group() != item.lead:
            yield "lead", f"found lead {near[-1].group()} before the value of {item.id}"


def mentioned_leads(template: str) -> list[str]:
    """Lead names outside slots, ranges spelled out, in order."""
    bare = SLOT.sub(" ", template)
    ranges = [f"V{k}" for first, last in _LEAD_RANGE.findall(bare) for k in range(int(first), int(last) + 1)]
    bare = _LEAD_RANGE.sub(" ", bare)
    # "I" as a pronoun never opens a claim; wave-axis terms such as "T axis" hold no lead.
    return [*ranges, *(match.group() for match in _LEAD.finditer(bare))]


def lead_faults(template: str, evidence: Iterable[Evidence]) -> Iterator[tuple[str, str]]:
    """Leads that are named but not cited, or named twice for one measurement."""
    named = mentioned_leads(template)
    cited = {item.lead for item in evidence if isinstance(item, Measurement) and item.lead}
    for lead in named:
        if lead not in cited:
            yield "lead", f"found lead {lead} in the text; needed a cited measurement of that lead"
    for lead in sorted({lead for lead in named if named.count(lead) > 1}):
        yield "lead", f"found lead {lead} named {named.count(lead)} times"


def negates(template: str) -> bool:
    """Whether the words deny something."""
    return bool(_NEGATION.search(SLOT.sub(" ", template)))


def quotes(template: str) -> bool:
    """Whether the text holds quotation marks."""
    return bool(_QUOTE.search(template))


def foreign_words(template: str, also: frozenset[str] = frozenset()) -> list[str]:
    """Words outside the closed vocabulary of claims: how treatment, advice and invention are kept out."""
    bare = _FIXED.sub(" ", _LEAD_RANGE.sub(" ", SLOT.sub(" ", template)))
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", bare)
    allowed = vocabulary() | also
    return [word for word in words if word.lower() not in allowed]


@cache
def vocabulary() -> frozenset[str]:
    """The closed list of words a claim may use beside its statement's own (`vocabulary.txt`)."""
    text = (files("calipers.agent.verifier") / "vocabulary.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def hedges(template: str) -> bool:
    """Whether the words say that something is not certain."""
    return bool(_HEDGE.search(template))
