"""How Calipers thinks: read → check_quality → assist → draft → verify ⇄ revise → report.

The unit of release is one claim. A claim is drafted (by code, or by the model), filled and verified by
code, and only then streamed; before that only step events leave the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from langchain_core.messages import AnyMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from calipers.agent.answering import answer_by_rule
from calipers.agent.assist import assist, faults_message, question_message
from calipers.agent.case import Case
from calipers.agent.completeness import completed
from calipers.agent.context import RunContext
from calipers.agent.drafting import full_comparison, full_read
from calipers.agent.model_drafts import claims_of
from calipers.agent.release import MAX_DRAFTS, conclude, verify_drafts
from calipers.agent.state import State
from calipers.agent.suggestions import suggested_claims
from calipers.agent.telemetry import spanned
from calipers.agent.yes_or_no import leaning
from calipers.errors import MissingPart, ModelFailed
from calipers.report import Claim

Graph = CompiledStateGraph[State, RunContext, State, State]


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The outer graph; one is built per agent and shared by its threads."""
    graph = StateGraph(State, context_schema=RunContext)
    for name, node in (
        ("read", read),
        ("check_quality", check_quality),
        ("assist", assist_node),
        ("draft", draft),
        ("verify", verify_node),
        ("revise", revise),
        ("report", report),
    ):
        graph.add_node(name, spanned(f"node.{name}", node))
    graph.add_edge(START, "read")
    graph.add_edge("read", "check_quality")
    graph.add_conditional_edges("check_quality", _after_quality, ["assist", "draft"])
    graph.add_edge("assist", "draft")
    graph.add_edge("draft", "verify")
    graph.add_conditional_edges("verify", _after_verify, ["revise", "report"])
    graph.add_edge("revise", "verify")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=checkpointer)


def read(state: State, runtime: Runtime[RunContext]) -> State:
    """Resolve the case key to the ECG and its measurements."""
    choice = _context(state, runtime).choice
    return State(model_name=choice.name, model_note=choice.reason)


def _context(state: State, runtime: Runtime[RunContext]) -> RunContext:
    """The run's context with its case; a run that resumes after an interrupt starts in a later node."""
    context = runtime.context
    if context.case is None:
        priors = tuple(context.store.get(key) for key in state.get("priors", []))
        case = context.store.get(state["case"])
        context.case = replace(case, priors=priors) if priors else case
    return context


def check_quality(state: State, runtime: Runtime[RunContext]) -> State:
    """Nothing is asked of a model about a record that cannot be assessed."""
    if _context(state, runtime).the_case.quality.assessable:
        return State()
    return State(
        model_name="none", model_note="the record is not assessable; no model was asked", sentences=["not_assessable"]
    )


def _after_quality(state: State, runtime: Runtime[RunContext]) -> Literal["assist", "draft"]:
    context = _context(state, runtime)
    choice = context.choice
    unasked = state["mode"] == "interpret" and state.get("question") is None
    has_model = choice.opinion is not None or (choice.chat is not None and (choice.own_words or not unasked))
    return "assist" if has_model and context.the_case.quality.assessable else "draft"


def assist_node(state: State, runtime: Runtime[RunContext]) -> State:
    """The model's turn, after consent if patient data would leave the machine."""
    context = _context(state, runtime)
    if context.choice.opinion is not None:
        return _second_reading(context.choice.opinion, context)
    if context.choice.remote and not state.get("consent") and not _may_leave(context):
        return State(consent=False, model_name="none", model_note="the clinician kept the data on this machine")
    asked = question_message(state.get("question"), context)
    return _model_turn([*state.get("messages", []), asked], [asked], state, context)


def _may_leave(context: RunContext) -> bool:
    """Ask the clinician; the graph pauses here until `resume` brings the answer."""
    from calipers.settings import settings

    if settings().allow_remote:
        return True
    answer = interrupt(
        {
            "kind": "consent",
            "text": f"{_what_leaves(context)} of this ECG would be sent to {context.choice.name}. Send them?",
        }
    )
    return answer is True


def _what_leaves(context: RunContext) -> str:
    return "Age, sex, measurements and a picture" if context.choice.shows_page else "Age, sex and measurements"


def _second_reading(read: Callable[[Case], tuple[str, ...]], context: RunContext) -> State:
    """What a published model names; without it measurements and criteria answer as ever."""
    try:
        return State(opinion=list(read(context.the_case)))
    except (MissingPart, ModelFailed) as problem:
        note = f"{context.choice.name} failed ({problem}); measurements and criteria answered"
        return State(model_name="none", model_note=note, sentences=["model_failed"])


