"""Per-lead measurements from the beats inside each lead's own stretch, each saying how many there were."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from calipers.leads import INDEX, LEADS, LIMB, LIMB_FROM_I_AND_II
from calipers.parameters import LEAD_UNITS
from calipers.tools.measure.analysis import ANALYSIS_HZ, Mask, Signal
from calipers.tools.measure.axis import FLOOR_DEG, Axis, frontal_axis
from calipers.tools.measure.beats import Beats, RepresentativeBeat, median_beat
from calipers.tools.measure.partial.coverage import Coverage
from calipers.tools.measure.per_lead import Landmarks, noise_mv, write_lead, write_lead_missing
from calipers.tools.measure.quality import LeadQualities
from calipers.tools.measure.sheet import Sheet

#: Before QRS onset for the PR level, and what aligning may move a beat; after its end for the ST level at 80 ms.
_MARGIN: Final = 18
_ST: Final = 50
_SLACK: Final = 10
#: What the beats of one person differ by, as 95 % half-widths: a share of the value, and mV or ms, both over the root
#: of the number of beats. Fitted on fold 8 (`python -m calipers.evals.layouts.few_beats`).
BEAT_TO_BEAT: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(("q_amp", "r_amp", "s_amp", "rp_amp", "sp_amp"), (0.12, 0.02)),
    **dict.fromkeys(("p_amp", "p_terminal_amp", "j_wave_amp"), (0.0, 0.02)),
    **dict.fromkeys(("st_j", "st_60", "st_80"), (0.0, 0.05)),
    **dict.fromkeys(("q_dur", "r_dur", "s_dur"), (0.0, 32.0)),
    "t_amp": (0.0, 0.11),
    "t_width": (0.0, 60.0),
}
_P_NAMES: Final = ("p_amp", "p_pattern", "p_terminal_amp", "p_terminal_dur")
_T_NAMES: Final = ("t_amp", "t_pattern", "t_width")


@dataclass(frozen=True)
class LeadBeats:
    """Which beats each lead shows. All (12, k) over the beats of the representative one.

    Attributes:
        qrs: with PR level, QRS and ST segment.
        t: with T as well.
        p: with P as well as QRS.
    """

    qrs: Mask
    t: Mask
    p: Mask

    @property
    def covered(self) -> Mask:
        """(12,) leads that show at least one QRS."""
        some: Mask = np.any(self.qrs, axis=1)
        return some

    @property
    def used(self) -> Mask:
        """(12, k) the beats that each lead is read from: those with T where there are any."""
        with_t: Mask = np.where(np.any(self.t, axis=1)[:, None], self.t, self.qrs)
        return with_t


def beats_of_leads(beat: RepresentativeBeat, beats: Beats, at: Landmarks, coverage: Coverage) -> LeadBeats:
    """Find out which of the beats each lead shows; whole leads show all of them."""
    zero = beats.peaks[beat.used] - beat.zero
    first, stop = coverage.first[:, None], coverage.stop[:, None]
    through = coverage.whole[:, None]
    qrs = through | ((first <= zero + at.qrs[0] - _MARGIN) & (stop >= zero + at.qrs[1] + _ST + _SLACK))
    qrs &= coverage.present[:, None]
    t_off = at.t_off if at.t_off is not None else at.qrs[1]
    p_on = at.p[0] if at.p is not None else at.qrs[0]
    t: Mask = qrs & (through | (stop >= zero + t_off + _SLACK))
    p: Mask = qrs & (through | (first <= zero + p_on - _SLACK))
    return LeadBeats(qrs, t, p)


def within_stretches(
    beat: RepresentativeBeat, at: Landmarks, shown: LeadBeats, coverage: Coverage
) -> RepresentativeBeat:
    """The representative beat with each lead's median over the beats that it shows."""
    stack = beat.beats_mv.copy()
    split = max(at.qrs[0] - 8, 0)
    for row in np.flatnonzero(coverage.in_part):
        stack[~shown.p[row], row, :split] = np.nan
        stack[~shown.used[row], row, split:] = np.nan
    return RepresentativeBeat(median_beat(stack), stack, beat.zero, beat.used)


