"""Instruction data: conversations with the action that each question calls for, and the draft of what came back.

Seeded and without end; nothing is taken from a patient. The measurements and criteria answer, so a dialogue
teaches what to ask of them and how to draft what they gave, and never a value.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple, cast

from calipers.models.mllm.language import phrasings
from calipers.models.mllm.language.actions import Action, Call, Item, Said, Standing, measuring
from calipers.models.mllm.language.instructions import (
    OFTEN,
    Subject,
    asked_about,
    bare_place,
    expanded,
    filled,
    judged,
    judging,
    offered,
    question,
    some_places,
)
from calipers.models.mllm.language.prompt import Turn, asked
from calipers.models.mllm.language.roughening import roughened
from calipers.parameters import LEAD_UNITS

SEED: Final = 5
#: How often each kind of question is drawn.
_KINDS: Final[dict[str, int]] = {
    "measure": 20, "measure_lead": 6, "measure_hr": 1, "explain": 21, "explain_derived": 5, "interpret": 9, "classify": 5, "compare": 6, "compare_m": 3, "compare_s": 4,
    "render": 4, "render_m": 2, "render_layout": 1, "search_guidelines": 8, "search_history": 6, "similar_cases": 3, "generate": 6,
    "greeting": 2, "thanks": 2, "off_topic": 4, "treatment": 8, "prognosis": 4, "not_in_ecg": 6,
}  # fmt: skip
#: Statements that tools report together in a generated full read.
_FOUND: Final = 6
#: What the statement network's probability says beside the criteria; both are drafted, neither is left out.
_SUGGESTED: Final = ("suggested", "disputed", "unlikely")


class Dialogue(NamedTuple):
    """Turns of one conversation; every assistant turn is learnt."""

    turns: tuple[Turn, ...]


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


def _subject(draw: random.Random) -> Subject:
    first = question(draw.choices(list(_KINDS), list(_KINDS.values()))[0], draw)
    if draw.random() < 0.05 and first.action.calls:
        second = question(draw.choice(["measure", "explain", "render", "compare", "search_guidelines"]), draw)
        joint = draw.choice([" and ", ". ", "; ", ", also ", " plus ", " und ", ". then "])
        return Subject(
            first.question.rstrip("?.") + joint + second.question, Action(first.action.calls + second.action.calls)
        )
    return first


def _following(before: Subject, draw: random.Random) -> Subject | None:
    """A question that is understood only from the one before."""
    if len(before.action.calls) != 1:
        return None
    call = before.action.calls[0]
    if call.tool == "measure" and call.names:
        if call.names[0] in LEAD_UNITS and draw.random() < 0.6:
            said, places = some_places(draw)
            said = bare_place(said)
            text = expanded(draw.choice(phrasings.FRAMES["follow_place"]), draw).replace("{place}", said)
            return Subject(roughened(text, draw), Action((measuring(*((name, *places) for name in call.names)),)))
        if draw.random() < 0.2:
            text = expanded(draw.choice(phrasings.FRAMES["follow_show"]), draw)
            return Subject(roughened(text, draw), Action((Call("render", call.names, call.places),)))
        if draw.random() < 0.25:
            text = filled(draw.choice(phrasings.FRAMES["follow_new"]), draw)
            return Subject(roughened(text, draw), Action((Call("compare", call.names, call.places),)))
        text, action = asked_about("measure", expanded(draw.choice(phrasings.FRAMES["follow"]), draw), draw)
        return Subject(roughened(text, draw), action)
    if call.tool == "explain":
        which = draw.random()
        if which < 0.3:
            text = filled(draw.choice(phrasings.FRAMES["follow_new"]), draw)
            return Subject(roughened(text, draw), Action((Call("compare", call.names, ((),)),)))
        if which < 0.55:
            return Subject(roughened(expanded(draw.choice(phrasings.FRAMES["follow_why"]), draw), draw), before.action)
        text, action = judging("explain", expanded(draw.choice(phrasings.FRAMES["follow_explain"]), draw), draw)
        return Subject(roughened(text, draw), action)
    return None


def _exchange(subject: Subject, draw: random.Random, last: bool) -> list[Turn]:
    turns = [asked(subject.question, offered(subject.question, draw)), Turn("assistant", subject.action.line())]
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
        elif call.tool == "classify" and not everything and len(calls) == 1:
            keys = draw.sample(judged(), draw.randint(1, _FOUND - 1))
            given.append("\n".join(f"model {key} {draw.choice(_SUGGESTED)}" for key in keys))
            everything = True
        elif call.tool == "compare" and call.names and draw.random() < 0.8:
            others = draw.sample([*OFTEN, *judged()], 4)
            names = [*dict.fromkeys([*call.names, *others])]
            draw.shuffle(names)
            given.append(" ".join(names))
            items += [Item(name) for name in call.names]
        elif (
            call.tool in ("compare", "search_history", "similar_cases", "search_guidelines")
            and draw.random() < 0.4
            and not everything
        ):
            said = {
                "compare": "no_prior",
                "search_history": "no_prior",
                "similar_cases": "no_archive",
                "search_guidelines": "no_guideline",
            }
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
        return " ".join([*draw.sample(judged(), draw.randint(0, _FOUND)), "hr", "pr", "qrs", "qt", "qtc_bazett"])
    return {"render": "shown", "generate": "made", "classify": "probabilities"}.get(call.tool, "found")
