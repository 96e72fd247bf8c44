"""What each statement asks of rhythm, times and shape: where the drawing is steered so that its criteria are met.

The numbers are aims of ours, chosen clear of the criteria's limits; whether a statement holds is judged by its
published criteria on the finished ECG, never by these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from calipers.models.generator.rhythms import Ectopy, Rhythm

Range = tuple[float, float]
_NONE: Final[Mapping[str, Range]] = MappingProxyType({})


@dataclass(frozen=True)
class Pattern:
    """What a statement brings.

    Attributes:
        rhythm, ectopy: that it is, or None.
        numbers: `hr pr qrs qtc` and axes (as in a request) → between which its value is drawn, where not asked for.
        levels: measurement ids → millivolts, likewise; further ones as in `qualities.constraint`.
        shape: levels that are steered to only once a candidate has missed the statement.
        told: labels that the flow is told beside the key itself (PTB-XL's codes).
        excludes: keys that cannot be true beside it.
        simulated: the class was learned largely from simulated signals.
    """

    rhythm: Rhythm | None = None
    ectopy: Ectopy | None = None
    numbers: Mapping[str, Range] = field(default_factory=lambda: _NONE)
    levels: Mapping[str, Range] = field(default_factory=lambda: _NONE)
    shape: Mapping[str, Range] = field(default_factory=lambda: _NONE)
    told: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    simulated: bool = False


_UP: Final = (0.22, 0.32)
#: The leads that look at the left ventricle rise from the onset on.
_NO_Q: Final = {
    f"{lead}.{place}": ends
    for lead in ("I", "V5", "V6")
    for place, ends in (("at_00", (0.0, 0.01)), ("at_08", (0.02, 0.06)), ("at_17", (0.08, 0.2)))
}
#: Late forces to the right and forward: a second R wave in V1, broad S waves in I and V6.
_RIGHT_LATE: Final = {
    "V1.at_15": (0.1, 0.2), "V1.at_38": (-0.35, -0.15), "V1.at_70": (0.45, 0.8), "I.at_30": (0.4, 0.8),
    "I.at_65": (-0.3, -0.18), "I.at_85": (-0.25, -0.14), "V6.at_30": (0.6, 1.1), "V6.at_65": (-0.35, -0.2),
    "V6.at_85": (-0.25, -0.14),
}  # fmt: skip
#: Late forces to the left: the R waves of the lateral leads peak in the second half.
_LEFT_LATE: Final = {
    "I.at_30": (0.2, 0.3), "I.at_65": (0.6, 0.9), "V5.at_30": (0.3, 0.45), "V5.at_65": (0.8, 1.3),
    "V6.at_30": (0.3, 0.45), "V6.at_65": (0.8, 1.3), "V1.at_50": (-1.4, -0.9),
}  # fmt: skip
#: Neither: a Q wave in the lateral leads keeps left bundle branch block apart, a V1 that stays below the right one.
_NEITHER_LATE: Final = {
    "I.at_10": (-0.14, -0.1), "V5.at_10": (-0.16, -0.12), "V6.at_10": (-0.16, -0.12), "I.at_40": (0.5, 0.8),
    "V6.at_40": (0.7, 1.1), "V1.at_45": (-1.0, -0.6), "V1.at_75": (-0.35, -0.15),
}  # fmt: skip
#: Tall T waves that are narrow at half their height.
_PEAKED: Final = {
    f"{lead}.t_at_{place}": ends
    for lead in ("V2", "V3", "V4")
    for place, ends in (("50", (0.1, 0.2)), ("72", (1.35, 1.6)), ("92", (0.1, 0.2)))
}
#: A Q wave of a quarter of the complex, in leads of the lateral wall.
_LATERAL_Q: Final = {
    f"{lead}.{place}": ends
    for lead in ("I", "aVL", "V5", "V6")
    for place, ends in (("at_10", (-0.14, -0.1)), ("at_25", (-0.3, -0.22)), ("at_40", (-0.1, 0.0)))
}
_ANTERIOR_QS: Final = {
    f"{lead}.{place}": ends
    for lead in ("V1", "V2", "V3")
    for place, ends in (("at_12", (-0.25, -0.15)), ("at_40", (-0.9, -0.6)), ("at_75", (-0.3, -0.2)))
}
_INFERIOR_Q: Final = {
    f"{lead}.{place}": ends
    for lead in ("II", "aVF")
    for place, ends in (("at_10", (-0.14, -0.1)), ("at_25", (-0.32, -0.24)), ("at_40", (-0.1, 0.0)))
}
#: The end of the QRS stands up once more in the inferolateral leads.
_NOTCHED: Final = {
    f"{lead}.{place}": ends
    for lead in ("II", "aVF", "V5", "V6")
    for place, ends in (("at_40", (0.8, 1.1)), ("at_78", (0.08, 0.12)), ("at_92", (0.24, 0.3)))
}
_T_DOWN: Final = (-0.35, -0.22)
_ST_DOWN: Final = (-0.18, -0.13)
#: First to the right, then up and to the left: q and a late R in aVL, r and S in the inferior leads.
_UP_LATE: Final = {
    "aVL.at_12": (-0.12, -0.08), "aVL.at_45": (0.2, 0.3), "aVL.at_70": (0.55, 0.8), "aVL.at_96": (0.0, 0.08),
}  # fmt: skip
#: Upright T waves on a level ST segment, and R waves that begin the QRS in the chest leads.
NOTHING_ABNORMAL: Final[Mapping[str, Range]] = {
    **{f"{lead}.st_j": (-0.01, 0.03) for lead in ("I", "II", "V4", "V5", "V6")}, "V2.st_j": (0.03, 0.09),
    **{f"{lead}.t_amp": (0.16, 0.3) for lead in ("I", "V5", "V6")}, "II.t_amp": (0.22, 0.34),
    "V2.t_amp": (0.25, 0.5), "V3.t_amp": (0.3, 0.55), "V4.t_amp": (0.28, 0.5), "V1.at_12": (0.06, 0.12),
    "V2.at_15": (0.15, 0.3), "V3.at_18": (0.25, 0.45), "V4.at_25": (0.4, 0.7),
}  # fmt: skip
#: Statements that a level ST segment and upright T waves keep away begin so.
OF_ST_AND_T: Final = ("st_", "t_inversion", "stemi_", "isch")
CLEAR_P: Final[Mapping[str, Range]] = {"II.p_amp": (0.16, 0.22), "V1.p_amp": (0.06, 0.1)}
#: A fast rhythm's P wave stands clear of a low T wave.
_FAST_BUT_CLEAR: Final = {
    "II.p_amp": (0.22, 0.28), "V1.p_amp": (0.06, 0.1), "II.r_amp": (0.8, 1.2), "V5.r_amp": (0.9, 1.4),
    "II.t_amp": (0.1, 0.16), "I.t_amp": (0.06, 0.1), "V5.t_amp": (0.12, 0.18), "V2.t_amp": (0.12, 0.25),
}  # fmt: skip
_JUDGED: Final[Mapping[str, Pattern]] = {
    "normal_ecg": Pattern("sinus", told=("NORM", "SR"), numbers={"hr": (62, 85), "qrs_axis": (20, 70), "pr": (140, 180), "qrs": (82, 98), "qtc": (395, 425), "p_dur": (96, 110)}, shape=NOTHING_ABNORMAL),
    "sinus_rhythm": Pattern("sinus", told=("SR",), numbers={"hr": (60, 90)}, shape=CLEAR_P),
    "sinus_bradycardia": Pattern("sinus", told=("SBRAD",), numbers={"hr": (42, 48)}, excludes=("sinus_tachycardia",), shape=CLEAR_P),
    "sinus_tachycardia": Pattern("sinus", told=("STACH",), numbers={"hr": (106, 130)}, shape=_FAST_BUT_CLEAR),
    "sinus_arrhythmia": Pattern("sinus_arrhythmia", told=("SARRH",), numbers={"hr": (58, 78)}, shape=CLEAR_P),
    "atrial_fibrillation": Pattern("atrial_fibrillation", told=("AFIB",), numbers={"hr": (70, 115)}),
    "atrial_flutter": Pattern("atrial_flutter", told=("AFLT",), simulated=True, shape={"II.flutter_amp": (0.22, 0.32), "V1.flutter_amp": (0.12, 0.2)}),
    "junctional_rhythm": Pattern("junctional", numbers={"hr": (42, 56)}),
    "accelerated_junctional_rhythm": Pattern("junctional", numbers={"hr": (68, 95)}),
    "supraventricular_tachycardia": Pattern("supraventricular_tachycardia", told=("SVTAC", "PSVT"), numbers={"hr": (155, 195), "qrs": (78, 98)}),
    "wide_qrs_tachycardia": Pattern("ventricular_tachycardia", told=("ventricular_tachycardia",), numbers={"hr": (130, 180), "qrs": (145, 180)}, simulated=True),
    "first_degree_av_block": Pattern("sinus", told=("1AVB",), numbers={"pr": (220, 260)}, excludes=("short_pr",), shape=CLEAR_P),
    "short_pr": Pattern("sinus", numbers={"pr": (98, 110)}),
    "wenckebach": Pattern("wenckebach", told=("2AVB",), numbers={"hr": (50, 65)}, simulated=True, shape=CLEAR_P),
    "mobitz_2": Pattern("mobitz_2", told=("2AVB",), numbers={"hr": (45, 60)}, simulated=True, shape=CLEAR_P),
    "av_block_2_1": Pattern("av_block_2_1", told=("2AVB",), numbers={"hr": (36, 46)}, simulated=True, shape=CLEAR_P),
    "second_degree_av_block": Pattern("wenckebach", told=("2AVB",), numbers={"hr": (50, 65)}, simulated=True, shape=CLEAR_P),
    "third_degree_av_block": Pattern("third_degree_av_block", told=("3AVB",), numbers={"hr": (34, 46)}, simulated=True, shape=CLEAR_P),
    "ventricular_premature_complex": Pattern(ectopy="pvc", told=("PVC",)),
    "ventricular_bigeminy": Pattern(ectopy="pvc_bigeminy", told=("PVC", "BIGU")),
    "ventricular_trigeminy": Pattern(ectopy="pvc_trigeminy", told=("PVC", "TRIGU")),
    "ventricular_couplet": Pattern(ectopy="pvc_couplet", told=("PVC",)),
    "atrial_premature_complex": Pattern(ectopy="pac", told=("PAC",)),
    "paced_rhythm": Pattern("paced_ventricular", told=("PACE",), numbers={"hr": (60, 75), "qrs": (145, 175)}, simulated=True),
    "ventricular_paced_rhythm": Pattern("paced_ventricular", told=("PACE",), numbers={"hr": (60, 75), "qrs": (145, 175)}, simulated=True),
    "dual_paced_rhythm": Pattern("paced_dual", told=("PACE",), numbers={"hr": (60, 75), "qrs": (145, 175)}, simulated=True),
    "atrial_paced_rhythm": Pattern("paced_atrial", told=("PACE",), numbers={"hr": (60, 75)}, simulated=True),
    "lbbb": Pattern(told=("CLBBB",), numbers={"qrs": (141, 160)}, levels={"V1.s_amp": (-1.6, -1.0), "I.r_amp": (0.6, 1.0), "V6.r_amp": (0.9, 1.6), **_NO_Q}, excludes=("rbbb", "lafb", "lpfb", "incomplete_lbbb"), shape=_LEFT_LATE),
    "rbbb": Pattern(told=("CRBBB",), numbers={"qrs": (139, 154)}, excludes=("lbbb", "incomplete_rbbb"), shape=_RIGHT_LATE),
    "incomplete_rbbb": Pattern(told=("IRBBB",), numbers={"qrs": (112, 118)}, excludes=("lbbb",), shape=_RIGHT_LATE),
    "incomplete_lbbb": Pattern(told=("ILBBB",), numbers={"qrs": (110, 116)}),
    "ivcd": Pattern(told=("IVCD",), numbers={"qrs": (138, 148)}, shape=_NEITHER_LATE),
    "lafb": Pattern(told=("LAFB",), numbers={"qrs_axis": (-68, -54), "qrs": (92, 102)}, excludes=("lpfb", "right_axis_deviation"), shape=_UP_LATE),
    "lpfb": Pattern(told=("LPFB",), numbers={"qrs_axis": (105, 130), "qrs": (80, 90)}, excludes=("lafb",), simulated=True),
    "left_axis_deviation": Pattern(numbers={"qrs_axis": (-55, -38)}, excludes=("right_axis_deviation", "normal_axis")),
    "right_axis_deviation": Pattern(numbers={"qrs_axis": (102, 130)}, excludes=("left_axis_deviation", "normal_axis")),
    "normal_axis": Pattern(numbers={"qrs_axis": (15, 65)}),
    "extreme_axis_deviation": Pattern(numbers={"qrs_axis": (-140, -110)}),
    "pre_excitation": Pattern("sinus", told=("WPW",), numbers={"pr": (92, 108), "qrs": (134, 148)}, simulated=True),
    "lvh": Pattern(told=("LVH",), levels={"V1.s_amp": (-2.2, -1.7), "V5.r_amp": (2.4, 3.0)}, excludes=("low_voltage",)),
    "lvh_voltage": Pattern(told=("VCLVH",), levels={"V1.s_amp": (-2.1, -1.6), "V5.r_amp": (2.3, 2.8)}),
    "rvh": Pattern(told=("RVH",), numbers={"qrs_axis": (105, 125)}, levels={"V1.r_amp": (0.9, 1.2), "V1.s_amp": (-0.25, -0.1), "V5.s_amp": (-1.0, -0.75)}, simulated=True),
    "low_voltage": Pattern(told=("LVOLT",), levels={"I.r_amp": (0.2, 0.3), "II.r_amp": (0.2, 0.32)}),
    "left_atrial_enlargement": Pattern("sinus", told=("LAO/LAE",)),
    "right_atrial_enlargement": Pattern("sinus", told=("RAO/RAE",)),
    "stemi_anterior": Pattern(told=("stemi_extensive_anterior", "st_elevation"), levels={"V2.st_j": (0.3, 0.4), "V3.st_j": (0.34, 0.44), "V4.st_j": (0.25, 0.35)}, simulated=True),
    "stemi_inferior": Pattern(told=("stemi_inferior_rca", "st_elevation"), levels={"I.st_j": (-0.06, -0.02), "II.st_j": _UP, "aVF.st_j": _UP}, simulated=True),
    "stemi_lateral": Pattern(told=("st_elevation",), levels={"I.st_j": (0.16, 0.24), "aVL.st_j": (0.16, 0.24), "V5.st_j": _UP, "V6.st_j": _UP}, simulated=True),
    "st_elevation": Pattern(levels={"V2.st_j": (0.3, 0.4), "V3.st_j": (0.34, 0.44)}),
    "st_depression": Pattern(told=("STD_",), levels={"V4.st_j": (-0.16, -0.12), "V5.st_j": (-0.18, -0.13), "V6.st_j": (-0.16, -0.12)}),
    "st_depression_inferior": Pattern(told=("STD_",), levels={"I.st_j": (-0.04, 0.0), "II.st_j": (-0.18, -0.13), "aVF.st_j": (-0.18, -0.13)}),
    "st_depression_anterior": Pattern(told=("STD_",), levels={f"V{k}.st_j": (-0.18, -0.12) for k in (2, 3, 4)}),
    "st_depression_lateral": Pattern(told=("STD_",), levels={f"{lead}.st_j": (-0.16, -0.11) for lead in ("I", "V5", "V6")}),
    "t_inversion": Pattern(told=("INVT",), levels={f"V{k}.t_amp": (-0.4, -0.25) for k in (3, 4, 5)}),
    "t_inversion_anterior": Pattern(told=("INVT", "ISCAN"), levels={f"V{k}.t_amp": (-0.45, -0.25) for k in (2, 3, 4)}),
    "t_inversion_inferior": Pattern(told=("INVT", "ISCIN"), levels={"I.t_amp": (0.12, 0.2), "II.t_amp": (-0.3, -0.2), "aVF.t_amp": (-0.35, -0.25)}),
    "t_inversion_lateral": Pattern(told=("INVT", "ISCLA"), levels={f"{lead}.t_amp": (-0.35, -0.2) for lead in ("I", "aVL", "V5", "V6")}),
    "long_qt": Pattern(told=("LNGQT",), numbers={"hr": (60, 78), "qtc": (485, 515)}, excludes=("short_qt",), simulated=True),
    "marked_qt_prolongation": Pattern(told=("LNGQT", "long_qt"), numbers={"hr": (60, 75), "qtc": (525, 555)}, excludes=("short_qt",), simulated=True),
    "short_qt": Pattern(numbers={"hr": (62, 72), "qtc": (300, 312)}, excludes=("long_qt",)),
    "infarction_inferior": Pattern(told=("IMI",)),
    "infarction_anterior": Pattern(told=("AMI", "ASMI")),
    "pathological_q": Pattern(told=("QWAVE", "IMI")),
    "pathological_q_inferior": Pattern(told=("QWAVE", "IMI")),
    "pathological_q_anterior": Pattern(told=("QWAVE", "ASMI")),
    "pathological_q_lateral": Pattern(told=("QWAVE", "LMI"), levels=_LATERAL_Q),
    "pathological_q_anterolateral": Pattern(told=("ALMI", "pathological_q_anterior", "pathological_q_lateral"), levels=_LATERAL_Q, shape=_ANTERIOR_QS),
    "pathological_q_inferolateral": Pattern(told=("ILMI", "pathological_q_inferior", "pathological_q_lateral"), levels=_LATERAL_Q, shape=_INFERIOR_Q),
    "infarction_lateral": Pattern(told=("LMI", "pathological_q_lateral"), levels=_LATERAL_Q),
    "ventricular_aneurysm_pattern": Pattern(told=("ANEUR", "pathological_q_anterior", "stemi_anterior"), levels={"V2.st_j": (0.28, 0.36), "V3.st_j": (0.28, 0.36), "V4.st_j": (0.2, 0.28)}),
    "poor_r_progression": Pattern(told=("ASMI",), levels={"V3.r_amp": (0.12, 0.22)}),
    "clockwise_rotation": Pattern(levels={"V4.r_amp": (0.25, 0.4), "V4.s_amp": (-1.1, -0.8)}, excludes=("counterclockwise_rotation",)),
    "counterclockwise_rotation": Pattern(levels={"V2.r_amp": (0.9, 1.2), "V2.s_amp": (-0.4, -0.25)}),
    "low_voltage_chest": Pattern(levels={f"V{k}.{wave}": ends for k in range(1, 7) for wave, ends in (("r_amp", (0.2, 0.35)), ("s_amp", (-0.4, -0.25)))}),
    "severe_bradycardia": Pattern(told=("SBRAD",), numbers={"hr": (31, 37)}, shape=CLEAR_P),
    "ischaemia_anterior": Pattern(told=("ISC_", "t_inversion_anterior"), levels={f"V{k}.t_amp": (-0.45, -0.25) for k in (2, 3, 4)}),
    "ischaemia_inferior": Pattern(told=("ISCIN", "t_inversion_inferior"), levels={"I.t_amp": (0.12, 0.2), "II.t_amp": (-0.3, -0.2), "aVF.t_amp": (-0.35, -0.25)}),
    "ischaemia_lateral": Pattern(told=("ISCLA", "t_inversion_lateral"), levels={f"{lead}.t_amp": _T_DOWN for lead in ("I", "aVL", "V5", "V6")}),
    "ischaemia_anterolateral": Pattern(told=("ISCAL", "t_inversion_anterior", "t_inversion_lateral"), levels={f"{lead}.t_amp": _T_DOWN for lead in ("I", "aVL", "V2", "V3", "V4", "V5", "V6")}),
    "ischaemia_inferolateral": Pattern(told=("ISCIL", "t_inversion_inferior", "t_inversion_lateral"), levels={f"{lead}.t_amp": _T_DOWN for lead in ("II", "III", "aVF", "V4", "V5", "V6")}),
    "ischaemic_st_t": Pattern(told=("ISC_", "ischaemia_lateral"), levels={f"{lead}.t_amp": _T_DOWN for lead in ("I", "aVL", "V5", "V6")}),
    "st_depression_anterolateral": Pattern(told=("INJAL", "STD_"), levels={f"{lead}.st_j": _ST_DOWN for lead in ("I", "V2", "V3", "V4", "V5", "V6")}),
    "st_depression_inferolateral": Pattern(told=("STD_",), levels={f"{lead}.st_j": _ST_DOWN for lead in ("II", "aVF", "V4", "V5", "V6")}),
    "low_t_wave": Pattern(told=("LOWT",), levels={f"{lead}.t_amp": (0.0, 0.02) for lead in ("I", "II", "V4", "V5", "V6")} | {"V5.r_amp": (1.2, 1.6), "V6.r_amp": (1.0, 1.4), "I.r_amp": (0.8, 1.0), "II.r_amp": (0.8, 1.0)}),
    "digitalis_effect": Pattern(told=("DIG",), numbers={"qtc": (375, 395)}, levels={f"{lead}.t_at_28": (-0.2, -0.14) for lead in ("V4", "V5", "V6")} | {f"{lead}.t_amp": (0.05, 0.15) for lead in ("V4", "V5", "V6")}),
    "early_repolarisation": Pattern(numbers={"qrs": (86, 98)}, levels=_NOTCHED),
    "s1q3t3": Pattern(levels={"I.s_amp": (-0.35, -0.25), "III.at_15": (-0.35, -0.25), "III.t_amp": (-0.25, -0.15)}),
    "wellens": Pattern(told=("wellens_b",), levels={"V2.t_amp": (-0.85, -0.65), "V3.t_amp": (-0.9, -0.7), "V2.st_j": (0.0, 0.03), "V3.st_j": (0.0, 0.03), "V2.r_amp": (0.3, 0.5), "V3.r_amp": (0.4, 0.7)}, simulated=True),
    "pericarditis_pattern": Pattern(told=("pericarditis",), levels={f"{lead}.st_j": (0.14, 0.2) for lead in ("I", "II", "V2", "V3", "V4", "V5", "V6")}, simulated=True),
    "hyperkalaemia_suspected": Pattern(numbers={"hr": (62, 78)}, levels=_PEAKED, simulated=True),
}  # fmt: skip
#: Statements without published criteria: the flow is told of them, and no measurement can say whether they came.
_TOLD_ALONE: Final = {
    "nondiagnostic_t_abnormality": "NDT", "nonspecific_t_change": "NT_", "nonspecific_st_change": "NST_",
    "ischaemia_anteroseptal": "ISCAS", "subendocardial_injury_anteroseptal": "INJAS", "electrolyte_or_drug_effect": "EL",
    "high_voltage": "HVOLT", "abnormal_qrs": "ABQRS", "supraventricular_arrhythmia": "SVARR",
}  # fmt: skip
PATTERNS: Final[Mapping[str, Pattern]] = MappingProxyType(
    {**_JUDGED, **{key: Pattern(told=(code,)) for key, code in _TOLD_ALONE.items()}}
)
#: Rhythms that a text may name by more than one statement at a time, and which one then leads.
RHYTHM_LEADS: Final = (
    "third_degree_av_block",
    "mobitz_2",
    "av_block_2_1",
    "wenckebach",
    "dual_paced_rhythm",
    "atrial_paced_rhythm",
)
