"""Electrodes that were probably exchanged: reported, never silently corrected."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.leads import INDEX, Lead
from calipers.models.electrodes.likelihood import LEADS as MODEL_LEADS
from calipers.models.electrodes.likelihood import PLACES, shipped
from calipers.tools.measure.analysis import Mask, Signal
from calipers.tools.measure.beats import RepresentativeBeat
from calipers.tools.measure.per_lead import Landmarks
from calipers.tools.measure.sheet import Sheet

#: QRS in I against V6 correlates positively in the normal heart.
_OPPOSITE: Final = -0.3
#: A lead between the two leg electrodes shows nothing; the leads it is made of show the heart.
_LEG_TO_LEG_MV: Final = 0.1
_LIVE_MV: Final = 0.2
_NEGATIVE_P_MV: Final = -0.03
#: V5 and V6 this much smaller than the largest chest lead point to a heart on the right.
_LOST_QRS: Final = 0.5
_ARMS: Final = "lead I is inverted against V6: the arm electrodes may have been exchanged"
_WORDS: Final[dict[str, str]] = {
    "RA-LA": "the arm electrodes",
    "RA-LL": "the right arm and left leg electrodes",
    "LA-LL": "the left arm and left leg electrodes",
    "V1-V6": "all chest electrodes, V1 to V6, in reverse order,",
}
_ROWS: Final = [INDEX["I"], INDEX["II"], *range(INDEX["V1"], INDEX["V6"] + 1)]
_CHEST: Final = slice(INDEX["V1"], INDEX["V6"] + 1)


def electrode_reversal(
    sheet: Sheet, beat: RepresentativeBeat | None, at: Landmarks | None, present: Mask, usable: Mask
) -> str | None:
    """One line when electrodes look exchanged, else None.

    Args:
        sheet: with `I.p_amp` written.
        beat, at: the representative beat.
        present: (12,) leads with any signal; a flat lead is present and not usable.
        usable: (12,) leads good enough to measure.

    Three ways to see it: lead I upside down against V6 (arms), a lead that lies between the two legs and is
    flat (Kligfield 2007, Part I), and a learned likelihood of the order of the electrodes
    (`calipers.models.electrodes`). An exchange of the two leg electrodes, and of V1 to V6 with electrodes of
    the right chest, cannot be told.
    """
    if beat is None or at is None:
        return None
    flat = _flat_limb_lead(beat, at, present)
    if flat is not None:
        return flat
    if _mirrored(sheet, beat, at, usable):
        return "lead I is inverted and R is lost towards V6: dextrocardia, or the arm electrodes were exchanged"
    readable = bool(usable[_ROWS].all())
    found = shipped().suspicion(beat_sample(beat.mv, at), at.p is not None) if readable else None
    if found is None:
        return _ARMS if _arms_exchanged(sheet, beat, at, usable) else None
    if found.name == "RA-LA":
        return _ARMS
    what = _WORDS.get(found.name) or f"the electrodes of {found.name.replace('-', ' and ')}"
    return f"{what} may have been exchanged: the leads agree better with each other in the other order"


def beat_sample(mv: Signal, at: Landmarks) -> Signal:
    """(12, m) representative beat → (8, 15) places in QRS, ST-T and P, in units of the QRS's RMS."""
    onset, offset = at.qrs
    last = mv.shape[1] - 2
    t_off = min(at.t_off if at.t_off is not None and at.t_off > offset + 60 else offset + 150, last)
    leads = mv[_ROWS]
    qrs = _places(leads, onset, offset, 2 * PLACES[0])
    st_t = _places(leads, offset + 5, t_off, 2 * PLACES[1])
    p = np.zeros((len(MODEL_LEADS), PLACES[2]))
    if at.p is not None:
        wave = _places(leads, *at.p, 2 * PLACES[2] + 2)
        line = np.linspace(0.0, 1.0, wave.shape[1])
        p = (wave - wave[:, :1] * (1.0 - line) - wave[:, -1:] * line)[:, 1:-1:2]
    size = float(np.sqrt(np.mean(qrs**2))) + 1e-6
    return np.concatenate([qrs[:, ::2], st_t[:, ::2], p], axis=1) / size


def _places(leads: Signal, start: int, stop: int, n: int) -> Signal:
    """(leads, m) → (leads, n) at evenly spaced places, interpolated."""
    at = np.clip(np.linspace(start, stop, n), 0, leads.shape[1] - 1.001)
    left = at.astype(np.int64)
    share = at - left
    out: Signal = leads[:, left] * (1.0 - share) + leads[:, left + 1] * share
    return out


def _arms_exchanged(sheet: Sheet, beat: RepresentativeBeat, at: Landmarks, usable: Mask) -> bool:
    """Negative P and mainly negative QRS in I, while V6, which does not use the arms, stays upright."""
    needed = [INDEX["I"], INDEX["V6"]]
    if not usable[needed].all():
        return False
    one, six = beat.mv[needed, at.qrs[0] : at.qrs[1]]
    alike = float(np.corrcoef(one, six)[0, 1]) if one.std() > 0 and six.std() > 0 else 0.0
    p_in_one = sheet.number("I.p_amp")
    p_down = p_in_one is None or p_in_one < _NEGATIVE_P_MV
    return bool(alike < _OPPOSITE and six.max() > -six.min() and one.sum() < 0 and p_down)


def _mirrored(sheet: Sheet, beat: RepresentativeBeat, at: Landmarks, usable: Mask) -> bool:
    """P and QRS negative in I, and small complexes in V5 and V6: a heart on the right looks like this too."""
    p_in_one = sheet.number("I.p_amp")
    if not usable[INDEX["I"]] or not usable[_CHEST].all() or p_in_one is None or p_in_one > _NEGATIVE_P_MV:
        return False
    qrs = beat.mv[:, at.qrs[0] : at.qrs[1]]
    height = np.ptp(qrs[_CHEST], axis=1)
    return bool(qrs[INDEX["I"]].sum() < 0 and height[4:].max() < _LOST_QRS * height.max())


def _flat_limb_lead(beat: RepresentativeBeat, at: Landmarks, present: Mask) -> str | None:
    """A right leg electrode on an arm leaves one of I, II and III between the two legs."""
    start = at.p[0] if at.p is not None else at.qrs[0] - 20
    stop = at.t_off if at.t_off is not None else at.qrs[1] + 150
    limb: tuple[Lead, ...] = ("I", "II", "III")
    rows = [INDEX[lead] for lead in limb]
    if not present[rows].all():
        return None
    height = np.ptp(beat.mv[rows, max(start, 0) : stop], axis=1)
    flat = int(np.argmin(height))
    if height[flat] >= _LEG_TO_LEG_MV or np.sort(height)[1] < _LIVE_MV:
        return None
    which = ("both arms with both legs", "the right arm and right leg", "the left arm and right leg")[flat]
    return f"lead {limb[flat]} is flat between two live leads: the electrodes of {which} may have been exchanged"
