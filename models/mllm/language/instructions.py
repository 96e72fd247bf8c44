"""Questions generated from the frames of `phrasings`, each with the action that it calls for."""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Final, NamedTuple, cast

from calipers.knowledge import statements
from calipers.models.mllm.language import phrasings
from calipers.models.mllm.language.actions import LAYOUTS, Action, Call, Said, Tool, measuring
from calipers.models.mllm.language.hints import hints
from calipers.models.mllm.language.judgements import COMMON, DERIVED, TOO_LOOSE
from calipers.models.mllm.language.roughening import roughened
from calipers.models.mllm.language.vocabulary import MEASURED, PLACES, QTC, stated_names
from calipers.parameters import LEAD_UNITS

#: Measurements asked for most come most.
OFTEN: Final = (
    "pr",
    "qrs",
    "qt",
    "qtc_bazett",
    "qtc_fridericia",
    "hr",
    "qrs_axis",
    "p_dur",
    "st_j",
    "r_amp",
    "t_amp",
    "s_amp",
)
_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")


class Subject(NamedTuple):
    """What a question was about: the call it makes, or the sentence."""

    question: str
    action: Action


def question(kind: str, draw: random.Random) -> Subject:
    """One question of a kind, roughened, and its action."""
    text, action = _made(kind, draw)
    if kind not in ("greeting", "thanks", "off_topic"):
        text = filled(draw.choice(phrasings.BEFORE), draw) + text + filled(draw.choice(phrasings.AFTER), draw)
    return Subject(roughened(text, draw), action)


def expanded(frame: str, draw: random.Random) -> str:
    """The frame with one alternative drawn at each `[a|b]`, inner ones first."""
    while found := _CHOICE.search(frame):
        frame = frame[: found.start()] + draw.choice(found.group(1).split("|")) + frame[found.end() :]
    return frame


def _made(kind: str, draw: random.Random) -> tuple[str, Action]:
    if kind == "explain_derived":
        key = draw.choice(sorted(DERIVED))
        return expanded(draw.choice(DERIVED[key]), draw), Action((Call("explain", (key,)),))
    frame = expanded(draw.choice(phrasings.FRAMES[kind]), draw)
    if kind in ("greeting", "thanks", "off_topic", "treatment", "prognosis", "not_in_ecg"):
        return filled(frame, draw), Action(sentences=(cast("Said", kind),))
    if kind in ("measure", "compare_m", "render_m"):
        return asked_about(kind, frame, draw)
    if kind == "measure_lead":
        return _levels(frame, draw)
    if kind == "measure_hr":
        return frame, Action((measuring("hr"),))
    if kind in ("explain", "compare_s"):
        return judging(kind, frame, draw)
    if kind == "render_layout":
        layout = draw.choice(LAYOUTS)
        return frame.replace("{layout_words}", draw.choice(phrasings.LAYOUT_WORDS[layout])), Action(
            (Call("render", layout=layout),)
        )
    return filled(frame, draw), Action((Call(cast("Tool", kind)),))


def asked_about(kind: str, frame: str, draw: random.Random) -> tuple[str, Action]:
    """A frame about measurements with its names and places filled: measured, compared or drawn."""
    entries: list[tuple[str, ...]] = []
    places: tuple[str, ...] = ()
    if "{where}" in frame and draw.random() < 0.45:
        said, places = some_places(draw)
        frame = frame.replace("{where}", said)
    frame = frame.replace("{where}", "")
    lead = bool(places)
    while "{m}" in frame:
        names, called = _measurement(draw, lead)
        frame = frame.replace("{m}", called, 1)
        entries += [(name, *places) for name in names if (name, *places) not in entries]
    call = measuring(*entries)
    if kind == "measure":
        return filled(frame, draw), Action((call,))
    return filled(frame, draw), Action((Call("compare" if kind == "compare_m" else "render", call.names, call.places),))


def _measurement(draw: random.Random, lead: bool) -> tuple[tuple[str, ...], str]:
    """Names and what they are called; `lead` draws one that each lead has."""
    if not lead and draw.random() < 0.14:
        return ("qtc_bazett", "qtc_fridericia"), draw.choice(QTC)
    pool = [name for name in MEASURED if (name in LEAD_UNITS) == lead]
    often = [name for name in OFTEN if name in pool]
    name = draw.choice(often) if draw.random() < 0.5 else draw.choice(pool)
    called = MEASURED[name]
    return (name,), draw.choice(called[:3] if draw.random() < 0.5 else called)


