"""The Python surface: an agent that interprets one ECG, or talks about it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any

from calipers.agent.case_store import CaseStore, case_key
from calipers.agent.choice import Choice, choose
from calipers.agent.context import Event, RunContext, Step, ignore
from calipers.agent.state import State, fresh_run
from calipers.ecg import Ecg, Sex
from calipers.errors import CalipersError, UsageError
from calipers.evidence import Frozen
from calipers.report import Claim, Report, Withheld
from calipers.settings import settings
from calipers.tools.compare import require_comparable
from calipers.tools.render import Picture

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from calipers.agent.batch import Progress, Reviewed
    from calipers.agent.graph import Graph
    from calipers.tools.generate import Synthesis


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


class Agent:
    """Interprets ECGs and answers questions about them; every claim is verified before it is returned.

    Args:
        model: `none`, `embedded`, a LangChain model name with tool calling, an OpenAI-compatible URL, or a
            chat model object, or a `Choice` that several agents share; by default what `CALIPERS_MODEL` says.
        home: where threads and cases live; by default `CALIPERS_HOME`. `None` is the default; use a
            temporary folder to leave no trace.

    Example:
        >>> agent = Agent(model="none")                                  # doctest: +SKIP
        >>> print(agent.interpret(calipers.read_ecg("ecg.dcm")).impression)  # doctest: +SKIP
        Sinus rhythm. Normal ECG.
    """

    def __init__(self, model: str | BaseChatModel | Choice | None = None, *, home: Path | None = None) -> None:
        # Nothing here may be traced to a third party unless the user sets it up beyond this variable.
        os.environ.setdefault("LANGSMITH_TRACING", "false")
        self.choice: Choice = choose(model)
        self._model = model
        self.home = home or settings().home
        self.store = CaseStore(self.home / "cases")
        self._graph: Graph | None = None
        self._threads: Graph | None = None
        self._connection: Any = None

    def interpret(self, ecg: Ecg, question: str | None = None, priors: Sequence[Ecg] = ()) -> Report:
        """Read an ECG in full; `question` is answered as well, by the chosen model or by rule.

        `priors` are other ECGs of the same patient; what changed against the nearest becomes claims.

        Raises:
            UsageError: the model is remote and patient data may not leave this machine, or a prior carries
                another patient's identifier or is synthetic.
        """
        for prior in priors:
            require_comparable(ecg, prior)
        if self.choice.remote and not settings().allow_remote:
            raise UsageError(
                f"found model `{self.choice.name}`, which is remote; needed CALIPERS_ALLOW_REMOTE=true to send it"
                f" age, sex{', a picture' if self.choice.shows_page else ''} and measurements"
            )
        memory = CaseStore(None)
        case = replace(memory.put(ecg), priors=tuple(memory.put(prior) for prior in priors))
        context = RunContext(memory, self.choice, case=case, home=self.home)
        keys = [case_key(prior) for prior in priors]
        self._single().invoke(fresh_run(case_key(ecg), "interpret", question, keys), context=context)
        if context.report is None:
            raise RuntimeError("the graph ended without a report")
        return context.report

    def ask(
        self,
        thread_id: str,
        text: str,
        ecg: Ecg | None = None,
        priors: Sequence[Ecg] = (),
        *,
        listen: Callable[[Event], None] = ignore,
    ) -> Answer:
        """Ask within a conversation; the ECG and its priors are given once and remembered with the thread.

        Args:
            thread_id: names the conversation.
            text: the question.
            ecg: the ECG under review; needed with the first question.
            priors: earlier ECGs of the same patient.
            listen: told of each step and claim as it happens; what it raises ends the run.

        Raises:
            UsageError: no ECG was given in this thread, or a prior carries another patient's identifier or
                is synthetic.
        """
        return self._run(thread_id, self._question(thread_id, text, ecg, priors), listen)

    def ecg_of(self, thread_id: str) -> Ecg:
        """The ECG that a conversation is about.

        Raises:
            UsageError: there is no such conversation.
        """
        known = self._threaded().get_state(_config(thread_id)).values.get("case")
        if known is None:
            raise UsageError(f"found no ECG in thread `{thread_id}`; needed one with the first question")
        return self.store.get(known).ecg

    def resume(self, thread_id: str, value: Any, *, listen: Callable[[Event], None] = ignore) -> Answer:
        """Continue a conversation that was interrupted with a question back; `listen` as for `ask`."""
        from langgraph.types import Command

        return self._run(thread_id, Command(resume=value), listen)

    def stream(self, thread_id: str, text: str, ecg: Ecg | None = None, priors: Sequence[Ecg] = ()) -> Iterator[Event]:
        """Like `ask`, but yields steps and claims as they happen; the last event is `done`, `interrupt` or `error`."""
        start = self._question(thread_id, text, ecg, priors)
        queue: SimpleQueue[Event | None] = SimpleQueue()

        def work() -> None:
            try:
                answer = self._run(thread_id, start, queue.put)
                if answer.interrupt is not None:
                    queue.put(Event(kind="interrupt", value=answer.interrupt))
            except CalipersError as problem:
                queue.put(Event(kind="error", value=str(problem)))
            finally:
                queue.put(None)

        Thread(target=work, name=f"calipers-{thread_id}", daemon=True).start()
        while (event := queue.get()) is not None:
            yield event

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

    def review(
        self,
        cases: str | Path | Sequence[str | Path],
        out: Path,
        *,
        workers: int = 1,
        resume: bool = False,
        questions: Sequence[str] = (),
        listen: Callable[[Progress], None] | None = None,
    ) -> Reviewed:
        """Interpret many ECGs in worker processes: one report each, and what they come to, worst first.

        Args:
            cases: a folder, a pattern, a CSV, JSONL or Parquet manifest, or ECG files.
            out: the folder of the results.
            workers: processes at a time; each loads the model once.
            resume: go on with what an interrupted review left in `out`.
            questions: asked of each case.
            listen: told of each case as it finishes.

        Raises:
            UsageError: there is no case, `out` cannot be used, or the model is an object that only this process has.
        """
        from calipers.agent.batch import find_cases
        from calipers.agent.batch import review as review_cases

        if self._model is not None and not isinstance(self._model, str):
            raise UsageError("found a model object; needed a model's name, which worker processes can load themselves")
        if self.choice.remote and not settings().allow_remote:
            raise UsageError(f"found model `{self.choice.name}`, which is remote; needed CALIPERS_ALLOW_REMOTE=true")
        return review_cases(
            find_cases(cases, leave_out=out),
            out,
            model=self._model,
            workers=workers,
            resume=resume,
            questions=questions,
            home=self.home,
            listen=listen or (lambda _: None),
        )

    async def areview(
        self,
        cases: str | Path | Sequence[str | Path],
        out: Path,
        *,
        workers: int = 1,
        resume: bool = False,
        questions: Sequence[str] = (),
        listen: Callable[[Progress], None] | None = None,
    ) -> Reviewed:
        """`review` without blocking the event loop."""
        return await asyncio.to_thread(
            self.review, cases, out, workers=workers, resume=resume, questions=questions, listen=listen
        )

    async def asynthesise(
        self, text: str, age: float | None = None, sex: Sex | None = None, seed: int | None = None
    ) -> Synthesis:
        """`synthesise` without blocking the event loop."""
        return await asyncio.to_thread(self.synthesise, text, age, sex, seed)

    async def ainterpret(self, ecg: Ecg, question: str | None = None, priors: Sequence[Ecg] = ()) -> Report:
        """`interpret` without blocking the event loop; the work runs in a thread."""
        return await asyncio.to_thread(self.interpret, ecg, question, priors)

    async def aask(self, thread_id: str, text: str, ecg: Ecg | None = None, priors: Sequence[Ecg] = ()) -> Answer:
        """`ask` without blocking the event loop."""
        return await asyncio.to_thread(self.ask, thread_id, text, ecg, priors)

    async def aresume(self, thread_id: str, value: Any) -> Answer:
        """`resume` without blocking the event loop."""
        return await asyncio.to_thread(self.resume, thread_id, value)

    async def astream(
        self, thread_id: str, text: str, ecg: Ecg | None = None, priors: Sequence[Ecg] = ()
    ) -> AsyncIterator[Event]:
        """`stream` without blocking the event loop."""
        events = self.stream(thread_id, text, ecg, priors)
        while (event := await asyncio.to_thread(next, events, None)) is not None:
            yield event

    def close(self) -> None:
        """Close the checkpoint database."""
        if self._connection is not None:
            self._connection.close()
            self._connection, self._threads = None, None

    def __enter__(self) -> Agent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, thread_id: str, start: State | Any, listen: Callable[[Event], None]) -> Answer:
        context = RunContext(self.store, self.choice, listen, home=self.home)
        result = self._threaded().invoke(start, _config(thread_id), context=context)
        pending = result.get("__interrupt__") if isinstance(result, dict) else None
        if pending:
            return Answer(text="", interrupt=dict(pending[0].value), steps=tuple(context.steps))
        report = context.report
        if report is None:
            raise UsageError(f"found nothing to resume in thread `{thread_id}`")
        return Answer(
            text=report.answer or "",
            claims=report.claims,
            withheld=report.withheld,
            steps=tuple(context.steps),
            report=report,
            pictures=tuple(context.pictures),
            syntheses=tuple(context.syntheses),
        )

    def _question(self, thread_id: str, text: str, ecg: Ecg | None, priors: Sequence[Ecg]) -> State:
        if ecg is not None:
            self.store.put(ecg)
            return fresh_run(case_key(ecg), "ask", text, self._stored_priors(ecg, priors))
        values = self._threaded().get_state(_config(thread_id)).values
        known = values.get("case")
        if known is None:
            raise UsageError(f"found no ECG in thread `{thread_id}`; needed one with the first question")
        given = self._stored_priors(self.store.get(known).ecg, priors) if priors else values.get("priors", [])
        return fresh_run(known, "ask", text, given)

    def _stored_priors(self, ecg: Ecg, priors: Sequence[Ecg]) -> list[str]:
        for prior in priors:
            require_comparable(ecg, prior)
            self.store.put(prior)
        return [case_key(prior) for prior in priors]

    def _single(self) -> Graph:
        if self._graph is None:
            from calipers.agent.graph import build_graph

            self._graph = build_graph()
        return self._graph

    def _threaded(self) -> Graph:
        if self._threads is None:
            from calipers.agent.checkpoints import open_checkpoints
            from calipers.agent.graph import build_graph

            saver, self._connection = open_checkpoints(self.home)
            self._threads = build_graph(saver)
        return self._threads


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}
