"""Which tasks there are; each is imported only when it is run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from calipers.errors import UsageError
from calipers.evals.framework.document import write
from calipers.evals.framework.result import results_json
from calipers.evals.framework.task import Options, Outcome, Task

_TASKS: Final[dict[str, str]] = {
    "measurement": "calipers.evals.measurement:MeasurementTask",
    "statements": "calipers.evals.statements:StatementsTask",
    "triage": "calipers.evals.triage:TriageTask",
    "ptbxl_statements": "calipers.evals.ptbxl_statements:PtbxlStatementsTask",
    "image_agreement": "calipers.evals.image_agreement:ImageAgreementTask",
    "zero_shot": "calipers.evals.zero_shot:ZeroShotTask",
    "ecg_reasoning": "calipers.evals.ecg_reasoning:EcgReasoningTask",
    "sight": "calipers.evals.sight:SightTask",
    "tool_choice": "calipers.evals.tool_choice:ToolChoiceTask",
    "ecg_qa": "calipers.evals.ecg_qa:EcgQaTask",
    "report": "calipers.evals.report:ReportTask",
    "speed": "calipers.evals.speed:SpeedTask",
    "generator": "calipers.evals.generator:GeneratorTask",
    "retrieval": "calipers.evals.retrieval:RetrievalTask",
}


def task_names() -> tuple[str, ...]:
    """Every task, in the order in which they run."""
    return tuple(_TASKS)


def find(name: str) -> Task:
    """The task of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in _TASKS:
        raise UsageError(f"found task `{name}`; needed one of {', '.join(_TASKS)}")
    module, _, attribute = _TASKS[name].partition(":")
    return cast("Task", getattr(import_module(module), attribute)())


def run(names: Sequence[str], options: Options) -> list[Outcome]:
    """Run the named tasks, or all of them for an empty list; an unknown name is refused before any runs."""
    tasks = [find(name) for name in names or task_names()]
    return [task.run(options) for task in tasks]


def write_outcome(outcome: Outcome, folder: Path) -> list[Path]:
    """Write a task's report (`<task>.md` with its figures, `<task>.html`) and its numbers (`<task>.json`)."""
    name = outcome.result.task
    reports = write(outcome.report, folder, name)
    numbers = folder / f"{name}.json"
    numbers.write_text(results_json([outcome.result]) + "\n", encoding="utf-8")
    return [*reports, numbers]
