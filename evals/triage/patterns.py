"""The critical and urgent patterns, as simulated ECGs of which the pattern is truly there."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from calipers.models.simulator import Morphology, Rhythm, Specification

Expected = Literal["critical", "urgent"]

#: A severe pattern, not one at the edge of its definition.
_CLEAR: Final = (0.3, 1.0)


class Pattern(NamedTuple):
    """One dangerous pattern.

    Attributes:
        name: as in the report.
        specification: what is simulated; the seed draws the rest.
        expected: how it must be raised at least.
        statements: keys of which one must be found, for the right reason to have been given.
    """

    name: str
    specification: Specification
    expected: Expected
    statements: tuple[str, ...]


def _shape(*morphologies: Morphology) -> Specification:
    return Specification(morphologies=morphologies, severity=_CLEAR, age=60, sex="male", noise="light")


def _rhythm(rhythm: Rhythm, rate: tuple[float, float] | None = None) -> Specification:
    return Specification(rhythm=rhythm, rate=rate, age=60, sex="male", noise="light")


_ANTERIOR: Final = ("stemi_anterior", "stemi_lateral")
_AV_BLOCK: Final = (
    "third_degree_av_block",
    "af_complete_av_block",
    "high_grade_av_block",
    "severe_bradycardia",
    "long_pause",
)

PATTERNS: Final = (
    Pattern("stemi_anterior", _shape("stemi_anterior"), "critical", _ANTERIOR),
    Pattern("stemi_septal", _shape("stemi_septal"), "critical", _ANTERIOR),
    Pattern("stemi_extensive_anterior", _shape("stemi_extensive_anterior"), "critical", _ANTERIOR),
    Pattern("stemi_inferior_rca", _shape("stemi_inferior_rca"), "critical", ("stemi_inferior",)),
    Pattern("stemi_inferior_lcx", _shape("stemi_inferior_lcx"), "critical", ("stemi_inferior",)),
    Pattern("stemi_lateral", _shape("stemi_lateral"), "critical", ("stemi_lateral",)),
    Pattern("posterior_mi", _shape("posterior_mi"), "critical", ("posterior_mi_suspected",)),
    Pattern("sgarbossa_concordant", _shape("lbbb", "sgarbossa_concordant"), "critical", ("sgarbossa",)),
    Pattern("sgarbossa_v1_v3_depression", _shape("lbbb", "sgarbossa_v1_v3_depression"), "critical", ("sgarbossa",)),
    Pattern(
        "avr_elevation",
        _shape("subendocardial_ischaemia"),
        "critical",
        ("avr_elevation_with_diffuse_depression",),
    ),
    Pattern("ventricular_fibrillation", _rhythm("ventricular_fibrillation"), "critical", ("ventricular_fibrillation",)),
    Pattern("asystole", _rhythm("asystole"), "critical", ("asystole", "long_pause")),
    Pattern("ventricular_tachycardia", _rhythm("vt"), "critical", ("wide_qrs_tachycardia", "extreme_tachycardia")),
    Pattern("torsades", _rhythm("torsades"), "critical", ("ventricular_fibrillation", "wide_qrs_tachycardia")),
    Pattern("preexcited_af", _rhythm("preexcited_af"), "critical", ("preexcited_af", "wide_qrs_tachycardia")),
    Pattern("third_degree_junctional", _rhythm("third_degree_junctional"), "critical", _AV_BLOCK),
    Pattern("third_degree_ventricular", _rhythm("third_degree_ventricular"), "critical", _AV_BLOCK),
    Pattern("af_third_degree", _rhythm("af_third_degree"), "critical", _AV_BLOCK),
    Pattern("mobitz_2", _rhythm("mobitz_2"), "critical", ("mobitz_2", "high_grade_av_block", "second_degree_av_block")),
    Pattern("high_grade_av_block", _rhythm("high_grade_av_block"), "critical", _AV_BLOCK),
    Pattern("rate_below_40", _rhythm("sinus", (30, 38)), "critical", ("severe_bradycardia",)),
    Pattern("rate_above_150", _rhythm("svt", (158, 210)), "critical", ("extreme_tachycardia",)),
    Pattern(
        "qtc_500",
        Specification(morphologies=("long_qt",), qtc_ms=(520, 600), age=60, sex="female", noise="light"),
        "critical",
        ("marked_qt_prolongation",),
    ),
    Pattern("hyperkalaemia_severe", _shape("hyperkalaemia_severe"), "critical", ("marked_hyperkalaemia",)),
    Pattern("failure_to_capture", _rhythm("failure_to_capture"), "critical", ("failure_to_capture",)),
    Pattern("wellens_a", _shape("wellens_a"), "urgent", ("wellens",)),
    Pattern("wellens_b", _shape("wellens_b"), "urgent", ("wellens",)),
    Pattern("brugada_1", _shape("brugada_1"), "urgent", ("brugada_type_1",)),
)
