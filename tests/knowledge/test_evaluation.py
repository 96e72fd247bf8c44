"""Verdicts at the edges: uncertainty, missing items, unknown patients, suppression, the QT and axis rules."""

from __future__ import annotations

import pytest

from calipers.evidence import CriterionEvidence
from calipers.knowledge import Verdict, evaluate, statements
from calipers.knowledge.templates import measurement_slots
from calipers.leads import LEADS
from calipers.report import Demographics

from . import ecgs
from .ecgs import MAN, WOMAN, in_leads, verdicts

LBBB: dict[str, ecgs.Value] = {
    "qrs": (150.0, 8.0),
    **in_leads("I aVL V5 V6", r_peak_time=(80.0, 4.0), qrs_notch=1.0, qrs_pattern="R", s_amp=(0.0, 0.02)),
    **in_leads("V1 V2", r_amp=(0.1, 0.02), s_amp=(-1.5, 0.03), qrs_pattern="rS"),
}
PACED: dict[str, ecgs.Value] = {"paced_count": 10.0, "ventricular_paced_count": 10.0, "qrs": (160.0, 8.0)}
RBBB: dict[str, ecgs.Value] = {
    "qrs": (140.0, 8.0),
    "V1.qrs_pattern": "rSR'",
    "V1.rp_amp": (0.7, 0.03),
    **in_leads("I V6", s_dur=(60.0, 4.0), r_dur=(40.0, 4.0)),
}
INFERIOR_ST = in_leads("II III aVF", st_j=(0.25, 0.03), st_60=(0.25, 0.03), st_80=(0.25, 0.03))
#: What a statement needs beyond its own limit, so that the limit alone decides.
AF: dict[str, ecgs.Value] = {"rr_irregularity": (0.2, 0.02), "p_per_qrs": (0.0, 0.1)}


def test_a_normal_ecg_is_normal_and_nothing_else() -> None:
    found = verdicts()
    assert found["normal_ecg"].certainty == "definite"
    assert [verdict.key for verdict in found.asserted()] == ["normal_ecg"]


@pytest.mark.parametrize(
    ("pr", "result", "certainty"),
    [
        ((215.0, 10.0), "met", "definite"),
        ((204.0, 10.0), "indeterminate", "probable"),
        ((196.0, 10.0), "indeterminate", None),
        ((180.0, 10.0), "not_met", None),
        (200.0, "not_met", None),
        (200.5, "met", "definite"),
    ],
)
def test_first_degree_block_follows_the_uncertainty_of_pr(pr: ecgs.Value, result: str, certainty: str | None) -> None:
    verdict = verdicts({"pr": pr})["first_degree_av_block"]
    assert (verdict.result, verdict.certainty) == (result, certainty)


def test_a_borderline_finding_says_so() -> None:
    verdict = verdicts({"pr": (204.0, 10.0)})["first_degree_av_block"]
    assert verdict.leans is True
    assert verdict.template is not None
    assert "orderline" in verdict.template


def test_no_pr_means_no_first_degree_block_and_no_denial_of_it() -> None:
    verdict = verdicts(without=("pr",))["first_degree_av_block"]
    assert (verdict.result, verdict.leans, verdict.certainty) == ("indeterminate", None, None)
    assert verdict.missing == ("pr",)
    assert not verdict.asserted
    assert verdict.absent is None


def test_evidence_carries_the_applied_threshold_the_source_and_the_measurement() -> None:
    verdict = verdicts({"pr": (230.0, 8.0)})["first_degree_av_block"]
    step = next(step for step in verdict.steps if step.id == "crit:first_degree_av_block.pr_long")
    assert isinstance(step, CriterionEvidence)
    assert (step.threshold, step.unit, step.measurements) == (200.0, "ms", ("pr",))
    assert "200 ms" in step.text
    assert "2018" in step.source
    assert "first_degree_av_block.pr_long" in verdict.criteria
    assert verdict.evidence == ("pr", "p_per_qrs")


