"""The cart's own statements in PTB-XL's reports: German and Swedish phrases of the recorders, left there by readers.

The labels were made from these texts and then corrected (Wagner 2020), so that cart and labels agree more than two
independent readers would.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Final

from calipers.evals.framework import part

#: SCP-ECG code → phrases of the carts; a phrase in doubt (`nicht auszuschliessen`) counts as said.
_PHRASES: Final[dict[str, str]] = {
    "AFIB": r"vorhofflimmern|f.rmaksflimmer|atrial fibrillation",
    "STACH": r"sinustachykardi|sinus tachycardia|sinustakykardi",
    "SBRAD": r"sinusbradykardi|sinus bradycardia",
    "1AVB": r"av.?block i\b|av.?block 1|1\.? ?gradi?g?(es)? av|first degree av|av-block i grad|pr.?verl.ngerung",
    "CLBBB": r"(?<!inkompletter )linksschenkelblock|v.nster(sidigt)? (skaenkel|sk.nkel)block|left bundle branch block",
    "CRBBB": r"(?<!inkompletter )(?<!inkompl\. )rechtsschenkelblock|h.ger(sidigt)? sk.nkelblock|right bundle branch block",
    "LAFB": r"linksanteriorer hemiblock|v.nster anteriort? hemiblock|left anterior (fascicular|hemi)",
    "LVH": r"linkshypertrophie|v.nster ?kammarhypertrofi|left ventricular hypertrophy",
    "PVC": r"(?<!supra)ventrikul.re extrasystole|ventrikul.r\(?a?\)? extrasystol|ventricular premature",
    "PAC": r"supraventrikul.r\(?e?a?\)? extrasystol|vorhofextrasystole|atrial premature",
    "PACE": r"pacemaker|schrittmacher",
    "NORM": r"normales ekg|normalt ekg|normal ecg",
}
_WORDS: Final = {code: re.compile(phrase) for code, phrase in _PHRASES.items()}


def cart_codes(text: str) -> frozenset[str]:
    """The codes that a report's words name."""
    lowered = text.lower()
    return frozenset(code for code, words in _WORDS.items() if words.search(lowered))


def texts(data: Path) -> dict[int, str]:
    """ECG → its report.

    Raises:
        MissingPart: PTB-XL is not in the data folder.
    """
    with part(data, "ptbxl/records.csv").open(newline="") as table:
        return {int(float(row["ecg_id"])): row["report"] for row in csv.DictReader(table)}
