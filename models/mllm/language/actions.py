"""The action language: what the model writes instead of prose, one line a turn, without a digit about a patient.

    measure pr st_j V2 inferior ; explain lbbb      calls, in order; places narrow the name before them
    interpret · classify · compare qtc_bazett · render 12x1 · guidelines · history · similar · generate
    say treatment                                    fixed sentences by name
    answer all                                       draft all that the last tools gave
    answer pr lbbb absent long_qt present probable   draft these: measurements, statements with their polarity
    answer none                                      drop what did not pass its check
    see AFIB LVH                                     what the ECG's own tokens show, SCP codes, the likeliest first

A line is parsed into calls whose arguments fit the tools' schemas. The grammar admits no other line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, get_args

from calipers.knowledge import statements
from calipers.leads import LEADS
from calipers.models.mllm.language.vocabulary import MEASURED, PLACES
from calipers.parameters import LEAD_UNITS, PARAMETERS

Tool = Literal[
    "measure", "explain", "interpret", "classify", "compare", "render", "search_guidelines", "search_history",
    "similar_cases", "generate",
]  # fmt: skip
Said = Literal[
    "greeting", "thanks", "off_topic", "treatment", "prognosis", "not_in_ecg", "no_prior", "no_guideline", "no_archive"
]
Standing = Literal["present", "absent", "undecided"]

TOOLS: Final[tuple[Tool, ...]] = get_args(Tool)
SENTENCES: Final[tuple[Said, ...]] = get_args(Said)
LAYOUTS: Final = ("3x4+1", "6x2", "12x1")
#: No record of PTB-XL's folds 1-8 has more statements.
MOST_SEEN: Final = 8
#: Tools whose word in a line is shorter than their name.
_WORDS: Final[dict[str, Tool]] = {
    "guidelines": "search_guidelines", "history": "search_history", "similar": "similar_cases",
}  # fmt: skip
_WORD_OF: Final[dict[Tool, str]] = {tool: word for word, tool in _WORDS.items()}
_CERTAINTIES: Final = ("definite", "probable", "possible")
_STANDINGS: Final[tuple[Standing, ...]] = get_args(Standing)


@dataclass(frozen=True)
class Call:
    """One tool and what it is about: measurement names or statement keys, the places looked at, a layout."""

    tool: Tool
    names: tuple[str, ...] = ()
    places: tuple[tuple[str, ...], ...] = ()
    layout: str = LAYOUTS[0]

    def ids(self) -> tuple[str, ...]:
        """Measurement ids: a lead's name in each lead of its places, or in all twelve."""
        found: dict[str, None] = {}
        for name, places in zip(self.names, self.places, strict=True):
            if name not in LEAD_UNITS:
                found[name] = None
                continue
            leads = {lead for place in places for lead in PLACES[place]} or set(LEADS)
            found |= dict.fromkeys(f"{lead}.{name}" for lead in LEADS if lead in leads)
        return tuple(found)

    def line(self) -> str:
        """The call as it is written."""
        words = [_WORD_OF.get(self.tool, self.tool)]
        if self.tool == "render" and self.layout != LAYOUTS[0]:
            words.append(self.layout)
        for number, name in enumerate(self.names):
            words += [name, *(self.places[number] if self.places else ())]
        return " ".join(words)


@dataclass(frozen=True)
class Item:
    """One thing to draft: a measurement id, or a statement with its polarity and certainty."""

    key: str
    standing: Standing | None = None
    certainty: str | None = None

    def line(self) -> str:
        """The item as it is written."""
        return " ".join(part for part in (self.key, self.standing, self.certainty) if part)


@dataclass(frozen=True)
class Action:
    """One turn: calls, the answer, or what is seen. `everything` drafts all that the last tools gave."""

    calls: tuple[Call, ...] = ()
    items: tuple[Item, ...] = ()
    sentences: tuple[Said, ...] = ()
    everything: bool = False
    seen: tuple[str, ...] = ()

    def line(self) -> str:
        """The action as the model writes it."""
        if self.calls:
            return " ; ".join(call.line() for call in self.calls)
        if self.sentences:
            return "say " + " ".join(self.sentences)
        if self.seen:
            return "see " + " ".join(self.seen)
        if self.everything:
            return "answer all"
        return "answer " + (" ".join(item.line() for item in self.items) or "none")


def measuring(*entries: str | tuple[str, ...]) -> Call:
    """A measurement call from names, or from tuples of a name and its places."""
    split = [(entry, ()) if isinstance(entry, str) else (entry[0], tuple(entry[1:])) for entry in entries]
    return Call("measure", tuple(name for name, _ in split), tuple(places for _, places in split))