@pytest.mark.parametrize("change", [{}, LBBB, PACED, RBBB, INFERIOR_ST, AF], ids=str)
@pytest.mark.parametrize("patient", [WOMAN, MAN, Demographics()], ids=str)
def test_every_sentence_cites_only_what_was_measured(change: dict[str, ecgs.Value], patient: Demographics) -> None:
    measurements = ecgs.measurements(change)
    found = evaluate(measurements, patient)
    steps = {step.id.removeprefix("crit:") for step in found.ledger()}
    for verdict in found.values():
        for sentence in (verdict.present, verdict.absent):
            if sentence is None:
                continue
            assert "[[" not in sentence.template
            assert set(measurement_slots(sentence.template)) <= set(sentence.evidence)
            assert all(measurements[id_].status == "measured" for id_ in sentence.evidence)
            assert sentence.evidence
            assert sentence.criteria
            assert set(sentence.criteria) <= steps


# --- axis ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "key"),
    [
        (0.0, "normal_axis"), (-30.0, "normal_axis"), (90.0, "normal_axis"), (-31.0, "left_axis_deviation"),
        (-90.0, "left_axis_deviation"), (91.0, "right_axis_deviation"), (180.0, "right_axis_deviation"),
        (-180.0, "right_axis_deviation"), (-179.0, "extreme_axis_deviation"), (-91.0, "extreme_axis_deviation"),
        (225.0, "extreme_axis_deviation"), (330.0, "normal_axis"),
    ],
)  # fmt: skip
def test_an_exact_axis_lies_in_one_quadrant(axis: float, key: str) -> None:
    found = verdicts({"qrs_axis": axis})
    keys = ("normal_axis", "left_axis_deviation", "right_axis_deviation", "extreme_axis_deviation")
    assert [other for other in keys if found[other].result == "met"] == [key]


def test_an_uncertain_axis_at_the_limit_is_borderline() -> None:
    found = verdicts({"qrs_axis": (-32.0, 8.0)})
    assert found["left_axis_deviation"].certainty == "probable"
    assert (found["normal_axis"].result, found["normal_axis"].leans) == ("indeterminate", False)
    assert not found["normal_ecg"].asserted


# --- fascicles and bundle branches ----------------------------------------------------------------------


def test_left_anterior_fascicular_block_needs_all_four_criteria() -> None:
    lafb: dict[str, ecgs.Value] = {
        "qrs_axis": (-60.0, 5.0), "aVL.qrs_pattern": "qR", "aVL.r_peak_time": (55.0, 4.0), "qrs": (104.0, 8.0),
    }  # fmt: skip
    verdict = verdicts(lafb)["lafb"]
    assert verdict.certainty == "definite"
    assert verdict.leads == ("aVL",)
    for spoilt in ({"qrs_axis": 0.0}, {"aVL.qrs_pattern": "Rs"}, {"aVL.r_peak_time": 30.0}, {"qrs": 130.0}):
        assert not verdicts({**lafb, **spoilt})["lafb"].asserted


def test_left_axis_deviation_is_not_repeated_beside_the_fascicular_block() -> None:
    found = verdicts(
        {"qrs_axis": (-60.0, 5.0), "aVL.qrs_pattern": "qR", "aVL.r_peak_time": (55.0, 4.0), "qrs": (104.0, 8.0)}
    )
    assert found["left_axis_deviation"].asserted
    assert "left_axis_deviation" not in [verdict.key for verdict in found.asserted()]


def test_bundle_branch_blocks_are_told_apart() -> None:
    assert verdicts(LBBB)["lbbb"].certainty == "definite"
    assert not verdicts(LBBB)["rbbb"].asserted
    assert verdicts(RBBB)["rbbb"].certainty == "definite"
    assert not verdicts(RBBB)["lbbb"].asserted
    assert verdicts({"qrs": (135.0, 6.0)})["ivcd"].certainty == "definite"


SUPPRESSED = ("stemi_inferior", "st_elevation", "st_depression", "t_inversion", "pathological_q", "lvh", "lafb", "lpfb",
              "left_axis_deviation")  # fmt: skip


@pytest.mark.parametrize("key", SUPPRESSED)
def test_left_bundle_branch_block_suppresses_what_it_imitates(key: str) -> None:
    verdict = verdicts({**LBBB, **INFERIOR_ST})[key]
    assert verdict.result == "not_applicable"
    assert verdict.suppressed_by == "lbbb"
    assert not verdict.asserted
    assert verdict.absent is None


@pytest.mark.parametrize("key", ["lbbb", "rbbb", "rvh", "sinus_rhythm", "first_degree_av_block", *SUPPRESSED])
def test_ventricular_pacing_comes_before_everything(key: str) -> None:
    assert verdicts({**LBBB, **PACED})[key].suppressed_by == "ventricular_paced_rhythm"


