"""Citations: the button that names an id and its value, and the facts behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from calipers.agent.report_page.markup import Html, join, tag
from calipers.evidence import (
    CriterionEvidence,
    DeviceEvidence,
    Evidence,
    GuidelinePassage,
    Measurement,
    ModelProbability,
    PriorEvidence,
    SimilarCase,
    ToolEvidence,
)
from calipers.parameters import short_name
from calipers.printing import printed
from calipers.tools.render import label

Fact = tuple[str, str]

#: Beyond these a claim's citations fold away behind a count.
_SHOWN_AT_ONCE: Final = 8
RESULT_WORDS: Final = {
    "met": "met",
    "not_met": "not met",
    "indeterminate": "indeterminate",
    "not_applicable": "not applicable",
}


def chips(ids: Iterable[str], items: Mapping[str, Evidence], first: Iterable[str] = ()) -> Html:
    """A row of citation buttons; those in `first`, which the sentence quotes, stand in front."""
    cited = list(ids)
    front = [key for key in dict.fromkeys(first) if key in cited]
    ordered = [*front, *(key for key in dict.fromkeys(cited) if key not in front)]
    if not ordered:
        return Html("")
    buttons = [chip(key, items.get(key)) for key in ordered]
    shown, folded = buttons[:_SHOWN_AT_ONCE], buttons[_SHOWN_AT_ONCE:]
    more = (
        tag(
            "details",
            tag("summary", f"{len(folded)} more citations"),
            tag("div", *folded, class_="chips"),
            class_="more",
        )
        if folded
        else ""
    )
    return join(tag("div", *shown, class_="chips"), more, tag("dl", class_="facts", hidden=True))


def chip(key: str, item: Evidence | None) -> Html:
    """One citation: what it says in words, and the id that says where it comes from."""
    if item is None:
        return tag("span", tag("code", key), " is not in this report", class_="chip unknown")
    return tag(
        "button",
        words(item),
        " ",
        tag("code", key),
        type="button",
        class_=f"chip {'absent' if _absent(item) else ''}".strip(),
        data_id=key,
        aria_pressed="false",
    )


def words(item: Evidence) -> str:
    """`PR 161 ms`; `criterion met`; `recorder's PR 160 ms`."""
    match item:
        case Measurement():
            return f"{label(item).rsplit(' ', 1)[0]} not measurable" if _absent(item) else label(item)
        case CriterionEvidence():
            return f"criterion {RESULT_WORDS[item.result]}"
        case DeviceEvidence():
            return f"recorder: {short_name(item.name)} {printed(item)}"
        case GuidelinePassage():
            return f"{item.society} {item.year}"
        case PriorEvidence():
            if item.id.endswith("/recorded_at"):
                return f"earlier ECG of {item.text}"
            return f"earlier ECG: {label(item.measurement)}" if item.measurement else f"earlier report ({item.author})"
        case SimilarCase():
            return f"similar case {item.similarity:.2f}"
        case ModelProbability():
            return f"model: {item.statement.replace('_', ' ')} {printed(item)}"
        case ToolEvidence():
            return f"{item.tool}: {item.label} {printed(item)}"


def facts(item: Evidence) -> list[Fact]:
    """Everything a reader may want to check about one item, as term and text."""
    match item:
        case Measurement():
            return _measurement_facts(item)
        case CriterionEvidence():
            return _criterion_facts(item)
        case DeviceEvidence():
            return [("the recorder's own value", printed(item))]
        case GuidelinePassage():
            section = item.section or "section not checked"
            checked = ", ".join(
                [section]
                + ([f"class {item.recommendation_class}"] if item.recommendation_class else [])
                + ([f"level {item.level}"] if item.level else [])
            )
            return [
                (f"paraphrase of {item.society} {item.year}", item.text),
                *([("document", item.title)] if item.title else []),
                ("place in it", checked),
                ("seen at", item.seen_at or "not re-seen at the source"),
            ]
        case PriorEvidence():
            when = item.recorded_at or "date unknown"
            if item.measurement is not None:
                value = f"{printed(item)} {spread(item.measurement)}".strip()
                return [(f"earlier ECG {item.record}, {when}", value), ("method", item.measurement.method)]
            return [(f"earlier ECG {item.record}, {when}", item.text), ("written by", item.author)]
        case SimilarCase():
            return [("labels of that ECG", ", ".join(item.labels)), ("similarity", f"{item.similarity:.2f}")]
        case ModelProbability():
            return [("calibrated probability", printed(item)), ("model", item.model)]
        case ToolEvidence():
            return [(item.label, printed(item)), ("by the tool", f"{item.tool}, not measured by Calipers")]


def embedded(items: Mapping[str, Evidence]) -> dict[str, Any]:
    """What the script shows for each id: words, facts, and the exact spans."""
    return {
        key: {
            "label": words(item),
            "facts": [list(fact) for fact in facts(item)],
            "spans": [list(span) for span in item.spans] if isinstance(item, Measurement) else [],
        }
        for key, item in items.items()
    }


def spread(item: Measurement) -> str:
    """`± 12 ms`, the half-width of the 95 % interval to two digits; empty where none is stated."""
    if not item.uncertainty or item.status == "not_measurable":
        return ""
    unit = {"": "", "deg": "°", "/min": "/min"}.get(item.unit, f" {item.unit}")
    return f"± {float(f'{item.uncertainty:.2g}'):g}{unit}"


def _absent(item: Evidence) -> bool:
    return isinstance(item, Measurement) and item.status == "not_measurable"


def _measurement_facts(item: Measurement) -> list[Fact]:
    if _absent(item):
        return [("not measurable", item.reason or "no reason given"), ("method", item.method)]
    found = [("value", f"{printed(item)} {spread(item)}".strip())]
    if item.spans:
        span = item.spans[0]
        where = f"{span.lead or 'all leads'}, {span.start_s:.3f} to {span.end_s:.3f} s"
        found.append(("where", where if len(item.spans) == 1 else f"{where}, and {len(item.spans) - 1} more"))
    else:
        found.append(("where", "no stretch of the trace belongs to it"))
    return [*found, ("method", item.method)]


def _criterion_facts(item: CriterionEvidence) -> list[Fact]:
    result = RESULT_WORDS[item.result]
    if item.result == "indeterminate" and item.leans is not None:
        result += ", leans to met" if item.leans else ", leans to not met"
    found = [("criterion", item.text), ("result", result)]
    if item.threshold is not None:
        found.append(("threshold", printed(item)))
    if item.probability is not None:
        found.append(("probability that it is met", f"{100 * item.probability:.0f} %"))
    return [*found, ("source", item.source)]
