"""From released claims to a report: everything cited, the disagreements, the impression, the urgency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version as installed
from typing import Final

from calipers.agent.assist import prompts_sha256
from calipers.agent.case import Case
from calipers.agent.comparison import newly_present
from calipers.agent.drafting import device_disagreements
from calipers.agent.episodes import episodes_apart
from calipers.agent.opinions import opinion_disagreements, opinions
from calipers.agent.probabilities import STATEMENTS, statement_weights_sha256
from calipers.agent.sentences import SentenceKey, sentence
from calipers.agent.suggestions import model_disagreements
from calipers.agent.verifier.check import impression
from calipers.evidence import Citable, Measurement
from calipers.knowledge import criteria_sha256, urgency
from calipers.report import Claim, Provenance, Report, Withheld
from calipers.settings import version

#: Libraries whose version can change a number or a word.
_VERSIONED: Final = ("numpy", "scipy", "onnxruntime", "langgraph", "langchain", "pydantic")


def provisional(case: Case, cited: Iterable[str] = ()) -> Report:
    """A report without claims over the whole ledger: what drafts are checked against.

    Args:
        case: the case.
        cited: ids that the drafts cite; of a long record, only these beat items are made.
    """
    evidence = tuple(item for item in case.ledger.entered if not isinstance(item, Measurement))
    made = tuple(case.measurements.beats[key] for key in dict.fromkeys(cited) if key in case.measurements.beats)
    report = _report(case, (), (), (*case.measurements.held, *made), evidence, None, None, "none", "")
    return report.model_copy(update={"disagreements": model_disagreements(case.suggestions, case.verdicts)})


def assemble(
    case: Case,
    *,
    claims: tuple[Claim, ...],
    answer: tuple[Claim, ...],
    withheld: tuple[Withheld, ...],
    sentences: tuple[SentenceKey, ...],
    question: str | None,
    opinion: Sequence[str] = (),
    model_name: str,
    model_note: str,
) -> Report:
    """The report of one run; `answer` are those of the claims that answer the question, `opinion` the statements
    that a published model named."""
    cited = {key for claim in (*claims, *(item.claim for item in withheld)) for key in claim.evidence}
    criteria = {f"crit:{key}" for claim in (*claims, *(item.claim for item in withheld)) for key in claim.criteria}
    withheld = (*withheld, *episodes_apart(case))
    disagreements = (
        *model_disagreements(case.suggestions, case.verdicts),
        *opinion_disagreements(model_name, opinion, case.verdicts, case.demographics),
        *device_disagreements(case.ledger),
    )
    cited |= {key for item in disagreements for side in item.sides for key in side.evidence}
    beats = [case.measurements[key] for key in sorted(cited) if key in case.measurements and "#" in key]
    measurements = (*case.measurements.whole, *sorted(beats, key=lambda item: item.beat or 0))
    evidence: tuple[Citable, ...] = tuple(
        item
        for item in case.ledger.entered
        if not isinstance(item, Measurement) and (item.id in cited or item.id in criteria)
    )
    spoken = None
    if question is not None:
        spoken = " ".join([*(claim.text for claim in answer), *(sentence(key) for key in sentences)])
    report = _report(case, claims, withheld, measurements, evidence, question, spoken, model_name, model_note, opinion)
    return report.model_copy(update={"disagreements": disagreements})


def _report(
    case: Case,
    claims: tuple[Claim, ...],
    withheld: tuple[Withheld, ...],
    measurements: tuple[Measurement, ...],
    evidence: tuple[Citable, ...],
    question: str | None,
    answer: str | None,
    model_name: str,
    model_note: str,
    opinion: Sequence[str] = (),
) -> Report:
    kept_back = tuple(item.claim.statement.key for item in withheld if item.claim.statement is not None)
    new = newly_present(case.changes)
    named = opinions(opinion, case.verdicts, case.demographics)
    suggested = (*(one.key for one in case.suggestions), *named)
    level, reasons = urgency(case.verdicts, case.quality.assessable, withheld=kept_back, suggested=suggested, new=new)
    return Report(
        record=case.record,
        patient=case.demographics,
        question=question,
        answer=answer,
        quality=case.quality,
        measurements=measurements,
        claims=claims,
        withheld=withheld,
        changes=case.changes,
        impression=impression(claims, case.quality.assessable),
        urgency=level,
        urgency_reasons=reasons,
        evidence_table=evidence,
        provenance=Provenance(
            calipers=version(),
            versions=_versions(),
            weights=_weights(),
            model=model_name,
            model_reason=model_note,
            seed=0,
            prompts_sha256=prompts_sha256(),
            criteria_sha256=criteria_sha256(),
            input_sha256=case.ecg.source.sha256,
            input_format=case.ecg.source.format,
            synthetic=case.ecg.synthetic,
            digitised=case.ecg.source.digitised,
            unread=case.ecg.source.unread,
        ),
    )


@cache
def _versions() -> dict[str, str]:
    return {name: installed(name) for name in _VERSIONED}


@cache
def _weights() -> dict[str, str]:
    from calipers.tools.measure.delineation import weights_sha256

    digest = statement_weights_sha256()
    return weights_sha256() | ({STATEMENTS: digest} if digest else {})
