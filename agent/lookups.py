"""Looking up guidelines, earlier reports and similar ECGs during a run, and the claims that repeat them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from calipers.agent.context import RunContext
from calipers.agent.drafting import make_claim
from calipers.agent.repetition import repeated
from calipers.agent.sentences import SentenceKey
from calipers.errors import MissingPart
from calipers.evidence import GuidelinePassage, PriorEvidence, SimilarCase
from calipers.report import Claim
from calipers.tools.retrieve import search_guidelines, search_history, similar_cases

_Item = TypeVar("_Item", GuidelinePassage, PriorEvidence, SimilarCase)

#: How many passages, reports or cases an answer shows.
_SHOWN = 3
_SHARE_OF_BEST = 0.75


def guideline_items(question: str, context: RunContext) -> list[GuidelinePassage]:
    """The passages that answer, entered in the run's ledger."""
    hits = search_guidelines(question, limit=_SHOWN, home=context.home)
    record = context.the_case.record
    best = max((hit.relevance for hit in hits), default=0.0)
    return _entered([hit.passage.evidence(record) for hit in hits if hit.relevance >= _SHARE_OF_BEST * best], context)


def history_items(question: str, context: RunContext) -> tuple[list[PriorEvidence], bool]:
    """Earlier reports that a clinician stands behind, entered in the ledger; True when there are others, too."""
    patient = context.the_case.ecg.patient.id
    record = context.the_case.record
    found = search_history(patient, question, home=context.home) if patient else []
    earlier = [entry for entry in found if entry.ecg_record != record]
    supported = [entry.evidence() for entry in earlier if entry.supports_claims]
    return _entered(supported[:_SHOWN], context), len(supported) < len(earlier)


def case_items(context: RunContext) -> list[SimilarCase]:
    """The labelled ECGs most like this one, entered in the ledger; none until an archive was added."""
    case = context.the_case
    return _entered(similar_cases(case.ecg, limit=_SHOWN, home=context.home), context)


def guideline_claims(question: str, context: RunContext) -> tuple[list[Claim], list[SentenceKey]]:
    """What guidelines say, or that none of ours does."""
    try:
        items = guideline_items(question, context)
    except MissingPart:
        return [], ["search_not_installed"]
    return _claims(items, context), [] if items else ["no_guideline"]


def history_claims(question: str, context: RunContext) -> tuple[list[Claim], list[SentenceKey]]:
    """What earlier reports said, or that there is none."""
    items, others = history_items(question, context)
    said: list[SentenceKey] = ["unconfirmed_reports"] if others else []
    return _claims(items, context), said if items or others else ["no_prior"]


def case_claims(context: RunContext) -> tuple[list[Claim], list[SentenceKey]]:
    """The ECGs most like this one, or that no archive is there."""
    items = case_items(context)
    return _claims(items, context), [] if items else ["no_archive"]


def _claims(items: Sequence[_Item], context: RunContext) -> list[Claim]:
    ledger = context.the_case.ledger
    return [
        make_claim(f"lookup_{number}", sentence, ledger, evidence=[item.id])
        for number, item in enumerate(items)
        if (sentence := repeated(item)) is not None
    ]


def _entered(items: list[_Item], context: RunContext) -> list[_Item]:
    for item in items:
        context.the_case.ledger.add(item)
    return items
