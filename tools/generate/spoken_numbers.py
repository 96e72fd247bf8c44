"""Numbers in a request's words: intervals, rate and axes, ST levels and amplitudes in leads, age and sex."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from calipers.ecg import Sex
from calipers.leads import LEADS, Lead

_NUMBER: Final = r"([-+−]?\d+(?:\.\d+)?)"
_ABOUT: Final = r"(?:\s*(?:is|of|at|to|in|=|:|\(|@|≈|about|circa|set|time|value|measur\w+|lasts|lasting|prolonged|exactly|around|approximately|approx\.?|roughly|near|~|interval|duration|segment|width|be|and|a|with))*\s*"
_AFTER_RHYTHM: Final = re.compile(
    rf"\b(?:rhythm|\w*cardia|fibrillation|afib|af|flutter|pac(?:ing|ed)) (?:of )?{_NUMBER}\b(?!\s*(?:ms|mv|mm|years?|y\b|°|deg|-))",
    re.I,
)
#: Of a QT that is called long or short, and of the syndrome, the number is the corrected one.
_LONG_QT: Final = re.compile(
    rf"\b(?:(?:long|prolonged|short) qt(?: interval| syndrome)?|lqts?){_ABOUT}{_NUMBER}(?:\s*ms)?", re.I
)
_NORMAL_AXIS: Final = re.compile(rf"\bnormal (?:qrs )?axis{_ABOUT}{_NUMBER}(?:\s*(?:°|deg\w*))?", re.I)
#: Patterns whose words stay, as a wish of their own: "bradycardia of 50".
_WORDS_STAY: Final = (_AFTER_RHYTHM, _LONG_QT, _NORMAL_AXIS)
#: What a number is, by the words before or after it; the first that fits takes it.
_NUMBERS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, pattern if isinstance(pattern, re.Pattern) else re.compile(pattern, re.I))
    for name, pattern in (
        (
            "hr",
            rf"\b(?:heart |ventricular |pulse )?(?:rate|hr|frequency){_ABOUT}{_NUMBER}(?:\s*(?:/\s*min|bpm|per minute|beats))?",
        ),
        ("hr", rf"{_NUMBER}\s*(?:bpm|/\s*min\b|per minute|beats(?: per minute| a minute|/min)?)"),
        ("hr", _AFTER_RHYTHM),
        ("hr", rf"\bat {_NUMBER}\b(?!\s*(?:ms|mv|mm|µv|uv|years?|y\b|°|deg))"),
        ("pr", rf"\b(?:pr|pq|p-r){_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qtc_fridericia", rf"\b(?:fridericia(?: qtc)?|qtc\s*\(?f(?:ridericia)?\)?|qtcf){_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qtc", rf"\b(?:qtc(?:\s*\(?b(?:azett)?\)?)?|corrected qt|qtcb|bazett(?: qtc)?){_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qtc", _LONG_QT),
        ("qt", rf"\bqt(?: interval)?{_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qrs_axis", _NORMAL_AXIS),
        ("qrs_axis", rf"\b(?:qrs |frontal |electrical |mean )?axis{_ABOUT}(?:the )?{_NUMBER}(?:\s*(?:°|deg\w*))?"),
        ("qrs", rf"\bqrsd?{_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qrs", rf"{_NUMBER}\s*ms (?:wide )?qrs\b"),
        # What is left without a unit and could be a rate is one: "RBBB about 110".
        ("hr", r"(?<![\w:.°/-])([3-9]\d|1\d\d|2[01]\d)(?![\w:.°/-]|\s*(?:ms|mv|mm|µv|uv|years?|y\b|°|deg|%))"),
    )
)
_T_OR_P_AXIS: Final = re.compile(rf"\b([tp])[- ]?(?:wave )?axis{_ABOUT}{_NUMBER}", re.I)
_AGE: Final = re.compile(
    r"\b(\d{1,3})[- ]?(?:years?|yrs?|y)[- /]?(?:olds?|o)?\b|\b(?:aged?|(?:wo)?man of|lady of|gentleman of)\s+(\d{1,3})\b",
    re.I,
)
_SEX: Final[tuple[tuple[Sex, re.Pattern[str]], ...]] = (
    ("female", re.compile(r"\b(?:wom[ae]n|female|lady|girl|she|her)\b|\b\d{2,3}\s?F\b", re.I)),
    ("male", re.compile(r"\b(?:m[ae]n|male|gentleman|boy|he|his)\b|\b\d{2,3}\s?M\b", re.I)),
)
_LEVEL: Final = re.compile(
    r"\bst(?:[- ]segments?)?[- ]*(?:is |are )?(?P<way>elevations?|depressions?|elevated|depressed)\b(?P<rest>(?:[^;.]|\.(?=\d))*)",
    re.I,
)
_MILLIVOLT: Final = re.compile(rf"{_NUMBER}\s*(?P<unit>mv|mm|µv|uv|microvolts?|millivolts?|millimet\w+)", re.I)
_AMPLITUDE: Final = re.compile(
    rf"\b(?P<wave>[rst])[- ]?waves? (?:in|of) (?:lead )?(?P<lead>aV[RLF]|V[1-6]|III|II|I)\b{_ABOUT}{_NUMBER}\s*(?P<unit>mv|mm)",
    re.I,
)
_TERRITORIES: Final[Mapping[str, tuple[Lead, ...]]] = {
    "inferior": ("II", "III", "aVF"), "anteroseptal": ("V1", "V2", "V3", "V4"), "anterior": ("V2", "V3", "V4"),
    "septal": ("V1", "V2"), "lateral": ("I", "aVL", "V5", "V6"),
}  # fmt: skip
_LEAD: Final = re.compile(r"\b(aVR|aVL|aVF|V[1-6]|III|II|I)\b")
_RANGE: Final = re.compile(r"\bV([1-6])\s?(?:-|–|to|through)\s?V?([1-6])\b", re.I)


def take_patient(text: str, found: dict[str, Any]) -> str:
    """Put age and sex into `found`; the text without the age."""
    for sex, pattern in _SEX:
        if pattern.search(text):
            found.setdefault("sex", sex)
    match = _AGE.search(text)
    if match:
        found["age"] = float(match[1] or match[2])
        text = text.replace(match[0], " ")
    return text


def take_numbers(text: str, found: dict[str, Any]) -> str:
    """Put rate, intervals and axes into `found`, in a request's names; the text without them."""
    for axis in _T_OR_P_AXIS.finditer(text):
        found[f"{axis[1].lower()}_axis"] = float(axis[2])
    text = _T_OR_P_AXIS.sub(" ", text)
    for name, pattern in _NUMBERS:
        match = pattern.search(text)
        if match is None or name in found:
            continue
        value = float(match[1].replace("−", "-"))
        if name == "qtc_fridericia":
            found["qtc"], found["qtc_formula"] = value, "qtc_fridericia"
        elif not (name == "qtc" and "qtc" in found):
            found[name] = value
        start = match.start(1) if pattern in _WORDS_STAY else match.start()
        text = f"{text[:start]} | {text[match.end() :]}"
    return text


