"""Instruction data: conversations generated from a grammar, with the action that each question calls for.

Seeded and without end; nothing is taken from a patient. The measurements and criteria answer, so a dialogue
teaches what to ask of them and how to draft what came back, and never a value.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple, cast

from calipers.knowledge import statements
from calipers.models.mllm.language import phrasings
from calipers.models.mllm.language.actions import LAYOUTS, Action, Call, Item, Said, Standing, Tool, measuring
from calipers.models.mllm.language.hints import hints
from calipers.models.mllm.language.prompt import Turn, asked
from calipers.models.mllm.language.roughening import roughened
from calipers.models.mllm.language.vocabulary import MEASURED, PLACES, QTC, stated_names
from calipers.parameters import LEAD_UNITS

SEED: Final = 5
#: How often each kind of question is drawn.
_KINDS: Final[dict[str, int]] = {
    "measure": 20, "measure_lead": 6, "measure_hr": 1, "explain": 21, "explain_derived": 5, "interpret": 9, "classify": 5, "compare": 6, "compare_m": 3, "compare_s": 4,
    "render": 4, "render_m": 2, "render_layout": 1, "search_guidelines": 8, "search_history": 6, "similar_cases": 3, "generate": 6,
    "greeting": 2, "thanks": 2, "off_topic": 4, "treatment": 8, "prognosis": 4, "not_in_ecg": 6,
}  # fmt: skip
#: Measurements asked for most come most.
_OFTEN: Final = ("pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "hr", "qrs_axis", "p_dur", "st_j", "r_amp", "t_amp", "s_amp")
#: Statements asked for most come most.
_COMMON: Final = (
    "atrial_fibrillation", "atrial_flutter", "lbbb", "rbbb", "lvh", "st_elevation", "stemi_inferior", "stemi_anterior", "st_depression", "t_inversion", "pathological_q", "long_qt", "first_degree_av_block", "second_degree_av_block", "third_degree_av_block", "pre_excitation", "wide_qrs_tachycardia", "paced_rhythm", "ventricular_premature_complex", "atrial_premature_complex", "sinus_rhythm", "sinus_bradycardia", "sinus_tachycardia", "pericarditis_pattern", "brugada_type_1", "wellens", "marked_hyperkalaemia", "s1q3t3", "lafb", "rvh", "left_axis_deviation", "right_axis_deviation", "wenckebach", "mobitz_2", "early_repolarisation", "low_voltage", "poor_r_progression", "normal_axis", "supraventricular_tachycardia", "left_atrial_enlargement",
)  # fmt: skip
#: Loose names that mean too much to stand alone as one statement's name.
_TOO_LOOSE: Final = frozenset((
    "axis", "qrs axis", "electrical axis", "rhythm", "regular rhythm", "normal", "norm", "normal ecg", "unremarkable", "normal tracing", "anything abnormal", "q", "sr", "wave", "pattern", "heart block", "av block", "mobitz", "potassium", "electrolytes", "rotation", "dropped beats", "ddd", "vvi", "aai", "fib", "left bundle", "right bundle",
))  # fmt: skip
#: Judgements of a measurement and the statement that they ask for.
_DERIVED: Final[dict[str, tuple[str, ...]]] = {
    "first_degree_av_block": ("is the [PR|PQ|PR interval|PQ time] [too long|prolonged|long|lengthened|above normal|normal|borderline]?", "[PR|PQ] [prolonged|too long|verlängert|normal]?", "is AV conduction [delayed|slow|impaired|slowed]?"),
    "short_pr": ("is the [PR|PQ|PR interval] [too short|short|shortened]?",),
    "long_qt": ("is the [QT|QTc|corrected QT|QT interval] [too long|prolonged|long|dangerous|pathological|normal|within limits|acceptable|ok]?", "[QT|QTc] [prolonged|too long|ok|normal|verlängert|borderline|within normal limits]?", "is repolarisation [prolonged|delayed]?"),
    "short_qt": ("is the [QT|QTc] [too short|short|shortened]?",),
    "ivcd": ("is the QRS [wide|broad|widened|prolonged|too wide]?", "[wide|broad] QRS?", "QRS [verbreitert|widened|broad]?"),
    "normal_axis": ("is the [axis|QRS axis|electrical axis] [normal|ok|within normal limits|deviated]?", "axis [normal|ok|deviated]?"),
    "left_axis_deviation": ("is the axis [to the left|leftward|shifted left|deviated left]?",),
    "right_axis_deviation": ("is the axis [to the right|rightward|shifted right|deviated right]?",),
    "sinus_tachycardia": ("is [he|she|it|the patient|the heart] [tachycardic|tachy|too fast|racing]?", "[tachy|tachycardic|tachykard]?"),
    "sinus_bradycardia": ("is [he|she|it|the patient|the heart] [bradycardic|brady|too slow]?", "[brady|bradycardic|bradykard]?"),
    "atrial_fibrillation": ("is the rhythm [irregularly irregular|absolutely irregular]?", "are the atria fibrillating?", "[absolute arrhythmia|absolute arrhythmie]?"),
    "sinus_rhythm": ("is [it|this|he in|she in|the patient in] [sinus|SR|sinus rhythm|normal sinus rhythm]?", "[still|back] in sinus?", "sinus or not?"),
    "t_inversion": ("are the T[s| waves] [inverted|flipped|negative|upside down]?", "[any|] [inverted|flipped|negative] T[s| waves]?"),
    "low_t_wave": ("are the T waves [flat|low|flattened]?",),
    "hyperkalaemia_suspected": ("are the T waves [peaked|tented|too tall|pointy]?",),
    "st_elevation": ("[any|is there|do you see] ST elevation in [V1|V2|II|aVF|lead III|aVL|V5|lead I]?", "[is|are] the ST[ segment| segments|] [elevated|raised|up]?", "is this an [infarct|acute infarction|acute coronary occlusion|MI]?", "is [he|she|the patient] having [a heart attack|an MI|an infarct]?"),
    "st_depression": ("[any|is there|do you see] ST depression in [V1|V2|II|aVF|lead III|aVL|V5|lead I]?", "[is|are] the ST[ segment| segments|] [depressed|down|sagging|lowered]?", "[any|] [ischaemia|ischemia]?", "ischaemic changes?"),
    "low_voltage": ("[is|are] the [voltage|voltages|amplitudes|complexes] [low|small|too small|reduced]?",),
    "poor_r_progression": ("is the R[ wave|] progression [normal|ok|poor|delayed|adequate]?", "R progression[ ok|]?"),
    "left_atrial_enlargement": ("is the left atrium [big|enlarged|dilated]?",),
    "right_atrial_enlargement": ("is the right atrium [big|enlarged|dilated]?",),
    "lvh": ("is the left ventricle [thick|hypertrophied|thickened|strained]?", "[Sokolow|Cornell] [positive|met|fulfilled|criteria]?"),
    "rvh": ("is the right ventricle [hypertrophied|strained|under pressure]?",),
    "paced_rhythm": ("is [it|he|she|this|the patient] paced?", "[is there a|does he have a|do i see a] pacemaker?", "are those [pacing|pacemaker|pacer] spikes?"),
    "pathological_q": ("are the Q waves [pathological|significant|abnormal]?", "[has he had|did she have] an [infarct|MI|infarction] [before|in the past|years ago]?"),
    "ventricular_premature_complex": ("are there [extra beats|ectopic beats|extrasystoles]?", "what are those [wide|broad] early beats, PVCs?"),
    "long_pause": ("are there [pauses|any pauses|long pauses]?", "any [pauses|asystole|arrest]?"),
    "stemi_inferior": ("[any|is there|do you see] ST [elevation|elevations|hebungen] [inferiorly|in the inferior leads|in II, III and aVF|in II III aVF]?",),
    "stemi_anterior": ("[any|is there|do you see] ST [elevation|elevations|hebungen] [anteriorly|in the anterior leads|in V1-V4|over the anterior wall]?",),
    "stemi_lateral": ("[any|is there|do you see] ST [elevation|elevations|hebungen] [laterally|in the lateral leads|in I and aVL|in V5/V6]?",),
    "st_depression_inferior": ("[any|is there|do you see] ST [depression|depressions|senkungen] [inferiorly|in the inferior leads|in II, III and aVF]?",),
    "st_depression_lateral": ("[any|is there|do you see] ST [depression|depressions|senkungen] [laterally|in the lateral leads|in V5/V6]?",),
    "st_depression_anterior": ("[any|is there|do you see] ST [depression|depressions|senkungen] [anteriorly|in the anterior leads|in V1-V3]?",),
    "t_inversion_anterior": ("[any|is there|are there] [inverted Ts|T inversion|T wave inversions|negative T waves] [anteriorly|in the anterior leads|in V1-V4|in the precordials]?",),
    "t_inversion_inferior": ("[any|is there|are there] [inverted Ts|T inversion|T wave inversions|negative T waves] [inferiorly|in the inferior leads|in III and aVF]?",),
    "t_inversion_lateral": ("[any|is there|are there] [inverted Ts|T inversion|T wave inversions|negative T waves] [laterally|in the lateral leads|in I and aVL|in V5-V6]?",),
    "pathological_q_inferior": ("[any|is there|are there] [Q waves|Qs|Q-zacken|pathological Qs] [inferiorly|in the inferior leads|in II, III, aVF]?",),
    "pathological_q_anterior": ("[any|is there|are there] [Q waves|Qs|Q-zacken|pathological Qs] [anteriorly|in the anterior leads|in V1-V4]?",),
    "pre_excitation": ("is there [an accessory pathway|a slurred upstroke|pre excitation|a kent bundle]?",),
}  # fmt: skip
#: Statements that tools report together in a generated full read.
_FOUND: Final = 6
_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")


class Dialogue(NamedTuple):
    """Turns of one conversation; every assistant turn is learnt."""

    turns: tuple[Turn, ...]


class Subject(NamedTuple):
    """What a question was about: the call it makes, or the sentence."""

    question: str
    action: Action


def dialogues(seed: int = SEED) -> Iterator[Dialogue]:
    """Conversations without end, the same for the same seed."""
    draw = random.Random(seed)
    while True:
        yield dialogue(draw)


def dialogue(draw: random.Random) -> Dialogue:
    """One conversation of one to four questions, with or without what the tools gave."""
    turns: list[Turn] = []
    subject = _subject(draw)
    turns += _exchange(subject, draw, last=True)
    while draw.random() < 0.28 and len(turns) < 8:
        # Earlier questions keep their call alone: what the tools gave is not carried on.
        turns = [turn for turn in turns if turn.role != "tool" and not turn.text.startswith("answer")]
        following = _following(subject, draw) if draw.random() < 0.7 else None
        subject = following or _subject(draw)
        turns += _exchange(subject, draw, last=True)
    return Dialogue(tuple(turns))


def question(kind: str, draw: random.Random) -> Subject:
    """One question of a kind, roughened, and its action."""
    text, action = _made(kind, draw)
    if kind not in ("greeting", "thanks", "off_topic"):
        text = _filled(draw.choice(phrasings.BEFORE), draw) + text + _filled(draw.choice(phrasings.AFTER), draw)
    return Subject(roughened(text, draw), action)


def expanded(frame: str, draw: random.Random) -> str:
    """The frame with one alternative drawn at each `[a|b]`, inner ones first."""
    while found := _CHOICE.search(frame):
        frame = frame[: found.start()] + draw.choice(found.group(1).split("|")) + frame[found.end() :]
    return frame


def _subject(draw: random.Random) -> Subject:
    first = question(draw.choices(list(_KINDS), list(_KINDS.values()))[0], draw)
    if draw.random() < 0.05 and first.action.calls:
        second = question(draw.choice(["measure", "explain", "render", "compare", "search_guidelines"]), draw)
        joint = draw.choice([" and ", ". ", "; ", ", also ", " plus ", " und ", ". then "])
        return Subject(first.question.rstrip("?.") + joint + second.question, Action(first.action.calls + second.action.calls))
    return first


def _made(kind: str, draw: random.Random) -> tuple[str, Action]:
    if kind == "explain_derived":
        key = draw.choice(sorted(_DERIVED))
        return expanded(draw.choice(_DERIVED[key]), draw), Action((Call("explain", (key,)),))
    frame = expanded(draw.choice(phrasings.FRAMES[kind]), draw)
    if kind in ("greeting", "thanks", "off_topic", "treatment", "prognosis", "not_in_ecg"):
        return _filled(frame, draw), Action(sentences=(cast("Said", kind),))
    if kind in ("measure", "compare_m", "render_m"):
        return _measuring(kind, frame, draw)
    if kind == "measure_lead":
        return _levels(frame, draw)
    if kind == "measure_hr":
        return frame, Action((measuring("hr"),))
    if kind in ("explain", "compare_s"):
        return _judging(kind, frame, draw)
    if kind == "render_layout":
        layout = draw.choice(LAYOUTS)
        return frame.replace("{layout_words}", draw.choice(phrasings.LAYOUT_WORDS[layout])), Action((Call("render", layout=layout),))
    return _filled(frame, draw), Action((Call(cast("Tool", kind)),))


def _measuring(kind: str, frame: str, draw: random.Random) -> tuple[str, Action]:
    entries: list[tuple[str, ...]] = []
    places: tuple[str, ...] = ()
    if "{where}" in frame and draw.random() < 0.45:
        said, places = _places(draw)
        frame = frame.replace("{where}", said)
    frame = frame.replace("{where}", "")
    lead = bool(places)
    while "{m}" in frame:
        names, called = _measurement(draw, lead)
        frame = frame.replace("{m}", called, 1)
        entries += [(name, *places) for name in names if (name, *places) not in entries]
    call = measuring(*entries)
    if kind == "measure":
        return _filled(frame, draw), Action((call,))
    return _filled(frame, draw), Action((Call("compare" if kind == "compare_m" else "render", call.names, call.places),))


def _measurement(draw: random.Random, lead: bool) -> tuple[tuple[str, ...], str]:
    """Names and what they are called; `lead` draws one that each lead has."""
    if not lead and draw.random() < 0.14:
        return ("qtc_bazett", "qtc_fridericia"), draw.choice(QTC)
    pool = [name for name in MEASURED if (name in LEAD_UNITS) == lead]
    often = [name for name in _OFTEN if name in pool]
    name = draw.choice(often) if draw.random() < 0.5 else draw.choice(pool)
    called = MEASURED[name]
    return (name,), draw.choice(called[:3] if draw.random() < 0.5 else called)


def _places(draw: random.Random) -> tuple[str, tuple[str, ...]]:
    """` in V2`, ` in the inferior leads`, ` in V1 to V3`, ` in II and aVF`, and the places meant."""
    leads = [place for place, members in PLACES.items() if len(members) == 1]
    kind = draw.random()
    if kind < 0.55:
        lead = draw.choice(leads)
        return draw.choice([" in {}", " in lead {}", " {}", " lead {}", " at {}", " in Abl. {}", " ({})"]).format(_cased(lead, draw)), (lead,)
    if kind < 0.75:
        place = draw.choice([place for place in PLACES if place not in leads])
        said = {"chest": ["chest leads", "precordial leads", "precordials", "V leads", "brustwand", "V1-V6", "v1 to v6"], "limb": ["limb leads", "extremity leads", "frontal leads", "standard limb leads"], "septal": ["septal leads", "septum", "V1/V2"], "inferior": ["inferior leads", "inferior wall", "II, III, aVF", "II III and aVF", "inferiorly", "2, 3 and avf"], "lateral": ["lateral leads", "lateral wall", "laterally", "I aVL V5 V6"], "anterior": ["anterior leads", "anterior wall", "V1-V4", "v1 through v4", "anteriorly", "vorderwand"]}[place]  # fmt: skip
        return draw.choice([" in the {}", " in {}", " {}", " across the {}"]).format(draw.choice(said)), (place,)
    if kind < 0.88:
        first = draw.randint(1, 5)
        last = draw.randint(first + 1, 6)
        found = tuple(f"V{k}" for k in range(first, last + 1))
        found = {"V1 V2 V3 V4 V5 V6": ("chest",), "V1 V2 V3 V4": ("anterior",), "V1 V2": ("septal",)}.get(" ".join(found), found)
        return draw.choice([" in V{}-V{}", " V{}-{}", " in V{} to V{}", " from V{} through V{}", " in v{}–v{}", " v{} bis v{}"]).format(first, last), found
    chosen = sorted(draw.sample(leads, draw.randint(2, 3)), key=list(PLACES).index)
    return draw.choice([" in ", " ", " for ", " in leads "]) + draw.choice([" and ", ", ", "/", " + ", " & "]).join(_cased(lead, draw) for lead in chosen), tuple(chosen)


def _cased(lead: str, draw: random.Random) -> str:
    if lead in ("I", "II", "III"):
        return draw.choice([lead, lead, lead, str(len(lead))]) if lead != "I" else "I"
    return draw.choice([lead, lead, lead.lower(), lead.upper()])


def _levels(frame: str, draw: random.Random) -> tuple[str, Action]:
    said, places = _places(draw)
    said = re.sub(r"^ (?:in|at|for|from|across)? ?(?:the |lead[s]? |Abl\. )?|^ ", "", said).strip("() ")
    wave = next((letter for letter in ("R", "S", "Q", "T") if f"the {letter}" in frame and "ST" not in frame), None)
    name = f"{wave.lower()}_amp" if wave else "st_j"
    if "{lead}" in frame:
        lead = draw.choice([place for place, members in PLACES.items() if len(members) == 1])
        return frame.replace("{lead}", lead), Action((measuring((name, lead)),))
    return frame.replace("{place}", said), Action((measuring((name, *places)),))


def _judging(kind: str, frame: str, draw: random.Random) -> tuple[str, Action]:
    keys: list[str] = []
    while "{s}" in frame:
        key, called = _statement(draw)
        frame = frame.replace("{s}", called, 1)
        keys += [key] if key not in keys else []
    if kind == "explain":
        return _filled(frame, draw), Action(tuple(Call("explain", (key,)) for key in keys))
    return _filled(frame, draw), Action((Call("compare", tuple(keys), ((),) * len(keys)),))


def _statement(draw: random.Random) -> tuple[str, str]:
    key = draw.choice(_COMMON) if draw.random() < 0.6 else draw.choice(_judged())
    return key, draw.choice(_plain_names(key))


@cache
def _judged() -> tuple[str, ...]:
    return tuple(key for key, row in statements().items() if row.criteria and key != "normal_ecg" and _plain_names(key))


@cache
def _plain_names(key: str) -> tuple[str, ...]:
    return tuple(_uncapped(name) for name in stated_names(key) if name.lower() not in _TOO_LOOSE)


def _uncapped(name: str) -> str:
    """A label inside a sentence: small first letter unless it is an abbreviation or a name."""
    return name if name[:2].isupper() or name[1:2] in "-1°" or not name[1:].islower() else name[0].lower() + name[1:]


def _filled(frame: str, draw: random.Random) -> str:
    """The frame with its choices drawn and its places filled by words that leave the action as it is."""
    text = expanded(frame, draw)
    while (found := re.search(r"\{(\w+)\}", text)) is not None:
        text = text[: found.start()] + expanded(_filler(found.group(1), draw), draw) + text[found.end() :]
    return text


def _filler(slot: str, draw: random.Random) -> str:
    match slot:
        case "pt":
            return draw.choice(phrasings.PATIENT)
        case "s":
            return _statement(draw)[1]
        case "m":
            return _measurement(draw, draw.random() < 0.2)[1]
        case "topic":
            return draw.choice([draw.choice(phrasings.TOPICS), _statement(draw)[1], _statement(draw)[1]])
        case "wish":
            return _wish(draw)
        case "for_s":
            return draw.choice(["", f" for {_statement(draw)[1]}", f" to {_statement(draw)[1]}"])
        case "number":
            return str(draw.choice([draw.randint(2, 20), draw.randint(40, 180), draw.randint(100, 560)]))
        case "age":
            return str(draw.randint(1, 99))
        case "c":
            return draw.choice([",", ".", ";", ":", " -", ""])
        case "where":
            return ""
        case "surname":
            return draw.choice(["meyer", "smith", "kim", "rossi", "okafor", "singh"])
    words = {
        "prior": phrasings.PRIORS, "old_report": phrasings.OLD_REPORTS, "body": phrasings.BODIES, "drug": phrasings.DRUGS, "procedure": phrasings.PROCEDURES,
        "elsewhere": phrasings.ELSEWHERE, "city": phrasings.CITIES, "complaint": phrasings.COMPLAINTS,
    }  # fmt: skip
    return draw.choice(words[slot])


def _wish(draw: random.Random) -> str:
    number = draw.randint(30, 210)
    parts = [_statement(draw)[1]]
    if draw.random() < 0.5:
        parts.append(draw.choice([f"rate {number}", f"a rate of {number}/min", f"{number} bpm", f"QTc {number + 330}", f"PR of {number + 90} ms", f"QRS {number + 40} ms", f"axis {number - 90}", "normal axis", "ST elevation of 2 mm in V2", f"a {draw.randint(18, 95)} year old woman"]))
    if draw.random() < 0.25:
        parts.append(_statement(draw)[1])
    draw.shuffle(parts)
    return draw.choice([" and ", ", ", " with ", " plus ", " + "]).join(parts)


def _following(before: Subject, draw: random.Random) -> Subject | None:
    """A question that is understood only from the one before."""
    if len(before.action.calls) != 1:
        return None
    call = before.action.calls[0]
    if call.tool == "measure" and call.names:
        if call.names[0] in LEAD_UNITS and draw.random() < 0.6:
            said, places = _places(draw)
            said = re.sub(r"^ (?:in|at|for|from|across)? ?(?:the |lead[s]? |Abl\. )?|^ ", "", said).strip("() ")
            text = expanded(draw.choice(phrasings.FRAMES["follow_place"]), draw).replace("{place}", said)
            return Subject(roughened(text, draw), Action((measuring(*((name, *places) for name in call.names)),)))
        if draw.random() < 0.2:
            text = expanded(draw.choice(phrasings.FRAMES["follow_show"]), draw)
            return Subject(roughened(text, draw), Action((Call("render", call.names, call.places),)))
        if draw.random() < 0.25:
            text = _filled(draw.choice(phrasings.FRAMES["follow_new"]), draw)
            return Subject(roughened(text, draw), Action((Call("compare", call.names, call.places),)))
        text, action = _measuring("measure", expanded(draw.choice(phrasings.FRAMES["follow"]), draw), draw)
        return Subject(roughened(text, draw), action)
    if call.tool == "explain":
        which = draw.random()
        if which < 0.3:
            text = _filled(draw.choice(phrasings.FRAMES["follow_new"]), draw)
            return Subject(roughened(text, draw), Action((Call("compare", call.names, ((),)),)))
        if which < 0.55:
            return Subject(roughened(expanded(draw.choice(phrasings.FRAMES["follow_why"]), draw), draw), before.action)
        text, action = _judging("explain", expanded(draw.choice(phrasings.FRAMES["follow_explain"]), draw), draw)
        return Subject(roughened(text, draw), action)
    return None


def _exchange(subject: Subject, draw: random.Random, last: bool) -> list[Turn]:
    offered = list(hints(subject.question))
    chance = draw.random()
    if chance < 0.1:
        offered = []
    elif chance < 0.22:
        offered.insert(draw.randint(0, len(offered)), draw.choice([*_judged(), *MEASURED]))
    turns = [asked(subject.question, offered), Turn("assistant", subject.action.line())]
    if last and subject.action.calls and draw.random() < 0.22:
        result, answer = _came_back(subject.action.calls, draw)
        turns += [Turn("tool", result), Turn("assistant", answer.line())]
    return turns


def _came_back(calls: tuple[Call, ...], draw: random.Random) -> tuple[str, Action]:
    """What tools may have given, by name, and the draft that answers."""
    given: list[str] = []
    items: list[Item] = []
    everything = len(calls) > 1
    for call in calls:
        if call.tool == "explain":
            standing: Standing = draw.choice(["present", "absent", "absent", "undecided"])
            certainty = draw.choice(["definite", "probable", "possible"]) if standing == "present" else None
            given.append(" ".join(filter(None, (call.names[0], standing, certainty))))
            items.append(Item(call.names[0], standing, certainty))
        elif call.tool == "compare" and call.names and draw.random() < 0.8:
            others = draw.sample([*_OFTEN, *_judged()], 4)
            names = [*dict.fromkeys([*call.names, *others])]
            draw.shuffle(names)
            given.append(" ".join(names))
            items += [Item(name) for name in call.names]
        elif call.tool in ("compare", "search_history", "similar_cases", "search_guidelines") and draw.random() < 0.4 and not everything:
            said = {"compare": "no_prior", "search_history": "no_prior", "similar_cases": "no_archive", "search_guidelines": "no_guideline"}
            return "none", Action(sentences=(cast("Said", said[call.tool]),))
        else:
            given.append(_listed(call, draw))
            everything = True
    return "\n".join(given), Action(everything=True) if everything else Action(items=tuple(items))


def _listed(call: Call, draw: random.Random) -> str:
    if call.tool == "measure":
        ids = call.ids()
        return " ".join(ids[:6]) + (" …" if len(ids) > 6 else "")
    if call.tool in ("interpret", "compare"):
        return " ".join(draw.sample(_judged(), draw.randint(0, _FOUND)) + ["hr", "pr", "qrs", "qt", "qtc_bazett"])
    return {"render": "shown", "generate": "made", "classify": "probabilities"}.get(call.tool, "found")
