"""From words to a request, by rule: statements, negations, and the numbers that `spoken_numbers` finds."""

from __future__ import annotations

import re
from typing import Any, Final

from calipers.ecg import Sex
from calipers.errors import UsageError
from calipers.knowledge import statements
from calipers.tools.generate.consistency import complete
from calipers.tools.generate.request import Request
from calipers.tools.generate.spoken_numbers import take_levels, take_numbers, take_patient

_NEGATION: Final = re.compile(
    r"\b(?:no|not|without|nor|free of|absence of|lacking|don't|do not|neither|minus|never|rather than|instead of)\b"
    r"(?P<what>[^,;.]*?)(?=$|[,;.]|\b(?:but|with|and (?:a|an|with|the)|please)\b)",
    re.I,
)
#: Ways of saying a statement that the table's names do not hold; whole words, the longer first.
_SAID: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:complete|total|third[- ]degree|3rd[- ]degree) (?:(?:heart|av) block|avb)|(?:avb|av[- ]block) (?:iii|3)°?|(?:3°|iii°) (?:avb|av block)|chb", "third_degree_av_block"),
    (r"mobitz (?:type )?(?:ii|2)\b", "mobitz_2"), (r"mobitz (?:type )?(?:i|1)\b|wenckebach\w*", "wenckebach"),
    (r"(?:2:1|two[- ]to[- ]one) (?:(?:av |heart )?block|avb)", "av_block_2_1"),
    (r"(?:first|1st)[- ]degree (?:av |heart )?(?:block|avb)|(?:avb|av[- ]block) (?:i|1|1st|first)°?(?![\w:])|(?:1°|i°) (?:avb|av block)|prolonged pr", "first_degree_av_block"),
    (r"(?:dual|dual[- ]chamber|av sequential|atrioventricular)[- ]pac(?:ed|ing)|\bddd\b", "dual_paced_rhythm"),
    (r"atrial(?:ly)?[- ]pac(?:ed|ing)|\baai\b", "atrial_paced_rhythm"),
    (r"(?:ventricular(?:ly)?|right ventricular|rv|v|rv apical)[- ]pac(?:ed|ing)|\bvvi\b", "ventricular_paced_rhythm"),
    (r"paced(?: rhythm)?|pacemaker rhythm|pacing", "ventricular_paced_rhythm"),
    (r"(?:inferior) (?:st[- ]?elevation(?: mi| myocardial infarction)?|stemi)|stemi of the inferior wall|inferior st elevation mi", "stemi_inferior"),
    (r"(?:anterior|anteroseptal) (?:st[- ]?elevation(?: mi| myocardial infarction)|stemi)", "stemi_anterior"),
    (r"lateral (?:st[- ]?elevation(?: mi| myocardial infarction)|stemi)", "stemi_lateral"),
    (r"old (?:inferior) (?:mi|infarct\w*)|inferior q[- ]?wave infarct\w*", "infarction_inferior"),
    (r"ventricular tachycardia|\bvt\b", "wide_qrs_tachycardia"), (r"\bsvt\b", "supraventricular_tachycardia"),
    (r"(?:pvc|ventricular) bigemin\w+|bigemin\w+", "ventricular_bigeminy"),
    (r"(?:pvc|ventricular) trigemin\w+|trigemin\w+", "ventricular_trigeminy"),
    (r"(?:pvc|ventricular) couplets?", "ventricular_couplet"),
    (r"pvcs?|v[pe][bc]s?|ventricular (?:premature (?:beats?|complex\w*|contractions?)|extrasystoles?|ectop\w+)|premature ventricular \w+|ves\b", "ventricular_premature_complex"),
    (r"pacs?\b|apcs?\b|apbs?\b|sves?\b|atrial (?:premature (?:beats?|complex\w*|contractions?)|extrasystoles?|ectop\w+)|(?:premature atrial|supraventricular premature) \w+", "atrial_premature_complex"),
    (r"atrial fib\w*|a[-. ]?fib|\baf\b", "atrial_fibrillation"), (r"atrial flutter|a\.? ?flutter|\bflutter\b|\bafl\b", "atrial_flutter"),
    (r"wpw|wolff[- ]parkinson[- ]white|pre-?excit\w+|delta waves?", "pre_excitation"),
    (r"sinus brady\w*", "sinus_bradycardia"), (r"sinus tachy\w*", "sinus_tachycardia"), (r"sinus arrhythmia", "sinus_arrhythmia"),
    (r"(?:normal )?sinus rhythm|\bnsr\b", "sinus_rhythm"),
    (r"(?:completely |entirely |perfectly )?normal (?:12-lead |resting )?(?:ecg|ekg|electrocardiogram|tracing|trace|study|12-lead)", "normal_ecg"),
    (r"left bundle(?:[- ]branch)?(?: block)?|c?lbbb", "lbbb"), (r"right bundle(?:[- ]branch)?(?: block)?|c?rbbb", "rbbb"),
    (r"left anterior (?:fascicular block|hemiblock)|lafb|lahb", "lafb"), (r"left posterior (?:fascicular block|hemiblock)|lpfb|lphb", "lpfb"),
    (r"left axis(?: deviation)?|\blad\b", "left_axis_deviation"), (r"right axis(?: deviation)?|\brad\b", "right_axis_deviation"),
    (r"left ventricular hypertrophy|lvh", "lvh"), (r"right ventricular hypertrophy|rvh", "rvh"),
    (r"low[- ]voltages?", "low_voltage"), (r"(?:long|prolonged) qtc?(?: interval)?|qt prolongation", "long_qt"),
    (r"short pr(?: interval)?", "short_pr"),
)  # fmt: skip
_RATIO: Final = re.compile(r"\b([2-6])(?::| to )(?:1|one)\b(?: (?:av )?(?:block|conduction|conducted))?", re.I)
_FLUTTER_RATE: Final = 296.0
_ONLY_IN_FULL: Final = frozenset({"normal_ecg", "sinus_rhythm"})
_INCOMPLETE: Final = (
    (r"incomplete (?:right bundle(?:[- ]branch)?(?: block)?|rbbb)", "incomplete_rbbb"),
    (r"incomplete (?:left bundle(?:[- ]branch)?(?: block)?|lbbb)", "incomplete_lbbb"),
)


