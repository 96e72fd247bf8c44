"""Mark the waves of a recorded ECG for the codec: by the measuring engine, as everything else is measured."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.models.generator.marks import Floats, Marks
from calipers.tools.measure import Examination, examine
from calipers.tools.measure.analysis import ANALYSIS_HZ
from calipers.tools.measure.fiducials import P_OFF, P_ON, QRS_OFF, QRS_ON, T_OFF

#: Where nothing better was seen: usual distances in seconds.
_USUAL_P_S: Final = 0.10
_USUAL_QRS_S: Final = 0.09
_USUAL_QT_S: Final = 0.38
#: Two P onsets nearer than this are one P wave.
_SAME_P_S: Final = 0.08


def mark(ecg: Ecg, seen: Examination | None = None) -> Marks:
    """The events of an ECG, where the engine saw them.

    Args:
        ecg: at 500 Hz, 2 to 60 s.
        seen: its examination, where it was made already.

    Raises:
        UnreadableInput: fewer than two beats were found.
    """
    seen = seen or examine(ecg)
    if seen.beats is None or seen.marks is None or seen.rhythm is None or len(seen.beats) < 2:
        raise UnreadableInput("found fewer than two beats; needed two to take an ECG apart")
    heart, rhythm, peaks = seen.marks.heart, seen.rhythm, seen.beats.peaks.astype(np.float64)
    ectopic = ~seen.beats.dominant
    on = _aligned(heart[:, QRS_ON], peaks, ectopic)
    off = on + _steady(heart[:, QRS_OFF] - heart[:, QRS_ON], ectopic, _USUAL_QRS_S)
    t_off = on + _steady(heart[:, T_OFF] - heart[:, QRS_ON], ectopic, _USUAL_QT_S)
    flutter = rhythm.period.period if rhythm.period.is_regular else 0.0
    p_on, p_off = _p_waves(seen, on) if not flutter else (np.empty(0), np.empty(0))
    return Marks(
        on, off, np.maximum(t_off, off + 0.08 * ANALYSIS_HZ), ectopic, p_on, p_off, rhythm.pacing.spikes, flutter
    )


def _aligned(onset: Floats, peaks: Floats, ectopic: np.ndarray) -> Floats:
    """Onsets at one distance before the peaks of each kind: single marks scatter more than beats do."""
    out = np.empty_like(peaks)
    for kind in (False, True):
        of = ectopic == kind
        if of.any():
            ahead = peaks[of] - onset[of]
            usual = float(np.nanmedian(ahead)) if np.isfinite(ahead).any() else 0.04 * ANALYSIS_HZ
            out[of] = peaks[of] - usual
    return out


def _steady(length: Floats, ectopic: np.ndarray, usual_s: float) -> Floats:
    """The median length of each kind of beat."""
    out = np.empty_like(length)
    for kind in (False, True):
        of = ectopic == kind
        if of.any():
            known = length[of][np.isfinite(length[of])]
            out[of] = float(np.median(known)) if known.size else usual_s * ANALYSIS_HZ
    return out


def _p_waves(seen: Examination, qrs_on: Floats) -> tuple[Floats, Floats]:
    """Every P wave: those of the beats, then those that stand alone; none where too few beats have one."""
    assert seen.marks is not None
    assert seen.rhythm is not None
    heart = seen.marks.heart
    led = np.isfinite(heart[:, P_ON]) & seen.rhythm.conducted
    known = np.isfinite(heart[:, P_OFF] - heart[:, P_ON]) & led
    length = float(np.median((heart[:, P_OFF] - heart[:, P_ON])[known])) if known.any() else _USUAL_P_S * ANALYSIS_HZ
    onset = list(heart[led, P_ON])
    atria = seen.rhythm.atria
    if atria.regular or seen.rhythm.p_share >= 0.5:
        onset += [time for time in atria.onset if all(abs(time - other) > _SAME_P_S * ANALYSIS_HZ for other in onset)]
    found = np.sort(np.array(onset, dtype=np.float64))
    if not (atria.regular or led.sum() >= 0.5 * len(qrs_on)):
        found = found[:0]
    return found, found + length
