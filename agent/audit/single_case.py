"""One ECG, measured once, read and asked about outside any conversation; each run keeps what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from calipers.agent.case_store import CaseStore, case_key
from calipers.agent.choice import Choice
from calipers.agent.context import RunContext
from calipers.agent.events import Step
from calipers.agent.graph import Graph
from calipers.agent.hooks import Hooks
from calipers.agent.state import Mode, fresh_run
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.report import Report
from calipers.settings import settings
from calipers.tools.compare import require_comparable

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage
    from langchain_core.tools import BaseTool

_NO_HOOKS: Final = Hooks()


@dataclass(frozen=True)
class Finished:
    """One run that has ended.

    Attributes:
        report: what left the program.
        steps: the tool calls that the model chose.
        messages: the model's conversation: prompts, tool calls and their results, drafts; empty without a model.
        opinion: keys that a published model named.
        history: how many of the messages earlier runs of the conversation left.
    """

    report: Report
    steps: tuple[Step, ...]
    messages: tuple[AnyMessage, ...]
    opinion: tuple[str, ...]
    history: int = 0


class SingleCase:
    """An ECG under review, with earlier ones of the same patient.

    Args:
        graph: as `build_graph()` makes it, shared by all cases.
        choice: the model.
        ecg: the ECG.
        priors: earlier ECGs of the same patient.
        home: where guidelines and history are looked up.
        tools, hooks: of the user's own.

    Raises:
        UsageError: a prior is another patient's, or the model is remote and nothing may leave this machine.
    """

    def __init__(
        self,
        graph: Graph,
        choice: Choice,
        ecg: Ecg,
        priors: Sequence[Ecg] = (),
        home: Path | None = None,
        *,
        tools: tuple[BaseTool, ...] = (),
        hooks: Hooks = _NO_HOOKS,
    ) -> None:
        if choice.remote and not settings().allow_remote:
            raise UsageError(f"found model `{choice.name}`, which is remote; needed CALIPERS_ALLOW_REMOTE=true")
        for prior in priors:
            require_comparable(ecg, prior)
        self._graph, self._choice, self._home = graph, choice, home
        self._tools, self._hooks = tools, hooks
        self._memory = CaseStore(None)
        self._case = replace(self._memory.put(ecg), priors=tuple(self._memory.put(prior) for prior in priors))
        self._prior_keys = [case_key(prior) for prior in priors]
        #: Equal for two inputs that are the same recording of the same patient with the same priors.
        self.key = "+".join([case_key(ecg), *self._prior_keys])

    def interpret(self, question: str | None = None) -> Finished:
        """The full read, with the answer to `question`."""
        return self._run("interpret", question)

    def answer(self, question: str, history: Sequence[AnyMessage] = ()) -> Finished:
        """The answer to one question, after what was said before it."""
        return self._run("ask", question, history)

    def _run(self, mode: Mode, question: str | None, history: Sequence[AnyMessage] = ()) -> Finished:
        context = RunContext(
            self._memory, self._choice, case=self._case, home=self._home, tools=self._tools, hooks=self._hooks
        )
        start = fresh_run(self._case_key, mode, question, self._prior_keys)
        if history:
            start["messages"] = list(history)
        return finished(context, self._graph.invoke(start, context=context), len(history))

    @property
    def _case_key(self) -> str:
        return case_key(self._case.ecg)


def finished(context: RunContext, state: Mapping[str, Any], history: int) -> Finished:
    """What a run has come to, from its context and the graph's last state."""
    if context.report is None:
        raise RuntimeError("the graph ended without a report")
    return Finished(
        report=context.report,
        steps=tuple(context.steps),
        messages=tuple(state.get("messages", ())),
        opinion=tuple(state.get("opinion", ())),
        history=history,
    )
