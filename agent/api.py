"""The Python surface: an agent that interprets one ECG, or talks about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from calipers.agent.async_api import AsyncTwins
from calipers.agent.case_store import CaseStore, case_key
from calipers.agent.choice import Choice, choose
from calipers.agent.context import RunContext
from calipers.agent.conversations import Conversations
from calipers.agent.events import Answer, Event, ignore
from calipers.agent.generator import require_recorded
from calipers.agent.hooks import AfterVerify, BeforeVerify, Hooks
from calipers.agent.library import Library
from calipers.agent.reviews import Reviews
from calipers.agent.state import fresh_run
from calipers.agent.telemetry import span
from calipers.agent.threads import Threads
from calipers.agent.verifier import verify
from calipers.ecg import Ecg, Sex
from calipers.errors import UsageError
from calipers.report import Fault, Report
from calipers.settings import settings
from calipers.tools.compare import require_comparable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from calipers.agent.batch.own_parts import OwnParts
    from calipers.agent.graph import Graph
    from calipers.tools.generate import Synthesis

__all__ = ["Agent", "Answer"]


class _Given(NamedTuple):
    """The user's own parts as they were given, for the workers of a review to be given as well."""

    criteria: tuple[str | Path, ...]
    guidelines: tuple[str | Path, ...]
    tools: tuple[BaseTool | Callable[..., Any], ...]