def test_right_bundle_branch_block_suppresses_right_chest_t_inversion_only() -> None:
    inverted = in_leads("V2 V3 V4 II III aVF", t_amp=(-0.3, 0.03))
    found = verdicts({**RBBB, **inverted})
    assert found["t_inversion_anterior"].suppressed_by == "rbbb"
    assert found["t_inversion_inferior"].certainty == "definite"


def test_sgarbossa_applies_only_in_left_bundle_branch_block() -> None:
    assert verdicts(INFERIOR_ST)["sgarbossa"].result == "not_applicable"
    concordant = verdicts({**LBBB, "V5.st_j": (0.2, 0.03)})["sgarbossa"]
    assert concordant.certainty == "definite"
    assert concordant.leads_by_criterion["sgarbossa.concordant_elevation"] == ("V5",)
    assert verdicts({**LBBB, "V2.st_j": (-0.2, 0.03)})["sgarbossa"].certainty == "definite"


def test_discordant_elevation_alone_stays_below_the_cut_off() -> None:
    found = verdicts({**LBBB, "V1.st_j": (0.7, 0.03)})
    assert not found["sgarbossa"].asserted
    assert found["sgarbossa_discordant_only"].certainty == "definite"


# --- ST, T, Q by territory ------------------------------------------------------------------------------


def test_st_elevation_names_the_leads_that_met_and_cites_them() -> None:
    verdict = verdicts({"II.st_j": (0.2, 0.02), "III.st_j": (0.25, 0.02)})["stemi_inferior"]
    assert verdict.certainty == "definite"
    assert verdict.leads == ("II", "III")
    assert verdict.template is not None
    assert "II {II.st_j}, III {III.st_j}" in verdict.template
    assert verdict.evidence == ("II.st_j", "III.st_j")
    assert {step.id for step in verdict.lead_steps} >= {"crit:stemi_inferior.st_elevation.j_point.aVF"}


def test_one_lead_or_two_leads_apart_are_no_territory() -> None:
    assert verdicts({"II.st_j": (0.3, 0.02)})["stemi_inferior"].result == "not_met"
    apart = verdicts({"V1.st_j": (0.3, 0.02), "V4.st_j": (0.3, 0.02)})
    assert apart["stemi_anterior"].result == "not_met"


@pytest.mark.parametrize(
    ("patient", "st_j", "met"),
    [
        (WOMAN, 0.16, True), (WOMAN, 0.14, False), (MAN, 0.21, True), (MAN, 0.19, False),
        (Demographics(age=30, sex="male"), 0.24, False), (Demographics(age=30, sex="male"), 0.26, True),
        (Demographics(age=39.9, sex="male"), 0.24, False), (Demographics(age=40, sex="male"), 0.2, True),
        (Demographics(age=30, sex="female"), 0.15, True),
    ],
)  # fmt: skip
def test_st_limits_in_v2_and_v3_go_by_sex_and_age(patient: Demographics, st_j: float, met: bool) -> None:
    assert (verdicts(in_leads("V2 V3", st_j=st_j), patient)["stemi_anterior"].result == "met") is met


def test_unknown_sex_is_tried_both_ways_and_a_difference_stays_open() -> None:
    between = verdicts(in_leads("V2 V3", st_j=0.18), Demographics(age=55))["stemi_anterior"]
    assert (between.result, between.leans, between.certainty) == ("indeterminate", None, None)
    assert between.depends_on == ("sex",)
    above = verdicts(in_leads("V2 V3", st_j=0.3), Demographics())["stemi_anterior"]
    assert (above.result, above.depends_on) == ("met", ())
    thresholds = {step.threshold for step in above.lead_steps if step.id.endswith(".V2")}
    assert thresholds == {0.25}, "what every kind of patient meets is cited with the highest limit"
    below = verdicts(in_leads("V2 V3", st_j=0.12), Demographics())["stemi_anterior"]
    assert below.result == "not_met"


def test_an_unknown_age_matters_only_where_a_limit_changes_with_it() -> None:
    verdict = verdicts(in_leads("V2 V3", st_j=0.22), Demographics(sex="male"))["stemi_anterior"]
    assert verdict.depends_on == ("age",)
    assert verdicts(in_leads("V2 V3", st_j=0.22), Demographics(sex="female"))["stemi_anterior"].result == "met"


