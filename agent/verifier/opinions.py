"""A published model's word in a report: that of the model that read it, as code words it, and never a claim."""

from __future__ import annotations

from calipers.agent.opinions import opinion_disagreements, opinions
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.models.workers.published import PUBLISHED
from calipers.report import Disagreement


def opinion_flaws(grounds: Grounds) -> Flaws:
    """Each such disagreement shows what the criteria come to here and one statement, unaltered."""
    report = grounds.report
    for shown in report.disagreements:
        readers = _readers(shown)
        if not readers:
            continue
        reader = report.provenance.model
        if readers != {reader}:
            yield Flaw("report", f"shows the word of {min(readers)}; the model of this report is {reader}")
        elif not report.quality.assessable:
            yield Flaw("report", f"shows the word of {reader} on a record that is not assessable")
        elif (shown,) != opinion_disagreements(reader, [shown.about], grounds.verdicts, report.patient):
            yield Flaw("report", f"the disagreement about {shown.about} is not what {reader} and the criteria give")


def opinion_keys(grounds: Grounds) -> tuple[str, ...]:
    """The statements that only a published model names, for the urgency."""
    report = grounds.report
    named = [shown.about for shown in report.disagreements if _readers(shown)]
    return opinions(named, grounds.verdicts, report.patient) if report.quality.assessable else ()


def _readers(shown: Disagreement) -> set[str]:
    return {side.who for side in shown.sides} & set(PUBLISHED)
