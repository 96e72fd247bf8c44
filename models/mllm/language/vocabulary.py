"""How clinicians call what Calipers measures and states: the words that training varies and that hints look for."""

from __future__ import annotations

from functools import cache
from typing import Final

from calipers.knowledge import statements
from calipers.leads import LEADS, Lead

#: Measurement name → names under which it is asked for, the usual ones first; the German ones as typed on a ward.
MEASURED: Final[dict[str, tuple[str, ...]]] = {
    "hr": ("heart rate", "rate", "HR", "ventricular rate", "bpm", "pulse", "heartrate", "beats per minute", "ventricular response", "herzfrequenz", "frequenz", "HF"),
    "rr_mean": ("mean RR", "average RR interval", "RR interval", "R-R interval", "RR", "cycle length", "mean cycle length", "RR-abstand"),
    "rr_sd": ("RR variability", "SD of the RR intervals", "RR standard deviation", "beat to beat variability", "SDNN", "variability of the RR"),
    "pause_max": ("longest pause", "longest RR", "pause length", "duration of the pause", "max pause", "biggest gap between beats", "längste pause"),
    "rr_irregularity": ("irregularity index", "RR irregularity", "degree of irregularity", "how irregular the rhythm is"),
    "p_dur": ("P wave duration", "P duration", "P width", "P wave width", "width of the P wave", "length of the P wave", "P-dauer"),
    "pr": ("PR interval", "PR", "PQ", "PQ interval", "PR time", "PR duration", "AV conduction time", "P-R", "PQ-zeit", "PQ zeit", "überleitungszeit"),
    "qrs": ("QRS duration", "QRS", "QRS width", "QRSd", "width of the QRS", "QRS complex duration", "QRS-breite", "QRS dauer", "ventricular depolarisation time"),
    "qt": ("QT interval", "QT", "uncorrected QT", "raw QT", "QT time", "QT-zeit", "QT dauer", "measured QT"),
    "qtc_bazett": ("QTcB", "Bazett QTc", "QTc by Bazett", "QTc Bazett", "Bazett", "QTc with Bazett's formula", "bazett corrected QT"),
    "qtc_fridericia": ("QTcF", "Fridericia QTc", "QTc by Fridericia", "Fridericia", "QTc Fridericia", "fridericia corrected QT", "QTc according to fridericia"),
    "qtc_framingham": ("Framingham QTc", "QTc by Framingham", "Framingham", "QTc Framingham"),
    "qtc_hodges": ("Hodges QTc", "QTc by Hodges", "Hodges", "QTc Hodges"),
    "jtc": ("JTc", "corrected JT", "JT interval", "JT"),
    "p_axis": ("P axis", "P wave axis", "axis of the P wave", "P vector", "P-achse"),
    "qrs_axis": ("QRS axis", "axis", "electrical axis", "mean axis", "frontal axis", "frontal plane axis", "heart axis", "lagetyp", "elektrische achse", "QRS vector"),
    "t_axis": ("T axis", "T wave axis", "axis of the T wave", "T vector", "T-achse"),
    "p_per_qrs": ("P per QRS", "ratio of P waves to QRS", "P waves per QRS", "share of beats with a P wave before them", "P to QRS ratio"),
    "atrial_rate": ("atrial rate", "P wave rate", "rate of the P waves", "atrial frequency", "vorhoffrequenz"),
    "flutter_rate": ("flutter rate", "rate of the flutter waves", "flutter cycle rate", "F wave rate"),
    "dropped_count": ("number of dropped beats", "dropped beats", "non-conducted P waves", "count of dropped QRS complexes"),
    "pvc_count": ("number of PVCs", "PVC count", "PVC burden", "how many VES", "ventricular ectopics count", "number of ventricular extrasystoles", "anzahl VES", "count of ventricular premature beats"),
    "pac_count": ("number of PACs", "PAC count", "how many SVES", "count of atrial premature beats", "number of atrial extrasystoles", "anzahl SVES"),
    "pvc_coupling": ("PVC coupling interval", "coupling interval", "coupling interval of the ectopics"),
    "paced_count": ("number of paced beats", "paced beat count", "how many beats are paced"),
    "p_amp": ("P amplitude", "P wave amplitude", "P wave height", "height of the P", "P voltage"),
    "p_terminal_amp": ("terminal P amplitude", "depth of the terminal P", "negative part of the P wave", "P terminal deflection"),
    "q_amp": ("Q amplitude", "Q wave depth", "depth of the Q wave", "Q wave amplitude", "Q depth"),
    "r_amp": ("R amplitude", "R wave height", "R wave amplitude", "height of the R wave", "R voltage", "R-höhe", "R wave voltage"),
    "s_amp": ("S amplitude", "S wave depth", "depth of the S wave", "S voltage", "S wave amplitude", "S-tiefe"),
    "t_amp": ("T amplitude", "T wave amplitude", "T wave height", "height of the T wave", "T voltage", "T wave size", "T-höhe"),
    "t_pattern": ("T wave shape", "shape of the T wave", "T morphology", "T wave morphology", "T wave polarity"),
    "q_dur": ("Q duration", "Q wave width", "width of the Q wave", "Q wave duration"),
    "r_dur": ("R duration", "R wave width", "R wave duration"),
    "s_dur": ("S duration", "S wave width", "S wave duration"),
    "r_peak_time": ("R peak time", "intrinsicoid deflection", "time to R peak", "R wave peak time", "ventricular activation time", "OUP"),
    "st_j": ("ST level", "J point", "ST segment", "ST deviation", "ST", "J point level", "ST at the J point", "ST amplitude", "amount of ST shift", "ST-strecke", "mm of ST", "ST elevation in mV"),
    "st_60": ("ST60", "ST at J+60", "J+60", "ST level at J plus 60", "ST 60 ms after J", "ST level J60"),
    "st_80": ("ST80", "ST at J+80", "J+80", "ST level at J plus 80", "ST 80 ms after J", "ST level J80"),
    "qrs_pattern": ("QRS pattern", "QRS morphology", "QRS shape", "shape of the QRS", "QRS configuration", "form of the QRS"),
    "qrs_notch": ("QRS notching", "notch in the QRS", "notching", "QRS fragmentation", "notched QRS"),
    "delta_dur": ("delta wave duration", "length of the delta wave", "slurred upstroke duration"),
    "j_wave_amp": ("J wave amplitude", "height of the J wave", "J wave height", "Osborn wave height"),
    "quality": ("signal quality", "noise level", "quality", "noise", "trace quality", "artefact level", "signalqualität"),
}  # fmt: skip

