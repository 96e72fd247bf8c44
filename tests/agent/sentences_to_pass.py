"""Sentences that a sensible model would write: all of them must pass, on the textbook table or on a changed one."""

from __future__ import annotations

from typing import NamedTuple

from calipers.report import Polarity
from tests.agent.textbook import Values


class Sensible(NamedTuple):
    """One sentence, the statement it makes, and the table on which it is true."""

    template: str
    statement: str | None = None
    changes: Values | None = None
    polarity: Polarity = "present"


DESCRIPTIONS = (
    "The PR interval is {pr}.",
    "PR {pr}, QRS {qrs}, QT {qt}.",
    "Heart rate {hr} with a mean RR interval of {rr_mean}.",
    "The ventricular rate is {hr} and the atrial rate {atrial_rate}.",
    "QTc by Bazett {qtc_bazett}, by Fridericia {qtc_fridericia}.",
    "QTc {qtc_bazett} (Bazett) and {qtc_fridericia} (Fridericia).",
    "QTc is {qtc_fridericia} by Fridericia.",
    "QTc {qtc_bazett}.",
    "The QT interval measures {qt}, corrected to {qtc_bazett} by Bazett.",
    "The QT interval is {qt}; corrected QT by Framingham {qtc_framingham}.",
    "The QRS axis is {qrs_axis}.",
    "The axis of the QRS complex is {qrs_axis}.",
    "Axes: P axis {p_axis}, QRS axis {qrs_axis}, T axis {t_axis}.",
    "In lead V5 the R amplitude is {V5.r_amp}.",
    "The S wave in V1 measures {V1.s_amp} and the R wave in V5 {V5.r_amp}.",
    "ST level at the J point: {V2.st_j} in V2 and {V3.st_j} in V3.",
    "ST segment level in V2 {V2.st_j}, V3 {V3.st_j} and V4 {V4.st_j}.",
    "The T wave in aVL has an amplitude of {aVL.t_amp}.",
    "QRS duration is {qrs}; the QRS pattern in V1 is {V1.qrs_pattern}.",
    "The longest RR interval is {pause_max}.",
    "There are {pvc_count} premature ventricular beats and {pac_count} premature atrial beats on this recording.",
    "P waves precede {p_per_qrs} of the QRS complexes.",
    "The P-wave duration is {p_dur} and the P amplitude in II is {II.p_amp}.",
    "Signal quality in lead II is {II.quality}.",
    "JTc is {jtc} with a QRS duration of {qrs}.",
    "RR irregularity is {rr_irregularity}.",
    "The RR standard deviation is {rr_sd}.",
    "Rate {hr}; PR {pr}; QRS {qrs}; QTc {qtc_bazett} by Bazett.",
    "The ST level in aVF is {aVF.st_j} (lead III: {III.st_j}).",
    "R-peak time in V6 is {V6.r_peak_time}.",
    "On this 12-lead ECG the ventricular rate is {hr}.",
    "R in V5 {V5.r_amp}, V6 {V6.r_amp}; S in V1 {V1.s_amp}.",
    "The number of paced beats is {paced_count}.",
)

_AV_BLOCK = {"pr": 240.0}
_SLOW = {"hr": 44.0, "atrial_rate": 44.0}
_AF = {"rr_irregularity": 0.25, "p_per_qrs": 0.0, "pr": None, "p_dur": None, "hr": 90.0, "atrial_rate": None}
_LVH = {"V1.s_amp": -2.0, "V5.r_amp": 2.5, "V6.r_amp": 1.0}
_INFERIOR = {"II.st_j": 0.3, "III.st_j": 0.35, "aVF.st_j": 0.32}
_LATERAL_T = {"V4.t_amp": -0.3, "V5.t_amp": -0.3, "V6.t_amp": -0.3}

