"""Ways of saying a statement that the table's names do not hold, and clinicians' shorthand written out.

Whole words; the first that fits takes them, so the longer stand first. A way of saying may mean several statements.
"""

from __future__ import annotations

import re
from typing import Final

_MI: Final = r"(?:st[- ]?elevation )?(?:stemi|mi|infarct\w*|myocardial infarct\w*)"
_ISCHAEMIA: Final = r"isch(?:a?e)mi(?:a|c)(?: (?:st(?:-t)?|t)?[- ]?changes?)?"
_INJURY: Final = r"subendocardial injury"
_WALLS: Final = ("anterolateral", "inferolateral", "anteroseptal", "anterior", "inferior", "lateral")
#: Of the walls, those of which a statement of this kind stands under another name.
_ISCHAEMIA_OF: Final = {wall: f"ischaemia_{wall}" for wall in _WALLS}
_INJURY_OF: Final = {wall: f"st_depression_{wall}" for wall in _WALLS} | {
    "anteroseptal": "subendocardial_injury_anteroseptal"
}
_INFARCTION_OF: Final = {
    "anterolateral": "pathological_q_anterolateral", "inferolateral": "pathological_q_inferolateral",
    "anteroseptal": "infarction_anterior", "septal": "infarction_anterior", "anterior": "infarction_anterior",
    "inferior": "infarction_inferior", "lateral": "infarction_lateral",
}  # fmt: skip
_ACUTE_OF: Final = {
    "anterolateral": "stemi_anterior stemi_lateral", "inferolateral": "stemi_inferior stemi_lateral",
    "anteroseptal": "stemi_anterior", "septal": "stemi_anterior", "anterior": "stemi_anterior",
    "inferior": "stemi_inferior", "lateral": "stemi_lateral",
}  # fmt: skip


def _by_wall() -> tuple[tuple[str, str], ...]:
    out = [(rf"(?:acute|evolving|hyperacute) {wall} {_MI}", keys) for wall, keys in _ACUTE_OF.items()]
    out += [
        (rf"{wall} (?:st[- ]?elevation (?:mi|myocardial infarction)|stemi)|stemi of the {wall} wall", keys)
        for wall, keys in _ACUTE_OF.items()
    ]
    out += [
        (
            rf"(?:old |prior |previous |healed )?{wall}(?:[- ]wall)? (?:q[- ]?wave )?(?:mi|infarct\w*|myocardial infarct\w*)",
            key,
        )
        for wall, key in _INFARCTION_OF.items()
    ]
    for kind, keys in ((_ISCHAEMIA, _ISCHAEMIA_OF), (_INJURY, _INJURY_OF)):
        for wall, key in keys.items():
            out += [(rf"{kind} (?:in|of) (?:the )?{wall}(?: leads| wall)?|{wall} {kind}", key)]
    out += [
        (
            rf"(?:t[- ]?wave inversions?|inverted t[- ]?waves?|negative t[- ]?waves?) (?:in|over) (?:the )?{wall}(?: leads)?",
            f"t_inversion_{wall}",
        )
        for wall in ("anterior", "inferior", "lateral")
    ]
    return tuple(out)


