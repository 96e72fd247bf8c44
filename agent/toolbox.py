"""The tools a language model may choose among. Thin: the arithmetic is in `calipers.tools`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import BaseTool
from pydantic import Field

from calipers.agent.comparison import ChangeSentence
from calipers.agent.context import RunContext
from calipers.agent.generator import make_ecg
from calipers.agent.lookups import case_items, guideline_items, history_items
from calipers.agent.repetition import repeated
from calipers.agent.suggestions import asked_claims, suggested_claims
from calipers.ecg import Sex
from calipers.errors import UnknownEvidence
from calipers.evidence import Evidence, Measurement
from calipers.knowledge import Verdict, statements
from calipers.printing import printed
from calipers.report import Claim, Demographics
from calipers.tools.explain import chain
from calipers.tools.render import render as draw

Runtime = ToolRuntime[RunContext, dict[str, object]]

#: How a tool says that there is nothing to draft but one fixed sentence.
CHOOSE = "choose the sentence"

Ids = Annotated[
    list[str],
    Field(min_length=1, description="Measurement ids: `pr`, `qtc_bazett`, `V3.st_j`, `II.t_amp`, `qrs#4`"),
]
StatementName = Annotated[
    str, Field(min_length=1, description="Key, SCP code or name of one statement: `lbbb`, `1AVB`, `long QT`")
]
Question = Annotated[str, Field(min_length=1, description="The question in the user's words")]


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


def claim_line(claim: Claim) -> str:
    """One sentence of code's own as the model sees it: template, and all that goes with it."""
    about = f"; statement {claim.statement.key}, {claim.polarity}" if claim.statement else ""
    return f"{claim.template} [certainty {claim.certainty}{about}; evidence {' '.join(claim.evidence)}]"


def sentence_line(said: ChangeSentence) -> str:
    """One sentence about change as the model sees it: template, and all that goes with it."""
    about = f"; statement {said.statement}, {said.polarity}" if said.statement else ""
    criteria = f"; criteria {' '.join(said.criteria)}" if said.criteria else ""
    return f"{said.template} [certainty {said.certainty}{about}; evidence {' '.join(said.evidence)}{criteria}]"


@tool(response_format="content_and_artifact")
def measure(ids: Ids, runtime: Runtime) -> tuple[str, list[str]]:
    """Look up measurements of this ECG by id: `pr`, `qtc_bazett`, `V3.st_j`, `II.t_amp`, `qrs#4`."""
    case = runtime.context.the_case
    with runtime.context.step("measure", ids=ids) as told:
        known = [key for key in ids if key in case.measurements]
        lines = [evidence_line(case.measurements[key]) for key in known]
        lines += [f"{key}: no such measurement" for key in ids if key not in case.measurements]
        told += lines
    return "\n".join(lines) or "no id given", known


@tool(response_format="content_and_artifact")
def explain(statement: StatementName, runtime: Runtime) -> tuple[str, str]:
    """Walk through the published criteria of one diagnostic statement on this ECG, step by step."""
    case = runtime.context.the_case
    with runtime.context.step("explain", statement=statement) as told:
        row = statements().find(statement)
        if row.key not in case.verdicts:
            said = [claim_line(claim) for claim in asked_claims([row.key], case)]
            return "\n".join([f"{row.label}: no published criteria here", *said]), row.key
        verdict = case.verdicts[row.key]
        patient = Demographics(age=case.ecg.patient.age, sex=case.ecg.patient.sex)
        walked = chain(row.key, case.verdicts, case.measurements, patient)
        lines = [verdict_line(verdict)]
        lines += [
            f"- {step.looks_for}: {step.result}; " + ", ".join(evidence_line(value) for value in step.values)
            for step in walked.steps
        ]
        lines += [
            f"- asked in turn: {step.looks_for}: {'found' if step.found else 'not found'}"
            f"{' in ' if step.leads else ''}{' '.join(step.leads)}; so far {step.decision}"
            for step in walked.stepwise
            if step.reached
        ]
        told += lines
    return "\n".join(lines), row.key


@tool(response_format="content_and_artifact")
def interpret(runtime: Runtime) -> tuple[str, list[str]]:
    """Read the whole ECG: every statement that is met or leaning, and the global measurements."""
    case = runtime.context.the_case
    with runtime.context.step("interpret") as told:
        found = case.verdicts.asserted()
        globals_ = [item for item in case.measurements.whole if item.lead is None]
        lines = [verdict_line(verdict) for verdict in found]
        lines += [claim_line(claim) for claim in suggested_claims(case.suggestions, case.ledger)]
        lines += [evidence_line(item) for item in globals_]
        told += lines
    return "\n".join(lines), [verdict.key for verdict in found]


