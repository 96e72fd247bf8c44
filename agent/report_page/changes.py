"""What changed against earlier ECGs: the comparison statements, a table with both values, both beats on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from calipers.agent.report_page.citations import RESULT_WORDS
from calipers.agent.report_page.markup import Html, join, tag
from calipers.agent.report_page.superimposed import superimposed
from calipers.ecg import Ecg
from calipers.parameters import short_name
from calipers.printing import printed_value
from calipers.report import ChangeCriterion, Changes, MeasuredChange, Report, StatementChange
from calipers.tools.compare import Trend, trends

#: In the table whether they changed or not; every other measurement only where it did.
_ALWAYS: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis")
_TELLING: Final = ("new", "resolved", "progressed", "unchanged", "undecided")


def changes(report: Report, ecg: Ecg, priors: Sequence[Ecg]) -> Html:
    """The section on change; nothing where the report compares with no other ECG."""
    if not report.changes:
        return Html("")
    at_hand = {prior.record: prior for prior in priors}
    parts = [_comparison(one, ecg, at_hand.get(one.prior_record)) for one in report.changes]
    return tag(
        "section", tag("h2", "Changes"), *parts, _trends(trends(report.changes, report.measurements)), id="changes"
    )


def _comparison(one: Changes, ecg: Ecg, prior: Ecg | None) -> Html:
    when = (one.prior_recorded_at or "date unknown").replace("T", " ")
    now = (one.recorded_at or "date unknown").replace("T", " ")
    heading = tag("h3", f"Against the ECG of {when}, record ", tag("code", one.prior_record))
    limits = tag("ul", *(tag("li", limit.text) for limit in one.limits), class_="plain limits") if one.limits else ""
    if one.same_record:
        return tag("div", heading, limits)
    return tag(
        "div",
        heading,
        limits,
        superimposed(ecg, prior) if prior is not None else "",
        tag("ul", *(_criterion(row) for row in one.criteria if row.result != "not_met"), class_="plain"),
        _statements(one.statements),
        _table(one, now, when),
    )


def _criterion(row: ChangeCriterion) -> Html:
    leaning = ""
    if row.result == "indeterminate" and row.leans is not None:
        leaning = ", leans to met" if row.leans else ", leans to not met"
    return tag(
        "li",
        tag("b", f"{RESULT_WORDS[row.result]}{leaning}", class_=f"result {row.result}"),
        f" {row.text}",
        tag("span", f" (AHA {row.code})", class_="codes"),
    )


def _statements(rows: Sequence[StatementChange]) -> Html:
    shown = [row for row in rows if row.change in _TELLING and "met" in (row.result, row.prior_result)]
    cells = [
        tag(
            "tr",
            tag("th", row.statement.label, scope="row"),
            tag(
                "td",
                row.change
                if row.certainty == "definite" or row.change == "undecided"
                else f"{row.certainty}: {row.change}",
            ),
            tag("td", RESULT_WORDS[row.result]),
            tag("td", RESULT_WORDS[row.prior_result]),
        )
        for row in shown
    ]
    head = tag("tr", *(tag("th", word, scope="col") for word in ("statement", "change", "now", "then")))
    return (
        _scrolling(tag("table", tag("thead", head), tag("tbody", *cells)), "Statements that changed")
        if cells
        else Html("")
    )


def _table(one: Changes, now: str, when: str) -> Html:
    rows = [_row(row) for row in one.measurements if row.id in _ALWAYS or row.exceeds]
    head = tag(
        "tr",
        *(
            tag("th", word, scope="col")
            for word in ("name", f"now, {now}", f"then, {when}", "difference", "combined 95 %", "beyond it")
        ),
    )
    caption = "Measurements of the whole ECG, and those that differ by more than both uncertainties allow"
    table = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows))
    return _scrolling(table, "Measurements that changed")


def _row(row: MeasuredChange) -> Html:
    lead, _, name = row.id.rpartition(".")
    gap = (
        ""
        if row.difference is None
        else f"{'+' if row.difference > 0 else ''}{printed_value(row.difference, row.unit)}"
    )
    spread = "" if row.uncertainty is None else f"± {float(f'{row.uncertainty:.2g}'):g}"
    beyond = (
        "" if row.exceeds is None else "no" if not row.exceeds else "yes" if row.certainty == "definite" else "possibly"
    )
    return tag(
        "tr",
        tag("th", f"{lead} {short_name(name)} ".lstrip(), tag("code", row.id), scope="row"),
        tag("td", printed_value(row.value, row.unit), class_="number"),
        tag("td", printed_value(row.prior_value, row.unit), class_="number"),
        tag("td", gap, class_="number"),
        tag("td", spread, class_="number"),
        tag("td", beyond),
    )


def _trends(found: Sequence[Trend]) -> Html:
    if not found:
        return Html("")
    rows = [
        tag(
            "li",
            tag("b", f"{short_name(trend.id)} {trend.direction}: "),
            ", ".join(f"{point.recorded_at[:10]} {printed_value(point.value, trend.unit)}" for point in trend.points),
        )
        for trend in found
    ]
    return join(tag("h3", "Over time"), tag("ul", *rows, class_="plain"))


def _scrolling(table: Html, name: str) -> Html:
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=name)