def _model_turn(history: list[AnyMessage], added: list[AnyMessage], state: State, context: RunContext) -> State:
    attempts = state.get("attempts", 0) + 1
    try:
        messages, drafted = assist(history, context)
    except ModelFailed as problem:
        note = f"{context.choice.name} failed ({problem}); measurements and criteria answered"
        return State(attempts=MAX_DRAFTS, model_name="none", model_note=note, sentences=["model_failed"], drafts=[])
    return State(
        attempts=attempts,
        consent=True,
        messages=[*added, *messages],
        drafts=[claim.model_dump(mode="json") for claim in claims_of(drafted, context.the_case)],
        sentences=list(drafted.sentences),
        model_name=context.choice.name,
        model_note=context.choice.reason,
    )


def draft(state: State, runtime: Runtime[RunContext]) -> State:
    """Add what code itself has to say: everything in a full read, the answer where no model gave one."""
    context = _context(state, runtime)
    case = context.the_case
    answer = [Claim.model_validate(claim) for claim in state.get("drafts", [])]
    sentences = list(state.get("sentences", []))
    question = state.get("question")
    whole: tuple[Claim, ...] = ()
    if case.quality.assessable:
        silent = not (answer or sentences or context.pictures or state.get("opinion"))
        if question is not None and (context.choice.chat is None or state.get("model_name") == "none" or silent):
            by_rule, said = answer_by_rule(question, context)
            answer, sentences = list(by_rule), [*sentences, *said]
        else:
            if question is not None and not context.choice.own_words:
                answer = completed(question, case, answer, [step.name for step in context.steps])
            sentences += ["picture"] if context.pictures else []
        if question is not None and (side := leaning(question, case, answer)):
            sentences.append(side)
        if state["mode"] == "interpret":
            suggested = suggested_claims(case.suggestions, case.ledger, _seen(state, context))
            whole = (*full_read(case.verdicts, case.ledger, suggested), *full_comparison(case))
    elif case.ecg.source.unread is not None:
        whole = suggested_claims(case.suggestions, case.ledger, {item.statement for item in case.probabilities})
        sentences.append("unread")
    known = {claim.text for claim in whole}
    merged = [*whole, *(claim for claim in answer if claim.text not in known)]
    return State(
        drafts=[claim.model_dump(mode="json") for claim in merged],
        sentences=sentences,
        answering=[claim.text for claim in answer],
    )


def _seen(state: State, context: RunContext) -> tuple[str, ...]:
    """What the model that answers sees in the ECG itself; asked only where it could decide a suggestion."""
    choice, case = context.choice, context.the_case
    if choice.seen is None or state.get("model_name") != choice.name or not any(s.undecided for s in case.suggestions):
        return ()
    return choice.seen(case)


def verify_node(state: State, runtime: Runtime[RunContext]) -> State:
    """Check each draft; what passes is released and streamed, what fails goes back or is withheld."""
    return verify_drafts(state, _context(state, runtime))


def _after_verify(state: State) -> Literal["revise", "report"]:
    return "revise" if state.get("faults") else "report"


def revise(state: State, runtime: Runtime[RunContext]) -> State:
    """Tell the model what was wrong and take its new drafts; a model that fails here loses the claims at hand."""
    context = _context(state, runtime)
    told = faults_message(state.get("faults", []))
    after = _model_turn([*state.get("messages", []), told], [told], state, context)
    after["sentences"] = list(dict.fromkeys([*state.get("sentences", []), *after.get("sentences", [])]))
    if after.get("model_name") == "none":
        # The first drafts stand unverified: they are kept as they are, to be withheld with their reasons.
        after["drafts"] = state.get("drafts", [])
    elif not (after.get("drafts") or after["sentences"] or _answered(state)):
        return State(**{**after, **_by_rule_instead(state, context)})
    return after


def _answered(state: State) -> bool:
    """Whether a claim of the model's has passed already."""
    return any(str(claim["id"]).startswith("model_") for claim in state.get("released", []))


def _by_rule_instead(state: State, context: RunContext) -> State:
    """A model that takes all its drafts back leaves no question without an answer; the drafts are withheld."""
    claims, said = answer_by_rule(state.get("question") or "", context)
    known = {claim["text"] for claim in (*state.get("drafts", []), *state.get("released", []))}
    fresh = [claim for claim in claims if claim.text not in known]
    return State(
        drafts=[*state.get("drafts", []), *(claim.model_dump(mode="json") for claim in fresh)],
        sentences=list(said),
        answering=[*state.get("answering", []), *(claim.text for claim in claims)],
        attempts=MAX_DRAFTS,
        model_note=f"{context.choice.reason}; no draft of its own passed, criteria answered",
    )


def report(state: State, runtime: Runtime[RunContext]) -> State:
    """Assemble the report outside the state and hand it to the caller."""
    context = _context(state, runtime)
    context.report = conclude(state, context)
    return State(drafts=[], faults=[])