def write_leads_in_part(
    sheet: Sheet,
    leads: LeadQualities,
    beats: Beats,
    beat: RepresentativeBeat | None,
    at: Landmarks | None,
    shown: LeadBeats | None,
    coverage: Coverage,
) -> None:
    """Every measurement of each lead, or why there is none."""
    for row, lead in enumerate(LEADS):
        sheet.value("quality", float(leads.score[row]), "", how="1 minus what was seen to be wrong", lead=lead)
        if not leads.usable[row]:
            write_lead_missing(sheet, lead, f"lead not usable: {'; '.join(leads.reasons[row]) or 'poor signal'}")
        elif beat is None or at is None or shown is None:
            write_lead_missing(sheet, lead, "no representative beat: QRS onset and end not found")
        elif not shown.covered[row]:
            write_lead_missing(sheet, lead, f"no whole QRS complex of the usual shape in the {_seconds(coverage, row)}")
        else:
            _write(sheet, row, beats, beat, at, shown, coverage)


def _write(
    sheet: Sheet,
    row: int,
    beats: Beats,
    beat: RepresentativeBeat,
    at: Landmarks,
    shown: LeadBeats,
    coverage: Coverage,
) -> None:
    lead, seconds = LEADS[row], _seconds(coverage, row)
    has_p, has_t = bool(shown.p[row].any()), bool(shown.t[row].any())
    own = replace(at, p=at.p if has_p else None, t_off=at.t_off if has_t else None)
    used = np.flatnonzero(shown.used[row])
    anchor = float(beats.peaks[beat.used[used[used.size // 2]]] - beat.zero)
    write_lead(sheet, lead, beat, own, anchor, float(noise_mv(beat.beats_mv[:, [row]], at.qrs[1])[0]))
    for is_missing, wave, names in (
        (at.p is not None and not has_p, "P wave", _P_NAMES),
        (at.t_off is not None and not has_t, "T wave", _T_NAMES),
    ):
        for name in names if is_missing else ():
            sheet.missing(name, LEAD_UNITS[name], f"no whole {wave} in the {seconds}", lead=lead)
    for name in LEAD_UNITS:
        if name != "quality":
            count = int((shown.p if name in _P_NAMES else shown.used)[row].sum())
            sheet.remark(f"{lead}.{name}", f"{count} beat{'' if count == 1 else 's'} in the {seconds}")
            if name in BEAT_TO_BEAT and coverage.in_part[row]:
                share, least = BEAT_TO_BEAT[name]
                value = abs(sheet.number(f"{lead}.{name}") or 0.0)
                sheet.widen(f"{lead}.{name}", math.hypot(share * value, least) / math.sqrt(max(count, 1)))


def _seconds(coverage: Coverage, row: int) -> str:
    stretch = coverage.stretch(row)
    return f"{(stretch.stop - stretch.start) / ANALYSIS_HZ:.1f} s that show this lead"


def leave_out_unseen_beats(sheet: Sheet, coverage: Coverage) -> None:
    """Single beats' values of a lead that does not show them become missing."""
    for item in list(sheet.items.values()):
        if item.lead is None or item.beat is None or not item.spans or coverage.whole[INDEX[item.lead]]:
            continue
        start, stop = (round(time * ANALYSIS_HZ) for time in (item.spans[0].start_s, item.spans[0].end_s))
        if not coverage.shows(start - 8, stop)[INDEX[item.lead]]:
            sheet.missing(item.name, item.unit, "the lead does not show this beat", lead=item.lead, beat=item.beat)


def axis_in_part(areas: Signal, per_beat: Signal, usable: Mask, shown: Mask) -> Axis | None:
    """The frontal axis where limb leads show different beats.

    Args:
        areas: (12,) signed area of the wave in each lead of the representative beat.
        per_beat: (k, 12) the same for each beat.
        usable: (12,) leads with an area.
        shown: (12, k) beats that each lead shows; the spread is taken over beats that two limb leads show.
    """
    found = frontal_axis(areas, areas[None], usable)
    if found is None:
        return None
    limb = [INDEX[lead] for lead in LIMB if usable[INDEX[lead]]]
    turns = []
    for k in range(shown.shape[1]):
        rows = [row for row in limb if shown[row, k]]
        if len(rows) >= 2:
            one, two = np.linalg.pinv(np.array([LIMB_FROM_I_AND_II[LIMB[row]] for row in rows])) @ per_beat[k, rows]
            angle = np.arctan2((2.0 * two - one) / np.sqrt(3.0), one)
            turns.append(np.degrees(np.angle(np.exp(1j * (angle - np.radians(found.degrees))))))
    spread = float(np.sqrt(np.mean(np.square(turns)) / len(turns))) if turns else 3.0 * FLOOR_DEG
    return Axis(found.degrees, float(np.hypot(FLOOR_DEG, 1.96 * spread)))