def test_an_unreadable_neighbour_leaves_st_elevation_possible() -> None:
    verdict = verdicts({"V6.st_j": (0.3, 0.02)}, without=("V5", "aVL"))["stemi_lateral"]
    assert (verdict.result, verdict.certainty) == ("indeterminate", "possible")
    assert "V5.st_j" in verdict.missing
    assert verdict.template is not None
    assert "possible" in verdict.template


def test_denying_st_elevation_needs_every_lead() -> None:
    assert verdicts()["st_elevation"].absent is not None
    one_missing = verdicts(without=("III",))["st_elevation"]
    assert one_missing.result == "not_met"
    assert one_missing.absent is None


def test_a_denial_prints_no_limit_that_is_reached() -> None:
    assert verdicts({"qrs": (100.0, 6.0)})["lbbb"].absent is not None
    wide = verdicts({"qrs": (150.0, 6.0)})["lbbb"]
    assert wide.result == "not_met"
    assert wide.absent is None


def test_st_depression_must_not_be_rising() -> None:
    flat = in_leads("V5 V6", st_j=(-0.12, 0.02), st_80=(-0.13, 0.02))
    rising = in_leads("V5 V6", st_j=(-0.12, 0.02), st_80=(0.02, 0.02))
    assert verdicts(flat)["st_depression_lateral"].certainty == "definite"
    assert verdicts(rising)["st_depression_lateral"].result == "not_met"


def test_t_inversion_needs_a_prominent_r_wave() -> None:
    inverted = in_leads("V2 V3", t_amp=(-0.3, 0.03))
    assert not verdicts(inverted | in_leads("V2 V3", r_amp=0.2, s_amp=-1.0))["t_inversion_anterior"].asserted
    assert verdicts(inverted | in_leads("V2 V3", r_amp=0.9, s_amp=-1.0))["t_inversion_anterior"].asserted


def test_pathological_q_waves_are_broad_and_deep_or_qs() -> None:
    q = in_leads("II III aVF", q_dur=(40.0, 4.0), q_amp=(-0.3, 0.03), qrs_pattern="QR")
    shallow = q | in_leads("II III aVF", q_amp=(-0.05, 0.01))
    qs = in_leads("III aVF", qrs_pattern="QS")
    assert verdicts(q)["pathological_q_inferior"].certainty == "definite"
    assert verdicts(shallow)["pathological_q_inferior"].result == "not_met"
    assert verdicts(qs)["pathological_q_inferior"].leads == ("III", "aVF")
    assert verdicts({"V3.q_dur": (28.0, 2.0), "V3.qrs_pattern": "qRs"})["pathological_q_anterior"].asserted
    assert not verdicts({"V1.qrs_pattern": "QS"})["pathological_q_anterior"].asserted


def test_posterior_infarction_is_at_most_possible_and_asks_for_more_leads() -> None:
    depressed = in_leads("V1 V2 V3", st_j=(-0.2, 0.02), st_80=(-0.2, 0.02), t_amp=(0.4, 0.03))
    verdict = verdicts(depressed)["posterior_mi_suspected"]
    assert (verdict.result, verdict.certainty) == ("met", "possible")
    assert verdict.template is not None
    assert "V7–V9" in verdict.template


def test_avr_elevation_counts_with_six_depressed_leads() -> None:
    six = in_leads("I II aVF V4 V5 V6", st_j=(-0.2, 0.02)) | {"aVR.st_j": (0.2, 0.02)}
    assert verdicts(six)["avr_elevation_with_diffuse_depression"].certainty == "definite"
    del six["I.st_j"]
    assert not verdicts(six)["avr_elevation_with_diffuse_depression"].asserted


# --- voltage --------------------------------------------------------------------------------------------


def test_sokolow_lyon_takes_the_taller_of_v5_and_v6() -> None:
    tall: dict[str, ecgs.Value] = {"V1.s_amp": (-1.5, 0.03), "V6.r_amp": (2.3, 0.03)}
    verdict = verdicts(tall)["lvh"]
    assert verdict.certainty == "definite"
    assert verdict.template is not None
    assert "{V6.r_amp}" in verdict.template
    assert "{V5.r_amp}" not in verdict.template
    assert "lvh.sokolow_lyon" in verdict.criteria