def understand_request(text: str, *, age: float | None = None, sex: Sex | None = None) -> Request:
    """The request that a text makes.

    Args:
        text: such as `AF with RBBB, rate about 110, 70-year-old woman`.
        age: of the patient; wins over the text.
        sex: likewise.

    Raises:
        UsageError: nothing was understood, wishes exclude one another, or something cannot be made.
    """
    rest, absent = _negated(" ".join(text.split()))
    found: dict[str, Any] = {}
    rest = _flutter_ratio(take_patient(rest, found), found)
    levels, rest = take_levels(rest)
    rest = take_numbers(rest, found)
    keys = tuple(dict.fromkeys(_named(rest)))
    request = Request(
        statements=keys, absent=absent, levels=levels, text=text,
        **{name: value for name, value in found.items() if name not in ("age", "sex")},
        age=age if age is not None else found.get("age"), sex=sex or found.get("sex"),
    )  # fmt: skip
    if request.is_empty:
        raise UsageError(
            f"found nothing to generate in `{text}`; needed a rhythm, a statement, or a number such as `PR 220`"
        )
    return complete(request)


def _flutter_ratio(text: str, found: dict[str, Any]) -> str:
    """Of flutter conducted N to one the rate, unless it is said; the text without the ratio."""
    match = _RATIO.search(text)
    if match is None or not re.search(r"flutter|\bafl\b", text, re.I):
        return text
    rest = text.replace(match[0], " ")
    said: dict[str, Any] = {}
    take_numbers(rest, said)
    if "hr" not in said:
        found["hr"] = round(_FLUTTER_RATE / float(match[1]))
    return rest


def _negated(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what it does not want, and the keys of that."""
    absent: dict[str, None] = {}
    for match in _NEGATION.finditer(text):
        for part in re.split(r"\bor\b|\band\b", match["what"]):
            absent |= dict.fromkeys(_named(part))
    return _NEGATION.sub(" ", text), tuple(absent)


def _named(text: str) -> list[str]:
    """Keys of the statements that a text names: our own ways of saying them, then the table's names."""
    keys: list[str] = []
    for pattern, key in (*_INCOMPLETE, *_SAID):
        text, count = re.subn(rf"(?<!\w)(?:{pattern})(?!\w)", " | ", text, flags=re.I)
        if count:
            keys.append(key)
    # A loose "normal" or "rhythm" is part of many a phrase; as a wish it is said in full, and found above.
    loose = [row.key for row in statements().mentioned(text) if row.key not in _ONLY_IN_FULL]
    return keys + loose
