"""What a text calls a parameter, and which measurements may fill the slot that such a name announces."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_FORMULA: Final = r"(?:Bazett|Fridericia|Framingham|Hodges)"
_QTC_NAMES: Final = frozenset({"qtc_bazett", "qtc_fridericia", "qtc_framingham", "qtc_hodges"})


class Term(NamedTuple):
    """One name found in a text: where, which measurements it announces, and whether it judges them."""

    start: int
    end: int
    names: frozenset[str]
    finding: bool


#: (pattern, measurement names, whether the words are a finding). The first that fits at a place wins, so
#: the longer name stands before the shorter: `P-wave axis` before `P wave`. Single letters are capitals.
_TABLE: Final[tuple[tuple[str, str, bool], ...]] = (
    (r"(?i:J\s?Tc?)", "jtc", False),
    (
        r"(?i:QTc|corrected QT(?: interval)?|corrected to|"
        rf"{_FORMULA}['’]?s?(?: formula| QTc| corrected QT(?: interval)?)*)",
        "QTC",
        False,
    ),
    (r"(?i:axis of the QRS(?: complex)?)", "qrs_axis", False),
    (r"(?i:axis of the P(?:[- ]wave)?)(?!\w)", "p_axis", False),
    (r"(?i:axis of the T(?:[- ]wave)?)(?!\w)", "t_axis", False),
    (r"P(?:[- ]wave)? axis", "p_axis", False),
    (r"T(?:[- ]wave)? axis", "t_axis", False),
    (r"(?i:QRS[- ]axis|(?:frontal|electrical|mean)?(?: plane)? ?axis)", "qrs_axis", False),
    (r"(?i:atrial rate)", "atrial_rate", False),
    (r"(?i:(?:ventricular |heart )?rate)", "hr", False),
    (r"(?i:(?:brady|tachy)cardia|fibrillation|rhythm)", "hr", True),
    (r"(?i:share of (?:the )?QRS complexes preceded by a (?:consistently )?(?:coupled )?P wave)", "p_per_qrs", False),
    (r"(?i:(?:consistently )?(?:coupled )?P waves? (?:before|precedes?|preceding|in front of))", "p_per_qrs", False),
    (r"(?i:coupled P waves?)", "p_per_qrs", False),
    (r"(?i:P(?:[- ]wave)? duration)|(?i:duration of the )P(?:[- ]wave)?", "p_dur", False),
    (r"(?i:P-?R(?: interval)?)\b", "pr", False),
    (r"(?i:QRS (?:pattern|morphology|shape))|(?i:pattern)", "qrs_pattern", False),
    (r"(?i:notched QRS|QRS notch|notch)", "qrs_notch", False),
    (r"(?i:QRS(?: duration| interval)?)\b(?! complexes)", "qrs", False),
    (r"(?i:QT(?: interval| duration)?)\b", "qt", False),
    (r"(?i:mean RR(?: intervals?)?)", "rr_mean", False),
    (r"(?i:RR(?: interval)? (?:standard )?deviation)|(?i:RR SD)", "rr_sd", False),
    (
        r"(?i:RR irregularity(?: index)?|irregularity(?: index)?|mean successive (?:RR )?difference)",
        "rr_irregularity",
        False,
    ),
    (r"(?i:longest (?:RR(?: interval)?|pause))", "pause_max", False),
    (r"(?i:pause)", "pause_max", True),
    (r"(?i:R-?R(?: intervals?)?)\b", "rr_mean rr", False),
    (r"(?i:premature ventricular (?:beats?|complexe?s?|contractions?))", "pvc_count", False),
    (r"(?i:ventricular premature (?:beats?|complexe?s?|contractions?))", "pvc_count", False),
    (r"(?i:premature atrial (?:beats?|complexe?s?|contractions?))", "pac_count", False),
    (r"(?i:atrial premature (?:beats?|complexe?s?|contractions?))", "pac_count", False),
    (r"(?i:paced beats?)", "paced_count", False),
    (r"(?i:beats? follow(?:ing)? a pacing spike|pacing spikes?)", "paced_count", True),
    (r"(?i:ST[- ]?(?:level|segment)? after the J[- ]?point, early)", "st_60", False),
    (r"(?i:ST[- ]?(?:level|segment)? after the J[- ]?point, late)", "st_80", False),
    (
        r"(?i:(?:ST[- ](?:segment )?level )?at the J[- ]?point|J[- ]?point(?: level)?|ST[- ](?:segment )?level)",
        "st_j",
        False,
    ),
    (r"(?i:ST[- ](?:segment )?(?:elevation|depression|deviation)|J[- ]?point (?:elevation|depression))", "st_j", True),
    (r"ST(?: segment)?\b", "st_j", False),
    (r"(?i:R[- ]peak time|time to (?:its|the) peak)", "r_peak_time", False),
    (r"(?i:second R(?:[- ]wave)? duration)", "rp_dur", False),
    (r"(?i:second R(?:[- ]wave)?(?: amplitude)?)", "rp_amp", False),
    (r"(?i:second S(?:[- ]wave)?(?: amplitude)?)", "sp_amp", False),
    (r"Q(?:[- ]waves?)? duration", "q_dur", False),
    (r"R(?:[- ]waves?)? duration", "r_dur", False),
    (r"S(?:[- ]waves?)? duration", "s_dur", False),
    (r"Q(?:[- ]waves?)? (?:amplitude|depth)", "q_amp", False),
    (r"Q(?:[- ]waves?)?(?![\w])", "q_amp qrs_pattern", False),
    (r"R(?:[- ]waves?)?(?: amplitude)?(?![\w])", "r_amp", False),
    (r"S(?:[- ]waves?)?(?: amplitude| depth)?(?![\w])", "s_amp", False),
    (r"T[- ]wave inversion", "t_amp", True),
    (r"T(?:[- ]waves?)?(?: amplitude)?(?![\w])", "t_amp", False),
    (r"P(?:[- ]waves?)?(?: amplitude)?(?![\w])", "p_amp", False),
    (r"(?i:signal quality|quality)", "quality", False),
)
_TERM: Final = re.compile("|".join(rf"(?P<t{k}>(?<!\w)(?:{row[0]}))" for k, row in enumerate(_TABLE)))
_FORMULA_NAME: Final = re.compile(_FORMULA, re.I)
_FORMULA_AFTER: Final = re.compile(
    rf"\s*(?:by|\(|using|with|after|according to)\s*({_FORMULA})(?:['’]s formula)?\)?", re.I
)


def terms_in(text: str) -> list[Term]:
    """Every parameter that a stretch of text names, in order."""
    found = []
    for match in _TERM.finditer(text):
        _, names, finding = _TABLE[int((match.lastgroup or "t0")[1:])]
        announced = _QTC_NAMES if names == "QTC" else frozenset(names.split())
        found.append(Term(match.start(), match.end(), announced, finding))
    return found


def without_terms(text: str) -> str:
    """The text less the names of parameters that do not judge: `premature ventricular beats` counts."""
    for term in reversed(terms_in(text)):
        if not term.finding:
            text = f"{text[: term.start]} {text[term.end :]}"
    return text


def formula_after(text: str) -> tuple[str, int] | None:
    """The QTc a slot is said to hold right after it, `by Fridericia`, and where those words end."""
    match = _FORMULA_AFTER.match(text)
    return (f"qtc_{match[1].lower()}", match.end()) if match else None


def narrowed(names: frozenset[str], before: str, after: str) -> frozenset[str]:
    """Of the corrected QTs, the one whose formula is named; Bazett's where none is (DESIGN §3)."""
    if names != _QTC_NAMES:
        return names
    if said := formula_after(after):
        return frozenset({said[0]})
    formulas = _FORMULA_NAME.findall(before)
    return frozenset({f"qtc_{formulas[-1].lower()}" if formulas else "qtc_bazett"})
