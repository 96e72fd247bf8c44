"""Which measurements a text names, by how clinicians call them."""

from __future__ import annotations

import re
from typing import Final

from calipers.leads import LEADS, Lead

#: `how wide is the …`, `the width of V3's …`; and `the deepest …`.
_WIDTH: Final = r"(?:how (?:wide|broad|long)|wide|broad|width|duration|length)(?: (?:is|are|of|the|a|in|v[1-6]|iii|ii|i|av[rlf])(?:['’]s)?\b)*\s+"
_SIZE: Final = r"(?:tall(?:est)?|deep(?:est)?|high(?:est)?|larg(?:e|est)|big(?:gest)?|small(?:est)?|low(?:est)?)\s+"
#: Measurement names by how clinicians call them; the first that fits wins, and its words are used up.
_MEASUREMENTS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = tuple(
    (pattern, tuple(names.split()))
    for pattern, names in (
        (r"qtc?\s*\(?\s*b(azett)?\b\)?|bazett", "qtc_bazett"),
        (r"qtc?\s*\(?\s*f(ridericia)?\b\)?|fridericia", "qtc_fridericia"),
        (r"framingham", "qtc_framingham"),
        (r"hodges", "qtc_hodges"),
        (r"qtc|corrected qt", "qtc_bazett qtc_fridericia"),
        (r"jtc?\b", "jtc"),
        (r"st[- ]?(segment|level|elevation|depression|deviation|changes?)?( at)?[- ](j ?\+? ?60|60)\b", "st_60"),
        (r"st[- ]?(segment|level|elevation|depression|deviation|changes?)?( at)?[- ](j ?\+? ?80|80)\b", "st_80"),
        (r"st[- ]?(segment|level|elevation|depression|deviation|changes?|shift)|j[- ]?point|\bst\b", "st_j"),
        (r"p[- ]?wave axis|p axis|axis of (the )?p\b", "p_axis"),
        (r"t[- ]?wave axis|t axis|axis of (the )?t\b", "t_axis"),
        (r"qrs (axis|vector)|electrical axis|mean axis|\baxis\b", "qrs_axis"),
        (rf"p[- ]?(wave )?(duration|width|length)|{_WIDTH}p\b( waves?)?", "p_dur"),
        (rf"p[- ]?(wave )?(amplitude|height|voltage)|{_SIZE}p\b", "p_amp"),
        (rf"t[- ]?(wave )?(amplitude|height|voltage|inversion|polarity)|\bt[- ]waves?\b|{_SIZE}t\b", "t_amp"),
        (r"r[- ]?peak time|intrinsicoid|time to (the )?r peak", "r_peak_time"),
        *(
            (rf"{wave}[- ]?(wave )?(duration|width)|{_WIDTH}{wave}\b( waves?)?", f"{wave}_dur")
            for wave in ("q", "r", "s")
        ),
        (rf"r[- ]?(wave )?(amplitude|height|voltage)|\br waves?\b|{_SIZE}r\b", "r_amp"),
        (rf"s[- ]?(wave )?(amplitude|depth|voltage)|\bs waves?\b|{_SIZE}s\b", "s_amp"),
        (rf"q[- ]?(wave )?(amplitude|depth|voltage)|\bq waves?\b|{_SIZE}q\b", "q_amp"),
        (r"qrs (pattern|morphology|shape)|(pattern|morphology|shape)[^?.]{0,12} qrs", "qrs_pattern"),
        (r"notch", "qrs_notch"),
        (
            r"signal quality|nois[ey]\w*|interference|baseline (drift|wander\w*)|electrodes? problems?|loose electrodes?|"
            r"readable|artefact|artifact|\bquality\b",
            "quality",
        ),
        (r"p[- ]?waves? (per|before|to) (each |every |the |a )?qrs\b", "p_per_qrs"),
        (r"atrial rate", "atrial_rate"),
        (r"\bpr\b|p-?r interval|\bpq\b|av (conduction|delay) time", "pr"),
        (r"\bqt\b", "qt"),
        (r"\bqrs\b|qrsd", "qrs"),
        (r"(all|the|other|ecg|which|what)?\s*\bintervals\b", "pr qrs qt qtc_bazett"),
        (r"longest (pause|rr)|\bpauses?\b", "pause_max"),
        (r"\brr\b|r-r", "rr_mean rr_sd"),
        (r"(heart|ventricular) ?rate|\bhr\b|\brate\b|\bbpm\b|how fast|pulse", "hr"),
        (r"(how )?(ir)?regular(ity)?\b", "rr_irregularity"),
        (r"(how many|number of|count of|any) (pvcs?|ves|ventricular (premature|extra))", "pvc_count"),
        (r"(how many|number of|count of) (pacs?|apcs?|atrial (premature|extra))", "pac_count"),
        (r"p[- ]?waves?\b|\bp waves? (present|visible|before)", "p_per_qrs"),
    )
)
_PER_LEAD: Final = frozenset(
    [
        "p_amp",
        "q_amp",
        "r_amp",
        "s_amp",
        "t_amp",
        "q_dur",
        "r_dur",
        "s_dur",
        "r_peak_time",
        "st_j",
        "st_60",
        "st_80",
        "qrs_pattern",
        "qrs_notch",
        "quality",
    ]
)
_TERRITORIES: Final[dict[str, tuple[Lead, ...]]] = {
    "inferior": ("II", "III", "aVF"),
    "anterior": ("V1", "V2", "V3", "V4"),
    "septal": ("V1", "V2"),
    "lateral": ("I", "aVL", "V5", "V6"),
    "chest": ("V1", "V2", "V3", "V4", "V5", "V6"),
    "precordial": ("V1", "V2", "V3", "V4", "V5", "V6"),
    "limb": ("I", "II", "III", "aVR", "aVL", "aVF"),
}
#: `S in V1`: the wave of one lead, where a text names several waves and leads.
_WAVE_IN_LEAD: Final = re.compile(
    r"\b([pqrst])(?: waves?| amplitudes?)? (?:in|of|at) (?:lead )?(v[1-6]|av[rlf]|i{1,3})\b", re.I
)
_LEAD_WORD: Final = re.compile(r"\b(aVR|aVL|aVF|V[1-6]|III|II)\b|\blead (I)\b|\b(I)\b(?=\s*(and|,|\?|$))", re.I)


