"""The tables below the claims: measurements, signal quality, provenance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from calipers.agent.report_page.citations import spread
from calipers.agent.report_page.markup import Html, join, tag
from calipers.evidence import Measurement
from calipers.leads import LEADS
from calipers.parameters import short_name
from calipers.printing import printed
from calipers.report import Report


def measurements(report: Report) -> Html:
    """Global values, the 12-lead matrix, and the single beats that claims cite."""
    whole = [item for item in report.measurements if item.lead is None and item.beat is None]
    beats = [item for item in report.measurements if item.beat is not None]
    leads = [item for item in report.measurements if item.lead is not None and item.beat is None]
    parts = [tag("h2", "Measurements")]
    if whole:
        parts.append(_list("All leads together", whole))
    if leads:
        parts.append(_matrix(leads))
    if beats:
        parts.append(_list("Single beats that claims cite", beats))
    return tag("section", *parts)


def _list(caption: str, items: Sequence[Measurement]) -> Html:
    rows = [
        tag(
            "tr",
            tag("th", _name(item), " ", tag("code", item.id), scope="row"),
            tag("td", _button(item, printed(item)), class_="number"),
            tag("td", spread(item), class_="number"),
            tag("td", item.reason or "" if item.status == "not_measurable" else item.method, class_="method"),
        )
        for item in items
    ]
    head = tag(
        "tr", *(tag("th", word, scope="col") for word in ("name", "value", "95 % interval", "method, or why not"))
    )
    return _scrolling(tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows)), caption)


def _name(item: Measurement) -> str:
    name = short_name(item.name)
    if item.lead:
        name = f"{item.lead} {name}"
    return name if item.beat is None else f"{name}, beat {item.beat}"


def _button(item: Measurement, shown: str) -> Html:
    if not item.spans:
        return tag("span", shown)
    return tag("button", shown, type="button", class_="cell", data_id=item.id, aria_pressed="false")


def _matrix(items: Sequence[Measurement]) -> Html:
    """One row a parameter, one column a lead; the uncertainty stands in each cell's title."""
    by_place = {(item.name, item.lead): item for item in items}
    names = list(dict.fromkeys(item.name for item in items))
    units = {item.name: item.unit for item in items if item.unit}
    head = tag("tr", tag("td"), *(tag("th", lead, scope="col") for lead in LEADS))
    rows = []
    for name in names:
        unit = f" ({units[name]})" if name in units else ""
        cells = [_cell(by_place.get((name, lead))) for lead in LEADS]
        rows.append(tag("tr", tag("th", f"{short_name(name)}{unit} ", tag("code", name), scope="row"), *cells))
    caption = "Lead by lead"
    table = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows), class_="matrix")
    return join(_scrolling(table, caption), _not_measurable(items))


def _cell(item: Measurement | None) -> Html:
    if item is None:
        return tag("td")
    if item.status == "not_measurable":
        full = f"not measurable: {item.reason or 'no reason given'}"
        return tag("td", tag("abbr", "n.m.", title=full), class_="gone")
    value = printed(item).removesuffix(f" {item.unit}") if item.unit else printed(item)
    return tag("td", _button(item, value), title=spread(item) or None)


def _not_measurable(items: Sequence[Measurement]) -> Html:
    """Spell `n.m.` out below the matrix: what was not measurable, grouped by reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for item in items:
        if item.status == "not_measurable":
            by_reason[item.reason or "no reason given"].append(item.id)
    rows = [
        tag("li", f"{reason}: ", *(tag("code", f"{key} ") for key in sorted(keys)))
        for reason, keys in by_reason.items()
    ]
    return join(tag("p", "n.m.: not measurable", class_="note"), tag("ul", *rows, class_="plain")) if rows else Html("")


def _scrolling(table: Html, name: str) -> Html:
    """A wide table scrolls inside its own region, which the keyboard can reach."""
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=name)


def quality(report: Report) -> Html:
    """Each lead's score, whether it was used, and what was seen to be wrong with it."""
    if not report.quality.leads:
        return Html("")
    rows = []
    for lead in report.quality.leads:
        seen = list(lead.reasons)
        if lead.lead in report.quality.missing_leads:
            seen.insert(0, "not recorded")
        if lead.lead in report.quality.derived_leads:
            seen.insert(0, "derived from two other limb leads")
        rows.append(
            tag(
                "tr",
                tag("th", lead.lead, scope="row"),
                tag("td", f"{lead.score:.2f}", class_="number"),
                tag("td", "yes" if lead.usable else "no"),
                tag("td", "; ".join(dict.fromkeys(seen))),
            )
        )
    head = tag("tr", *(tag("th", word, scope="col") for word in ("lead", "score", "used", "seen")))
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag("section", tag("h2", "Signal quality"), _scrolling(table, "Signal quality"))


def provenance(report: Report) -> Html:
    """What made this report."""
    rows = [
        tag("tr", tag("th", name.replace("_", " "), scope="row"), tag("td", _flat(value)))
        for name, value in report.provenance.model_dump().items()
    ]
    return tag("section", tag("h2", "Provenance"), tag("table", tag("tbody", *rows), class_="provenance"))


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
