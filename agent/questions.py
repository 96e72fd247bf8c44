"""Understanding a question without a language model: measurement names, statement names, and a few intents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from calipers.agent.sentences import SentenceKey
from calipers.knowledge import Row, statements
from calipers.leads import LEADS, Lead

Verb = Literal[
    "measure", "explain", "interpret", "classify", "compare", "render", "guidelines", "history", "similar", "generate", "say",
]  # fmt: skip

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
        (r"qrs axis|electrical axis|mean axis|\baxis\b", "qrs_axis"),
        (r"p[- ]?(wave )?(duration|width|length)|width of the p\b", "p_dur"),
        (r"p[- ]?(wave )?(amplitude|height|voltage)", "p_amp"),
        (r"t[- ]?(wave )?(amplitude|height|voltage|inversion|polarity)|\bt[- ]waves?\b", "t_amp"),
        (r"r[- ]?peak time|intrinsicoid|time to (the )?r peak", "r_peak_time"),
        (r"r[- ]?(wave )?(amplitude|height|voltage)|\br waves?\b", "r_amp"),
        (r"s[- ]?(wave )?(amplitude|depth|voltage)|\bs waves?\b", "s_amp"),
        (r"q[- ]?(wave )?(duration|width)", "q_dur"),
        (r"q[- ]?(wave )?(amplitude|depth|voltage)|\bq waves?\b", "q_amp"),
        (r"qrs (pattern|morphology|shape)", "qrs_pattern"),
        (r"notch", "qrs_notch"),
        (
            r"signal quality|nois[ey]\w*|interference|baseline (drift|wander\w*)|electrodes? problems?|loose electrodes?|"
            r"readable|artefact|artifact|\bquality\b",
            "quality",
        ),
        (r"atrial rate", "atrial_rate"),
        (r"\bpr\b|p-?r interval|\bpq\b|av (conduction|delay) time", "pr"),
        (r"\bqt\b", "qt"),
        (r"\bqrs\b|qrsd", "qrs"),
        (r"longest (pause|rr)|\bpauses?\b", "pause_max"),
        (r"\brr\b|r-r", "rr_mean rr_sd"),
        (r"(heart|ventricular) ?rate|\bhr\b|\brate\b|\bbpm\b|how fast|pulse", "hr"),
        (r"how (ir)?regular|irregularity|regularity", "rr_irregularity"),
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
#: Questions that an ECG or this program does not answer; checked before anything else but measurements.
_REFUSALS: Final[tuple[tuple[str, SentenceKey], ...]] = (
    (
        r"\b(treat(ment)?|therap\w+|drugs?|medicat\w+|dos(e|es|age|ing)|prescri\w+|give (him|her|them|the patient)|anticoag\w+|"
        r"amiodarone|beta[- ]?blockers?|aspirin|heparin|thromboly\w+|cardiovert|ablat\w+|should (i|we) (give|start|stop)|"
        r"manage(ment)?|what should (i|we) do|send (him|her) home|discharge|admit|cath lab|stent|pacemaker (be )?(implant|needed|indicated))\b",
        "treatment",
    ),
    (
        r"\b(prognosis|life expectancy|survive|survival|mortality|die|how long (will|does) (he|she|the patient) live|outcome|"
        r"will (he|she|they|(this|the) patient) (get|develop|have|suffer)|next (week|month|year)|in the (near )?future)\b",
        "prognosis",
    ),
    (
        r"\b(troponin|potassium level|ejection fraction|lvef|echo(cardiogram)?|blood pressure|cholesterol|glucose|"
        r"creatinine|chest x-?ray|ct scan|mri|oxygen saturation|symptoms?|name of the patient|weight)\b",
        "not_in_ecg",
    ),
    (
        r"\b(weather|joke|poem|football|stock|recipe|news|capital of|write (me )?(a|an) (essay|story|code))\b",
        "off_topic",
    ),
)
_INTERPRET: Final = re.compile(
    r"\b(interpret\w*|full read|read (this|it|the)|report|summar\w+|overview|what do you see|what does (it|this) show|"
    r"anything (dangerous|wrong|abnormal|urgent|acute|else|to worry)|findings?|diagnos\w+|is (it|this) normal|normal ecg|"
    r"describe|assess|opinion|what is wrong|emergency|critical|rhythm|impression|abnormalit\w+|ok\?)",
    re.I,
)
#: Questions about an earlier ECG. `previous infarction` is none, and `ST changes` are a level, not a comparison.
_ECG: Final = (
    r"(?:ecgs?|ekgs?|electrocardiograms?|tracings?|traces?|recordings?|stud(?:y|ies)|one|time|visit|admission)"
)
_COMPARE: Final = re.compile(
    r"\b(?:compar(?:e[ds]?|ing|ison)|versus|vs\.?|serial|trends?|since|any ?more|"
    rf"(?:previous|prior|old|older|earlier|last|baseline|first|former) {_ECG}|before(?! (?:the|each|every|a) )|previously|used to|"
    r"(?:any|what|has|have|had|is|are|did|significant|show) (?:\w+ ){0,4}?chang(?:ed?|es|ing)\b(?! (?:in|of) the (?:st|t)\b)|"
    r"(?:is|are|was|were) (?:this|that|it|these|they|there anything|the [\w -]{1,30}?|\w{1,6}) new\b|(?:what(?:['’]s| is)|anything|something) new|"
    r"\bnew(?:ly)?[ -](?:onset|lbbb|rbbb|af|afib|block|left|right|atrial|st|t|q|changes?|findings?|since)|"
    r"worse(?:n(?:ed|ing)?)?|progress(?:ed|ion|ing)?|improved?|resolved|gone|still (?:there|present|in|have|has)|unchanged|"
    r"longer now|shorter now|lengthened|shortened|widened|narrowed|increased|decreased|already (?:there|present|known))\b",
    re.I,
)
#: What sounds like a comparison and asks for a measurement: `ST changes`, `any T wave changes`.
_NOT_COMPARED: Final = re.compile(r"\b(?:st|t)[- ]?(?:wave|segment)?s? chang(?:es?|ing)\b", re.I)
_RENDER: Final = re.compile(
    r"\b(show (me )?(the )?(trace|picture|ecg|leads?|image)|draw|plot|render|display|picture of|print)\b", re.I
)
#: What guidelines say, what earlier reports said, and other patients' ECGs: looked up, not read off this ECG.
_GUIDELINES: Final = re.compile(
    r"\b(?:guidelines?|guidance|recommend(?:ations?|ed|s)?|consensus|universal definition|published criteria|textbook)\b|"
    r"\b(?:according to|what do(?:es)?|by) (?:the )?(?:aha|acc|esc|hrs|ehra|ich)\b",
    re.I,
)
_HISTORY: Final = re.compile(
    r"\b(?:earlier|previous|prior|old|older|past|last|former) (?:ecg |ekg )?(?:reports?|readings?|interpretations?|diagnos[ei]s|findings?)\b|"
    r"\breports? (?:on file|from before)\b|\b(?:medical|ecg|patient) history\b|\bwhat (?:was|is) (?:already )?known\b",
    re.I,
)
_SIMILAR: Final = re.compile(
    r"\bsimilar (?:cases?|ecgs?|ekgs?|patients?|tracings?|records?)\b|\b(?:ecgs?|cases|patients|tracings) like this\b",
    re.I,
)
#: The trained network's word, and ECGs that are made: neither is read off this ECG by criteria.
_CLASSIFY: Final = re.compile(
    r"\b(?:probabilit\w+|likelihoods?|how (?:likely|probable|confident|sure|certain)|odds of|chances? (?:of|that)|classif\w+|"
    r"neural net\w*|deep learning|(?:network|model|ai|algorithm|classifier)(?:['’]s)? (?:think|say|suggest|predict|believe|score|output|give|opinion|flag|see)\w*)\b",
    re.I,
)
_GENERATE: Final = re.compile(
    r"\b(?:generat(?:e|ing)|synthesi[sz]e|simulat(?:e|ing)|fabricate)\b|"
    r"\b(?:make|create|produce|give|draw) (?:me |us )?(?:an?|another|some|the) (?:\w+ ){0,3}?(?:synthetic|artificial|fake|new|example|sample|variant|version)\b|"
    r"\b(?:make|create|produce|invent) (?:me |us )?(?:an?|another|some) (?:\w+ ){0,3}?(?:ecgs?|ekgs?|tracings?|traces?|strips?|recordings?)\b",
    re.I,
)
_GREETING: Final = re.compile(r"^\W*(hi|hello|hey|good (morning|afternoon|evening)|greetings)\b\W*\w*\W*$", re.I)
_THANKS: Final = re.compile(r"^\W*(thanks?( you)?|thx|cheers|great|perfect|ok(ay)?|bye|goodbye)\b.{0,20}$", re.I)
_LEAD_WORD: Final = re.compile(r"\b(aVR|aVL|aVF|V[1-6]|III|II)\b|\blead (I)\b|\b(I)\b(?=\s*(and|,|\?|$))", re.I)


#: Words of a comparison that also name a measurement.
_NOT_NAMED: Final = re.compile(rf"\b(?:baseline|{_ECG}|rate of change)\b", re.I)


@dataclass(frozen=True)
class Intent:
    """What a question asks for: one verb, with measurement ids, statement keys, a fixed sentence, or text to look up."""

    verb: Verb
    ids: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    sentence: SentenceKey | None = None
    text: str = ""


def understand(question: str) -> tuple[Intent, ...]:
    """The intents of a question, in the order in which they should be answered."""
    text = question.strip()
    if _GREETING.match(text):
        return (Intent("say", sentence="greeting"),)
    if _THANKS.match(text):
        return (Intent("say", sentence="thanks"),)
    mentioned = statements().mentioned(text)
    # `R-wave progression` asks for no comparison, and `drug effect` for no treatment; `potassium` alone is no name.
    unnamed = _without_names(text, mentioned, words=2)
    for pattern, key in _REFUSALS:
        if re.search(pattern, unnamed, re.I):
            return (Intent("say", sentence=key),)
    looked_up: tuple[tuple[re.Pattern[str], Verb], ...] = (
        (_GUIDELINES, "guidelines"),
        (_HISTORY, "history"),
        (_SIMILAR, "similar"),
        (_GENERATE, "generate"),
    )
    for asks, verb in looked_up:
        if asks.search(text):
            return (Intent(verb, text=text),)
    if _RENDER.search(text):
        return (Intent("render"),)
    rows = [row for row in mentioned if row.criteria is not None]
    named = tuple(row.key for row in rows)
    if _CLASSIFY.search(text):
        return (Intent("classify", statements=tuple(row.key for row in mentioned)),)
    if _COMPARE.search(_NOT_COMPARED.sub(" ", unnamed)):
        return (
            Intent(
                "compare", measurement_ids(_without_names(_NOT_NAMED.sub(" ", text), rows)), statements=named, text=text
            ),
        )
    ids = measurement_ids(_without_names(text, rows))
    intents: list[Intent] = []
    if named and "normal_ecg" not in named:
        intents.append(Intent("explain", statements=named))
    if ids:
        intents.append(Intent("measure", ids=ids))
    if intents:
        return tuple(intents)
    if mentioned and not named:
        # No published criteria: the trained network alone has a word on it.
        return (Intent("classify", statements=tuple(row.key for row in mentioned)),)
    if _INTERPRET.search(text) or named:
        return (Intent("interpret"),)
    return (Intent("say", sentence="not_understood"),)


def _without_names(text: str, rows: Sequence[Row], *, words: int = 1) -> str:
    """The text less the names of statements of so many words: in "is the PR prolonged" the PR is part of a name."""
    known = {name for row in rows for name in (row.label, *row.scp, *row.synonyms, *row.asked_as)}
    names = {name for name in known if len(name.split()) >= words}
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}s?\b", " ", text, flags=re.I)
    return text


def measurement_ids(text: str) -> tuple[str, ...]:
    """Every measurement id that a text names, per lead where it names leads or a territory."""
    leads = named_leads(text)
    rest = text.lower()
    ids: dict[str, None] = {}
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
