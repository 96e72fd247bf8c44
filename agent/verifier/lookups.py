"""Claims that repeat an earlier report, a similar ECG or a tool's finding: the one sentence for it, to the letter."""

from __future__ import annotations

from calipers.agent.repetition import repeated
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.evidence import PriorEvidence, SimilarCase, ToolEvidence
from calipers.report import Claim

Repeated = PriorEvidence | SimilarCase | ToolEvidence


def is_repetition(claim: Claim, grounds: Grounds) -> bool:
    """Whether a claim cites an earlier report's text, a similar case or a tool's finding."""
    return any(_repeatable(grounds, key) is not None for key in claim.evidence)


def repetition_flaws(claim: Claim, grounds: Grounds) -> Flaws:
    """It cites that item alone, says it as written here, and a clinician stands behind a report."""
    if claim.statement is not None or claim.criteria or claim.polarity == "absent" or claim.certainty != "definite":
        yield Flaw("criteria", "found a repeated item that makes a statement about this ECG; needed two claims")
    if len(claim.evidence) != 1:
        yield Flaw("unknown_id", "found other evidence beside a repeated item; needed a claim of its own")
    item = next(found for key in claim.evidence if (found := _repeatable(grounds, key)) is not None)
    if claim.template != repeated(item):
        yield Flaw("quotation", f"found other words than those of `{item.id}`; needed its sentence unchanged")
    if isinstance(item, PriorEvidence) and item.author != "clinician":
        yield Flaw("unknown_id", f"`{item.id}` was written by {item.author}; needed a clinician's or confirmed report")


def _repeatable(grounds: Grounds, key: str) -> Repeated | None:
    item = grounds.items.get(key)
    return item if isinstance(item, Repeated) and repeated(item) is not None else None