#: Asked for without a formula: Bazett and Fridericia stand side by side.
QTC: Final = (
    "QTc",
    "corrected QT",
    "QTc interval",
    "QT corrected for rate",
    "frequency corrected QT",
    "QTc zeit",
    "qtc-zeit",
)

#: Statement key → words that its own table lacks: how it looks, ward slang, German.
STATED: Final[dict[str, tuple[str, ...]]] = {
    "sinus_rhythm": ("sinusrhythmus", "SR", "normal sinus"),
    "sinus_bradycardia": ("sinusbradykardie", "slow sinus rhythm"),
    "sinus_tachycardia": ("sinustachykardie", "fast sinus rhythm"),
    "sinus_arrhythmia": ("sinusarrhythmie", "breathing related irregularity"),
    "atrial_fibrillation": ("vorhofflimmern", "VHF", "a-fib", "fibrillating atria", "AF", "irregularly irregular rhythm", "fib", "VHFli"),
    "atrial_flutter": ("vorhofflattern", "sawtooth pattern", "saw tooth waves", "flutter", "typical flutter"),
    "atrial_tachycardia": ("fokale atriale tachykardie",),
    "junctional_rhythm": ("AV-knotenrhythmus", "rhythm from the AV junction", "nodal escape rhythm"),
    "supraventricular_tachycardia": ("AV nodal re-entry", "svt", "reentry tachycardia"),
    "atrial_premature_complex": ("SVES", "atrial ectopics", "atrial ectopy", "premature atrial beats"),
    "ventricular_premature_complex": ("ventricular ectopics", "ventricular ectopy", "VES", "extra beats from the ventricle", "premature ventricular beats"),
    "ventricular_run": ("NSVT", "short runs of VT", "salve"),
    "long_pause": ("sinus arrest", "pausen", "asystolic pause"),
    "wide_qrs_tachycardia": ("VT", "ventrikuläre tachykardie", "broad complex tachy", "breitkomplextachykardie", "V-tach"),
    "paced_rhythm": ("schrittmacherrhythmus", "pacemaker spikes", "pacer rhythm", "SM-rhythmus", "paced beats"),
    "failure_to_capture": ("capture failure", "spikes that don't capture", "non-capture", "pacer not capturing"),
    "first_degree_av_block": ("AV-block I", "AVB I°", "AV block 1st degree", "AV block first degree", "1° AVB", "first degree block", "delayed AV conduction", "PQ verlängert"),
    "short_pr": ("kurze PQ-zeit", "shortened PR"),
    "second_degree_av_block": ("AV-block II", "2° AV block", "intermittent conduction failure", "type two heart block"),
    "wenckebach": ("Mobitz 1", "progressive PR lengthening", "AV block 2 type 1"),
    "mobitz_2": ("Mobitz 2", "AV block 2 type 2", "mobitz typ 2"),
    "third_degree_av_block": ("AV-block III", "3° AV block", "total AV block", "kompletter AV-block", "complete block"),
    "pre_excitation": ("slurred upstroke", "WPW syndrome", "präexzitation", "Kent pathway", "deltawelle"),
    "lbbb": ("linksschenkelblock", "LSB", "left bundle", "left bundle block", "kompletter LSB"),
    "rbbb": ("rechtsschenkelblock", "RSB", "right bundle", "right bundle block", "rabbit ears in V1"),
    "incomplete_rbbb": ("inkompletter rechtsschenkelblock", "inkompl. RSB", "iRSB"),
    "lafb": ("left anterior hemiblock", "LAHB", "linksanteriorer hemiblock", "anterior fascicle block"),
    "ivcd": ("non-specific conduction delay", "intraventricular conduction disorder"),
    "left_axis_deviation": ("LAD", "linkstyp", "leftward axis", "überdrehter linkstyp", "axis deviated to the left"),
    "right_axis_deviation": ("RAD", "rechtstyp", "rightward axis", "axis deviated to the right"),
    "normal_axis": ("normal axis", "indifferenztyp"),
    "left_atrial_enlargement": ("LA enlargement", "big left atrium", "P sinistroatriale", "LAE"),
    "right_atrial_enlargement": ("RA enlargement", "big right atrium", "P dextroatriale"),
    "lvh": ("linkshypertrophie", "LV hypertrophy", "Sokolow-Lyon", "Cornell criteria", "thick left ventricle"),
    "rvh": ("rechtsherzhypertrophie", "RV hypertrophy", "right heart hypertrophy"),
    "low_voltage": ("niedervoltage", "small complexes", "low amplitude complexes"),
    "st_elevation": ("ST-hebung", "STE", "tombstones", "STEMI", "ST elevations", "acute MI", "hebungsinfarkt", "current of injury", "heart attack"),
    "stemi_inferior": ("inferiorer hinterwandinfarkt", "inferior ST elevation MI", "inferior STEMI", "acute inferior MI"),
    "stemi_anterior": ("vorderwandinfarkt", "anterior ST elevation MI", "LAD occlusion pattern", "acute anterior MI"),
    "stemi_lateral": ("lateral ST elevation MI", "acute lateral MI", "lateraler STEMI"),
    "st_depression": ("ST-senkung", "ST depressions", "ischaemic ST depression", "STD", "senkungen"),
    "t_inversion": ("T-negativierung", "flipped T waves", "TWI", "T wave inversions", "inverted T waves", "negative T"),
    "pathological_q": ("pathologische Q-zacken", "old infarct", "old MI", "scar", "Q waves of an old infarct", "previous MI"),
    "posterior_mi_suspected": ("posterior STEMI", "strictly posterior infarct", "dorsal infarction"),
    "brugada_type_1": ("brugada-EKG", "coved ST in V1", "brugada sign"),
    "wellens": ("wellens sign", "biphasic T waves in V2-V3"),
    "early_repolarisation": ("benign early repol", "early repol", "frühe repolarisation", "BER"),
    "pericarditis_pattern": ("perikarditis", "pericarditis changes", "widespread concave ST elevation"),
    "digitalis_effect": ("dig effect", "reverse tick sign", "digitaliseffekt", "muldenförmige senkung"),
    "s1q3t3": ("S1Q3T3", "PE signs", "lungenembolie zeichen", "right heart strain", "SIQIIITIII"),
    "marked_hyperkalaemia": ("hyperkaliämie", "hyperK", "high K changes", "sine wave"),
    "hyperkalaemia_suspected": ("tented Ts", "peaked Ts", "tall narrow T waves", "hohe spitze T-wellen"),
    "long_qt": ("QT-verlängerung", "LQTS", "long QT syndrome", "prolonged QTc", "QT prolongation", "QTc too long"),
    "short_qt": ("SQTS", "short QT syndrome", "kurzes QT"),
    "poor_r_progression": ("fehlende R-progression", "R wave progression problem", "reduced R progression", "PRWP"),
    "normal_ecg": ("normal ECG",),
}  # fmt: skip

#: Place names, as an action says them, and their leads.
PLACES: Final[dict[str, tuple[Lead, ...]]] = {
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
    "anterior": ("V1", "V2", "V3", "V4"),
    "septal": ("V1", "V2"),
    "chest": ("V1", "V2", "V3", "V4", "V5", "V6"),
    "limb": ("I", "II", "III", "aVR", "aVL", "aVF"),
    **{lead: (lead,) for lead in LEADS},
}


@cache
def stated_names(key: str) -> tuple[str, ...]:
    """Every name of a statement under which a question means it and no other."""
    table = statements()
    row = table[key]
    own = [row.label.replace(",", ""), *row.synonyms]
    loose = [name for name in (*row.asked_as, *(code for code in row.scp if "_" not in code)) if _means(name, key)]
    return tuple(dict.fromkeys([*own, *loose, *STATED.get(key, ())]))


def _means(name: str, key: str) -> bool:
    """Whether the table takes a loose name for this statement; shared ones go to the first that carries them."""
    found = statements().mentioned(name)
    return bool(found) and found[0].key == key