def measurement_ids(text: str) -> tuple[str, ...]:
    """Every measurement id that a text names, per lead where it names leads or a territory."""
    ids: dict[str, None] = {}
    pairs = _WAVE_IN_LEAD.findall(text)
    if len({wave.lower() for wave, _ in pairs}) > 1:
        spelt = {lead.lower(): lead for lead in LEADS}
        ids |= dict.fromkeys(f"{spelt[lead.lower()]}.{wave.lower()}_amp" for wave, lead in pairs)
        text = _WAVE_IN_LEAD.sub(" ", text)
    leads = named_leads(text)
    rest = text.lower()
    for pattern, names in _MEASUREMENTS:
        rest, found = re.subn(rf"(?<!\w)(?:{pattern})", " | ", rest)
        if not found:
            continue
        for name in names:
            if name in _PER_LEAD:
                ids |= dict.fromkeys(f"{lead}.{name}" for lead in (leads or LEADS))
            else:
                ids[name] = None
    return tuple(ids)


def named_leads(text: str) -> tuple[Lead, ...]:
    """Leads that a text names, singly, as a range, or by territory; in their standard order."""
    found = {match.group(0).split()[-1].upper() for match in _LEAD_WORD.finditer(text)}
    for first, last in re.findall(r"\bv([1-6])\s?(?:-|–|to|through)\s?v?([1-6])\b", text, re.I):
        found |= {f"V{k}" for k in range(int(first), int(last) + 1)}
    leads = {lead for lead in LEADS if lead.upper() in found}
    for territory, members in _TERRITORIES.items():
        if re.search(rf"\b{territory}\b", text, re.I):
            leads |= set(members)
    return tuple(lead for lead in LEADS if lead in leads)
