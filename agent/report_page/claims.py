"""What the report says: urgency, impression, claims with their criteria, and what was kept back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from calipers.agent.doubt import doubt, undoubted
from calipers.agent.report_page.citations import RESULT_WORDS, chip, chips
from calipers.agent.report_page.lights import claim_group, groups
from calipers.agent.report_page.markup import Html, join, tag
from calipers.evidence import CriterionEvidence, Evidence
from calipers.knowledge import statements
from calipers.parameters import PARAMETERS
from calipers.printing import printed, slots
from calipers.report import Claim, Disagreement, Report, Urgency, Withheld

_URGENCY: Final[dict[Urgency, str]] = {
    "critical": "Critical: needs a clinician now",
    "urgent": "Urgent",
    "routine": "Routine",
    "not_assessable": "Not assessable: no statement about the heart was attempted",
}


def header(report: Report, *, synthetic: bool) -> Html:
    """Who, how readable, how urgent; never a name or an id of the patient."""
    age = "age unknown" if report.patient.age is None else f"{report.patient.age:g} years"
    quality = report.quality
    readable = "readable" if quality.assessable else "not readable enough to interpret"
    remarks = "".join(f"; {reason}" for reason in undoubted(quality.reasons))
    doubted = doubt(quality.reasons)
    reasons = tag("ul", *(tag("li", reason) for reason in report.urgency_reasons)) if report.urgency_reasons else ""
    return tag(
        "header",
        tag("h1", "ECG report"),
        tag("p", "SYNTHETIC: not recorded from a person", class_="stamp") if synthetic else "",
        tag("p", "DIGITISED: read from a picture", class_="stamp") if report.provenance.digitised else "",
        tag("p", doubted, class_="stamp") if doubted else "",
        tag(
            "p",
            tag("b", f"{age}, {report.patient.sex or 'sex unknown'}"),
            " · record ",
            tag("code", report.record),
            f" · signal quality {quality.score:.2f}, {readable}{remarks}",
            class_="who",
        ),
        tag("div", tag("p", tag("strong", _URGENCY[report.urgency])), reasons, class_=f"urgency {report.urgency}"),
        tag("p", "Research use, not a medical device.", class_="note"),
    )


def impression(report: Report) -> Html:
    """The summary, and the answer where a question was asked."""
    asked = ""
    if report.question is not None or report.answer is not None:
        asked = tag(
            "div",
            tag("h3", report.question or "Answer"),
            tag("p", report.answer) if report.answer is not None else "",
            class_="answer",
        )
    lines = [tag("p", line) for line in report.impression.splitlines() if line.strip()]
    return tag("section", tag("h2", "Impression"), tag("div", *lines, class_="impression"), asked)


def claims(report: Report, items: Mapping[str, Evidence], remarks: Mapping[str, Sequence[str]]) -> Html:
    """Every released claim in the report's order: its citations, its criteria, and what others said of it."""
    shown = groups(report)
    rows = [
        tag(
            "li",
            _sentence(claim, group if shown[group := claim_group("claim", number)] else None),
            chips(claim.evidence, items, first=slots(claim.template)),
            _criteria(claim, items),
            *(tag("p", tag("b", remark)) for remark in remarks.get(claim.template, ())),
            *(tag("p", note, class_="note") for note in noted(report, claim.id)),
            class_=f"claim {claim.polarity} {claim.certainty}",
        )
        for number, claim in enumerate(report.claims)
    ]
    body = tag("ul", *rows, class_="claims") if rows else tag("p", "No claim was released.", class_="note")
    told = {claim.template for claim in report.claims}
    others = [tag("li", remark) for template, kept in remarks.items() if template not in told for remark in kept]
    return join(
        tag("section", tag("h2", "Claims"), body),
        tag("section", tag("h2", "Remarks on other answers"), tag("ul", *others, class_="plain")) if others else "",
    )


def noted(report: Report, claim_id: str) -> list[str]:
    """The notes on one claim, each with its author: they are no word of Calipers."""
    return [f"Note by {note.author}: {note.text}" for note in report.notes if note.claim_id == claim_id]


