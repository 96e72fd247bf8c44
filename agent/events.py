"""What happens during a run, as it is streamed, and what it comes to.

Before a claim is verified only steps are told. `ClaimEvent` carries a claim that has passed its check, and every
stream ends with `DoneEvent`, `InterruptEvent` or `ErrorEvent`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from calipers.evidence import Frozen
from calipers.report import Claim, Report, Withheld
from calipers.tools.render import Picture


class Step(Frozen):
    """One tool call the model chose: its name, its arguments, how long it took, and what it gave, line by line."""

    name: str
    arguments: dict[str, Any]
    seconds: float
    result: tuple[str, ...] = ()


class Answer(Frozen):
    """The reply to one question.

    Attributes:
        text: released claims and fixed sentences, nothing else.
        claims, withheld: what the text is made of, and what did not pass its check.
        interrupt: a question back to the clinician; `Agent.resume` continues with the answer.
        steps: the tool calls the model chose, in order.
        report: everything cited, as for a full interpretation; None while interrupted.
        pictures: rendered images, in the order they were asked for.
        syntheses: generated ECGs, each with what was asked for and what was measured on it.
    """

    text: str
    claims: tuple[Claim, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    interrupt: dict[str, Any] | None = None
    steps: tuple[Step, ...] = ()
    report: Report | None = None
    pictures: tuple[Picture, ...] = ()
    syntheses: tuple[Any, ...] = ()

    model_config = Frozen.model_config | {"arbitrary_types_allowed": True}


class StepEvent(Frozen):
    """A tool was called and has answered."""

    kind: Literal["step"] = "step"
    step: Step


class TokenEvent(Frozen):
    """A fixed sentence of the answer: a greeting, a refusal, "no prior on file". It asserts nothing of a patient."""

    kind: Literal["token"] = "token"
    text: str


class ClaimEvent(Frozen):
    """A claim passed its check and is released."""

    kind: Literal["claim"] = "claim"
    claim: Claim


class WithheldEvent(Frozen):
    """A drafted claim did not pass its check, with the reason."""

    kind: Literal["withheld"] = "withheld"
    withheld: Withheld


class InterruptEvent(Frozen):
    """A question back to the clinician; `Agent.resume` takes the answer. The last event of its stream."""

    kind: Literal["interrupt"] = "interrupt"
    value: dict[str, Any]


class DoneEvent(Frozen):
    """The run has ended, with its answer. The last event of its stream."""

    kind: Literal["done"] = "done"
    answer: Answer


class ErrorEvent(Frozen):
    """The run was refused, in one line: what was found, what was needed. The last event of its stream."""

    kind: Literal["error"] = "error"
    message: str


Event = Annotated[
    StepEvent | TokenEvent | ClaimEvent | WithheldEvent | InterruptEvent | DoneEvent | ErrorEvent,
    Field(discriminator="kind"),
]


def ignore(event: Event) -> None:
    """The listener of a run that nobody watches."""
