"""The twelve leads: their names, their order, and the arithmetic of the limb leads."""

from __future__ import annotations

from typing import Final, Literal, get_args

from calipers.errors import UnknownLead

Lead = Literal["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]

LEADS: Final[tuple[Lead, ...]] = get_args(Lead)
LIMB: Final[tuple[Lead, ...]] = LEADS[:6]
CHEST: Final[tuple[Lead, ...]] = LEADS[6:]
INDEX: Final[dict[Lead, int]] = {lead: row for row, lead in enumerate(LEADS)}

#: Each limb lead as (weight of I, weight of II): Einthoven 1913, Goldberger 1942.
LIMB_FROM_I_AND_II: Final[dict[Lead, tuple[float, float]]] = {
    "I": (1.0, 0.0),
    "II": (0.0, 1.0),
    "III": (-1.0, 1.0),
    "aVR": (-0.5, -0.5),
    "aVL": (1.0, -0.5),
    "aVF": (-0.5, 1.0),
}

_BY_FOLDED_NAME: Final[dict[str, Lead]] = {lead.upper(): lead for lead in LEADS}
_PREFIXES: Final[tuple[str, ...]] = ("MDC_ECG_LEAD_", "ECG", "LEAD")


def standard_lead(name: str) -> Lead | None:
    """The standard lead that `name` denotes, or None.

    Accepts what recorders write: `AVR`, `avr`, `Lead II`, `ECG V1`, `MDC_ECG_LEAD_aVL`, `MLII`. A leading
    minus is another lead: `-aVR` (Cabrera) is aVR upside down.
    """
    folded = name.strip().upper().replace(" ", "").replace(":", "")
    if folded.startswith("-"):
        return None
    folded = folded.replace("-", "")
    if folded == "MLII":
        return "II"
    for prefix in _PREFIXES:
        folded = folded.removeprefix(prefix).strip("_")
    return _BY_FOLDED_NAME.get(folded)


def require_lead(name: str) -> Lead:
    """Like `standard_lead`, but raises `UnknownLead` naming what was found."""
    lead = standard_lead(name)
    if lead is None:
        raise UnknownLead(f"found lead `{name}`; needed one of {', '.join(LEADS)}")
    return lead
