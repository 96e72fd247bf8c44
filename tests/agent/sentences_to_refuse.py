"""Sentences that a model might write and nobody should read: each must be refused, for the reason it stands under."""

from __future__ import annotations

from typing import Final

#: Kind of fault → sentences without a statement. The textbook table holds every value they ask for.
DESCRIPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "slot": (
        "QTc {qt}.", "PR {qrs}.", "Heart rate {rr_mean}.", "PR {pr}, QT {qrs}.", "QT {qt}, PR {qrs}.",
        "Atrial rate {hr}.", "Ventricular rate {atrial_rate}.", "QTc by Fridericia {qtc_bazett}.",
        "QTc {qtc_fridericia}.", "QTc {qtc_bazett} by Fridericia.", "QTc (Hodges) {qtc_framingham}.",
        "P axis {t_axis}.", "The axis is {p_axis}.", "RR interval {pause_max}.", "Mean RR interval {rr_sd}.",
        "ST level in V3 {V3.st_80}.", "R amplitude in V3 {V3.s_amp}.", "Q wave in III {III.r_amp}.",
        "{pr}", "Rate {hr}, {qt}.", "Heart rate {hr}{hr}.", "QRS and PR {pr}.", "PR axis {qrs_axis}.",
        "The recorder measured a PR interval of {pr}.", "Prior PR interval {pr}.", "PR interval of one beat {pr}.",
        "The earlier ECG showed a PR of {pr}.", "PR interval {pr }.", "PR interval {{pr}}.",
        "PR interval.", "The ECG was measured.",
    ),
    "unknown_id": (
        "PR interval {PR}.", "PR interval {pr:.1f}.", "PR interval {pr!r}.", "PR interval {V3.pr}.", "QT {qt2}.",
    ),
    "number": (
        "PR interval 226, {pr}.", "PR interval ２００, {pr}.", "PR interval {pr}².", "PR ½ of {pr}.",
        "PR interval Ⅳ {pr}.", "PR interval of two hundred, {pr}.", "PR {pr} – {pr}00.", "ST level in V2 -{V2.st_j}.",
        "ST level in V2 –{V2.st_j}.", "PR {pr}/{qrs} QRS.", "PR twice {pr}.", "Rate {hr}, 2:1.",
    ),
    "unit": (
        "PR interval {pr} ms.", "PR interval {pr} s.", "Rate {hr} bpm.", "Rate {hr} beats per minute.",
        "QRS axis {qrs_axis} degrees.", "R in V5 {V5.r_amp} millivolts.", "P waves precede {p_per_qrs} percent.",
        "PR interval {pr} %.", "Rate {hr} /min.", "The PR in seconds {pr}.",
    ),
    "lead": (
        "ST level {V3.st_j}.", "ST level in V3 {V4.st_j}.", "ST level in V1–V4 {V3.st_j}.",
        "ST level in V1 to V4: {V4.st_j}.", "ST level in leads V3 and V4 {V4.st_j}.",
        "ST level in lead I to III {III.st_j}.", "ST level in v3 {V3.st_j}.", "ST level in avl {aVL.st_j}.",
        "ST level in V4R {V4.st_j}.", "ST level {V3.st_j} in V4.", "The PR in V2 is {pr}.",
        "{V3.st_j} ST level in II.",
    ),
    "scope": (
        "Pericardial tamponade, rate {hr}.", "The PR interval {pr} is normal.", "The PR interval is long at {pr}.",
        "Wide QRS {qrs}.", "The QRS is narrow at {qrs}.", "ST elevation in V5 {V5.st_j}.",
        "ST depression of {V3.st_j} in V3.", "PR interval {pr}; give amiodarone.",
        "Consider anticoagulation, rate {hr}.", "Regular rhythm, rate {hr}.", "The heart rate is {hr}, stable.",
        "In this man the rate is {hr}.", "PR interval {pr}, grade IV.", "PR {pr} > QRS {qrs}.", "PR {pr}\nQRS {qrs}",
        "PR {pr}\u200b.", "РR interval PR {pr}.", "The PR {pr} exceeds the QRS {qrs}.", "Critical: rate {hr}.",
        "Tall T wave in V3 {V3.t_amp}.", "T wave inverted in V3 {V3.t_amp}.", "Rate {hr}, irregular.",
        "Everything is within limits, rate {hr}.", "Acute ischaemia, rate {hr}.", "The rate {hr} needs treatment.",
    ),
    "criteria": (
        "LVH: S in V1 {V1.s_amp}.", "Sinus rhythm, rate {hr}.", "Normal ECG, rate {hr}.", "Prolonged PR {pr}.",
        "STEMI, ST level in V2 {V2.st_j}.", "First-degree AV block, PR {pr}.", "Long QT, QT {qt}.",
    ),
    "absence": (
        "No evidence of atrial fibrillation, rate {hr}.", "Free of P waves, rate {hr}.", "P waves absent, rate {hr}.",
        "Rate {hr} isn't sinus.", "There is no P wave, rate {hr}.", "Rate {hr}, infarction excluded.",
        "The PR is not long: PR {pr}.", "Rate {hr} without ectopy.", "P waves cannot be seen, rate {hr}.",
    ),
    "quotation": ("“PR interval {pr}.”", "PR interval 'usual' {pr}.", "The «PR interval» {pr}.", 'PR "{pr}".'),
}  # fmt: skip