@tool(response_format="content_and_artifact")
def classify(runtime: Runtime, about: list[StatementName] | None = None) -> tuple[str, list[str]]:
    """What probability the trained network gives the statements named in `about`, or its leading ones."""
    case = runtime.context.the_case
    with runtime.context.step("classify", **({"about": about} if about else {})) as told:
        claims = asked_claims([statements().find(name).key for name in about or ()], case)
        told += [claim.text for claim in claims]
    if not claims:
        return f"the network gives no probability for that; {CHOOSE} no_classifier", []
    return "\n".join(["Sentences to draft as they stand:", *map(claim_line, claims)]), [
        key for claim in claims for key in claim.evidence
    ]


@tool(response_format="content_and_artifact")
def compare(runtime: Runtime, about: list[str] | None = None) -> tuple[str, list[str]]:
    """Compare this ECG with the nearest earlier one: what is new, gone, worse, and how each interval changed.

    `about` adds the sentences on single measurements (`pr`, `V3.st_j`) or statements (`lbbb`).
    """
    case = runtime.context.the_case
    with runtime.context.step("compare", **({"about": about} if about else {})) as told:
        said = case.change_sentences
        if said is None:
            return f"no earlier ECG is on file; {CHOOSE} no_prior", []
        wanted = [said.of_statement(key) or said.of_measurement(key) for key in about or ()]
        sentences = list(dict.fromkeys([*filter(None, wanted), *said.full_read()]))
        lines = [sentence_line(sentence) for sentence in sentences]
        lines += [f"limit: {limit.kind}" for limit in said.changes.limits]
        told += lines
    return "\n".join(["Sentences to draft as they stand:", *lines]), [one.key for one in sentences]


@tool(response_format="content_and_artifact")
def search_guidelines(question: Question, runtime: Runtime) -> tuple[str, list[str]]:
    """Look up what published guidelines say; each passage comes with its id and the sentence to draft as it stands."""
    with runtime.context.step("search_guidelines", question=question) as told:
        items = guideline_items(question, runtime.context)
        told += map(_to_repeat, items)
    return "\n".join(map(_to_repeat, items)) or f"no passage answers that; {CHOOSE} no_guideline", [
        item.id for item in items
    ]


@tool(response_format="content_and_artifact")
def search_history(question: Question, runtime: Runtime) -> tuple[str, list[str]]:
    """Look up what earlier reports of this patient said; only those that a clinician stands behind are given."""
    with runtime.context.step("search_history", question=question) as told:
        items, _ = history_items(question, runtime.context)
        told += map(_to_repeat, items)
    return "\n".join(map(_to_repeat, items)) or f"no earlier report is on file; {CHOOSE} no_prior", [
        item.id for item in items
    ]


@tool(response_format="content_and_artifact")
def similar_cases(runtime: Runtime) -> tuple[str, list[str]]:
    """Look up the labelled ECGs of other patients that are most like this one."""
    with runtime.context.step("similar_cases") as told:
        items = case_items(runtime.context)
        told += map(_to_repeat, items)
    return "\n".join(map(_to_repeat, items)) or f"no archive was added; {CHOOSE} no_archive", [
        item.id for item in items
    ]


def _to_repeat(item: Evidence) -> str:
    """An item with the one sentence that may repeat it."""
    return f"{item.id}: {repeated(item)}"


@tool(response_format="content_and_artifact")
def render(
    runtime: Runtime,
    evidence: Annotated[list[str], Field(description="Measurement ids to mark; may be empty")],
    layout: Literal["3x4+1", "6x2", "12x1"] = "3x4+1",
) -> tuple[str, list[str]]:
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


@tool(response_format="content_and_artifact")
def generate(
    text: Annotated[str, Field(min_length=1, description="What the ECG should show, in the user's words")],
    runtime: Runtime,
    age: Annotated[float | None, Field(ge=0, le=120, description="Years")] = None,
    sex: Annotated[Sex | None, Field(description="male or female")] = None,
    seed: Annotated[int | None, Field(ge=0, description="The same seed gives the same ECG")] = None,
) -> tuple[str, list[str]]:
    """Make a new, synthetic ECG from a description, or a changed one; it is measured again."""
    context = runtime.context
    asked = {"age": age, "sex": sex, "seed": seed}
    with context.step(
        "generate", text=text, **{name: value for name, value in asked.items() if value is not None}
    ) as told:
        made = make_ecg(text, context, age=age, sex=sex, seed=seed)
        told += made.lines
    return f"{made.reason or 'The ECG is shown to the user'}; {CHOOSE} {made.sentence}", []


def toolbox() -> Sequence[BaseTool]:
    """Every tool, in the order in which the prompt lists them."""
    return (
        measure,
        explain,
        interpret,
        classify,
        compare,
        render,
        search_guidelines,
        search_history,
        similar_cases,
        generate,
    )
