"""A conversation as the model reads it: questions with hints, its own lines, and tools' results by name alone.

No value, no date and no name of a patient is in it; what the model must choose among are words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from calipers.models.mllm.language.hints import hints

Role = Literal["user", "assistant", "tool"]

#: Prompts longer than this lose their oldest turns.
MOST_TOKENS: Final = 300
_MOST_LETTERS: Final = 600
END: Final = "<|im_end|>"
#: How a tool's turn begins that gives back claims which did not pass their check: `fault KIND KEY …`, one a line.
FAULT: Final = "fault "


class Turn(NamedTuple):
    """One message: who, and what."""

    role: Role
    text: str


def asked(question: str, offered: Sequence[str] | None = None) -> Turn:
    """A question with the names it may mean; `offered` replaces those that would be looked up."""
    text = " ".join(question.split())[:_MOST_LETTERS].replace("<|", "< |")
    names = hints(text) if offered is None else tuple(offered)
    return Turn("user", f"{text}\n[{' '.join(names)}]")


def written(turns: Sequence[Turn], *, answering: bool = True) -> str:
    """The conversation as text; `answering` opens the model's own turn at its end."""
    text = "".join(f"<|im_start|>{turn.role}\n{turn.text}{END}\n" for turn in turns)
    return text + "<|im_start|>assistant\n" if answering else text


#: Asks what the ECG's tokens show.
LOOK: Final = Turn("user", "see")
