"""A forced yes or no to a closed question about one ECG, with what it rests on.

A forced answer takes the way the evidence leans: it is no claim, and no report is made of it. Even prior odds
are assumed, because whoever asks has a reason to: a yes means that the finding is likelier with this ECG than
without it, not that it is likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp, inf, isnan, log
from typing import Final, cast

import numpy as np
from scipy.signal import resample_poly

from calipers.ecg import Ecg
from calipers.knowledge import Verdicts, evaluate
from calipers.knowledge.ranges import normal_ranges
from calipers.leads import INDEX, LEADS
from calipers.models.signal_noise.features import FS_HZ
from calipers.models.signal_noise.network import Kind as NoiseKind
from calipers.models.signal_noise.network import NoiseOdds, noise_odds
from calipers.report import Demographics
from calipers.tools.classify import classify
from calipers.tools.closed_question.asking import Asked
from calipers.tools.closed_question.base_rates import base_rate
from calipers.tools.measure import Examination, examine

#: What a criterion that is met, or leans, multiplies the odds by; one that is not met divides them by it.
CRITERION_ODDS: Final = 3.0
_LEAST: Final = 1e-4
#: (from, to) degrees; the frontal axis as PTB-XL's labels have it.
_AXES: Final = {"normal": (-30.0, 90.0), "left": (-90.0, -30.0), "right": (90.0, 180.0), "extreme": (180.0, 270.0)}
_INFARCTIONS: Final = ("IMI", "ASMI", "ILMI", "AMI", "ALMI", "LMI", "IPMI", "IPLMI", "PMI")
_COUNTS: Final = {
    "any": (("pvc_count", "pac_count"), ("PVC", "PAC")),
    "ventricular": (("pvc_count",), ("PVC",)),
    "supraventricular": (("pac_count",), ("PAC",)),
}


@dataclass(frozen=True)
class Decision:
    """A forced answer.

    Attributes:
        answer: yes or no.
        odds: of the answer's being yes, at even prior odds.
        basis: ids of the measurements (`pr`, `V5.quality`), probabilities (`model:AFIB`) and statements it took.
    """

    answer: bool
    odds: float
    basis: tuple[str, ...]


class Examined:
    """One ECG with everything that closed questions may need, each found once and only when asked for.

    Args:
        ecg: the ECG.
        found, verdicts, probabilities: what is known of it already; the rest is found here.
    """

    def __init__(
        self,
        ecg: Ecg,
        *,
        found: Examination | None = None,
        verdicts: Verdicts | None = None,
        probabilities: Mapping[str, float] | None = None,
    ) -> None:
        self.ecg = ecg
        self.patient = Demographics(age=ecg.patient.age, sex=ecg.patient.sex)
        if found is not None:
            self.found = found
        if verdicts is not None:
            self.verdicts = verdicts
        if probabilities is not None:
            self.probabilities = probabilities

    @cached_property
    def found(self) -> Examination:
        """Measurements and quality."""
        return examine(self.ecg)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Every criterion's verdict."""
        return evaluate(self.found.measurements, self.patient)

    @cached_property
    def probabilities(self) -> Mapping[str, float]:
        """The network's calibrated probabilities by SCP-ECG code."""
        return classify(self.ecg)

    @cached_property
    def noise(self) -> NoiseOdds:
        """What the noise model makes of each lead; of a long record its first ten seconds."""
        signal = self.ecg.signal_mv[:, : round(10.0 * self.ecg.fs_hz)]
        present = np.isfinite(signal).mean(axis=1) > 0.5
        ratio = FS_HZ / self.ecg.fs_hz
        whole = np.nan_to_num(signal.astype(np.float64))
        return noise_odds(
            whole if ratio == 1.0 else resample_poly(whole, FS_HZ, round(self.ecg.fs_hz), axis=1), present
        )


def decide(asked: Asked, ecg: Ecg | Examined) -> Decision:
    """Answer a closed question; what cannot be measured or is not known is answered no."""
    examined = ecg if isinstance(ecg, Examined) else Examined(ecg)
    deciders = {
        "noise": _noise, "range": _range, "axis": _axis, "stage": _stage, "extrasystole": _extrasystole,
        "statement": _statement,
    }  # fmt: skip
    return deciders[asked.kind](asked, examined)


