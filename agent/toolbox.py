"""The tools a language model may choose among. Thin: the arithmetic is in `calipers.tools`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import BaseTool

from calipers.agent.context import RunContext
from calipers.errors import UnknownEvidence
from calipers.evidence import Evidence, Measurement
from calipers.knowledge import Verdict, statements
from calipers.printing import printed
from calipers.tools.explain import chain
from calipers.tools.render import render as draw

Runtime = ToolRuntime[RunContext, dict[str, object]]


def evidence_line(item: Evidence) -> str:
    """One item as the model sees it: id, value, uncertainty, or why there is none."""
    if isinstance(item, Measurement):
        if item.status == "not_measurable":
            return f"{item.id}: not measurable ({item.reason})"
        spread = f" ± {item.uncertainty:g}" if item.uncertainty else ""
        return f"{item.id} = {printed(item)}{spread}"
    return f"{item.id}"


def verdict_line(verdict: Verdict) -> str:
    """One statement as the model sees it: the result, the allowed certainty, and the ids to cite."""
    said = verdict.present or verdict.absent
    evidence = said.evidence if said else ()
    criteria = said.criteria if said else ()
    return (
        f"{verdict.key} ({verdict.statement.label}): {verdict.result}"
        f"{f', certainty {verdict.certainty}' if verdict.certainty else ''}"
        f"{'' if verdict.leans is None else f', leans {str(verdict.leans).lower()}'}"
        f"; evidence {' '.join(evidence) or '-'}; criteria {' '.join(criteria) or '-'}"
    )


@tool(response_format="content_and_artifact")
def measure(ids: list[str], runtime: Runtime) -> tuple[str, list[str]]:
    """Look up measurements of this ECG by id: `pr`, `qtc_bazett`, `V3.st_j`, `II.t_amp`, `qrs#4`."""
    case = runtime.context.the_case
    with runtime.context.step("measure", ids=ids):
        known = [key for key in ids if key in case.measurements]
        lines = [evidence_line(case.measurements[key]) for key in known]
        lines += [f"{key}: no such measurement" for key in ids if key not in case.measurements]
    return "\n".join(lines) or "no id given", known


@tool(response_format="content_and_artifact")
def explain(statement: str, runtime: Runtime) -> tuple[str, str]:
    """Walk through the published criteria of one diagnostic statement on this ECG, step by step."""
    case = runtime.context.the_case
    with runtime.context.step("explain", statement=statement):
        row = statements().find(statement)
        if row.key not in case.verdicts:
            return f"{row.label}: no published criteria here", row.key
        verdict = case.verdicts[row.key]
        walked = chain(verdict, case.measurements, case.record)
        lines = [verdict_line(verdict)]
        lines += [
            f"- {step.looks_for}: {step.result}; " + ", ".join(evidence_line(value) for value in step.values)
            for step in walked.steps
        ]
    return "\n".join(lines), row.key


@tool(response_format="content_and_artifact")
def interpret(runtime: Runtime) -> tuple[str, list[str]]:
    """Read the whole ECG: every statement that is met or leaning, and the global measurements."""
    case = runtime.context.the_case
    with runtime.context.step("interpret"):
        found = case.verdicts.asserted()
        globals_ = [item for item in case.measurements.values() if item.lead is None and item.beat is None]
        lines = [verdict_line(verdict) for verdict in found] + [evidence_line(item) for item in globals_]
    return "\n".join(lines), [verdict.key for verdict in found]


@tool(response_format="content_and_artifact")
def render(evidence: list[str], layout: Literal["3x4+1", "6x2", "12x1"], runtime: Runtime) -> tuple[str, list[str]]:
    """Draw the ECG on paper with the given evidence ids marked as calipers."""
    context = runtime.context
    with context.step("render", evidence=evidence, layout=layout):
        unknown = [key for key in evidence if key not in context.the_case.measurements]
        if unknown:
            raise UnknownEvidence(f"found id `{unknown[0]}`; needed ids of this ECG's measurements")
        context.pictures.append(
            draw(context.the_case.ecg, layout=layout, measurements=context.the_case.measurements, evidence=evidence)
        )
    return "The picture is shown to the user.", list(evidence)


def toolbox() -> Sequence[BaseTool]:
    """Every tool, in the order in which the prompt lists them."""
    return (measure, explain, interpret, render)
