"""Sentences that repeat what was looked up: a paraphrase of a guideline, an earlier report, a similar ECG, or what a
tool of the user's own found.

Each is written here and nowhere else; the verifier writes it again from the cited item and compares.
"""

from __future__ import annotations

from calipers.evidence import Evidence, GuidelinePassage, PriorEvidence, SimilarCase, ToolEvidence


def repeated(item: Evidence) -> str | None:
    """The one sentence that repeats an item as it stands; None for items that are not repeated."""
    match item:
        case GuidelinePassage():
            return f"Paraphrase of {item.society} {item.year}: {item.text}"
        case PriorEvidence(measurement=None) if item.id.endswith("/report"):
            return f"Earlier report, {item.recorded_at or 'without a date'}, by a clinician: {item.text}"
        case SimilarCase():
            return f"Similar ECG on file, likeness {item.similarity:.2f}: {', '.join(item.labels) or 'without labels'}."
        case ToolEvidence():
            return f"{item.label} by the tool {item.tool}, not measured by Calipers: {{{item.id}}}."
    return None
