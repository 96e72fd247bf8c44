"""From words to a request, by rule: statements, numbers with their units, territories, negations, the patient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from calipers.ecg import Sex
from calipers.errors import UsageError
from calipers.knowledge import statements
from calipers.leads import LEADS, Lead
from calipers.models.generator.rhythms import Ectopy, Rhythm
from calipers.tools.generate.patterns import PATTERNS, RHYTHM_LEADS
from calipers.tools.generate.request import Request, require_possible

_NUMBER: Final = r"([-+−]?\d+(?:\.\d+)?)"
_ABOUT: Final = r"(?:\s*(?:is|of|at|to|=|:|about|exactly|around|approximately|approx\.?|roughly|near|~|interval|duration|segment|width|be|and|a|with))*\s*"
_AFTER_RHYTHM: Final = re.compile(
    rf"\b(?:rhythm|\w*cardia|fibrillation|afib|af|flutter|pac(?:ing|ed)) (?:of )?{_NUMBER}\b(?!\s*(?:ms|mv|mm|years?|y\b|°|deg|-))",
    re.I,
)
#: What a number is, by the words before or after it; the first that fits takes it.
_NUMBERS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, _AFTER_RHYTHM if pattern == "" else re.compile(pattern, re.I))
    for name, pattern in (
        (
            "hr",
            rf"\b(?:heart |ventricular |pulse )?(?:rate|hr|frequency){_ABOUT}{_NUMBER}(?:\s*(?:/\s*min|bpm|per minute|beats))?",
        ),
        ("hr", rf"{_NUMBER}\s*(?:bpm|/\s*min\b|per minute|beats(?: per minute| a minute|/min)?)"),
        ("hr", ""),
        ("hr", rf"\bat {_NUMBER}\b(?!\s*(?:ms|mv|mm|µv|uv|years?|y\b|°|deg))"),
        ("pr", rf"\b(?:pr|pq|p-r){_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qtc_fridericia", rf"\b(?:fridericia(?: qtc)?|qtc\s*\(?f(?:ridericia)?\)?|qtcf){_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qtc", rf"\b(?:qtc(?:\s*\(?b(?:azett)?\)?)?|corrected qt|qtcb|bazett(?: qtc)?){_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qrs_axis", rf"\b(?:qrs |frontal |electrical |mean )?axis{_ABOUT}(?:the )?{_NUMBER}(?:\s*(?:°|deg\w*))?"),
        ("qrs", rf"\bqrs{_ABOUT}{_NUMBER}(?:\s*ms)?"),
        ("qrs", rf"{_NUMBER}\s*ms (?:wide )?qrs\b"),
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
_NEGATION: Final = re.compile(
    r"\b(?:no|not|without|nor|free of|absence of|lacking|don't|do not|neither|minus|never|rather than|instead of)\b"
    r"(?P<what>[^,;.]*?)(?=$|[,;.]|\b(?:but|with|and (?:a|an|with|the)|please)\b)",
    re.I,
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
#: Ways of saying a statement that the table's names do not hold; whole words, the longer first.
_SAID: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:complete|third[- ]degree|3rd[- ]degree) (?:heart|av) block|chb", "third_degree_av_block"),
    (r"mobitz (?:type )?(?:ii|2)\b", "mobitz_2"), (r"mobitz (?:type )?(?:i|1)\b|wenckebach\w*", "wenckebach"),
    (r"(?:2:1|two[- ]to[- ]one) (?:av |heart )?block", "av_block_2_1"),
    (r"(?:first|1st)[- ]degree (?:av |heart )?block|prolonged pr", "first_degree_av_block"),
    (r"(?:dual|dual[- ]chamber|av sequential|atrioventricular)[- ]pac(?:ed|ing)|\bddd\b", "dual_paced_rhythm"),
    (r"atrial(?:ly)?[- ]pac(?:ed|ing)|\baai\b", "atrial_paced_rhythm"),
    (r"(?:ventricular(?:ly)?|right ventricular|rv)[- ]pac(?:ed|ing)|\bvvi\b", "ventricular_paced_rhythm"),
    (r"paced(?: rhythm)?|pacemaker rhythm|pacing", "ventricular_paced_rhythm"),
    (r"(?:inferior) (?:st[- ]?elevation(?: mi| myocardial infarction)?|stemi)|stemi of the inferior wall|inferior st elevation mi", "stemi_inferior"),
    (r"(?:anterior|anteroseptal) (?:st[- ]?elevation(?: mi| myocardial infarction)|stemi)", "stemi_anterior"),
    (r"lateral (?:st[- ]?elevation(?: mi| myocardial infarction)|stemi)", "stemi_lateral"),
    (r"old (?:inferior) (?:mi|infarct\w*)|inferior q[- ]?wave infarct\w*", "infarction_inferior"),
    (r"ventricular tachycardia|\bvt\b", "wide_qrs_tachycardia"), (r"\bsvt\b", "supraventricular_tachycardia"),
    (r"(?:pvc|ventricular) bigemin\w+|bigemin\w+", "ventricular_bigeminy"),
    (r"(?:pvc|ventricular) trigemin\w+|trigemin\w+", "ventricular_trigeminy"),
    (r"(?:pvc|ventricular) couplets?", "ventricular_couplet"),
    (r"pvcs?|ventricular (?:premature (?:beats?|complex\w*|contractions?)|extrasystoles?|ectop\w+)|premature ventricular \w+|ves\b", "ventricular_premature_complex"),
    (r"pacs?\b|apcs?\b|atrial (?:premature (?:beats?|complex\w*|contractions?)|extrasystoles?|ectop\w+)|premature atrial \w+", "atrial_premature_complex"),
    (r"atrial fib\w*|a\.?fib|\baf\b", "atrial_fibrillation"), (r"atrial flutter|a\.?flutter|\bflutter\b", "atrial_flutter"),
    (r"wpw|wolff[- ]parkinson[- ]white|pre-?excit\w+|delta waves?", "pre_excitation"),
    (r"sinus brady\w*", "sinus_bradycardia"), (r"sinus tachy\w*", "sinus_tachycardia"), (r"sinus arrhythmia", "sinus_arrhythmia"),
    (r"(?:normal )?sinus rhythm|\bnsr\b", "sinus_rhythm"),
    (r"(?:completely |entirely |perfectly )?normal (?:12-lead )?(?:ecg|ekg|electrocardiogram|tracing|study)", "normal_ecg"),
    (r"left bundle(?:[- ]branch)?(?: block)?|lbbb", "lbbb"), (r"right bundle(?:[- ]branch)?(?: block)?|rbbb", "rbbb"),
    (r"left anterior (?:fascicular block|hemiblock)|lafb|lahb", "lafb"), (r"left posterior (?:fascicular block|hemiblock)|lpfb|lphb", "lpfb"),
    (r"left(?:ward)? axis(?: deviation)?|\blad\b", "left_axis_deviation"), (r"right(?:ward)? axis(?: deviation)?|\brad\b", "right_axis_deviation"),
    (r"left ventricular hypertrophy|lvh", "lvh"), (r"right ventricular hypertrophy|rvh", "rvh"),
    (r"low[- ]voltages?", "low_voltage"), (r"(?:long|prolonged) qtc?(?: interval)?|qt prolongation", "long_qt"),
    (r"short pr(?: interval)?", "short_pr"),
)  # fmt: skip
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
    rest = _patient(rest, found)
    levels, rest = _levels(rest)
    rest = _taken_numbers(rest, found)
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


def complete(request: Request) -> Request:
    """Rhythm and ectopy from the statements; contradictions are asked back.

    Raises:
        UsageError: statements that exclude one another or a number, or that cannot be made.
    """
    table = statements()
    for key in request.statements:
        if key not in PATTERNS:
            label = table[key].label if key in table else key
            raise UsageError(
                f"found `{label}`, which the generator has not learned; needed one of the {len(PATTERNS)} it has"
            )
    rhythm, ectopy = _rhythm(request), _ectopy(request)
    done = request.model_copy(update={"rhythm": rhythm, "ectopy": ectopy})
    _require_consistent(done)
    require_possible(done)
    return done


def _rhythm(request: Request) -> Rhythm | None:
    named = {key: PATTERNS[key].rhythm for key in request.statements if PATTERNS[key].rhythm is not None}
    leading = [key for key in RHYTHM_LEADS if key in named]
    rhythms: set[Rhythm | None] = (
        {named[leading[0]]}
        if leading and set(named.values()) <= {"sinus", named[leading[0]], "wenckebach", "paced_ventricular"}
        else set(named.values())
    )
    if "sinus_arrhythmia" in rhythms:
        rhythms.discard("sinus")
    if request.rhythm is not None:
        rhythms.add(request.rhythm)
    if len(rhythms) > 1:
        labels = " and ".join(sorted(str(one).replace("_", " ") for one in rhythms))
        raise UsageError(f"found the rhythms {labels} together; needed one of them")
    return next(iter(rhythms), None)


def _ectopy(request: Request) -> Ectopy | None:
    found = [PATTERNS[key].ectopy for key in request.statements if PATTERNS[key].ectopy is not None]
    special = [one for one in found if one != "pvc"]
    return (special or found or [request.ectopy])[0]


def _require_consistent(request: Request) -> None:
    wanted = set(request.statements)
    for key in request.statements:
        beside = sorted(wanted & set(PATTERNS[key].excludes))
        if beside:
            raise UsageError(f"found `{key}` and `{beside[0]}` together; needed one of the two")
    if "normal_ecg" in wanted and wanted - {"normal_ecg", "sinus_rhythm", "normal_axis"}:
        other = sorted(wanted - {"normal_ecg", "sinus_rhythm", "normal_axis"})[0]
        raise UsageError(f"found a normal ECG and `{other}` together; needed one of the two")
    for key, name, low, high in _BOUNDS:
        value = getattr(request, name)
        if key in wanted and value is not None and not low <= value <= high:
            raise UsageError(
                f"found `{key}` with {name.replace('_', ' ')} {value:g}; needed {low:g} to {high:g}, or one of the two"
            )


#: Key, number, and between which the number must lie for the statement to be true.
_BOUNDS: Final = (
    ("lbbb", "qrs", 120, 220), ("rbbb", "qrs", 120, 220), ("ivcd", "qrs", 110, 220), ("incomplete_rbbb", "qrs", 100, 119),
    ("first_degree_av_block", "pr", 201, 400), ("short_pr", "pr", 80, 119), ("sinus_bradycardia", "hr", 25, 59),
    ("sinus_tachycardia", "hr", 101, 220), ("sinus_rhythm", "hr", 40, 150), ("long_qt", "qtc", 450, 650),
    ("marked_qt_prolongation", "qtc", 500, 650), ("left_axis_deviation", "qrs_axis", -90, -30), ("lafb", "qrs_axis", -90, -40),
    ("right_axis_deviation", "qrs_axis", 90, 180), ("normal_axis", "qrs_axis", -30, 90), ("normal_ecg", "hr", 50, 100),
    ("normal_ecg", "pr", 120, 200), ("normal_ecg", "qrs", 60, 109), ("normal_ecg", "qtc", 350, 459),
    ("wide_qrs_tachycardia", "hr", 101, 220), ("wide_qrs_tachycardia", "qrs", 120, 220),
    ("supraventricular_tachycardia", "hr", 101, 220), ("third_degree_av_block", "hr", 25, 60),
    ("junctional_rhythm", "hr", 25, 60), ("av_block_2_1", "hr", 25, 75),
)  # fmt: skip


def _negated(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what it does not want, and the keys of that."""
    absent: dict[str, None] = {}
    for match in _NEGATION.finditer(text):
        for part in re.split(r"\bor\b|\band\b", match["what"]):
            absent |= dict.fromkeys(_named(part))
    return _NEGATION.sub(" ", text), tuple(absent)


def _patient(text: str, found: dict[str, Any]) -> str:
    for sex, pattern in _SEX:
        if pattern.search(text):
            found.setdefault("sex", sex)
    match = _AGE.search(text)
    if match:
        found["age"] = float(match[1] or match[2])
        text = text.replace(match[0], " ")
    return text


def _taken_numbers(text: str, found: dict[str, Any]) -> str:
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
        # Of "bradycardia of 50" the word stays: it is a wish of its own.
        start = match.start(1) if pattern is _AFTER_RHYTHM else match.start()
        text = f"{text[:start]} | {text[match.end() :]}"
    return text


def _levels(text: str) -> tuple[dict[str, float], str]:
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
