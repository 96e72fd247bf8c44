"""(d) Denials: what may be denied, what shows it, and how it is worded."""

from __future__ import annotations

import re

from calipers.agent.verifier import wording
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.evidence import Measurement
from calipers.knowledge import Row, Verdict
from calipers.report import Claim

_BEFORE = re.compile(
    r"\b(?:no|without|absence of)\s+(?:(?:evidence|signs?|criteria|findings?)\s+(?:of|for)\s+)?"
    r"(?:a\s+|an\s+|the\s+)?\x01",
    re.I,
)
_AFTER = re.compile(
    r"\x01[^.;:\x01]{0,40}?\b(?:is|are|was|were)\s+"
    r"(?:not\s+(?:met|fulfilled|satisfied|reached|present|seen|shown|found)|absent|excluded)\b",
    re.I,
)
_CRITERIA_AFTER = re.compile(
    r"\bcriteria\s+(?:for|of)\s+(?:a\s+|an\s+|the\s+)?\x01[^.;:\x01]{0,12}"
    r"\bare\s+not\s+(?:met|fulfilled|satisfied|reached)\b",
    re.I,
)
#: A comparison with a limit, which `slot_sense` checks against the value; no denial of its own.
_NOT_REACHED = re.compile(
    r"\b(?:does|do|is|are)\s+not\s+(?=(?:exceed|reach|above|below|longer|shorter|more|less)\b)", re.I
)
_CRITERIA_NAMED = re.compile(r"\b(?:criteria|thresholds?|limits?)\b", re.I)


def absence_flaws(claim: Claim, verdict: Verdict, grounds: Grounds) -> Flaws:
    """The criteria are not met, and everything on which that rests was measured and is cited."""
    if verdict.result != "not_met":
        yield Flaw("absence", f"criteria of {verdict.key} are {verdict.result}; needed not met to deny it")
    if claim.certainty != "definite":
        yield Flaw("absence", f"denied as {claim.certainty}; a denial is shown or it is not")
    for key in claim.evidence:
        item = grounds.items.get(key)
        if isinstance(item, Measurement) and not grounds.measured(key):
            yield Flaw("absence", f"cites `{key}`, which could not be measured and shows nothing")
            break
    if verdict.absent is not None:
        resting_on = set(verdict.absent.evidence)
    else:
        resting_on = {key for step in verdict.steps for key in step.measurements if grounds.measured(key)}
    if unshown := sorted(resting_on - set(claim.evidence)):
        yield Flaw("absence", f"does not cite `{unshown[0]}`, on which the absence rests")
    if verdict.absent is None and not _CRITERIA_NAMED.search(wording.bare(claim.template)):
        yield Flaw(
            "absence", f"denies {verdict.key} itself; needed `criteria … are not met`, which is all that was shown"
        )


def denial_flaws(template: str, row: Row) -> Flaws:
    """A claim of absence denies its own statement, once, and nothing else."""
    text = wording.marked(template, row)
    if not (_BEFORE.search(text) or _AFTER.search(text) or _CRITERIA_AFTER.search(text)):
        yield Flaw("absence", f"found no denial of {row.label} in a claim of absence")
    if len(wording.negations(_NOT_REACHED.sub(" ", text))) > 1:
        yield Flaw("absence", "found two denials in one claim; needed one")


def stray_negation(template: str, own: str, row: Row) -> str | None:
    """The first word of denial that the table's own sentence for this ECG does not have in the same place."""
    text = wording.marked(template, row)
    for match in wording.negations(text):
        following = re.match(r"\W*(\w+)", text[match.end() :])
        pair = f"{match.group()} {following[1] if following else ''}".lower()
        if pair not in " ".join(own.lower().split()):
            return match.group()
    return None