class Agent(Conversations, Reviews, AsyncTwins):
    """Interprets ECGs and answers questions about them; every claim is verified before it is returned.

    Each agent has its own criteria, guidelines, tools and hooks; two of them side by side share nothing but the
    folder `home`. Every method has an async twin, `ainterpret`, `aask` and so on.

    Args:
        model: `none`, `embedded`, a LangChain model name with tool calling, an OpenAI-compatible URL, or a
            chat model object, or a `Choice` that several agents share; by default what `CALIPERS_MODEL` says.
        home: where threads and cases live; by default `CALIPERS_HOME`. Use a temporary folder to leave no trace.
        tools: LangChain tools, or documented functions, that a chat model may call beside the built-in ones. What
            one finds can be cited only as a `ToolFinding` in its artifact; it supports no criterion. `none` and
            `embedded` choose among the built-in tools alone.
        criteria: YAML files of statements and their criteria as in `knowledge/criteria`, or folders of them.
        guidelines: folders of paraphrased passages as in `knowledge/guidelines`.
        before_verify: given the drafted claims, returns a `Veto` of each that shall be withheld unchecked.
        after_verify: given the report, returns a `Veto` of each claim that shall be withheld after all, and `Note`s.
        bundles: a folder that takes a bundle of every run, for `calipers replay`; by default `CALIPERS_BUNDLES`.

    Raises:
        UsageError: the model's name is not known, or two tools share a name.
        CriteriaError, GuidelineError: a file is not valid.
        MissingPart: the model's package is not installed.

    Example:
        >>> agent = Agent(model="none", home=home)
        >>> report = agent.interpret(ecg)
        >>> report.impression
        'Normal ECG.'
        >>> report.claims[1].text, report.claims[1].evidence
        ('Ventricular rate 61/min.', ('hr',))
        >>> agent.verify(report, ecg)
        []
    """

    def __init__(
        self,
        model: str | BaseChatModel | Choice | None = None,
        *,
        home: Path | None = None,
        tools: Sequence[BaseTool | Callable[..., Any]] = (),
        criteria: Sequence[str | Path] = (),
        guidelines: Sequence[str | Path] = (),
        before_verify: BeforeVerify | None = None,
        after_verify: AfterVerify | None = None,
        bundles: Path | None = None,
    ) -> None:
        # Nothing here may be traced to a third party unless the user sets it up beyond this variable.
        os.environ.setdefault("LANGSMITH_TRACING", "false")
        self.choice: Choice = choose(model)
        self.home = home or settings().home
        self.store = CaseStore(self.home / "cases")
        self._model = model
        self._bundles = bundles or settings().bundles
        self._given = _Given(tuple(criteria), tuple(guidelines), tuple(tools))
        self._tools = _own_tools(tools)
        self._library = Library.of(criteria, guidelines)
        self._hooks = Hooks(before_verify, after_verify)
        self._graph: Graph | None = None
        self._threads = Threads(self.home, self._library)

    def interpret(
        self,
        ecg: Ecg,
        question: str | None = None,
        priors: Sequence[Ecg] = (),
        *,
        allow_synthetic: bool = False,
    ) -> Report:
        """Read an ECG in full; `question` is answered as well, by the chosen model or by rule.

        `priors` are other ECGs of the same patient; what changed against the nearest becomes claims.
        `allow_synthetic` reads an ECG that a generator made; every claim then carries the mark.

        Raises:
            UsageError: the model is remote and patient data may not leave this machine, a prior carries
                another patient's identifier or is synthetic, or the ECG is synthetic and that was not allowed.

        Example:
            >>> agent.interpret(ecg, "what is the QRS axis?").answer
            'Normal QRS axis, 49°.'
        """
        require_recorded(ecg, allow_synthetic)
        for prior in priors:
            require_comparable(ecg, prior)
        self._require_local(f"age, sex{', a picture' if self.choice.shows_page else ''} and measurements")
        memory = CaseStore(None)
        with self._library.in_use(), span("interpret", model=self.choice.name):
            case = replace(memory.put(ecg), priors=tuple(memory.put(prior) for prior in priors))
            context = replace(self._context(), store=memory, case=case)
            keys = [case_key(prior) for prior in priors]
            ended = self._single().invoke(fresh_run(case_key(ecg), "interpret", question, keys), context=context)
            if context.bundles:
                from calipers.agent.audit import keep_bundle

                keep_bundle(context, ended)
        if context.report is None:
            raise RuntimeError("the graph ended without a report")
        return context.report

    def verify(self, report: Report, ecg: Ecg | None = None, priors: Sequence[Ecg] = ()) -> list[Fault]:
        """`calipers.verify` by this agent's criteria and guidelines."""
        with self._library.in_use():
            return verify(report, ecg, priors)

    def synthesise(
        self, text: str, age: float | None = None, sex: Sex | None = None, seed: int | None = None
    ) -> Synthesis:
        """A synthetic ECG from words, measured again: what was asked for beside what was obtained.

        Raises:
            UsageError: the words contradict themselves or ask for what cannot be made; the message is the question back.
            MissingPart: the generator's weights are not in this version.
        """
        from calipers.tools.generate import synthesise

        return synthesise(text, age=age, sex=sex, seed=seed)

    def _for_workers(self) -> tuple[str | None, OwnParts]:
        if self._model is not None and not isinstance(self._model, str):
            raise UsageError("found a model object; needed a model's name, which worker processes can load themselves")
        self._require_local("age, sex and measurements")
        from calipers.agent.batch.own_parts import OwnParts

        return self._model, OwnParts.of(*self._given, self._hooks)

    def close(self) -> None:
        """Close the checkpoint database; `with Agent(…) as agent:` does it at the end."""
        self._threads.close()

    def __enter__(self) -> Agent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_local(self, what: str) -> None:
        if self.choice.remote and not settings().allow_remote:
            raise UsageError(
                f"found model `{self.choice.name}`, which is remote; needed CALIPERS_ALLOW_REMOTE=true to send it {what}"
            )

    def _context(self, listen: Callable[[Event], None] | None = None) -> RunContext:
        return RunContext(
            self.store,
            self.choice,
            listen or ignore,
            home=self.home,
            tools=self._tools,
            hooks=self._hooks,
            bundles=self._bundles,
        )

    def _single(self) -> Graph:
        if self._graph is None:
            from calipers.agent.graph import build_graph

            self._graph = build_graph()
        return self._graph


def _own_tools(tools: Sequence[BaseTool | Callable[..., Any]]) -> tuple[BaseTool, ...]:
    if not tools:
        return ()
    from calipers.agent.own_tools import own_tools

    return own_tools(tools)
