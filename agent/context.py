"""What one run carries beside its state: the case, the model, the steps taken, and where events go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from calipers.agent.case import Case
from calipers.agent.case_store import CaseStore
from calipers.agent.choice import Choice
from calipers.agent.events import Event, Step, StepEvent, ignore
from calipers.agent.hooks import Hooks
from calipers.agent.telemetry import span
from calipers.report import Report
from calipers.tools.render import Picture


@dataclass
class RunContext:
    """Injected into graph nodes and tools; never checkpointed.

    Attributes:
        store, choice, home: where cases are, which model answers, where guidelines and history are looked up.
        listen: told of each event.
        tools, hooks: of the user's own.
        bundles: the folder that takes a bundle of the run; None keeps none.
        case: the one under review; the graph's first node sets it.
        steps, pictures, syntheses, report: what the run has come to so far.
    """

    store: CaseStore
    choice: Choice
    listen: Callable[[Event], None] = ignore
    case: Case | None = None
    steps: list[Step] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    syntheses: list[Any] = field(default_factory=list)
    report: Report | None = None
    home: Path | None = None
    tools: tuple[BaseTool, ...] = ()
    hooks: Hooks = field(default_factory=Hooks)
    bundles: Path | None = None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tools get it as it is: a schema of all that it holds would be built, and checked at every call."""
        return core_schema.is_instance_schema(cls)

    @property
    def the_case(self) -> Case:
        """The case under review; the graph's first node sets it."""
        if self.case is None:
            raise RuntimeError("the run has no case yet")
        return self.case

    @contextmanager
    def step(self, name: str, **arguments: Any) -> Iterator[list[str]]:
        """Record a tool call with its wall time, and tell the listener; the list takes what it gave, line by line."""
        started = time.perf_counter()
        found: list[str] = []
        try:
            with span(f"tool.{name}"):
                yield found
        finally:
            seconds = round(time.perf_counter() - started, 4)
            taken = Step(name=name, arguments=arguments, seconds=seconds, result=tuple(found))
            self.steps.append(taken)
            self.listen(StepEvent(step=taken))
