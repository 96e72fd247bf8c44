"""Named scenarios: each critical and urgent pattern, and harmless ones that resemble them, varied by the seed.

A scenario holds one or more specifications; the seed chooses among them, the patient, the numbers that they leave
open, the noise and the recorder's filter. Draw as many variations as an eval needs:

>>> records = [SCENARIOS["mobitz_2"].simulate(seed) for seed in range(50)]   # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from calipers.models.simulator.simulate import Simulated, simulate
from calipers.models.simulator.specification import Noise, Specification

Level = Literal["critical", "urgent", "routine"]
_STREAM: Final = 101
_NOISES: Final[tuple[Noise, ...]] = ("clean", "light", "light", "usual", "usual")


@dataclass(frozen=True)
class Scenario:
    """A pattern.

    Attributes:
        level: the urgency that the pattern itself asks for.
        variants: ways in which it shows.
    """

    level: Level
    variants: tuple[Specification, ...]

    def specification(self, seed: int) -> Specification:
        """One variation: a variant, noise and filter by the seed."""
        rng = np.random.default_rng([_STREAM, seed])
        variant = self.variants[int(rng.integers(0, len(self.variants)))]
        noise = _NOISES[int(rng.integers(0, len(_NOISES)))]
        return replace(variant, noise=noise, filters="diagnostic" if rng.random() < 0.7 else "none")

    def simulate(self, seed: int) -> Simulated:
        """One variation, simulated."""
        return simulate(self.specification(seed), seed)


def _of(level: Level, *variants: Specification) -> Scenario:
    return Scenario(level, variants)


_S = Specification
_SLOW: Final = (32.0, 38.0)
_FAST: Final = (154.0, 175.0)

SCENARIOS: Final[dict[str, Scenario]] = {
    "stemi_anterior": _of("critical", _S(morphologies=("stemi_anterior",))),
    "stemi_septal": _of("critical", _S(morphologies=("stemi_septal",))),
    "stemi_extensive_anterior": _of("critical", _S(morphologies=("stemi_extensive_anterior",))),
    "stemi_inferior": _of(
        "critical",
        _S(morphologies=("stemi_inferior_rca",)),
        _S(morphologies=("stemi_inferior_lcx",)),
        _S(morphologies=("stemi_inferior_rca",), rate=(45, 58)),
    ),
    "stemi_lateral": _of("critical", _S(morphologies=("stemi_lateral",))),
    "stemi_with_rbbb": _of(
        "critical", _S(morphologies=("rbbb", "stemi_anterior")), _S(morphologies=("rbbb", "stemi_inferior_rca"))
    ),
    "stemi_in_atrial_fibrillation": _of(
        "critical",
        _S(rhythm="atrial_fibrillation", rate=(65, 110), morphologies=("stemi_anterior",)),
        _S(rhythm="atrial_fibrillation", rate=(65, 110), morphologies=("stemi_inferior_rca",)),
    ),
    "posterior_mi": _of("critical", _S(morphologies=("posterior_mi",))),
    "rv_infarction": _of("critical", _S(morphologies=("rv_infarction",))),
    "sgarbossa": _of(
        "critical",
        _S(morphologies=("lbbb", "sgarbossa_concordant")),
        _S(morphologies=("lbbb", "sgarbossa_v1_v3_depression")),
    ),
    "avr_elevation_with_diffuse_depression": _of("critical", _S(morphologies=("subendocardial_ischaemia",))),
    "ventricular_fibrillation": _of("critical", _S(rhythm="ventricular_fibrillation")),
    "torsades": _of("critical", _S(rhythm="torsades")),
    "asystole": _of("critical", _S(rhythm="asystole")),
    "ventricular_tachycardia": _of("critical", _S(rhythm="vt")),
    "wide_svt": _of(
        "critical",
        _S(rhythm="svt", rate=(140, 190), morphologies=("lbbb",)),
        _S(rhythm="svt", rate=(140, 190), morphologies=("rbbb",)),
    ),
    "preexcited_af": _of("critical", _S(rhythm="preexcited_af")),
    "third_degree_av_block": _of(
        "critical", _S(rhythm="third_degree_junctional"), _S(rhythm="third_degree_ventricular")
    ),
    "third_degree_in_atrial_fibrillation": _of("critical", _S(rhythm="af_third_degree", rate=(30, 39))),
    "mobitz_2": _of("critical", _S(rhythm="mobitz_2"), _S(rhythm="mobitz_2", morphologies=("rbbb",))),
    "high_grade_av_block": _of("critical", _S(rhythm="high_grade_av_block")),
    "sinus_pause": _of("critical", _S(rhythm="sinus_pause")),
    "severe_bradycardia": _of(
        "critical", _S(rate=_SLOW), _S(rhythm="junctional", rate=_SLOW), _S(rhythm="idioventricular", rate=(26, 38))
    ),
    "extreme_tachycardia": _of(
        "critical",
        _S(rate=_FAST),
        _S(rhythm="svt", rate=(158, 210)),
        _S(rhythm="atrial_fibrillation", rate=(158, 180)),
        _S(rhythm="flutter_2_1", rate=(154, 170)),
    ),
    "marked_qt_prolongation": _of(
        "critical",
        _S(morphologies=("long_qt",), qtc_ms=(520, 590), rate=(60, 85)),
        _S(qtc_ms=(520, 570), rate=(62, 85)),
    ),
    "hyperkalaemia": _of(
        "critical",
        _S(morphologies=("hyperkalaemia_moderate",), rate=(50, 90)),
        _S(morphologies=("hyperkalaemia_severe",), rate=(42, 75)),
    ),
    "failure_to_capture": _of("critical", _S(rhythm="failure_to_capture")),
    "hyperkalaemia_mild": _of("urgent", _S(morphologies=("hyperkalaemia_mild",))),
    "wellens": _of("urgent", _S(morphologies=("wellens_a",)), _S(morphologies=("wellens_b",))),
    "brugada_1": _of("urgent", _S(morphologies=("brugada_1",))),
    "sgarbossa_discordant": _of("critical", _S(morphologies=("lbbb", "sgarbossa_discordant"))),
    "lbbb": _of("urgent", _S(morphologies=("lbbb",))),
    "atrial_fibrillation": _of("urgent", _S(rhythm="atrial_fibrillation", rate=(60, 130))),
    "wenckebach": _of("urgent", _S(rhythm="wenckebach")),
    "av_block_2_1": _of("urgent", _S(rhythm="av_block_2_1", rate=(82, 100))),
    "failure_to_sense": _of("urgent", _S(rhythm="failure_to_sense")),
    "normal": _of("routine", _S(), _S(rhythm="sinus_arrhythmia")),
    "sinus_bradycardia": _of("routine", _S(rate=(42, 49)), _S(rate=(50, 58))),
    "sinus_tachycardia": _of("routine", _S(rate=(103, 135))),
    "premature_beats": _of("routine", _S(ectopy=("pac",)), _S(ectopy=("pvc",)), _S(ectopy=("pac_blocked",))),
    "flutter": _of("routine", _S(rhythm="flutter_4_1"), _S(rhythm="flutter_3_1"), _S(rhythm="flutter_variable")),
    "first_degree_av_block": _of("routine", _S(rhythm="first_degree_av_block")),
    "rbbb": _of("routine", _S(morphologies=("rbbb",)), _S(morphologies=("incomplete_rbbb",))),
    "fascicular_block": _of("routine", _S(morphologies=("lafb",)), _S(morphologies=("lpfb",))),
    "bifascicular_block": _of("routine", _S(morphologies=("rbbb", "lafb"))),
    "hypertrophy": _of(
        "routine", _S(morphologies=("lvh",)), _S(morphologies=("lvh_strain",)), _S(morphologies=("rvh",))
    ),
    "early_repolarisation": _of(
        "routine", _S(morphologies=("early_repolarisation",), age=27.0, sex="male", rate=(52, 75))
    ),
    "pericarditis": _of("routine", _S(morphologies=("pericarditis",))),
    "old_infarction": _of("routine", _S(morphologies=("old_mi_anterior",)), _S(morphologies=("old_mi_inferior",))),
    "preexcitation": _of("routine", _S(morphologies=("preexcitation",))),
    "paced": _of(
        "routine",
        _S(rhythm="paced_atrial"),
        _S(rhythm="paced_ventricular"),
        _S(rhythm="paced_dual"),
        _S(rhythm="paced_biventricular"),
    ),
    "electrolytes_and_drugs": _of(
        "routine",
        _S(morphologies=("hypokalaemia",)),
        _S(morphologies=("hypercalcaemia",)),
        _S(morphologies=("digitalis",), rhythm="atrial_fibrillation", rate=(60, 85)),
    ),
    "low_voltage": _of("routine", _S(morphologies=("low_voltage",))),
    "arm_swap": _of("routine", _S(swap="arms"), _S(swap="right_arm_left_foot"), _S(swap="V1_V3")),
}
