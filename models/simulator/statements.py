"""Which statements are true of a simulated record: by its rhythm and its true numbers."""

from __future__ import annotations

from typing import Final

from calipers.ecg import Sex
from calipers.models.simulator.specification import Rhythm, Specification

#: Rhythm → statement keys; sinus rhythms are told apart by rate.
_OF_RHYTHM: Final[dict[Rhythm, tuple[str, ...]]] = {
    "sinus": ("sinus_rhythm",),
    "sinus_arrhythmia": ("sinus_rhythm", "sinus_arrhythmia"),
    "sinus_pause": ("sinus_rhythm", "long_pause"),
    "ectopic_atrial": ("ectopic_atrial_rhythm",),
    "atrial_tachycardia": ("atrial_tachycardia", "supraventricular_tachycardia"),
    "svt": ("supraventricular_tachycardia",),
    "junctional": ("junctional_rhythm",),
    "accelerated_junctional": ("junctional_rhythm",),
    "atrial_fibrillation": ("atrial_fibrillation",),
    "preexcited_af": ("atrial_fibrillation", "preexcited_af", "wide_qrs_tachycardia"),
    "flutter_2_1": ("atrial_flutter",),
    "flutter_3_1": ("atrial_flutter",),
    "flutter_4_1": ("atrial_flutter",),
    "flutter_variable": ("atrial_flutter",),
    "first_degree_av_block": ("sinus_rhythm", "first_degree_av_block"),
    "wenckebach": ("second_degree_av_block", "wenckebach"),
    "mobitz_2": ("second_degree_av_block", "mobitz_2"),
    "av_block_2_1": ("second_degree_av_block", "av_block_2_1"),
    "high_grade_av_block": ("high_grade_av_block",),
    "third_degree_junctional": ("third_degree_av_block",),
    "third_degree_ventricular": ("third_degree_av_block",),
    "af_third_degree": ("atrial_fibrillation", "third_degree_av_block"),
    "vt": ("wide_qrs_tachycardia", "ventricular_tachycardia"),
    "torsades": ("torsades", "wide_qrs_tachycardia"),
    "ventricular_fibrillation": ("ventricular_fibrillation",),
    "asystole": ("asystole",),
    "idioventricular": ("idioventricular_rhythm",),
    "accelerated_idioventricular": ("idioventricular_rhythm",),
    "paced_atrial": ("paced_rhythm", "atrial_paced_rhythm"),
    "paced_ventricular": ("paced_rhythm", "ventricular_paced_rhythm"),
    "paced_dual": ("paced_rhythm", "ventricular_paced_rhythm"),
    "paced_biventricular": ("paced_rhythm", "ventricular_paced_rhythm"),
    "failure_to_capture": ("paced_rhythm", "failure_to_capture"),
    "failure_to_sense": ("paced_rhythm", "failure_to_sense"),
}
_SINUS: Final = frozenset(("sinus", "sinus_arrhythmia", "sinus_pause", "first_degree_av_block"))


def statements_of(spec: Specification, truth: dict[str, float], sex: Sex) -> frozenset[str]:
    """Statement keys that follow from the rhythm, and from the true rate, intervals and counts."""
    keys = set(_OF_RHYTHM[spec.rhythm])
    sinus = spec.rhythm in _SINUS
    if "hyperkalaemia_severe" in spec.morphologies:
        sinus = False
        keys.discard("sinus_rhythm")
    keys |= _of_rate(truth, sinus) | _of_qt(truth, sex)
    if truth.get("pause_max", 0.0) > 3000:
        keys.add("long_pause")
    if truth.get("pvc_count", 0.0) > 0:
        keys.add("ventricular_premature_complex")
    if truth.get("pac_count", 0.0) > 0 or "pac_blocked" in spec.ectopy:
        keys.add("atrial_premature_complex")
    if truth.get("dropped_run_max", 0.0) >= 2 and "second_degree_av_block" in keys:
        keys.add("high_grade_av_block")
    if 0 < truth.get("pr", 0.0) < 120 and sinus:
        keys.add("short_pr")
    if truth.get("pr", 0.0) > 200 and sinus:
        keys.add("first_degree_av_block")
    return frozenset(keys)


def _of_rate(truth: dict[str, float], sinus: bool) -> set[str]:
    rate, keys = truth.get("hr"), set[str]()
    if rate is None:
        return keys
    if sinus and rate < 50:
        keys.add("sinus_bradycardia")
    if sinus and rate > 100:
        keys.add("sinus_tachycardia")
    if rate < 40:
        keys.add("severe_bradycardia")
    if rate > 150:
        keys.add("extreme_tachycardia")
    if rate > 100 and truth.get("qrs", 0.0) >= 120:
        keys.add("wide_qrs_tachycardia")
    return keys


def _of_qt(truth: dict[str, float], sex: Sex) -> set[str]:
    """QTc by Bazett from 60 to 90 per minute, else Fridericia; a wide QRS says nothing of QT."""
    rate = truth.get("hr")
    if rate is None or "qtc_bazett" not in truth or truth["qrs"] >= 120:
        return set()
    qtc = truth["qtc_bazett"] if 60 <= rate <= 90 else truth["qtc_fridericia"]
    keys = set[str]()
    if qtc >= (450 if sex == "male" else 460):
        keys.add("long_qt")
    if qtc >= 500:
        keys.add("marked_qt_prolongation")
    if qtc <= 340:
        keys.add("short_qt")
    return keys
