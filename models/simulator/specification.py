"""What to simulate: rhythm, ectopy, morphologies, the patient, and how it was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from calipers.ecg import Sex
from calipers.errors import UsageError

Rhythm = Literal[
    "sinus",
    "sinus_arrhythmia",
    "sinus_pause",
    "ectopic_atrial",
    "atrial_tachycardia",
    "svt",
    "junctional",
    "accelerated_junctional",
    "atrial_fibrillation",
    "preexcited_af",
    "flutter_2_1",
    "flutter_3_1",
    "flutter_4_1",
    "flutter_variable",
    "first_degree_av_block",
    "wenckebach",
    "mobitz_2",
    "av_block_2_1",
    "high_grade_av_block",
    "third_degree_junctional",
    "third_degree_ventricular",
    "af_third_degree",
    "vt",
    "torsades",
    "ventricular_fibrillation",
    "asystole",
    "idioventricular",
    "accelerated_idioventricular",
    "paced_atrial",
    "paced_ventricular",
    "paced_dual",
    "paced_biventricular",
    "failure_to_capture",
    "failure_to_sense",
]
Ectopy = Literal[
    "pac",
    "pac_aberrant",
    "pac_blocked",
    "pac_couplet",
    "pac_bigeminy",
    "pvc",
    "pvc_multiform",
    "pvc_couplet",
    "pvc_bigeminy",
    "pvc_trigeminy",
    "pvc_interpolated",
    "nsvt",
]
Morphology = Literal[
    "lbbb",
    "incomplete_lbbb",
    "rbbb",
    "incomplete_rbbb",
    "lafb",
    "lpfb",
    "ivcd",
    "preexcitation",
    "lvh",
    "lvh_strain",
    "rvh",
    "left_atrial_enlargement",
    "right_atrial_enlargement",
    "low_voltage",
    "stemi_anterior",
    "stemi_septal",
    "stemi_extensive_anterior",
    "stemi_inferior_rca",
    "stemi_inferior_lcx",
    "stemi_lateral",
    "posterior_mi",
    "rv_infarction",
    "subendocardial_ischaemia",
    "wellens_a",
    "wellens_b",
    "sgarbossa_concordant",
    "sgarbossa_v1_v3_depression",
    "sgarbossa_discordant",
    "pericarditis",
    "early_repolarisation",
    "brugada_1",
    "brugada_2",
    "hyperkalaemia_mild",
    "hyperkalaemia_moderate",
    "hyperkalaemia_severe",
    "hypokalaemia",
    "hypercalcaemia",
    "long_qt",
    "short_qt",
    "digitalis",
    "old_mi_anterior",
    "old_mi_inferior",
    "old_mi_lateral",
    "t_inversion_anterior",
    "t_inversion_inferior",
    "t_inversion_lateral",
]
Noise = Literal["clean", "light", "usual", "heavy"]
Swap = Literal[
    "arms", "right_arm_left_foot", "left_arm_left_foot", "V1_V2", "V2_V3", "V3_V4", "V4_V5", "V5_V6", "V1_V3"
]
#: A number, the two ends to draw it between, or None: drawn from the pattern's usual range.
Quantity = float | tuple[float, float] | None

#: Rhythm → usual ventricular rate per minute (atrial rate in AV block without conduction at all).
USUAL_RATE: Final[dict[Rhythm, tuple[float, float]]] = {
    "sinus": (60, 95),
    "sinus_arrhythmia": (55, 80),
    "sinus_pause": (52, 75),
    "ectopic_atrial": (55, 95),
    "atrial_tachycardia": (115, 180),
    "svt": (155, 210),
    "junctional": (38, 58),
    "accelerated_junctional": (65, 100),
    "atrial_fibrillation": (55, 140),
    "preexcited_af": (165, 235),
    "flutter_2_1": (115, 170),
    "flutter_3_1": (80, 110),
    "flutter_4_1": (60, 85),
    "flutter_variable": (70, 125),
    "first_degree_av_block": (52, 90),
    "wenckebach": (60, 95),
    "mobitz_2": (65, 95),
    "av_block_2_1": (66, 100),
    "high_grade_av_block": (70, 105),
    "third_degree_junctional": (40, 55),
    "third_degree_ventricular": (26, 40),
    "af_third_degree": (30, 48),
    "vt": (135, 220),
    "torsades": (190, 260),
    "ventricular_fibrillation": (240, 400),
    "asystole": (60, 80),
    "idioventricular": (25, 42),
    "accelerated_idioventricular": (60, 100),
    "paced_atrial": (60, 90),
    "paced_ventricular": (60, 80),
    "paced_dual": (60, 90),
    "paced_biventricular": (60, 90),
    "failure_to_capture": (60, 75),
    "failure_to_sense": (60, 75),
}


@dataclass(frozen=True)
class Specification:
    """What to simulate; whatever is None is drawn from its usual range by the seed.

    Attributes:
        rhythm: the basic rhythm.
        ectopy: premature beats on it (on sinus rhythms; ventricular ones on atrial fibrillation too).
        morphologies: shape changes of the conducted beats: the ventricles' activation first, the axis, late right
            or early pathway forces, then ST and T; in the given order within each.
        rate: ventricular rate per minute; in second-degree block the sinus rate.
        pr_ms, qrs_ms, qtc_ms: intervals; QTc is Fridericia's.
        axis_deg: frontal QRS axis, before what RBBB or a pathway adds.
        severity: 0 to 1, how strongly graded morphologies show; 0 is still a textbook case.
        gain: multiplies every wave.
        age, sex: of the patient.
        duration_s, fs_hz: of the record.
        noise: how disturbed it is; `clean` still has 3 µV of white noise.
        mains_hz: 50 or 60.
        filters: a cart's usual filter: 0.05–150 Hz (`diagnostic`), 0.5–40 Hz (`monitor`), or none.
        swap: electrodes exchanged; the truth stays that of the patient.
        lost_leads: leads that are flat with noise.
    """

    rhythm: Rhythm = "sinus"
    ectopy: tuple[Ectopy, ...] = ()
    morphologies: tuple[Morphology, ...] = ()
    rate: Quantity = None
    pr_ms: Quantity = None
    qrs_ms: Quantity = None
    qtc_ms: Quantity = None
    axis_deg: Quantity = None
    severity: Quantity = None
    gain: float = 1.0
    age: float | None = None
    sex: Sex | None = None
    duration_s: float = 10.0
    fs_hz: float = 500.0
    noise: Noise = "clean"
    mains_hz: Literal[50, 60] = 50
    filters: Literal["none", "diagnostic", "monitor"] = "none"
    swap: Swap | None = None
    lost_leads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rhythm not in USUAL_RATE:
            raise UsageError(f"found rhythm `{self.rhythm}`; needed one of {', '.join(USUAL_RATE)}")
        _require_known("ectopy", self.ectopy, get_args(Ectopy))
        _require_known("morphology", self.morphologies, get_args(Morphology))
        if not 1.0 <= self.duration_s <= 3600.0:
            raise UsageError(f"found a duration of {self.duration_s:g} s; needed 1 to 3600 s")
        if not 100.0 <= self.fs_hz <= 2000.0:
            raise UsageError(f"found a sampling rate of {self.fs_hz:g} Hz; needed 100 to 2000 Hz")


def drawn(wanted: Quantity, usual: tuple[float, float], rng: np.random.Generator) -> float:
    """The number that is asked for, or one drawn evenly between the ends asked for or usual.

    One number is always drawn, so that fixing a quantity leaves the rest of the record as it is.
    """
    low, high = usual if wanted is None else wanted if isinstance(wanted, tuple) else (wanted, wanted)
    return low + (high - low) * float(rng.random())


def _require_known(what: str, found: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in found:
        if name not in known:
            raise UsageError(f"found {what} `{name}`; needed one of {', '.join(known)}")
