"""Which tasks there are; each is imported only when it is run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from calipers.errors import UsageError
from calipers.evals.framework.document import write
from calipers.evals.framework.fingerprint import imported, reachable
from calipers.evals.framework.provenance import asked, provenance, stale_parts, with_files
from calipers.evals.framework.result import Result, read_results, results_json
from calipers.evals.framework.task import Options, Outcome, Task

_TASKS: Final[dict[str, str]] = {
    "measurement": "calipers.evals.measurement:MeasurementTask",
    "statements": "calipers.evals.statements:StatementsTask",
    "triage": "calipers.evals.triage:TriageTask",
    "citations": "calipers.evals.citations:CitationsTask",
    "perturbation": "calipers.evals.perturbation:PerturbationTask",
    "grounding": "calipers.evals.grounding:GroundingTask",
    "abstention": "calipers.evals.abstention:AbstentionTask",
    "agreement": "calipers.evals.agreement:AgreementTask",
    "ptbxl_statements": "calipers.evals.ptbxl_statements:PtbxlStatementsTask",
    "digitisation": "calipers.evals.digitisation:DigitisationTask",
    "image_agreement": "calipers.evals.image_agreement:ImageAgreementTask",
    "layouts": "calipers.evals.layouts:LayoutsTask",
    "ecgbench": "calipers.evals.ecgbench:EcgBenchTask",
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


def package_of(name: str) -> str:
    """The package of a task.

    Raises:
        UsageError: there is no such task.
    """
    if name not in _TASKS:
        raise UsageError(f"found task `{name}`; needed one of {', '.join(_TASKS)}")
    return _TASKS[name].partition(":")[0]


def find(name: str) -> Task:
    """The task of that name.

    Raises:
        UsageError: there is none.
    """
    module = package_of(name)
    return cast("Task", getattr(import_module(module), _TASKS[name].partition(":")[2])())


def run(names: Sequence[str], options: Options) -> list[Outcome]:
    """Run the named tasks, or all of them for an empty list; an unknown name is refused before any runs."""
    for name in names:
        package_of(name)
    return [run_task(name, options) for name in names or task_names()]


def run_task(name: str, options: Options) -> Outcome:
    """Run one task; its results of single samples go to `samples/<task>` under `options.out`, where that is given."""
    task = find(name)
    before = reachable(package_of(name))
    noted = provenance(package_of(name), options)
    samples = options.out / "samples" / name if options.out is not None else None
    inside = replace(options, out=samples, passes=Counter(), modules=set())
    outcome = task.run(inside)
    noted = with_files(noted, imported() | inside.modules, before)
    return outcome._replace(result=replace(outcome.result, provenance=noted))


def saved(name: str, options: Options) -> Result | None:
    """The result that lies in `options.out`, taken with the same options from the code and weights at hand."""
    path = options.out / f"{name}.json" if options.out is not None else None
    if path is None or not path.is_file():
        return None
    result = read_results(path)[0]
    same = result.provenance.get("asked") == asked(options)
    return result if same and not stale_parts(result.provenance, package_of(name)) else None


def write_outcome(outcome: Outcome, folder: Path) -> list[Path]:
    """Write a task's report (`<task>.md` with its figures, `<task>.html`) and its numbers (`<task>.json`)."""
    name = outcome.result.task
    reports = write(outcome.report, folder, name)
    numbers = folder / f"{name}.json"
    numbers.write_text(results_json([outcome.result]) + "\n", encoding="utf-8")
    return [*reports, numbers]
