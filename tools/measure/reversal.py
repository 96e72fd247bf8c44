"""Electrodes that were probably exchanged: reported, never silently corrected."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.leads import INDEX
from calipers.tools.measure.analysis import Mask
from calipers.tools.measure.beats import RepresentativeBeat
from calipers.tools.measure.per_lead import Landmarks
from calipers.tools.measure.sheet import Sheet

#: QRS in I against V6 correlates positively in the normal heart; dextrocardia leaves V6 small instead.
_OPPOSITE: Final = -0.3


def electrode_reversal(sheet: Sheet, beat: RepresentativeBeat | None, at: Landmarks | None, usable: Mask) -> str | None:
    """One line when the arm electrodes look exchanged, else None.

    Left and right arm exchanged turns lead I upside down: negative P and mainly negative QRS in I while
    V6, which does not use the arms, stays upright (Kligfield 2007, Part I).
    """
    needed = [INDEX["I"], INDEX["V6"]]
    if beat is None or at is None or not usable[needed].all():
        return None
    one, six = beat.mv[needed, at.qrs[0] : at.qrs[1]]
    alike = float(np.corrcoef(one, six)[0, 1]) if one.std() > 0 and six.std() > 0 else 0.0
    p_in_one = sheet.number("I.p_amp")
    upright_six = six.max() > -six.min()
    p_down = p_in_one is not None and p_in_one < -0.03
    if alike < _OPPOSITE and upright_six and one.sum() < 0 and (p_down or p_in_one is None):
        return "lead I is inverted against V6: the arm electrodes may have been exchanged"
    return None
