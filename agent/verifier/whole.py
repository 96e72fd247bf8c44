"""What holds for a report as a whole: the impression, the urgency, both sides of a disagreement, the answer."""

from __future__ import annotations

import re
from collections import Counter

from calipers.agent.comparison import newly_present
from calipers.agent.verifier import wording
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.agent.verifier.opinions import opinion_flaws, opinion_keys
from calipers.agent.verifier.suggestions import disagreement_flaws, suggested_keys
from calipers.knowledge import urgency
from calipers.printing import printed
from calipers.report import Claim, Disagreement, Report


def report_flaws(grounds: Grounds) -> Flaws:
    """What is wrong with the report beyond single claims."""
    report = grounds.report
    repeated = [key for key, times in Counter(claim.id for claim in report.claims).items() if times > 1]
    if repeated:
        yield Flaw("report", f"two claims share the id `{repeated[0]}`")
    for key, flaws in grounds.flaws.items():
        yield Flaw("report", f"`{key}`: {flaws[0].detail}")
    unread = report.provenance.unread is not None
    if unread and report.quality.assessable:
        yield Flaw("report", "found a picture that could not be read and a record that can be assessed")
    if not report.quality.assessable and any(not (unread and _by_model(claim)) for claim in report.claims):
        yield Flaw("report", "claims stand in a report that is not assessable")
    if report.impression != impression(report.claims, report.quality.assessable):
        yield Flaw("report", "the impression is not what the released claims compose")
    held_back = {item.claim.statement.key for item in report.withheld if item.claim.statement}
    new = newly_present(grounds.changes.anew)
    suggested = (*suggested_keys(grounds), *opinion_keys(grounds))
    levels = [
        urgency(grounds.verdicts, report.quality.assessable, withheld=keys, suggested=suggested, new=new)
        for keys in ((), held_back)
    ]
    if (report.urgency, report.urgency_reasons) not in levels:
        yield Flaw("report", "the urgency is not what the table gives")
    yield from grounds.changes.flaws()
    yield from disagreement_flaws(grounds)
    yield from opinion_flaws(grounds)
    for disagreement in report.disagreements:
        yield from _disagreement_flaws(disagreement, grounds)
    if report.answer is not None and (rest := _unaccounted(report)):
        yield Flaw("report", f"the answer holds `{rest[:60]}`, which is neither a released claim nor a fixed sentence")


def impression(claims: tuple[Claim, ...], assessable: bool) -> str:
    """The impression: the labels of released diagnoses, in their order, with their certainty. Composed by code.

    A diagnosis that a second claim calls new or unchanged is named once.
    """
    if not assessable:
        return "Not assessable."
    first: dict[str, Claim] = {}
    for claim in claims:
        if claim.statement is not None and claim.polarity == "present":
            first.setdefault(claim.statement.label, claim)
    parts = [
        f"{label}." if claim.certainty == "definite" else f"{claim.certainty.capitalize()}: {label}."
        for label, claim in first.items()
    ]
    return " ".join(parts) or "No statement reached its criteria."


def _by_model(claim: Claim) -> bool:
    """Whether a claim rests on models alone, as all must of a page that could not be read."""
    return bool(claim.evidence) and all(key.startswith("model:") for key in claim.evidence)


def _disagreement_flaws(disagreement: Disagreement, grounds: Grounds) -> Flaws:
    """Both sides are there, and each prints the values that it cites."""
    if len({side.who for side in disagreement.sides}) < 2:
        yield Flaw("report", f"disagreement about {disagreement.about} does not show both sides")
    for side in disagreement.sides:
        rest = side.text
        for key in side.evidence:
            item = grounds.items.get(key)
            if item is None:
                yield Flaw("report", f"disagreement about {disagreement.about} cites `{key}`, which is not here")
                continue
            try:
                rest = rest.replace(printed(item), " ")
            except (ValueError, KeyError):
                continue
        if re.search(r"\d", wording.without_names(rest)):
            yield Flaw("report", f"disagreement about {disagreement.about} prints a value that it does not cite")


def _unaccounted(report: Report) -> str:
    """What remains of an answer after released claims and fixed sentences are taken away."""
    from calipers.agent.sentences import SENTENCES

    rest = report.answer or ""
    known = [claim.text for claim in report.claims] + list(SENTENCES.values())
    for text in sorted(known, key=len, reverse=True):
        rest = rest.replace(text, " ")
    return " ".join(rest.split()).strip(" .")
