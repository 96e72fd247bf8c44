"""Understanding a question without a language model: measurement names, statement names, and a few intents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from calipers.agent.kinds import Kind, kinds_in, without_kinds
from calipers.agent.named_measurements import measurement_ids, named_leads
from calipers.agent.sentences import SentenceKey
from calipers.knowledge import Row, statements

Verb = Literal[
    "measure", "explain", "interpret", "classify", "compare", "render", "guidelines", "history", "similar", "generate", "say",
]  # fmt: skip

#: Questions that an ECG or this program does not answer; checked before anything else but measurements.
_REFUSALS: Final[tuple[tuple[str, SentenceKey], ...]] = (
    (
        r"\b(treat(ment)?|therap\w+|drugs?|medicat\w+|dos(e|es|age|ing)|prescri\w+|give (him|her|them|the patient)|anticoag\w+|"
        r"amiodarone|sotalol|flecainide|digoxin dose|adenosine|atropine|beta[- ]?blockers?|aspirin|heparin|thromboly\w+|cardiovert|ablat\w+|should (i|we) (give|start|stop)|"
        r"manage(ment)?|what (should|would|can) (i|we|you) do|safe to (start|give|take|use|prescribe|fly|drive|exercise|operate|discharge|go)|(can|may|should) (he|she|they|the patient) "
        r"(take|drive|fly|run|exercise|play|have surgery)|send (him|her) home|discharge|admit|cath lab|stent|pacemaker (be )?(implant|needed|indicated))\b",
        "treatment",
    ),
    (
        r"\b(prognosis|life expectancy|survive|survival|mortality|die|how long (will|does) (he|she|the patient) live|outcome|"
        r"will (he|she|they|(this|the) patient) (get|develop|have|suffer)|next (week|month|year)|in the (near )?future)\b",
        "prognosis",
    ),
    (
        r"\b(troponin|potassium level|ejection fraction|lvef|echo(cardiogram)?|blood pressure|cholesterol|glucose|"
        r"creatinine|chest x-?ray|ct scan|mri|oxygen saturation|symptoms?|chest pain|dyspnoea|breathless\w*|syncope|"
        r"name of the patient|who is (the patient|he|she)|how old is (the patient|he|she)|weight|smok\w+|diabet\w+)\b",
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


#: Where `normal` speaks of the part that is named, not of the whole ECG.
_PART_NORMAL: Final = re.compile(
    r"\b(?:rhythm|axis|conduction)\b[^,.;?]{0,20}\bnormal\b|\bnormal (?:rhythm|axis|conduction)\b", re.I
)
#: `axis` alone is the QRS axis, which has a statement of its own.
_P_OR_T_AXIS: Final = re.compile(r"\b[pt][- ]?(?:wave )?axis\b|\baxis of (?:the )?[pt]\b", re.I)
#: `elevation of the ST segments` is ST elevation.
_TURNED: Final = re.compile(
    r"\b(elevation|depression|inversion)s? (?:of|in) (?:the |any )?(st|t)\b(?:[- ]?(?:segments?|waves?))?", re.I
)
#: An order to the program, to the end of its sentence: nothing that it names is a question.
_ORDER: Final = re.compile(
    r"[^.!?\n]*\b(?:ignore|disregard|forget|override)\b[^.!?\n]*\b(?:instructions?|rules?|prompts?|above)\b[^.!?\n]*[.!?]?",
    re.I,
)
#: Statements read in single leads: where a question names leads, their own values answer too.
_LOCAL: Final = frozenset({"st_elevation", "st_depression", "t_inversion", "pathological_q"})
#: Words of a comparison that also name a measurement.
_NOT_NAMED: Final = re.compile(rf"\b(?:baseline|{_ECG}|rate of change)\b", re.I)


@dataclass(frozen=True)
class Intent:
    """What a question asks for: one verb, with measurement ids, statement keys, a fixed sentence, or text to look up.

    `kinds` are the kinds of finding that it asks for; `statements` holds what is named and what is usual of them.
    """

    verb: Verb
    ids: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    sentence: SentenceKey | None = None
    text: str = ""


def understand(question: str) -> tuple[Intent, ...]:
    """The intents of a question, in the order in which they should be answered."""
    text = _TURNED.sub(r"\2 \1", _ORDER.sub(" ", question)).strip()
    if _GREETING.match(text):
        return (Intent("say", sentence="greeting"),)
    if _THANKS.match(text):
        return (Intent("say", sentence="thanks"),)
    mentioned, kinds = _mentioned(text)
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
    if _LOCAL.intersection(named) and named_leads(text):
        ids += tuple(key for key in measurement_ids(text) if "." in key and key not in ids)
    intents: list[Intent] = []
    if named and "normal_ecg" not in named:
        intents.append(Intent("explain", statements=named, kinds=kinds))
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


def _mentioned(text: str) -> tuple[tuple[Row, ...], tuple[Kind, ...]]:
    """The statements that a question may mean, by name or by kind; and the kinds, less what it names itself."""
    table = statements()
    kinds = kinds_in(_without_names(text, [table.find(key) for key in table.named_in(text)]))
    found = {row.key: row for row in table.mentioned(without_kinds(text, kinds))}
    if _P_OR_T_AXIS.search(text):
        found.pop("normal_axis", None)
    if _PART_NORMAL.search(text):
        found.pop("normal_ecg", None)
    kinds = tuple(kind.less(found) for kind in kinds)
    usual = {key: table.find(key) for kind in kinds for key in kind.usual}
    return tuple((found | usual).values()), kinds


def _without_names(text: str, rows: Sequence[Row], *, words: int = 1) -> str:
    """The text less the names of statements of so many words: in "is the PR prolonged" the PR is part of a name."""
    known = {name for row in rows for name in (row.label, *row.scp, *row.synonyms, *row.asked_as)}
    names = {name for name in known if len(name.split()) >= words}
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}s?\b", " ", text, flags=re.I)
    return text
