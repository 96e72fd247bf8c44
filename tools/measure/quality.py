"""How readable each lead is, and why not: gaps, flat, saturated, drift, mains, muscle, bursts, loose electrode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.leads import INDEX, LEADS
from calipers.report import LeadQuality, Quality
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.delineation import runs
from calipers.tools.measure.noise import Noise, noise

#: A lead below this is left out of every fusion and named.
USABLE = 0.3
_FLAT_MV = 0.03
_EINTHOVEN_MV = 0.05
#: What is remarked on, in mV RMS: chosen on PTB-XL folds 1-8 (test_quality.py has degradations of known size).
_DRIFT_MV = 0.15
_MAINS_MV = 0.015
_MUSCLE_MV = 0.012


@dataclass(frozen=True)
class LeadQualities:
    """Scores (12,) in 0…1 and the reasons for anything taken off."""

    score: Signal
    reasons: tuple[tuple[str, ...], ...]

    @property
    def usable(self) -> Mask:
        """(12,) leads good enough to measure."""
        return self.score >= USABLE


def lead_qualities(ecg: Ecg, signal: AnalysisSignal) -> LeadQualities:
    """Score the twelve leads; 0 for a lead that was not recorded."""
    scores = np.zeros(12)
    reasons: list[tuple[str, ...]] = []
    heard = noise(signal.raw_mv, signal.level_mv)
    for row, lead in enumerate(LEADS):
        if not signal.present[row]:
            reasons.append(("not recorded",))
            continue
        findings = _findings(ecg.lead(lead), signal, row, heard)
        scores[row] = float(np.prod([1.0 - loss for loss, _ in findings])) if findings else 1.0
        reasons.append(tuple(text for _, text in findings))
    return LeadQualities(np.round(scores, 3), tuple(reasons))


def _findings(stored: NDArray[np.float32], signal: AnalysisSignal, row: int, heard: Noise) -> list[tuple[float, str]]:
    """(loss of quality 0…1, what was seen) for one lead."""
    found: list[tuple[float, str]] = []
    lost = 1.0 - float(signal.recorded[row].mean())
    if lost > 0:
        found.append((min(1.0, 2.0 * lost), f"{lost * signal.duration_s:.1f} s not recorded"))
    level = signal.level_mv[row]
    height = float(np.subtract(*np.percentile(level, [99.5, 0.5])))
    if height < _FLAT_MV:
        return [*found, (1.0, "flat")]
    clipped = _clipped_share(stored)
    if clipped > 0.005:
        found.append((min(1.0, 0.3 + 10 * clipped), f"saturated for {100 * clipped:.0f} % of the time"))
    steps = _steps(signal.raw_mv[row])
    if steps:
        found.append((min(0.9, 0.25 * steps), "loose electrode: sudden baseline steps"))
    dead_s = float(heard.dead_s[row])
    if dead_s:
        found.append((min(0.9, 2.0 * dead_s / signal.duration_s), f"loose electrode: no signal for {dead_s:.1f} s"))
    drift = float(np.std(signal.raw_mv[row] - level))
    if drift > _DRIFT_MV:
        found.append((min(0.6, drift / 2.0), f"baseline wander of {drift:.2f} mV RMS"))
    return [*found, *_noises(heard, row, height, signal.duration_s)]


def _noises(heard: Noise, row: int, height: float, duration_s: float) -> list[tuple[float, str]]:
    """What the noise of one lead takes off, against the height of its complexes."""
    found: list[tuple[float, str]] = []
    mains, muscle, burst = (float(part[row]) for part in (heard.mains_mv, heard.muscle_mv, heard.burst_mv))
    if mains > _MAINS_MV and mains > 0.01 * height:
        found.append((min(0.6, 4.0 * mains / height), f"mains interference of {mains * 1000:.0f} µV RMS"))
    if muscle > _MUSCLE_MV and muscle > 0.01 * height:
        found.append((min(0.95, 6.0 * muscle / height), f"muscle or other noise of {muscle * 1000:.0f} µV RMS"))
    if burst:
        seconds = float(heard.burst_s[row])
        loss = min(0.9, 6.0 * burst / height) * min(1.0, 2.0 * seconds / duration_s)
        found.append((loss, f"bursts of noise for {seconds:.1f} s, {burst * 1000:.0f} µV RMS"))
    return found


def _clipped_share(stored: NDArray[np.float32]) -> float:
    """Share of samples that stand still at the lead's own extremes: an amplifier at its rail."""
    finite = stored[np.isfinite(stored)]
    low, high = finite.min(), finite.max()
    # The baseline of a noise-free signal may be its lowest level; a rail lies away from it.
    level, half = float(np.median(finite)), 0.25 * (high - low)
    at_rail = ((finite == low) & (level - low > half)) | ((finite == high) & (high - level > half))
    # A heart's voltage climbs to the rail; a calibration pulse jumps to its top.
    climbed = np.abs(np.concatenate(([high], finite[:-1])) - level) > 0.3 * np.maximum(np.abs(finite - level), half)
    still = [stop - start for start, stop in runs(at_rail) if stop - start >= 5 and climbed[start]]
    return float(sum(still)) / finite.size