@pytest.mark.parametrize(("patient", "met"), [(WOMAN, True), (MAN, False)])
def test_the_cornell_limit_depends_on_sex(patient: Demographics, met: bool) -> None:
    verdict = verdicts({"aVL.r_amp": (1.0, 0.03), "V3.s_amp": (-1.4, 0.03)}, patient)["lvh_voltage"]
    assert (verdict.result == "met") is met
    step = next(step for step in verdict.steps if step.id == "crit:lvh_voltage.cornell")
    assert step.threshold == (2.0 if met else 2.8)


def test_cornell_of_an_unknown_patient_between_the_limits_stays_open() -> None:
    verdict = verdicts({"aVL.r_amp": (1.0, 0.03), "V3.s_amp": (-1.4, 0.03)}, Demographics(age=60))["lvh_voltage"]
    assert (verdict.result, verdict.depends_on) == ("indeterminate", ("sex",))
    step = next(step for step in verdict.steps if step.id == "crit:lvh_voltage.cornell")
    assert step.threshold is None
    assert "2.8 mV" in step.text
    assert "2 mV" in step.text


def test_cornell_voltage_is_hypertrophy_only_beside_st_t_changes() -> None:
    voltage: dict[str, ecgs.Value] = {"aVL.r_amp": (1.0, 0.03), "V3.s_amp": (-1.6, 0.03)}
    strain: dict[str, ecgs.Value] = {"V6.st_80": (-0.1, 0.02), "V6.t_amp": (-0.2, 0.02)}
    assert verdicts(voltage)["lvh"].result == "not_met"
    assert verdicts({**voltage, **strain})["lvh"].result == "met"


def test_a_missing_lead_does_not_hide_voltage_that_another_shows() -> None:
    found = verdicts({"V1.s_amp": (-1.5, 0.03), "V5.r_amp": (2.4, 0.03)}, without=("V6",))
    assert found["lvh"].certainty == "definite"


# --- rhythm ---------------------------------------------------------------------------------------------


def test_atrial_fibrillation_cites_what_shows_absent_p_waves() -> None:
    verdict = verdicts({**AF, "hr": (95.0, 3.0)}, without=("pr",))["atrial_fibrillation"]
    assert verdict.certainty == "definite"
    assert {"p_per_qrs", "rr_irregularity", "II.quality"} <= set(verdict.evidence)


def test_atrial_fibrillation_is_not_claimed_from_unreadable_leads() -> None:
    verdict = verdicts({**AF, "II.quality": 0.2, "V1.quality": 0.1})["atrial_fibrillation"]
    assert not verdict.asserted


@pytest.mark.parametrize(
    ("hr", "key"), [(45.0, "sinus_bradycardia"), (75.0, "sinus_rhythm"), (110.0, "sinus_tachycardia")]
)
def test_sinus_rhythm_is_named_once_by_its_rate(hr: float, key: str) -> None:
    keys = {verdict.key for verdict in verdicts({"hr": (hr, 0.5), "pvc_count": 1.0}).asserted()}
    assert keys & {"sinus_rhythm", "sinus_bradycardia", "sinus_tachycardia"} == {key}


def test_a_wide_fast_rhythm_is_never_called_anything_but_possible_vt() -> None:
    verdict = verdicts({"hr": (160.0, 1.0), "qrs": (150.0, 8.0)})["wide_qrs_tachycardia"]
    assert verdict.template is not None
    assert "ventricular tachycardia is not excluded" in verdict.template
    assert not any("aberra" in str(row.says) for row in statements().values())


def test_third_degree_block_needs_p_waves_without_relation_to_the_qrs() -> None:
    slow: dict[str, ecgs.Value] = {
        "hr": (38.0, 0.5),
        "atrial_rate": (85.0, 2.0),
        "p_per_qrs": (0.1, 0.1),
        "rr_irregularity": (0.01, 0.005),
    }
    assert verdicts(slow)["third_degree_av_block"].result == "not_met"
    assert verdicts({**slow, "av_dissociation": (0.95, 0.05)})["third_degree_av_block"].result == "met"


# --- QT -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hr", "used", "unused"),
    [(75.0, "qtc_bazett", "qtc_fridericia"), (110.0, "qtc_fridericia", "qtc_bazett"), (50.0, "qtc_fridericia", "")],
)
def test_the_qt_diagnosis_rests_on_fridericia_outside_the_usual_rates(hr: float, used: str, unused: str) -> None:
    verdict = verdicts({"hr": (hr, 0.5), used: (480.0, 10.0), unused or "pr": (400.0, 10.0)})["long_qt"]
    assert verdict.certainty == "definite"
    assert used in verdict.evidence
    assert verdict.template is not None
    assert ("Fridericia" in verdict.template) is (used == "qtc_fridericia")


