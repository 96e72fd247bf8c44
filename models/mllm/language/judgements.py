"""Statements as questions name them: which are asked for most, and judgements that name none outright."""

from __future__ import annotations

from typing import Final

#: Statements asked for most come most.
COMMON: Final = (
    "atrial_fibrillation", "atrial_flutter", "lbbb", "rbbb", "lvh", "st_elevation", "stemi_inferior", "stemi_anterior", "st_depression", "t_inversion", "pathological_q", "long_qt", "first_degree_av_block", "second_degree_av_block", "third_degree_av_block", "pre_excitation", "wide_qrs_tachycardia", "paced_rhythm", "ventricular_premature_complex", "atrial_premature_complex", "sinus_rhythm", "sinus_bradycardia", "sinus_tachycardia", "pericarditis_pattern", "brugada_type_1", "wellens", "marked_hyperkalaemia", "s1q3t3", "lafb", "rvh", "left_axis_deviation", "right_axis_deviation", "wenckebach", "mobitz_2", "early_repolarisation", "low_voltage", "poor_r_progression", "normal_axis", "supraventricular_tachycardia", "left_atrial_enlargement",
)  # fmt: skip
#: Loose names that mean too much to stand alone as one statement's name.
TOO_LOOSE: Final = frozenset((
    "axis", "qrs axis", "electrical axis", "rhythm", "regular rhythm", "normal", "norm", "normal ecg", "unremarkable", "normal tracing", "anything abnormal", "q", "sr", "wave", "pattern", "heart block", "av block", "mobitz", "potassium", "electrolytes", "rotation", "dropped beats", "ddd", "vvi", "aai", "fib", "left bundle", "right bundle",
))  # fmt: skip
#: Judgements of a measurement and the statement that they ask for.
DERIVED: Final[dict[str, tuple[str, ...]]] = {
    "first_degree_av_block": ("is the [PR|PQ|PR interval|PQ time] [too long|prolonged|long|lengthened|above normal|normal|borderline]?", "[PR|PQ] [prolonged|too long|verlängert|normal]?", "is AV conduction [delayed|slow|impaired|slowed]?"),
    "short_pr": ("is the [PR|PQ|PR interval] [too short|short|shortened]?",),
    "long_qt": ("is the [QT|QTc|corrected QT|QT interval] [too long|prolonged|long|dangerous|pathological|normal|within limits|acceptable|ok]?", "[QT|QTc] [prolonged|too long|ok|normal|verlängert|borderline|within normal limits]?", "is repolarisation [prolonged|delayed]?"),
    "short_qt": ("is the [QT|QTc] [too short|short|shortened]?",),
    "ivcd": ("is the QRS [wide|broad|widened|prolonged|too wide]?", "[wide|broad] QRS?", "QRS [verbreitert|widened|broad]?"),
    "normal_axis": ("is the [axis|QRS axis|electrical axis] [normal|ok|within normal limits|deviated]?", "axis [normal|ok|deviated]?"),
    "left_axis_deviation": ("is the axis [to the left|leftward|shifted left|deviated left]?",),
    "right_axis_deviation": ("is the axis [to the right|rightward|shifted right|deviated right]?",),
    "sinus_tachycardia": ("is [he|she|it|the patient|the heart] [tachycardic|tachy|too fast|racing]?", "[tachy|tachycardic|tachykard]?"),
    "sinus_bradycardia": ("is [he|she|it|the patient|the heart] [bradycardic|brady|too slow]?", "[brady|bradycardic|bradykard]?"),
    "atrial_fibrillation": ("is the rhythm [irregularly irregular|absolutely irregular]?", "are the atria fibrillating?", "[absolute arrhythmia|absolute arrhythmie]?"),
    "sinus_rhythm": ("is [it|this|he in|she in|the patient in] [sinus|SR|sinus rhythm|normal sinus rhythm]?", "[still|back] in sinus?", "sinus or not?"),
    "t_inversion": ("are the T[s| waves] [inverted|flipped|negative|upside down]?", "[any|] [inverted|flipped|negative] T[s| waves]?"),
    "low_t_wave": ("are the T waves [flat|low|flattened]?",),
    "hyperkalaemia_suspected": ("are the T waves [peaked|tented|too tall|pointy]?",),
    "st_elevation": ("[any|is there|do you see] ST elevation in [V1|V2|II|aVF|lead III|aVL|V5|lead I]?", "[is|are] the ST[ segment| segments|] [elevated|raised|up]?", "is this an [infarct|acute infarction|acute coronary occlusion|MI]?", "is [he|she|the patient] having [a heart attack|an MI|an infarct]?"),
    "st_depression": ("[any|is there|do you see] ST depression in [V1|V2|II|aVF|lead III|aVL|V5|lead I]?", "[is|are] the ST[ segment| segments|] [depressed|down|sagging|lowered]?", "[any|] [ischaemia|ischemia]?", "ischaemic changes?"),
    "low_voltage": ("[is|are] the [voltage|voltages|amplitudes|complexes] [low|small|too small|reduced]?",),
    "poor_r_progression": ("is the R[ wave|] progression [normal|ok|poor|delayed|adequate]?", "R progression[ ok|]?"),
    "left_atrial_enlargement": ("is the left atrium [big|enlarged|dilated]?",),
    "right_atrial_enlargement": ("is the right atrium [big|enlarged|dilated]?",),
    "lvh": ("is the left ventricle [thick|hypertrophied|thickened|strained]?", "[Sokolow|Cornell] [positive|met|fulfilled|criteria]?"),
    "rvh": ("is the right ventricle [hypertrophied|strained|under pressure]?",),
    "paced_rhythm": ("is [it|he|she|this|the patient] paced?", "[is there a|does he have a|do i see a] pacemaker?", "are those [pacing|pacemaker|pacer] spikes?"),
    "pathological_q": ("are the Q waves [pathological|significant|abnormal]?", "[has he had|did she have] an [infarct|MI|infarction] [before|in the past|years ago]?"),
    "ventricular_premature_complex": ("are there [extra beats|ectopic beats|extrasystoles]?", "what are those [wide|broad] early beats, PVCs?"),
    "long_pause": ("are there [pauses|any pauses|long pauses]?", "any [pauses|asystole|arrest]?"),
    "stemi_inferior": ("[any|is there|do you see] ST [elevation|elevations|hebungen] [inferiorly|in the inferior leads|in II, III and aVF|in II III aVF]?",),
    "stemi_anterior": ("[any|is there|do you see] ST [elevation|elevations|hebungen] [anteriorly|in the anterior leads|in V1-V4|over the anterior wall]?",),
    "stemi_lateral": ("[any|is there|do you see] ST [elevation|elevations|hebungen] [laterally|in the lateral leads|in I and aVL|in V5/V6]?",),
    "st_depression_inferior": ("[any|is there|do you see] ST [depression|depressions|senkungen] [inferiorly|in the inferior leads|in II, III and aVF]?",),
    "st_depression_lateral": ("[any|is there|do you see] ST [depression|depressions|senkungen] [laterally|in the lateral leads|in V5/V6]?",),
    "st_depression_anterior": ("[any|is there|do you see] ST [depression|depressions|senkungen] [anteriorly|in the anterior leads|in V1-V3]?",),
    "t_inversion_anterior": ("[any|is there|are there] [inverted Ts|T inversion|T wave inversions|negative T waves] [anteriorly|in the anterior leads|in V1-V4|in the precordials]?",),
    "t_inversion_inferior": ("[any|is there|are there] [inverted Ts|T inversion|T wave inversions|negative T waves] [inferiorly|in the inferior leads|in III and aVF]?",),
    "t_inversion_lateral": ("[any|is there|are there] [inverted Ts|T inversion|T wave inversions|negative T waves] [laterally|in the lateral leads|in I and aVL|in V5-V6]?",),
    "pathological_q_inferior": ("[any|is there|are there] [Q waves|Qs|Q-zacken|pathological Qs] [inferiorly|in the inferior leads|in II, III, aVF]?",),
    "pathological_q_anterior": ("[any|is there|are there] [Q waves|Qs|Q-zacken|pathological Qs] [anteriorly|in the anterior leads|in V1-V4]?",),
    "pre_excitation": ("is there [an accessory pathway|a slurred upstroke|pre excitation|a kent bundle]?",),
}  # fmt: skip
