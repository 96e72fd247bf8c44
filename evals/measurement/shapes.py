"""Shapes and quality remarks against PTB-XL's labels, folds 1-8: what a reader would expect to see, counted.

python -m calipers.evals.measurement.shapes
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable, Mapping
from typing import Final

from calipers.evals.framework import data_folder, part
from calipers.evals.measurement.ptbxl import as_ecg, labelled, signals
from calipers.evidence import Measurements
from calipers.leads import LEADS, Lead
from calipers.report import Quality
from calipers.tools.measure import examine

TEST_FOLD: Final = 9
GROUPS: Final = ("NORM", "CRBBB", "IRBBB", "CLBBB", "AFIB", "LAO/LAE", "LVH", "INVT", "WPW", "IMI")
_LATERAL: Final[tuple[Lead, ...]] = ("I", "aVL", "V5", "V6")
_INFERIOR: Final[tuple[Lead, ...]] = ("II", "III", "aVF")
_UPRIGHT_T: Final[tuple[Lead, ...]] = ("I", "II", "aVL", "V2", "V3", "V4", "V5", "V6")
#: Column of `records.csv` → words of the remarks that name the same.
REMARKS: Final = {
    "baseline_drift": ("baseline", "sudden"),
    "static_noise": ("mains", "muscle"),
    "burst_noise": ("bursts", "muscle", "loose"),
    "electrodes_problems": ("loose", "flat", "bursts", "saturated"),
}

Finding = Callable[[Measurements], bool]


def _count(measured: Measurements, name: str, leads: tuple[Lead, ...], least: float) -> int:
    return sum((measured.number(f"{lead}.{name}") or 0.0) >= least for lead in leads)


def _pattern(measured: Measurements, lead: Lead) -> str:
    item = measured.get(f"{lead}.qrs_pattern")
    return str(item.value) if item is not None and item.value else ""


def _terminal_force(measured: Measurements) -> float:
    depth, width = measured.number("V1.p_terminal_amp"), measured.number("V1.p_terminal_dur")
    return abs(depth or 0.0) * (width or 0.0)


def _t_turned(measured: Measurements) -> int:
    shapes = (measured.get(f"{lead}.t_pattern") for lead in _UPRIGHT_T)
    return sum(item is not None and item.value in ("inverted", "positive-negative") for item in shapes)


FINDINGS: Final[Mapping[str, Finding]] = {
    "R' in V1 or V2": lambda m: any(re.search("[rR]'", _pattern(m, lead)) for lead in ("V1", "V2")),
    "R or qR in V1": lambda m: _pattern(m, "V1") in ("R", "qR", "QR"),
    "QS or rS in V1": lambda m: _pattern(m, "V1") in ("QS", "rS"),
    "notch or slur in 2 of I aVL V5 V6": lambda m: _count(m, "qrs_notch", _LATERAL, 0.5) >= 2,
    "Q of 30 ms in 2 inferior leads": lambda m: _count(m, "q_dur", _INFERIOR, 30.0) >= 2,
    "V1 P terminal force of 4 mV ms": lambda m: _terminal_force(m) >= 4.0,
    "T turned in 2 of I II aVL V2-V6": lambda m: _t_turned(m) >= 2,
    "delta of 30 ms in 3 leads": lambda m: _count(m, "delta_dur", LEADS, 30.0) >= 3,
    "J wave of 0.1 mV in 2 of a region": lambda m: (
        max(_count(m, "j_wave_amp", _INFERIOR, 0.1), _count(m, "j_wave_amp", (*_LATERAL, "V4"), 0.1)) >= 2
    ),
}


def named_leads(remark: str) -> set[Lead]:
    """The leads a quality column names: `I-AVF`, `V1,V6`, `alles`; empty where it names none."""
    text = remark.upper().replace(" ", "")
    if "ALLES" in text or "NOISYRECORDING" in text:
        return set(LEADS)
    order = [lead.upper() for lead in LEADS]
    found: set[Lead] = set()
    before, to = None, False
    for token in re.findall(r"AVR|AVL|AVF|V[1-6]|III|II|I|(?<=[-,])[1-6]|-", text):
        if token == "-":
            to = True
            continue
        at = order.index(f"V{token}" if token.isdigit() else token)
        first = before if to and before is not None else at
        found |= set(LEADS[min(first, at) : max(first, at) + 1])
        before, to = at, False
    return found


def remarked(quality: Quality, lead: Lead, words: tuple[str, ...]) -> bool:
    """Whether a lead's reasons name what a column names."""
    reasons = " ".join(quality.leads[LEADS.index(lead)].reasons)
    return any(word in reasons for word in words)


def main() -> None:
    """Measure, count and print."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    data = data_folder()
    rows = {row.ecg_id: row for row in labelled(data) if row.fold < TEST_FOLD}
    with part(data, "ptbxl/records.csv").open(newline="") as table:
        columns = {int(float(row["ecg_id"])): {name: row[name] for name in REMARKS} for row in csv.DictReader(table)}
    seen: dict[str, list[set[str]]] = {group: [] for group in GROUPS}
    hits: dict[str, list[bool]] = {name: [] for name in REMARKS}
    quiet: dict[str, list[bool]] = {name: [] for name in REMARKS}
    for ecg_id, eight_uv in signals(data, set(rows)):
        found = examine(as_ecg(rows[ecg_id], eight_uv))
        present = {name for name, finding in FINDINGS.items() if finding(found.measurements)}
        for group in GROUPS:
            if group in rows[ecg_id].codes and (group != "NORM" or rows[ecg_id].codes["NORM"] >= 100):
                seen[group].append(present)
        remarks = columns[ecg_id]
        for name, words in REMARKS.items():
            hits[name] += [remarked(found.quality, lead, words) for lead in named_leads(remarks[name])]
            if not any(text.strip() for text in remarks.values()):
                quiet[name] += [remarked(found.quality, lead, words) for lead in LEADS]
    for finding in FINDINGS:
        shares = (f"{group} {100 * sum(finding in s for s in sets) / len(sets):.0f}" for group, sets in seen.items())
        print(f"{finding}, % of: {', '.join(shares)}")
    for name in REMARKS:
        sensitivity, silence = sum(hits[name]) / len(hits[name]), 1.0 - sum(quiet[name]) / len(quiet[name])
        print(f"{name}: named in {100 * sensitivity:.0f} % of {len(hits[name])} leads, not in {100 * silence:.1f} %")


if __name__ == "__main__":
    main()