#: On a PR of 240 ms, as claims of first-degree AV block.
OF_AV_BLOCK: Final[dict[str, tuple[str, ...]]] = {
    "slot": (
        "First-degree AV block with PR {qrs}.",
        "First-degree AV block: PR {crit:first_degree_av_block.pr_long}.",
        "First-degree AV block: QRS {qrs} (longer than {crit:first_degree_av_block.pr_long}), PR {pr}.",
    ),
    "criteria": (
        "First-degree AV block with PR {pr}, shorter than {crit:first_degree_av_block.pr_long}.",
        "First-degree AV block with PR {pr} under the limit of {crit:first_degree_av_block.pr_long}.",
        "First-degree AV block: PR {pr} is longer than QT {qt}.",
        "Third-degree AV block, PR {pr}.",
        "First-degree AV block, PR {pr}, with left bundle branch block.",
        "Possible first-degree AV block, PR {pr}.",
        "Sinus rhythm, rate {hr}.",
        "PR {pr}.",
    ),
    "absence": (
        "No first-degree AV block, PR {pr}.",
        "First-degree AV block is excluded, PR {pr}.",
        "First-degree AV block without other findings, PR {pr}.",
    ),
    "scope": (
        "First-degree AV block, PR {pr}, needs a pacemaker.",
        "First-degree AV block with PR {pr} and a wide QRS {qrs}.",
        "First-degree AV block with PR {pr} and normal QRS {qrs}.",
        "New first-degree AV block, PR {pr}.",
        "Marked first-degree AV block, PR {pr}.",
        "Benign first-degree AV block, PR {pr}.",
    ),
    "lead": ("First-degree AV block, seen in V2, PR {pr}.",),
    "number": ("First-degree AV block in nine beats, PR {pr}.",),
}

#: On inferior ST elevation, as claims of it.
OF_INFERIOR_ELEVATION: Final[dict[str, tuple[str, ...]]] = {
    "scope": (
        "Anterior ST elevation at infarction thresholds: II {II.st_j}, III {III.st_j}.",
        "Inferior STEMI from occlusion, ST elevation in II {II.st_j}.",
    ),
    "lead": (
        "ST elevation at infarction thresholds in the inferior leads: II {III.st_j}, III {II.st_j}.",
        "ST elevation at infarction thresholds in the inferior leads and V4 {V4.st_j}.",
        "ST elevation at infarction thresholds in the inferior leads II, III, aVF and V1–V4.",
    ),
    "criteria": ("ST depression in the inferior leads: II {II.st_j}.",),
    "slot": (
        "ST elevation at infarction thresholds in the inferior leads: II {II.st_80}.",
        "ST elevation in the inferior leads: II {II.t_amp}.",
    ),
    "number": ("ST elevation in three inferior leads: II {II.st_j}.",),
}

#: On the textbook table, as claims that there is no atrial fibrillation.
OF_NO_FIBRILLATION: Final[tuple[str, ...]] = (
    "Atrial fibrillation, rate {hr}.",
    "Atrial fibrillation is not absent, rate {hr}.",
    "Criteria for atrial fibrillation are met: RR irregularity {rr_irregularity}.",
    "No atrial fibrillation and no long QT.",
    "No atrial fibrillation; no infarction.",
    "Atrial fibrillation, no coupled P waves.",
    "No sinus rhythm: atrial fibrillation.",
    "No atrial fibrillation or flutter.",
)