def take_levels(text: str) -> tuple[dict[str, float], str]:
    """ST levels and amplitudes in leads; what has no size or no lead stays in the text, as a statement."""
    levels: dict[str, float] = {}
    for match in _AMPLITUDE.finditer(text):
        lead = next(one for one in LEADS if one.upper() == match["lead"].upper())
        wave = match["wave"].lower()
        height = float(match[3]) * (0.1 if match["unit"].lower() == "mm" else 1.0)
        levels[f"{lead}.{wave}_amp"] = -abs(height) if wave == "s" else height
    text = _AMPLITUDE.sub(" ", text)
    for match in list(_LEVEL.finditer(text)):
        size = _MILLIVOLT.search(match[0]) or _MILLIVOLT.search(text[: match.start()][-25:])
        leads = _leads(match["rest"]) or _leads(text[: match.start()][-25:])
        if size is None or not leads:
            continue
        unit = size["unit"].lower()
        scale = (
            0.001 if unit[0] in "µu" or unit.startswith("micro") else 0.1 if unit.startswith(("mm", "millim")) else 1.0
        )
        sign = -1.0 if match["way"].lower().startswith("depress") else 1.0
        for lead in leads:
            levels[f"{lead}.st_j"] = round(sign * abs(float(size[1])) * scale, 4)
        text = text.replace(match[0], " ")
        text = text.replace(size[0], " ")
    return levels, text


def _leads(text: str) -> tuple[Lead, ...]:
    found = {match.upper() for match in _LEAD.findall(text)}
    for first, last in _RANGE.findall(text):
        found |= {f"V{number}" for number in range(int(first), int(last) + 1)}
    for territory, members in _TERRITORIES.items():
        if re.search(rf"\b{territory}\b", text, re.I):
            found |= {lead.upper() for lead in members}
            break
    return tuple(lead for lead in LEADS if lead.upper() in found)
