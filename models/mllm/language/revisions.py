"""Instruction data for the second round: a draft came back with what was wrong, and is weakened or dropped.

The fault's line names what the check would let pass, so a model learns to give way to it and not to insist.
"""

from __future__ import annotations

import random
from typing import Final, get_args

from calipers.models.mllm.language.actions import Action, Call, Item, Standing
from calipers.models.mllm.language.instructions import OFTEN, judged, offered, question
from calipers.models.mllm.language.prompt import FAULT, Turn, asked
from calipers.report import FaultKind

#: What a check finds wrong with a claim.
_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)
_WEAKER: Final = {"definite": ("probable", "possible"), "probable": ("possible",)}


def revision(draw: random.Random) -> tuple[Turn, ...]:
    """A question, the call, what the tools gave, a draft, its faults, and the draft that is left."""
    asked_about = question(draw.choice(["explain", "explain", "interpret", "compare_s", "measure"]), draw)
    calls = asked_about.action.calls or (Call("interpret"),)
    items = _drafted(calls, draw)
    faulty = [item for item in items if draw.random() < 0.7] or [draw.choice(items)]
    faults, left = [], []
    for item in faulty:
        allowed = _allowed(item, draw)
        kind = "criteria" if allowed else draw.choice(_KINDS)
        faults.append(" ".join(filter(None, (f"{FAULT}{kind}", item.key, _standing_of(allowed)))))
        left += [allowed] if allowed else []
    return (
        asked(asked_about.question, offered(asked_about.question, draw)),
        Turn("assistant", Action(calls).line()),
        Turn("tool", "\n".join(_given(item, draw) for item in items)),
        Turn("assistant", Action(items=items).line()),
        Turn("tool", "\n".join(faults)),
        Turn("assistant", Action(items=tuple(left)).line()),
    )


def _drafted(calls: tuple[Call, ...], draw: random.Random) -> tuple[Item, ...]:
    call = calls[0]
    if call.tool == "measure":
        return tuple(Item(key) for key in call.ids()[:4])
    keys = call.names[:1] if call.tool == "explain" else draw.sample(judged(), draw.randint(1, 3))
    return tuple(_judgement(key, draw) for key in keys) if keys else (Item(draw.choice(OFTEN)),)


def _judgement(key: str, draw: random.Random) -> Item:
    standing: Standing = draw.choice(["present", "present", "absent"])
    return Item(key, standing, draw.choice(["definite", "probable"]) if standing == "present" else None)


def _allowed(item: Item, draw: random.Random) -> Item | None:
    """The item as the check would let it pass, weaker or the other way round; None where nothing of it would."""
    if item.standing is None or draw.random() < 0.45:
        return None
    if item.standing == "present" and draw.random() < 0.7:
        return Item(item.key, "present", draw.choice(_WEAKER[item.certainty or "definite"]))
    return Item(item.key, draw.choice(["absent", "undecided"]) if item.standing == "present" else "undecided")


def _standing_of(item: Item | None) -> str:
    return "" if item is None else " ".join(filter(None, (item.standing, item.certainty)))


def _given(item: Item, draw: random.Random) -> str:
    """What the tools had said, which need not be what was drafted."""
    if item.standing is None:
        return item.key
    return f"{item.key} {draw.choice(['present probable', 'present definite', 'absent', 'undecided'])}"