def _noise(asked: Asked, examined: Examined) -> Decision:
    basis = (f"{asked.lead}.quality",) if asked.lead else tuple(f"{lead}.quality" for lead in LEADS)
    lead = INDEX[asked.lead] if asked.lead else None
    if asked.about == "electrodes":
        told = [one for one in examined.found.quality.leads if asked.lead in (None, one.lead)]
        if any("loose electrode" in reason for one in told for reason in one.reasons):
            return _certain(True, basis)
        # A loose electrode crackles: it is told from bursts in its leads, and no better.
        return _noisy("burst", lead, examined, basis)
    return _noisy(cast("NoiseKind", asked.about), lead, examined, basis)


def _noisy(kind: NoiseKind, lead: int | None, examined: Examined, basis: tuple[str, ...]) -> Decision:
    log_odds = examined.noise.of(kind, lead)
    return _certain(False, basis) if isnan(log_odds) else _leaning(log_odds, basis)


def _range(asked: Asked, examined: Examined) -> Decision:
    value = examined.found.measurements.number(asked.about)
    place = None if value is None else normal_ranges()[asked.about].place(value, examined.patient)
    return _certain(place is not None and place == (asked.direction or "within"), (asked.about,))


def _axis(asked: Asked, examined: Examined) -> Decision:
    axis_deg = examined.found.measurements.number("qrs_axis")
    low, high = _AXES[asked.about]
    return _certain(
        axis_deg is not None and (low <= axis_deg <= high or low <= axis_deg + 360.0 <= high), ("qrs_axis",)
    )


def _stage(asked: Asked, examined: Examined) -> Decision:
    """ST elevation is early, T inversion with Q waves the middle, Q waves alone old; otherwise the stage is unknown."""
    infarction = _statement(Asked("statement", "infarction", codes=_INFARCTIONS), examined)
    shown = {key: examined.verdicts[key].leans_present for key in ("st_elevation", "t_inversion", "pathological_q")}
    stage = "none" if not infarction.answer else "unknown"
    if infarction.answer and shown["pathological_q"]:
        stage = "middle" if shown["t_inversion"] else "old"
    if infarction.answer and shown["st_elevation"]:
        stage = "early"
    return _certain(stage == asked.about, (*infarction.basis, *shown))


def _extrasystole(asked: Asked, examined: Examined) -> Decision:
    names, codes = _COUNTS[asked.about]
    counted = any((examined.found.measurements.number(name) or 0.0) > 0 for name in names)
    by_network = _statement(Asked("statement", asked.about, codes=codes), examined)
    step = log(CRITERION_ODDS) if counted else -log(CRITERION_ODDS)
    return _leaning(log(by_network.odds) + step, (*names, *by_network.basis))


def _statement(asked: Asked, examined: Examined) -> Decision:
    """The network's odds against the base rate, times what the criteria say."""
    codes = [code for code in asked.codes if code in examined.probabilities]
    verdicts = [examined.verdicts[key] for key in asked.statements if key in examined.verdicts]
    log_odds = 0.0
    if codes:
        chance = _any(examined.probabilities[code] for code in codes)
        log_odds = _logit(chance) - _logit(_any(base_rate(code) for code in codes))
    if any(one.leans_present for one in verdicts):
        log_odds += log(CRITERION_ODDS)
    elif verdicts and all(one.result == "not_met" or one.leans is False for one in verdicts):
        log_odds -= log(CRITERION_ODDS)
    basis = (*(f"model:{code}" for code in codes), *(one.key for one in verdicts))
    return _leaning(log_odds if basis else -inf, basis)


def _leaning(log_odds: float, basis: tuple[str, ...]) -> Decision:
    return Decision(log_odds > 0.0, exp(min(max(log_odds, -30.0), 30.0)), basis)


def _certain(answer: bool, basis: tuple[str, ...]) -> Decision:
    return _leaning(30.0 if answer else -30.0, basis)


def _any(chances: Iterable[float]) -> float:
    none = 1.0
    for chance in chances:
        none *= 1.0 - chance
    return 1.0 - none


def _logit(chance: float) -> float:
    held = min(max(chance, _LEAST), 1.0 - _LEAST)
    return log(held / (1.0 - held))