def _steps(raw: Signal) -> int:
    """Number of baseline jumps larger than 1 mV between the medians of neighbouring half seconds."""
    half = int(0.5 * ANALYSIS_HZ)
    if raw.size < 4 * half:
        return 0
    blocks = np.median(raw[: raw.size // half * half].reshape(-1, half), axis=1)
    return int((np.abs(np.diff(blocks)) > 1.0).sum())


def record_quality(
    ecg: Ecg,
    signal: AnalysisSignal,
    leads: LeadQualities,
    n_beats: int,
    extra: tuple[str, ...] = (),
    *,
    beatless: bool = False,
    limb: AnalysisSignal | None = None,
) -> Quality:
    """Whole-record quality: the mean over recorded leads, and what a reader must be told.

    `beatless`: that there are no QRS complexes was measured (asystole, ventricular fibrillation) and is no failure.
    `limb`: the stretch in which I, II and III are shown together, where that is not all of it.
    """
    recorded = leads.score[signal.present]
    reasons = list(extra)
    mismatch = _einthoven_mismatch_mv(limb or signal)
    if mismatch is not None and mismatch > _EINTHOVEN_MV:
        reasons.append(f"leads I, II and III do not obey Einthoven's law (mismatch {mismatch:.2f} mV RMS)")
    if ecg.missing_leads:
        reasons.append(f"not recorded: {', '.join(ecg.missing_leads)}")
    poor = [lead for row, lead in enumerate(LEADS) if signal.present[row] and not leads.usable[row]]
    if poor:
        reasons.append(f"left out of the measurement: {', '.join(poor)}")
    if signal.duration_s < 5.0:
        reasons.append(f"only {signal.duration_s:.1f} s of signal")
    if n_beats < 2:
        reasons.append(f"{n_beats or 'no'} QRS complex{'' if n_beats == 1 else 'es'} found")
    score = float(recorded.mean()) if recorded.size else 0.0
    if mismatch is not None and mismatch > _EINTHOVEN_MV:
        score *= 0.8
    return Quality(
        score=round(score, 3),
        assessable=bool(leads.usable.any()) and (n_beats >= 2 or beatless),
        reasons=tuple(reasons),
        leads=tuple(
            LeadQuality(
                lead=lead,
                score=float(leads.score[INDEX[lead]]),
                usable=bool(leads.usable[INDEX[lead]]),
                reasons=leads.reasons[INDEX[lead]],
            )
            for lead in LEADS
        ),
        missing_leads=ecg.missing_leads,
        derived_leads=ecg.derived_leads,
    )


def _einthoven_mismatch_mv(signal: AnalysisSignal) -> float | None:
    """RMS of II − I − III where all three were given; None otherwise."""
    if not signal.given[:3].all():
        return None
    one, two, three = signal.level_mv[:3]
    return float(np.sqrt(np.mean((two - one - three) ** 2)))
