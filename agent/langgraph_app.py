"""The graph for LangGraph's own server and studio: `langgraph.json` names `graph`, and `langgraph dev` serves it.

A run takes `{"record": "ecg.hea", "question": "is the PR prolonged?"}`, an ECG file below `CALIPERS_SERVED` or the
working folder, and ends with the report. The inner graph is that of every other surface.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph

from calipers.agent.case_store import CaseStore, case_key
from calipers.agent.choice import choose
from calipers.agent.context import RunContext
from calipers.agent.graph import build_graph
from calipers.agent.state import fresh_run
from calipers.errors import UsageError
from calipers.settings import settings
from calipers.tools.read import read_ecg


class Served(TypedDict, total=False):
    """What goes in and what comes out.

    Attributes:
        record: path of the ECG below the served folder.
        question: answered beside the full read; None asks nothing.
        case: key of the ECG, once it was read.
        report: as `Report.model_dump(mode="json")`.
    """

    record: str
    question: str | None
    case: str
    report: dict[str, Any]


_calipers = build_graph()


def read_record(state: Served) -> Served:
    """Read and measure the ECG; the state holds its key from here on.

    Raises:
        UsageError: the path leads out of the served folder.
        UnreadableInput: the file is no ECG.
    """
    folder = (settings().served or Path()).resolve()
    path = (folder / state["record"]).resolve()
    if not path.is_relative_to(folder):
        raise UsageError(f"found `{state['record']}`, which lies outside the served folder; needed a path inside it")
    ecg = read_ecg(path)
    _store(settings().home).put(ecg)
    return Served(case=case_key(ecg))


def interpret(state: Served, config: RunnableConfig) -> Served:
    """Run the graph on the case; its report is the outcome."""
    home = settings().home
    context = RunContext(_store(home), choose(None), home=home)
    _calipers.invoke(fresh_run(state["case"], "interpret", state.get("question")), config, context=context)
    if context.report is None:
        raise RuntimeError("the graph ended without a report")
    return Served(report=context.report.model_dump(mode="json"))


@cache
def _store(home: Path) -> CaseStore:
    return CaseStore(home / "cases")


def served_graph() -> Any:
    """The compiled graph, from a file's path to its report."""
    served = StateGraph(Served)
    served.add_node("read_record", read_record)
    served.add_node("interpret", interpret)
    served.add_edge(START, "read_record")
    served.add_edge("read_record", "interpret")
    served.add_edge("interpret", END)
    return served.compile()


graph: Final = served_graph()