def some_places(draw: random.Random) -> tuple[str, tuple[str, ...]]:
    """` in V2`, ` in the inferior leads`, ` in V1 to V3`, ` in II and aVF`, and the places meant."""
    leads = [place for place, members in PLACES.items() if len(members) == 1]
    kind = draw.random()
    if kind < 0.55:
        lead = draw.choice(leads)
        return draw.choice([" in {}", " in lead {}", " {}", " lead {}", " at {}", " in Abl. {}", " ({})"]).format(
            _cased(lead, draw)
        ), (lead,)
    if kind < 0.75:
        place = draw.choice([place for place in PLACES if place not in leads])
        said = {"chest": ["chest leads", "precordial leads", "precordials", "V leads", "brustwand", "V1-V6", "v1 to v6"], "limb": ["limb leads", "extremity leads", "frontal leads", "standard limb leads"], "septal": ["septal leads", "septum", "V1/V2"], "inferior": ["inferior leads", "inferior wall", "II, III, aVF", "II III and aVF", "inferiorly", "2, 3 and avf"], "lateral": ["lateral leads", "lateral wall", "laterally", "I aVL V5 V6"], "anterior": ["anterior leads", "anterior wall", "V1-V4", "v1 through v4", "anteriorly", "vorderwand"]}[place]  # fmt: skip
        return draw.choice([" in the {}", " in {}", " {}", " across the {}"]).format(draw.choice(said)), (place,)
    if kind < 0.88:
        first = draw.randint(1, 5)
        last = draw.randint(first + 1, 6)
        found = tuple(f"V{k}" for k in range(first, last + 1))
        found = {"V1 V2 V3 V4 V5 V6": ("chest",), "V1 V2 V3 V4": ("anterior",), "V1 V2": ("septal",)}.get(
            " ".join(found), found
        )
        return draw.choice(
            [" in V{}-V{}", " V{}-{}", " in V{} to V{}", " from V{} through V{}", " in v{}–v{}", " v{} bis v{}"]
        ).format(first, last), found
    chosen = sorted(draw.sample(leads, draw.randint(2, 3)), key=list(PLACES).index)
    return draw.choice([" in ", " ", " for ", " in leads "]) + draw.choice([" and ", ", ", "/", " + ", " & "]).join(
        _cased(lead, draw) for lead in chosen
    ), tuple(chosen)


def _cased(lead: str, draw: random.Random) -> str:
    if lead in ("I", "II", "III"):
        return draw.choice([lead, lead, lead, str(len(lead))]) if lead != "I" else "I"
    return draw.choice([lead, lead, lead.lower(), lead.upper()])


def bare_place(said: str) -> str:
    """The place without its preposition: ` in lead V2` becomes `V2`."""
    return re.sub(r"^ (?:in|at|for|from|across)? ?(?:the |lead[s]? |Abl\. )?|^ ", "", said).strip("() ")


def _levels(frame: str, draw: random.Random) -> tuple[str, Action]:
    said, places = some_places(draw)
    said = bare_place(said)
    wave = next((letter for letter in ("R", "S", "Q", "T") if f"the {letter}" in frame and "ST" not in frame), None)
    name = f"{wave.lower()}_amp" if wave else "st_j"
    if "{lead}" in frame:
        lead = draw.choice([place for place, members in PLACES.items() if len(members) == 1])
        return frame.replace("{lead}", lead), Action((measuring((name, lead)),))
    return frame.replace("{place}", said), Action((measuring((name, *places)),))


def judging(kind: str, frame: str, draw: random.Random) -> tuple[str, Action]:
    """A frame about statements with their names filled: explained or compared."""
    keys: list[str] = []
    while "{s}" in frame:
        key, called = _statement(draw)
        frame = frame.replace("{s}", called, 1)
        keys += [key] if key not in keys else []
    if kind == "explain":
        return filled(frame, draw), Action(tuple(Call("explain", (key,)) for key in keys))
    return filled(frame, draw), Action((Call("compare", tuple(keys), ((),) * len(keys)),))


def _statement(draw: random.Random) -> tuple[str, str]:
    key = draw.choice(COMMON) if draw.random() < 0.6 else draw.choice(judged())
    return key, draw.choice(_plain_names(key))


@cache
def judged() -> tuple[str, ...]:
    """The statements that have criteria and a name of their own."""
    return tuple(key for key, row in statements().items() if row.criteria and key != "normal_ecg" and _plain_names(key))


def offered(question: str, draw: random.Random) -> list[str]:
    """The names looked up in a question; now and then none, or one more that it does not mean."""
    names = list(hints(question))
    chance = draw.random()
    if chance < 0.1:
        return []
    if chance < 0.22:
        names.insert(draw.randint(0, len(names)), draw.choice([*judged(), *MEASURED]))
    return names


@cache
def _plain_names(key: str) -> tuple[str, ...]:
    return tuple(_uncapped(name) for name in stated_names(key) if name.lower() not in TOO_LOOSE)


def _uncapped(name: str) -> str:
    """A label inside a sentence: small first letter unless it is an abbreviation or a name."""
    return name if name[:2].isupper() or name[1:2] in "-1°" or not name[1:].islower() else name[0].lower() + name[1:]


def filled(frame: str, draw: random.Random) -> str:
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
        parts.append(
            draw.choice(
                [
                    f"rate {number}",
                    f"a rate of {number}/min",
                    f"{number} bpm",
                    f"QTc {number + 330}",
                    f"PR of {number + 90} ms",
                    f"QRS {number + 40} ms",
                    f"axis {number - 90}",
                    "normal axis",
                    "ST elevation of 2 mm in V2",
                    f"a {draw.randint(18, 95)} year old woman",
                ]
            )
        )
    if draw.random() < 0.25:
        parts.append(_statement(draw)[1])
    draw.shuffle(parts)
    return draw.choice([" and ", ", ", " with ", " plus ", " + "]).join(parts)
