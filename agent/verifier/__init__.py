"""The verifier: code that decides whether a claim may leave the program.

`verify(report, ecg=None)` returns every fault it finds; an empty list is a pass. A claim passes when
(a) its ids resolve in this report and belong to this record, (b) every number is a cited value at its
printed precision and unit, (c) an asserted diagnosis has its criteria met, or leaning with wording to
match, (d) a claim of absence cites what shows the absence, (e) guideline claims are paraphrases.
"""

from __future__ import annotations

from calipers.agent.verifier.check import Checker, verify

__all__ = ["Checker", "verify"]
