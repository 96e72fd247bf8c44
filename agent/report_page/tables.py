"""The tables below the claims: measurements, the 12-lead matrix, quality, provenance."""

from __future__ import annotations

from html import escape

from calipers.evidence import Measurement
from calipers.leads import LEADS
from calipers.printing import printed
from calipers.report import Report


def measurement_table(report: Report) -> str:
    """Global measurements with their uncertainty, or the reason why there is none."""
    rows = []
    for item in report.measurements:
        if item.lead is not None or item.beat is not None:
            continue
        spread = "" if item.uncertainty is None else f"± {item.uncertainty:g}"
        value = f'<button type="button" class="chip" data-id="{item.id}">{escape(printed(item))}</button>'
        rows.append(
            f'<tr><th scope="row"><code>{item.id}</code></th><td>{value}</td><td>{spread}</td>'
            f"<td>{escape(item.reason or item.method)}</td></tr>"
        )
    head = "<tr><th>id</th><th>value</th><th>95 %</th><th>method, or why not</th></tr>"
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'


def lead_matrix(report: Report) -> str:
    """Per-lead measurements, one row a parameter, one column a lead; amplitudes in mV, times in ms."""
    items = {(item.name, item.lead): item for item in report.measurements if item.lead and item.beat is None}
    names = list(dict.fromkeys(name for name, _ in items))
    head = "".join(f'<th scope="col">{lead}</th>' for lead in LEADS)
    rows = "".join(
        f'<tr><th scope="row"><code>{name}</code></th>{"".join(_cell(items.get((name, lead))) for lead in LEADS)}</tr>'
        for name in names
    )
    return (
        f'<div class="scroll"><table class="matrix"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div><p class=note>Amplitudes in mV, times in ms.</p>"
    )


def _cell(item: Measurement | None) -> str:
    if item is None:
        return "<td></td>"
    if item.status == "not_measurable":
        return f'<td class="absent" title="{escape(item.reason or "")}">n.m.</td>'
    value = printed(item).removesuffix(" ms").removesuffix(" mV")
    spread = "" if item.uncertainty is None else f' title="± {item.uncertainty:g} {item.unit}"'
    return f'<td{spread}><button type="button" class="cell" data-id="{item.id}">{escape(value)}</button></td>'


def quality_table(report: Report) -> str:
    """Each lead's score and what was seen to be wrong with it."""
    rows = "".join(
        f'<tr><th scope="row">{lead.lead}</th><td>{lead.score:.2f}</td><td>{"yes" if lead.usable else "no"}</td>'
        f"<td>{escape('; '.join(lead.reasons))}</td></tr>"
        for lead in report.quality.leads
    )
    return f"<table><thead><tr><th>lead</th><th>score</th><th>used</th><th>seen</th></tr></thead><tbody>{rows}</tbody></table>"


def provenance_table(report: Report) -> str:
    """What made this report."""
    facts = report.provenance.model_dump()
    rows = "".join(
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>{escape(_flat(value))}</td></tr>'
        for name, value in facts.items()
    )
    return f'<table class="provenance"><tbody>{rows}</tbody></table>'


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return str(value)