@pytest.mark.parametrize(("patient", "met"), [(MAN, True), (WOMAN, False)])
def test_long_qt_limits_depend_on_sex(patient: Demographics, met: bool) -> None:
    assert (verdicts({"qtc_bazett": 455.0}, patient)["long_qt"].result == "met") is met


def test_a_rate_at_the_edge_of_bazett_is_settled_only_where_both_formulas_agree() -> None:
    both = verdicts({"hr": (90.2, 2.0), "qtc_bazett": (500.0, 10.0), "qtc_fridericia": (480.0, 10.0)})
    assert both["long_qt"].result == "met"
    one = verdicts({"hr": (90.2, 2.0), "qtc_bazett": (480.0, 10.0), "qtc_fridericia": (430.0, 10.0)})["long_qt"]
    assert (one.result, one.leans) == ("indeterminate", False)


def test_a_wide_qrs_never_gives_a_definite_long_qt() -> None:
    verdict = verdicts({"qrs": (150.0, 8.0), "qtc_bazett": (520.0, 10.0)})["long_qt"]
    assert (verdict.result, verdict.certainty) == ("met", "probable")
    assert "jtc" in verdict.evidence


# --- normal ECG, children, anything missing -------------------------------------------------------------


@pytest.mark.parametrize("lead", LEADS)
def test_a_normal_ecg_needs_every_lead(lead: str) -> None:
    assert not verdicts(without=(lead,))["normal_ecg"].asserted
    assert not verdicts({f"{lead}.quality": 0.2})["normal_ecg"].asserted


@pytest.mark.parametrize("id_", ["pr", "qrs", "qtc_bazett", "qrs_axis", "p_per_qrs", "V4.st_j", "II.t_amp"])
def test_a_normal_ecg_needs_every_measurement(id_: str) -> None:
    assert not verdicts(without=(id_,))["normal_ecg"].asserted


def test_a_leaning_abnormality_is_enough_against_normal() -> None:
    assert verdicts({"pr": (203.0, 10.0)})["normal_ecg"].result == "not_met"


def test_nothing_is_claimed_of_an_ecg_without_measurements() -> None:
    found = evaluate({}, WOMAN)
    assert not found.asserted()
    assert not found.negatives()
    assert {verdict.result for verdict in found.values()} <= {"indeterminate", "not_applicable"}


def test_adult_limits_are_not_applied_to_children() -> None:
    child = Demographics(age=7, sex="female")
    found = verdicts({"pr": (230.0, 5.0), "hr": (120.0, 1.0), **INFERIOR_ST}, child)
    assert found["first_degree_av_block"].result == "not_applicable"
    assert found["first_degree_av_block"].not_applicable_reason is not None
    assert found["stemi_inferior"].result == "not_applicable"
    assert found["normal_ecg"].result == "not_applicable"
    assert found["sinus_rhythm"].asserted
    assert not found["sinus_tachycardia"].asserted
    assert verdicts({"pr": (230.0, 5.0)}, Demographics(age=16))["first_degree_av_block"].asserted


def test_evaluation_is_deterministic_and_quick() -> None:
    measurements = ecgs.measurements({**LBBB, **INFERIOR_ST})
    first, second = evaluate(measurements, Demographics()), evaluate(measurements, Demographics())
    assert dict(first) == dict(second)
    assert list(first) == [row.key for row in statements().values() if row.criteria is not None]


def test_evidence_belongs_to_the_record() -> None:
    ledger = verdicts(LBBB).ledger()
    assert {item.record for item in ledger} == {ecgs.RECORD}
    assert len({item.id for item in ledger}) == len(ledger)


def test_asserted_statements_are_not_said_twice() -> None:
    keys = [verdict.key for verdict in verdicts(INFERIOR_ST).asserted()]
    assert "stemi_inferior" in keys
    assert "st_elevation" not in keys


def test_pertinent_negatives_are_shown_by_measurements() -> None:
    negatives = verdicts().negatives()
    assert {"st_elevation", "atrial_fibrillation", "long_qt"} <= {verdict.key for verdict in negatives}
    assert all(_shown(verdict) for verdict in negatives)


def _shown(verdict: Verdict) -> bool:
    return verdict.result == "not_met" and bool(verdict.absent_evidence) and bool(verdict.absent_criteria)