DIAGNOSES = (
    Sensible("First-degree AV block with a PR interval of {pr}.", "first_degree_av_block", _AV_BLOCK),
    Sensible(
        "The PR interval of {pr} exceeds the limit of {crit:first_degree_av_block.pr_long}, "
        "consistent with first-degree AV block.",
        "first_degree_av_block",
        _AV_BLOCK,
    ),
    Sensible(
        "There is first-degree AV block: the PR interval is prolonged at {pr}.", "first_degree_av_block", _AV_BLOCK
    ),
    Sensible("Borderline first-degree AV block, PR {pr}.", "first_degree_av_block", {"pr": 201.0}),
    Sensible("First-degree AV block is likely with a PR interval of {pr}.", "first_degree_av_block", {"pr": 201.0}),
    Sensible("Sinus rhythm at a rate of {hr}.", "sinus_rhythm", _AV_BLOCK),
    Sensible("The rhythm is sinus rhythm with a ventricular rate of {hr}.", "sinus_rhythm", _AV_BLOCK),
    Sensible("Sinus bradycardia at {hr}.", "sinus_bradycardia", _SLOW),
    Sensible("Sinus bradycardia: the rate of {hr} is below {crit:sinus_bradycardia.slow}.", "sinus_bradycardia", _SLOW),
    Sensible("Atrial fibrillation with a ventricular rate of {hr}.", "atrial_fibrillation", _AF),
    Sensible(
        "The rhythm is atrial fibrillation: RR irregularity {rr_irregularity} without consistently coupled P waves.",
        "atrial_fibrillation",
        _AF,
    ),
    Sensible("Left axis deviation with a QRS axis of {qrs_axis}.", "left_axis_deviation", {"qrs_axis": -42.0}),
    Sensible(
        "Voltage criteria for left ventricular hypertrophy are met: S in V1 {V1.s_amp}, R in V5 {V5.r_amp}.",
        "lvh",
        _LVH,
    ),
    Sensible(
        "Left ventricular hypertrophy by voltage, with an S wave of {V1.s_amp} in V1 and an R wave of {V5.r_amp} "
        "in V5.",
        "lvh",
        _LVH,
    ),
    Sensible(
        "Inferior ST elevation at infarction thresholds: II {II.st_j}, III {III.st_j} and aVF {aVF.st_j}.",
        "stemi_inferior",
        _INFERIOR,
    ),
    Sensible("ST elevation of {III.st_j} in III and {aVF.st_j} in aVF, inferior leads.", "stemi_inferior", _INFERIOR),
    Sensible("Prolonged QT interval with a QTc of {qtc_bazett} by Bazett.", "long_qt", {"qt": 450.0, "hr": 70.0}),
    Sensible("T-wave inversion in V4 {V4.t_amp}, V5 {V5.t_amp} and V6 {V6.t_amp}.", "t_inversion_lateral", _LATERAL_T),
    Sensible("Lateral T wave inversion, leads V4–V6.", "t_inversion_lateral", _LATERAL_T),
    Sensible("Normal ECG, rate {hr}, PR {pr}, QRS {qrs}.", "normal_ecg"),
)

DENIALS = (
    Sensible(
        "No atrial fibrillation: RR irregularity {rr_irregularity}, P waves before {p_per_qrs} of the QRS complexes.",
        "atrial_fibrillation",
        polarity="absent",
    ),
    Sensible("No evidence of atrial fibrillation.", "atrial_fibrillation", polarity="absent"),
    Sensible(
        "No evidence of first-degree AV block, with a PR interval of {pr}.", "first_degree_av_block", polarity="absent"
    ),
    Sensible(
        "No first-degree AV block: the PR interval of {pr} does not exceed {crit:first_degree_av_block.pr_long}.",
        "first_degree_av_block",
        polarity="absent",
    ),
    Sensible(
        "Criteria for a prolonged QT interval are not met: QTc by Bazett {qtc_bazett}.", "long_qt", polarity="absent"
    ),
    Sensible("Left ventricular hypertrophy is not present.", "lvh", polarity="absent"),
    Sensible("No ST elevation in two contiguous leads.", "st_elevation", polarity="absent"),
    Sensible("There is no T-wave inversion.", "t_inversion", polarity="absent"),
)
