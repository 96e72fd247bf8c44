"""Yes or no where it is asked for by these words, or where a verdict is open: the side to which the evidence leans.

A forced yes or no takes `leans` (DESIGN §3). It is a fixed sentence and no claim: what can be claimed stands before
it, and it says itself that it is no finding. A released finding needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from calipers.agent.case import Case
from calipers.agent.questions import understand
from calipers.agent.sentences import SENTENCES, SentenceKey
from calipers.ecg import Ecg
from calipers.report import Claim, Fault, Report
from calipers.tools.closed_question import Asked, decide, read_question
from calipers.tools.closed_question.deciding import Examined

_CLOSED: Final = re.compile(
    r"^\W*(?:(?:and|so|but|please|yes or no)\W+)*(?:is|are|was|does|do|did|has|have|can|could|would)\b", re.I
)
#: A denial turns the answer round, a choice has no yes, and a number is a limit of the asker's own.
_NOT_PLAIN: Final = re.compile(
    r"\b(?:no|not|without|neither|nor|or|exclude\w*|ruled? out|absent|absence|free of|why|how)\b|n['’]t\b|(?<![a-z])\d",
    re.I,
)
_YES_OR_NO: Final = re.compile(r"\byes or no\b", re.I)
#: What is asked of this ECG alone; a request, a comparison or something to look up is no closed question about it.
_ABOUT_THIS_ECG: Final = frozenset({"measure", "explain", "classify", "interpret"})
_SIDES: Final[tuple[SentenceKey, SentenceKey]] = ("leans_no", "leans_yes")


def leaning(question: str, case: Case, answer: Iterable[Claim]) -> SentenceKey | None:
    """The sentence that gives the side; None where a claim settles it, nobody forces it, or it is no closed question.

    Args:
        question: the clinician's words.
        case: the ECG, with what is known of it.
        answer: the claims that answer already; one that asserts or denies a statement settles it.
    """
    asked = _closed_question(question)
    if asked is None or any(claim.statement is not None for claim in answer):
        return None
    undecided = any(case.verdicts[key].result == "indeterminate" for key in asked.statements if key in case.verdicts)
    if not undecided and not _YES_OR_NO.search(question):
        return None
    examined = Examined(
        case.ecg,
        found=case.examination,
        verdicts=case.verdicts,
        probabilities={item.statement: item.probability for item in case.probabilities},
    )
    return _SIDES[decide(asked, examined).answer]


def _closed_question(question: str) -> Asked | None:
    """What is asked, where yes or no answers it."""
    plain = _YES_OR_NO.sub(" ", question)
    if not _CLOSED.match(plain) or _NOT_PLAIN.search(plain):
        return None
    if any(intent.verb not in _ABOUT_THIS_ECG for intent in understand(question)):
        return None
    asked = read_question(question)
    if asked is None or "normal_ecg" in asked.statements or (asked.kind == "range" and asked.direction is None):
        return None
    return asked


def leaning_faults(report: Report, ecg: Ecg) -> list[Fault]:
    """A fault where the answer gives the other side than the ECG does when it is looked at again."""
    said = [key for key in _SIDES if SENTENCES[key] in (report.answer or "")]
    if not said:
        return []
    asked = _closed_question(report.question or "")
    if asked is not None and said == [_SIDES[decide(asked, ecg).answer]]:
        return []
    return [Fault(claim_id="", kind="report", detail="the answer leans to a side to which the ECG does not")]