def parse(line: str) -> Action:
    """Read a line that the grammar admits.

    Raises:
        ValueError: the line is none.
    """
    head, *rest = line.split()
    if head == "say":
        return Action(sentences=tuple(_one_of(word, SENTENCES) for word in rest))
    if head == "see":
        return Action(seen=tuple(dict.fromkeys(rest)))
    if head == "answer":
        return Action(everything=True) if rest == ["all"] else Action(items=_items(rest) if rest != ["none"] else ())
    return Action(calls=tuple(_call(part.split()) for part in line.split(" ; ")))


def _call(words: Sequence[str]) -> Call:
    tool = _one_of(_WORDS.get(words[0], words[0]), TOOLS)
    rest = list(words[1:])
    layout = rest.pop(0) if tool == "render" and rest and rest[0] in LAYOUTS else LAYOUTS[0]
    names: list[str] = []
    places: list[list[str]] = []
    for word in rest:
        if word in PLACES and names:
            places[-1].append(word)
        elif word in PARAMETERS or word in statements():
            names.append(word)
            places.append([])
        else:
            raise ValueError(f"found `{word}` in `{' '.join(words)}`; needed a measurement, a statement or a place")
    return Call(tool, tuple(names), tuple(tuple(each) for each in places), layout)


def _items(words: Iterable[str]) -> tuple[Item, ...]:
    found: list[Item] = []
    for word in words:
        if word in _STANDINGS and found:
            found[-1] = Item(found[-1].key, _one_of(word, _STANDINGS))
        elif word in _CERTAINTIES and found:
            found[-1] = Item(found[-1].key, found[-1].standing, word)
        else:
            found.append(Item(word))
    return tuple(found)


def _one_of(word: str, known: Sequence[Any]) -> Any:
    if word not in known:
        raise ValueError(f"found `{word}`; needed one of {', '.join(map(str, known))}")
    return word


@lru_cache(maxsize=256)
def grammar(tools: frozenset[Tool], given: tuple[str, ...] | None, *, revising: bool = False) -> str:
    """The lines admitted in one turn, as a Lark grammar for llguidance.

    Args:
        tools: those that can be called.
        given: ids and statement keys that the last tools gave; None before any was called.
        revising: an answer may also be dropped.
    """
    rules = {
        "measure": '"measure" (" " entry)+',
        "explain": '"explain " STATEMENT',
        "compare": '"compare" (" " (entry | STATEMENT))*',
        "render": '"render" (" " LAYOUT)? (" " entry)*',
    }
    calls = [rules.get(tool, f'"{_WORD_OF.get(tool, tool)}"') for tool in TOOLS if tool in tools]
    lines = ['"say" (" " SAID)+', *(['call (" ; " call)*'] if calls else [])]
    parts = [
        'entry: WHOLE | LEADWISE (" " PLACE)*',
        f"SAID: {_any(SENTENCES)}",
        f"LAYOUT: {_any(LAYOUTS)}",
        f"PLACE: {_any(PLACES)}",
        f"WHOLE: {_any(name for name in MEASURED if name not in LEAD_UNITS)}",
        f"LEADWISE: {_any(name for name in MEASURED if name in LEAD_UNITS)}",
        f"STATEMENT: {_any(key for key, row in statements().items() if row.criteria)}",
    ]
    if calls:
        parts.append(f"call: {' | '.join(calls)}")
    if given is not None:
        # One literal may not begin another: the lexer takes the longest and does not go back.
        whole_answer = '"all" | "none"' if revising else '"all"'
        lines.append(f'"answer " ({whole_answer} | item (" " item)*)' if given else f'"answer " ({whole_answer})')
        if given:
            parts.append(f'item: GIVEN (" " STANDING (" " CERTAINTY)?)?\nGIVEN: {_any(given)}')
            parts.append(f"STANDING: {_any(_STANDINGS)}\nCERTAINTY: {_any(_CERTAINTIES)}")
    return "\n".join([f"start: {' | '.join(lines)}", *parts]) + "\n"


@lru_cache(maxsize=1)
def seeing(codes: tuple[str, ...]) -> str:
    """The lines that say what is seen, as a Lark grammar.

    Args:
        codes: SCP codes.
    """
    return f'start: "see" (" " CODE){{1,{MOST_SEEN}}}\nCODE: {_any(codes)}\n'


def _any(words: Iterable[str]) -> str:
    return " | ".join(f'"{word}"' for word in words)
