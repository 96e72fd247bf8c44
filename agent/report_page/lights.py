"""What lights up: for every citation, criterion and claim the calipers to draw, in both views."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from calipers.agent.report_page.trace import View
from calipers.ecg import Ecg
from calipers.evidence import CriterionEvidence, Measurement
from calipers.printing import slots
from calipers.report import Claim, Report
from calipers.tools.render import Mark, Placer, Sheet, names_and_pulses

#: More calipers at once hide the trace they explain.
MOST_AT_ONCE: Final = 16
TEXT_MM: Final = 4.0


def claim_group(kind: str, number: int) -> str:
    """The name under which a claim's calipers are found; no evidence id holds a space."""
    return f"{kind} {number}"


def groups(report: Report) -> dict[str, list[str]]:
    """Group → measurement ids that light up together: each measurement, each criterion, each claim."""
    measured = {item.id: item for item in report.measurements}
    found = {key: [key] for key in measured}
    for item in report.evidence_table:
        if isinstance(item, CriterionEvidence):
            found[item.id] = [key for key in item.measurements if key in measured]
    for number, claim in enumerate(report.claims):
        found[claim_group("claim", number)] = _shown_for(claim, measured)
    for number, withheld in enumerate(report.withheld):
        found[claim_group("withheld", number)] = _shown_for(withheld.claim, measured)
    return {key: ids[:MOST_AT_ONCE] for key, ids in found.items()}


def _shown_for(claim: Claim, measured: dict[str, Measurement]) -> list[str]:
    """What the sentence itself quotes; where it quotes nothing, what it cites."""
    quoted = [key for key in dict.fromkeys(slots(claim.template)) if key in measured]
    return quoted or [key for key in claim.evidence if key in measured]


def lights(report: Report, ecg: Ecg, views: dict[View, Sheet]) -> dict[str, Any]:
    """Per view and group the marks, and per group what has no place on the first view, with reasons."""
    known = {item.id: item for item in report.measurements}
    wanted = groups(report)
    out: dict[str, Any] = {}
    for view, sheet in views.items():
        placer = Placer(sheet, ecg, known, obstacles=names_and_pulses(sheet), text_mm=TEXT_MM)
        placer.prepare(key for ids in wanted.values() for key in ids)
        marks: dict[str, list[dict[str, Any]]] = {}
        absent: dict[str, list[list[str]]] = {}
        place = cache(placer.place)  # many groups light up the same
        spelled: dict[int, dict[str, Any]] = {}  # the placer gives the same mark again for the same place
        for group, ids in wanted.items():
            placed = place(tuple(ids))
            for mark in placed.marks:
                if id(mark) not in spelled:
                    spelled[id(mark)] = _plain(mark)
                marks.setdefault(group, []).append(spelled[id(mark)])
            if placed.not_drawn:
                absent[group] = [list(pair) for pair in placed.not_drawn]
        out[view] = {"marks": marks, "absent": absent}
    return out


def _plain(mark: Mark) -> dict[str, Any]:
    """A mark as the script reads it, to the hundredth of a millimetre."""
    plain: dict[str, Any] = {
        "id": mark.id,
        "label": mark.label,
        "x": [round(mark.x0_mm, 2), round(mark.x1_mm, 2)],
        "y": [round(mark.y0_mm, 2), round(mark.y1_mm, 2)],
        "box": [round(side, 2) for side in (mark.text.x0, mark.text.y0, mark.text.x1, mark.text.y1)],
    }
    if mark.kind == "amplitude":
        plain["amplitude"] = 1
    if mark.cut_left or mark.cut_right:
        plain["cut"] = [int(mark.cut_left), int(mark.cut_right)]
    if mark.echoes:
        plain["echoes"] = [[round(side, 2) for side in echo] for echo in mark.echoes]
    if mark.repeats:
        plain["repeats"] = [[round(side, 2) for side in stretch] for stretch in mark.repeats]
    return plain