def withheld(items: tuple[Withheld, ...], known: Mapping[str, Evidence]) -> Html:
    """Drafted sentences that failed their check: shown as such, with the reason."""
    if not items:
        return Html("")
    rows = [
        tag(
            "li",
            tag("p", tag("b", "Not released: "), item.reason),
            tag("p", tag("s", item.claim.text), class_="say"),
            chips(item.claim.evidence, known, first=slots(item.claim.template)),
        )
        for item in items
    ]
    return tag("section", tag("h2", "Withheld"), tag("ul", *rows, class_="claims withheld"))


def about_words(about: str) -> str:
    """What a disagreement is about, as a heading: a statement's label, or a measurement's name."""
    if about in statements():
        return statements()[about].label
    return PARAMETERS[about].phrase if about in PARAMETERS else about


def disagreements(items: tuple[Disagreement, ...], known: Mapping[str, Evidence]) -> Html:
    """Both sides of every disagreement, side by side."""
    if not items:
        return Html("")
    rows = [
        tag(
            "li",
            tag("h3", about_words(item.about)),
            tag(
                "div",
                *(
                    tag("div", tag("p", tag("b", side.who)), tag("p", side.text), chips(side.evidence, known))
                    for side in item.sides
                ),
                class_="sides",
            ),
        )
        for item in items
    ]
    return tag("section", tag("h2", "Disagreements"), tag("ul", *rows, class_="claims disagreements"))


def _sentence(claim: Claim, group: str | None) -> Html:
    about = [tag("span", claim.certainty, class_=f"certainty {claim.certainty}")]
    if claim.polarity == "absent":
        about.append(tag("span", "absent", class_="polarity"))
    if group is not None:
        about.append(_show(group))
    if claim.statement:
        codes = [f"SCP {code}" for code in claim.statement.scp] + [f"AHA {code}" for code in claim.statement.aha]
        about.append(tag("span", " · ".join([claim.statement.label, *codes]), class_="codes"))
    return join(tag("p", claim.text, class_="say", data_group=group), tag("p", *about, class_="about"))


def _show(group: str) -> Html:
    return tag("button", "Show on trace", type="button", class_="show", data_group=group, aria_pressed="false")


def _criteria(claim: Claim, items: Mapping[str, Evidence]) -> Html:
    found = [(key, items.get(f"crit:{key}")) for key in claim.criteria]
    if not found:
        return Html("")
    known = [(key, item) for key, item in found if isinstance(item, CriterionEvidence)]
    rows = [_criterion(item, items) for _, item in known]
    rows += [
        tag("li", tag("code", f"crit:{key}"), " is not in this report")
        for key, item in found
        if not isinstance(item, CriterionEvidence)
    ]
    counts = Counter(RESULT_WORDS[item.result] for _, item in known)
    summary = f"{len(found)} {'criterion' if len(found) == 1 else 'criteria'}"
    if counts:
        summary += ": " + ", ".join(f"{number} {word}" for word, number in counts.items())
    return tag(
        "details",
        tag("summary", summary),
        tag("ul", *rows),
        class_="criteria",
        open=claim.polarity == "present" and len(found) <= 3,
    )


def _criterion(item: CriterionEvidence, items: Mapping[str, Evidence]) -> Html:
    leaning = ""
    if item.result == "indeterminate" and item.leans is not None:
        leaning = ", leans to met" if item.leans else ", leans to not met"
    limits = [] if item.threshold is None else [f"threshold {printed(item)}"]
    if item.probability is not None:
        limits.append(f"P(met) {100 * item.probability:.0f} %")
    return tag(
        "li",
        tag("b", f"{RESULT_WORDS[item.result]}{leaning}", class_=f"result {item.result}"),
        " ",
        item.text,
        tag("span", f" ({', '.join(limits)})", class_="codes") if limits else "",
        " ",
        _show(item.id) if any(key in items for key in item.measurements) else "",
        tag("small", item.source),
    )


def other_evidence(report: Report) -> Html:
    """Cited items that are neither measured here nor criteria: passages, priors, the recorder's word."""
    others = [item for item in report.evidence_table if not isinstance(item, CriterionEvidence)]
    if not others:
        return Html("")
    rows = [tag("li", chip(item.id, item), tag("dl", class_="facts", hidden=True)) for item in others]
    return tag("section", tag("h2", "Other evidence"), tag("ul", *rows, class_="plain"))
