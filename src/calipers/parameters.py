"""What Calipers measures: every parameter's name, unit and words, in reading order. The one table of them.

Names are the contract of `Measurement.name`; ids add the lead and the beat (`V3.st_j#4`). Units stay within
`ms mV deg /min` and none: a product such as the P terminal force is formed where it is judged, in a
criterion over `p_terminal_amp` (negative, or 0) and `p_terminal_dur`.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Scope = Literal["global", "lead"]


class Parameter(NamedTuple):
    """One measured parameter.

    Attributes:
        name: as in ids.
        unit: `ms`, `mV`, `deg`, `/min`, or empty for counts, shares and words.
        short: the word beside a trace: `PR`, `ST J+60`.
        phrase: how a sentence begins with it.
        scope: of the whole ECG, or of each lead.
        form: a number, a share of one (keeps its decimals in print), or a word such as `qR`.
        by_beat: also written for single beats.
    """

    name: str
    unit: str
    short: str
    phrase: str
    scope: Scope = "global"
    form: Literal["number", "share", "word"] = "number"
    by_beat: bool = False


def _lead(
    name: str,
    unit: str,
    short: str,
    phrase: str,
    form: Literal["number", "share", "word"] = "number",
    by_beat: bool = False,
) -> Parameter:
    return Parameter(name, unit, short, phrase, "lead", form, by_beat)


_TABLE: Final = (
    Parameter("hr", "/min", "Rate", "Ventricular rate"),
    Parameter("rr_mean", "ms", "mean RR", "Mean RR interval"),
    Parameter("rr_sd", "ms", "RR SD", "RR interval deviation"),
    Parameter("pause_max", "ms", "Longest pause", "Longest pause"),
    Parameter("rr_irregularity", "", "RR irregularity", "RR irregularity index", form="share"),
    Parameter("rr_range", "ms", "RR range", "Longest minus shortest normal RR interval"),
    Parameter("qrs_count", "", "QRS complexes", "Number of QRS complexes"),
    Parameter("qrs_similarity", "", "QRS likeness", "Likeness of the QRS complexes to their usual shape", form="share"),
    Parameter("rest_share", "", "Rest", "Share of the time in which no lead moves much", form="share"),
    Parameter("fibrillation_rate", "/min", "Fibrillation rate", "Rate of the waves of fibrillating ventricles"),
    Parameter("p_dur", "ms", "P", "P-wave duration", by_beat=True),
    Parameter("pr", "ms", "PR", "PR interval", by_beat=True),
    Parameter("qrs", "ms", "QRS", "QRS duration", by_beat=True),
    Parameter("qt", "ms", "QT", "QT interval", by_beat=True),
    Parameter("qtc_bazett", "ms", "QTc (Bazett)", "QTc (Bazett)"),
    Parameter("qtc_fridericia", "ms", "QTc (Fridericia)", "QTc (Fridericia)"),
    Parameter("qtc_framingham", "ms", "QTc (Framingham)", "QTc (Framingham)"),
    Parameter("qtc_hodges", "ms", "QTc (Hodges)", "QTc (Hodges)"),
    Parameter("jtc", "ms", "JTc", "JTc"),
    Parameter("p_axis", "deg", "P axis", "P axis"),
    Parameter("qrs_axis", "deg", "QRS axis", "QRS axis"),
    Parameter("t_axis", "deg", "T axis", "T axis"),
    Parameter("p_per_qrs", "", "P per QRS", "Share of QRS complexes preceded by a coupled P wave", form="share"),
    Parameter("atrial_rate", "/min", "Atrial rate", "Atrial rate"),
    Parameter("flutter_rate", "/min", "Flutter rate", "Rate of regular atrial activity between the QRS complexes"),
    Parameter("flutter_regularity", "", "Flutter regularity", "Regularity of the atrial activity", form="share"),
    Parameter("f_wave_amp", "mV", "f waves", "Movement of V1 or II between T wave and QRS"),
    Parameter("av_dissociation", "", "AV dissociation", "Share of P waves without a steady relation to a QRS", form="share"),
    Parameter("pr_range", "ms", "PR range", "Longest minus shortest PR of conducted beats"),
    Parameter("pr_lengthening", "ms", "PR lengthening", "PR before a dropped beat minus PR after it"),
    Parameter("dropped_count", "", "Dropped beats", "Number of P waves not followed by a QRS"),
    Parameter("dropped_run_max", "", "Dropped in a row", "Most consecutive P waves not followed by a QRS"),
    Parameter("conducted_run_max", "", "Conducted in a row", "Most consecutive P waves each followed by a QRS"),
    Parameter("pvc_count", "", "PVCs", "Number of premature ventricular beats"),
    Parameter("pvc_run_max", "", "PVCs in a row", "Most consecutive premature ventricular beats"),
    Parameter("pvc_shapes", "", "PVC shapes", "Number of shapes of the premature ventricular beats"),
    Parameter("pvc_coupling", "ms", "PVC coupling", "Coupling interval of the premature ventricular beats"),
    Parameter("pvc_bigeminy", "", "Bigeminal PVCs", "Most consecutive cycles of a normal beat and a premature ventricular beat"),
    Parameter("pvc_trigeminy", "", "Trigeminal PVCs", "Most consecutive cycles of two normal beats and a premature ventricular beat"),
    Parameter("pac_count", "", "PACs", "Number of premature atrial beats"),
    Parameter("pac_run_max", "", "PACs in a row", "Most consecutive premature atrial beats"),
    Parameter("pac_coupling", "ms", "PAC coupling", "Coupling interval of the premature atrial beats"),
    Parameter("pac_bigeminy", "", "Bigeminal PACs", "Most consecutive cycles of a normal beat and a premature atrial beat"),
    Parameter("pac_trigeminy", "", "Trigeminal PACs", "Most consecutive cycles of two normal beats and a premature atrial beat"),
    Parameter("pac_blocked_count", "", "Blocked PACs", "Number of premature P waves that no QRS follows"),
    Parameter("escape_count", "", "Escape beats", "Number of late beats after a pause without a coupled P wave"),
    Parameter("paced_count", "", "Paced beats", "Number of paced beats"),
    Parameter("atrial_paced_count", "", "Atrial-paced beats", "Number of beats with an atrial pacing spike"),
    Parameter("ventricular_paced_count", "", "Ventricular-paced beats", "Number of beats with a ventricular pacing spike"),
    Parameter("noncapture_count", "", "Spikes without capture", "Number of pacing spikes not followed by a depolarisation"),
    Parameter("rr", "ms", "RR", "RR interval", by_beat=True),
    _lead("p_amp", "mV", "P", "P amplitude", by_beat=True),
    _lead("p_pattern", "", "P shape", "P-wave shape", "word"),
    _lead("p_terminal_amp", "mV", "P terminal", "Terminal P amplitude"),
    _lead("p_terminal_dur", "ms", "P terminal", "Terminal P duration"),
    _lead("q_amp", "mV", "Q", "Q amplitude", by_beat=True),
    _lead("r_amp", "mV", "R", "R amplitude", by_beat=True),
    _lead("s_amp", "mV", "S", "S amplitude", by_beat=True),
    _lead("rp_amp", "mV", "R′", "Second R amplitude"),
    _lead("sp_amp", "mV", "S′", "Second S amplitude"),
    _lead("t_amp", "mV", "T", "T amplitude", by_beat=True),
    _lead("t_pattern", "", "T shape", "T-wave shape", "word"),
    _lead("t_width", "ms", "T width", "T-wave width at half height"),
    _lead("q_dur", "ms", "Q", "Q duration"),
    _lead("r_dur", "ms", "R", "R duration"),
    _lead("s_dur", "ms", "S", "S duration"),
    _lead("rp_dur", "ms", "R′", "Second R duration"),
    _lead("r_peak_time", "ms", "R-peak time", "R-peak time"),
    _lead("st_j", "mV", "ST J", "ST level at the J point", by_beat=True),
    _lead("st_60", "mV", "ST J+60", "ST level after the J point, early", by_beat=True),
    _lead("st_80", "mV", "ST J+80", "ST level after the J point, late", by_beat=True),
    _lead("qrs_pattern", "", "QRS pattern", "QRS pattern", "word"),
    _lead("qrs_notch", "", "QRS notch", "QRS notch"),
    _lead("delta_dur", "ms", "Delta wave", "Duration of the slow start of the QRS"),
    _lead("j_wave_amp", "mV", "J wave", "Height of a notch or slur at the end of the QRS"),
    _lead("quality", "", "Quality", "Signal quality", "share"),
)  # fmt: skip

#: name → parameter, in reading order.
PARAMETERS: Final[dict[str, Parameter]] = {parameter.name: parameter for parameter in _TABLE}
#: Names of the whole ECG → unit. `rr` exists beat by beat only.
GLOBAL_UNITS: Final[dict[str, str]] = {
    item.name: item.unit for item in _TABLE if item.scope == "global" and item.name != "rr"
}
#: Names of each lead → unit.
LEAD_UNITS: Final[dict[str, str]] = {item.name: item.unit for item in _TABLE if item.scope == "lead"}
#: Names whose value is a word.
WORDS: Final = frozenset(item.name for item in _TABLE if item.form == "word")
#: What `p_pattern` and `t_pattern` may say; two phases are named in their order.
WAVE_SHAPES: Final = frozenset(("upright", "inverted", "flat", "notched", "positive-negative", "negative-positive"))
#: Names whose value is a share of one.
SHARES: Final = frozenset(item.name for item in _TABLE if item.form == "share")


def short_name(name: str) -> str:
    """The word a cardiologist uses for a measurement name, or the name itself."""
    return PARAMETERS[name].short if name in PARAMETERS else name.replace("_", " ")
