"""The verifier: code that decides whether a claim may leave the program.

`verify(report, ecg=None)` returns every fault it finds; an empty list is a pass. A claim passes when
(a) its ids resolve in this report and belong to this record, (b) every number is a cited value at its
printed precision and unit, (c) an asserted diagnosis has its criteria met, or leaning with wording to
match, (d) a claim of absence cites what shows the absence, (e) guideline claims are paraphrases.

The table's own sentences pass by being letter-perfect. A sentence of the model's own is read slot by slot:
`items` and `consistency` ask whether the evidence is sound, `slot_names` and `slot_sense` whether each slot
holds what the words announce, `wording` and `vocabulary.txt` what may be said at all, `diagnosis` and
`denial` whether the statement follows, `remeasure` whether the ECG itself agrees.
"""

from __future__ import annotations

from calipers.agent.verifier.check import Checker, verify

__all__ = ["Checker", "verify"]