_INCOMPLETE: Final = (
    (r"incomplete (?:right bundle(?:[- ]branch)?(?: block)?|rbbb)", "incomplete_rbbb"),
    (r"incomplete (?:left bundle(?:[- ]branch)?(?: block)?|lbbb)", "incomplete_lbbb"),
)
SAID: Final[tuple[tuple[str, str], ...]] = (
    *_INCOMPLETE,
    *_by_wall(),
    (r"voltage criteria \(qrs\) for left ventricular hypertrophy", "lvh_voltage"),
    (r"bi-?fascicular block", "rbbb lafb"), (r"tri-?fascicular block", "rbbb lafb first_degree_av_block"),
    (r"lvh (?:with|and) (?:strain(?: pattern)?|repolari[sz]ation abnormalit\w+)", "lvh t_inversion_lateral"),
    (r"(?:paroxysmal (?:supraventricular tachycardia|svt)|psvt)", "supraventricular_tachycardia"),
    (r"accelerated junctional(?: rhythm)?", "accelerated_junctional_rhythm"),
    (r"non-?diagnostic (?:st-?)?t(?:[- ]wave)? (?:abnormalit\w+|changes?)", "nondiagnostic_t_abnormality"),
    (r"non-?specific t[- ]?(?:wave )?(?:abnormalit\w+|changes?)", "nonspecific_t_change"),
    (r"non-?specific t-waves? (?:abnormalit\w+|changes?)", "nonspecific_t_change"),
    (r"non-?specific st(?:[- ]segment)?(?:-t(?:[- ]wave)?)? (?:abnormalit\w+|changes?)", "nonspecific_st_change"),
    (rf"(?:non-?specific )?{_ISCHAEMIA}", "ischaemic_st_t"),
    (r"electrol\w+ disturbance(?: or drug(?: effect)?)?(?: \(former edis\))?|drug effect", "electrolyte_or_drug_effect"),
    (r"(?:marked|severe) hyperkal\w+|sine[- ]wave pattern", "marked_hyperkalaemia"),
    (r"(?:peaked|tented) t(?:[- ]?waves?)?(?: ?(?:/|of|due to|from|with|,) ?(?:\w+ )?hyperkal\w+)?|hyperkal\w+(?: with (?:peaked|tented) t(?:[- ]?waves?)?)?", "hyperkalaemia_suspected"),
    (r"(?:av|a-v)[- ]pac(?:ed|ing)", "dual_paced_rhythm"),
    (r"wolff?[- ]parkinson[- ]white(?: syndrome| pattern)?", "pre_excitation"),
    (r"low (?:qrs )?voltages?(?: in the (?:frontal and horizontal|limb) leads)?", "low_voltage"),
    (r"(?:1|i)(?:st)? ?(?:°|deg(?:ree)?\.?)? ?avb", "first_degree_av_block"),
    (r"lqts?(?:\d)?", "long_qt"),
    (r"(?:complete|total|third[- ]degree|3rd[- ]degree) (?:(?:heart|av) block|avb)|(?:avb|av[- ]block) (?:iii|3)°?|(?:3°|iii°) (?:avb|av block)|chb", "third_degree_av_block"),
    (r"mobitz (?:type )?(?:ii|2)\b", "mobitz_2"), (r"mobitz (?:type )?(?:i|1)\b|wenckebach\w*", "wenckebach"),
    (r"(?:2:1|two[- ]to[- ]one) (?:(?:av |heart )?block|avb)", "av_block_2_1"),
    (r"(?:first|1st)[- ]degree (?:av |heart )?(?:block|avb)|(?:avb|av[- ]block) (?:i|1|1st|first)°?(?![\w:])|(?:1°|i°) (?:avb|av block)|prolonged pr", "first_degree_av_block"),
    (r"(?:dual|dual[- ]chamber|av sequential|atrioventricular)[- ]pac(?:ed|ing)|\bddd\b", "dual_paced_rhythm"),
    (r"atrial(?:ly)?[- ]pac(?:ed|ing)|\baai\b", "atrial_paced_rhythm"),
    (r"(?:ventricular(?:ly)?|right ventricular|rv|v|rv apical)[- ]pac(?:ed|ing)|\bvvi\b", "ventricular_paced_rhythm"),
    (r"paced(?: rhythm)?|pacemaker rhythm|pacing", "ventricular_paced_rhythm"),
    (r"ventricular tachycardia|\bvt\b", "wide_qrs_tachycardia"), (r"\bsvt\b", "supraventricular_tachycardia"),
    (r"(?:pvc|ventricular) bigemin\w+|bigemin\w+", "ventricular_bigeminy"),
    (r"(?:pvc|ventricular) trigemin\w+|trigemin\w+", "ventricular_trigeminy"),
    (r"(?:pvc|ventricular) couplets?", "ventricular_couplet"),
    (r"pvcs?|v[pe][bc]s?|ventricular (?:premature (?:beats?|complex\w*|contractions?)|extrasystoles?|ectop\w+)|premature ventricular \w+|ves\b", "ventricular_premature_complex"),
    (r"pacs?\b|apcs?\b|apbs?\b|sves?\b|atrial (?:premature (?:beats?|complex\w*|contractions?)|extrasystoles?|ectop\w+)|(?:premature atrial|supraventricular premature) \w+", "atrial_premature_complex"),
    (r"atrial fib\w*|a[-. ]?fib|\baf\b", "atrial_fibrillation"), (r"atrial flutter|a\.? ?flutter|\bflutter\b|\bafl\b", "atrial_flutter"),
    (r"wpw|wolff[- ]parkinson[- ]white|pre-?excit\w+|delta waves?", "pre_excitation"),
    (r"sinus brady\w*", "sinus_bradycardia"), (r"sinus tachy\w*", "sinus_tachycardia"), (r"sinus arrhythmia", "sinus_arrhythmia"),
    (r"(?:normal )?sinus rhythm|\bnsr\b|\bsr\b", "sinus_rhythm"),
    (r"(?:completely |entirely |perfectly )?normal (?:12-lead |resting )?(?:ecg|ekg|electrocardiogram|tracing|trace|study|12-lead)", "normal_ecg"),
    (r"left bundle(?:[- ]branch)?(?: block)?|c?lbbb", "lbbb"), (r"right bundle(?:[- ]branch)?(?: block)?|c?rbbb", "rbbb"),
    (r"left anterior (?:fascicular block|hemiblock)|lafb|lahb", "lafb"), (r"left posterior (?:fascicular block|hemiblock)|lpfb|lphb", "lpfb"),
    (r"left axis(?: deviation)?|\blad\b", "left_axis_deviation"), (r"right axis(?: deviation)?|\brad\b", "right_axis_deviation"),
    (r"left ventricular hypertrophy|lvh", "lvh"), (r"right ventricular hypertrophy|rvh", "rvh"),
    (r"low[- ]voltages?", "low_voltage"), (r"(?:long|prolonged) qtc?(?: interval)?|qt prolongation", "long_qt"),
    (r"short pr(?: interval)?", "short_pr"),
)  # fmt: skip
#: Clinicians' shorthand and what it stands for, in the order in which it is written out.
_SHORT: Final[tuple[tuple[str, str], ...]] = (
    (r"(?<!\w)w/o\b", "without"), (r"(?<!\w)w/ ?", "with "), (r"\binf\b\.?", "inferior"), (r"\bant\b\.?", "anterior"),
    (r"\blat\b\.?", "lateral"), (r"\bhyper ?k\+?(?!\w)", "hyperkalaemia"), (r"\bste\b", "ST elevation"),
    (r"\bstd\b", "ST depression"), (r"\btwis?\b", "T wave inversion"), (r"\bnl\b", "normal"),
)  # fmt: skip
_SECONDS: Final = re.compile(r"\b(0?\.\d{2,3}) ?s(?:ec(?:onds?)?)?\b", re.I)
#: How the ventricles answer, where no rate is said.
_RESPONSES: Final[tuple[tuple[str, float], ...]] = (
    (r"(?:rapid|fast|uncontrolled) ventricular (?:response|rate)|\brvr\b", 135.0),
    (r"slow ventricular (?:response|rate)", 48.0), (r"controlled ventricular (?:response|rate)", 76.0),
)  # fmt: skip


def written_out(text: str) -> str:
    """The text with shorthand as words and seconds as milliseconds."""
    for short, words in _SHORT:
        text = re.sub(short, words, text, flags=re.I)
    return _SECONDS.sub(lambda match: f"{float(match[1]) * 1000:.0f} ms", text)


def response_rate(text: str) -> float | None:
    """The rate that a ventricular response in words stands for; None where none is said."""
    return next((rate for words, rate in _RESPONSES if re.search(words, text, re.I)), None)
