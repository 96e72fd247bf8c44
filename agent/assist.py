"""The model's turn: a LangChain agent loop over the tools that ends in drafted claims, never in prose."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolErrorMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AnyMessage, BaseMessage, HumanMessage
from langgraph.errors import GraphBubbleUp
from pydantic import BaseModel, Field

from calipers.agent.context import RunContext
from calipers.agent.own_tools import OwnTools
from calipers.agent.page_for_model import ShowPage
from calipers.agent.sentences import ModelSentence
from calipers.agent.toolbox import toolbox
from calipers.errors import CalipersError, ModelFailed, UsageError
from calipers.report import Certainty, Polarity

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

#: Model calls in one turn; a loop that has not ended by then is cut off and `none` answers.
MAX_MODEL_CALLS: Final = 8
_FAULTS: Final = "These claims did not pass their check."


class DraftClaim(BaseModel):
    """One claim about this ECG. Numbers only as slots, e.g. `PR interval {pr}`; code prints value and unit.

    Without a template code writes the sentence: for the statement, or for each measurement cited.
    """

    template: str = Field(default="", description="A short sentence; every value is a slot holding an evidence id")
    evidence: list[str] = Field(default_factory=list, description="Ids of measurements that this claim rests on")
    statement: str | None = Field(default=None, description="Key of the diagnostic statement, if it makes one")
    polarity: Polarity = "present"
    certainty: Certainty = "definite"
    criteria: list[str] = Field(default_factory=list, description="Criterion ids as the tools gave them")


class Draft(BaseModel):
    """The answer: claims to be checked by code, and fixed sentences chosen by name."""

    claims: list[DraftClaim] = Field(default_factory=list)
    sentences: list[ModelSentence] = Field(default_factory=list)


#: The tool call by which a model answers.
DRAFTING: Final = Draft.__name__


@cache
def system_prompt() -> str:
    """The instructions every language model gets."""
    return (files("calipers.agent") / "prompts" / "assist.md").read_text(encoding="utf-8")


@cache
def prompts_sha256() -> str:
    """Hash of the prompts, for provenance."""
    return hashlib.sha256(system_prompt().encode()).hexdigest()


def assist(messages: list[AnyMessage], context: RunContext) -> tuple[list[AnyMessage], Draft]:
    """Let the model use tools until it drafts an answer.

    Returns:
        The new messages of this turn, and the draft.

    Raises:
        ModelFailed: the model gave no draft within its calls, or could not be reached.
    """
    chat = context.choice.chat
    if chat is None:
        raise ModelFailed("no language model was chosen")
    agent = _agent(chat, context)
    try:
        result: dict[str, Any] = agent.invoke({"messages": messages}, context=context)
    except (CalipersError, GraphBubbleUp):
        raise
    except Exception as problem:
        # Providers raise what they like: a timeout, a refused key, malformed JSON. All of it is one thing
        # here, a model that did not answer, and the caller goes on without it and says so.
        raise ModelFailed(f"the model's answer was not usable: {type(problem).__name__}: {problem}") from problem
    draft = result.get("structured_response")
    if not isinstance(draft, Draft):
        raise ModelFailed(f"found no drafted claims within {MAX_MODEL_CALLS} model calls")
    return result["messages"][len(messages) :], draft


def question_message(question: str | None, context: RunContext) -> HumanMessage:
    """The user's turn with the patient facts that the criteria use; no identifier, no date."""
    who = context.the_case.demographics
    age = "unknown age" if who.age is None else f"age {who.age:g}"
    asked = question or "Interpret this ECG."
    return HumanMessage(f"[patient: {age}, {who.sex or 'unknown sex'}]\n{asked}")


def faults_message(lines: list[str]) -> HumanMessage:
    """What the verifier found, for the model to revise."""
    return HumanMessage(f"{_FAULTS} Draft corrected ones, or leave them out:\n" + "\n".join(lines))


def is_faults_message(message: BaseMessage) -> bool:
    """Whether a message is the verifier's, and no question of the user."""
    return isinstance(message, HumanMessage) and str(message.content).startswith(_FAULTS)


def _agent(chat: BaseChatModel, context: RunContext) -> Any:
    return create_agent(
        chat,
        [*toolbox(), *context.tools],
        system_prompt=system_prompt(),
        context_schema=RunContext,
        response_format=ToolStrategy(Draft, tool_message_content="Drafted."),
        middleware=[
            *_limits(),
            *([OwnTools(context)] if context.tools else []),
            *([ShowPage(context)] if context.choice.shows_page else []),
        ],
    )


def _limits() -> list[AgentMiddleware[Any, Any, Any]]:
    return [
        ModelCallLimitMiddleware(run_limit=MAX_MODEL_CALLS, exit_behavior="end"),
        ToolErrorMiddleware(_tool_text),
    ]


def _tool_text(problem: Exception, _request: object) -> str | None:
    """Only what the model can act on becomes tool text; everything else is a bug and stops the run."""
    return str(problem) if isinstance(problem, UsageError) else None
