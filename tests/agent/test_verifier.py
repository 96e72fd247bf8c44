"""The verifier's promises (a)–(e): what passes, what is refused, and on which ground."""

from __future__ import annotations

import pytest

from calipers import Report, verify
from calipers.agent import descriptions
from calipers.agent.verifier import Checker
from calipers.evidence import DeviceEvidence, Measurement, PriorEvidence, Span
from calipers.knowledge.guidelines import passages
from calipers.report import Disagreement, Side
from tests.agent.textbook import faults_of, kinds, textbook_case, textbook_report

BOOK = textbook_case()
AV_BLOCK = textbook_case({"pr": 240.0})
PRIOR_RECORD = "0123456789abcdef"


def an_earlier_pr(value: float) -> PriorEvidence:
    item = BOOK.measurements["pr"].model_copy(update={"record": PRIOR_RECORD, "value": value})
    return PriorEvidence(
        id=f"prior:{PRIOR_RECORD}/pr",
        record=PRIOR_RECORD,
        recorded_at=None,
        author="calipers",
        text="",
        measurement=item,
    )


def the_recorders_pr(value: float) -> DeviceEvidence:
    return DeviceEvidence(id="device:pr", record=BOOK.record, name="pr", value=value, unit="ms")


def test_a_textbook_report_has_no_fault() -> None:
    assert verify(textbook_report()) == []


# (a) ids resolve, and belong to this record.


def test_an_unknown_id_is_refused() -> None:
    assert "unknown_id" in kinds(faults_of(BOOK, "PR interval {pr}.", evidence=["pr", "V9.st_j"]))


def test_a_claim_without_evidence_is_refused() -> None:
    assert "unknown_id" in kinds(faults_of(BOOK, "PR interval {pr}.", evidence=[]))


def test_evidence_that_the_sentence_does_not_speak_of_is_refused() -> None:
    assert "unknown_id" in kinds(faults_of(BOOK, "PR interval {pr}.", evidence=["pr", "qt"]))


def test_padding_a_diagnosis_is_refused() -> None:
    padded = ["pr", "p_per_qrs", "V4.t_amp"]
    found = faults_of(AV_BLOCK, "First-degree AV block, PR {pr}.", statement="first_degree_av_block", evidence=padded)
    assert "criteria" in kinds(found)


def test_an_item_of_another_record_is_refused_where_it_is_cited() -> None:
    report = edited(textbook_report(), "pr", record=PRIOR_RECORD)
    assert "foreign_record" in kinds_on(report, "intervals")
    assert "foreign_record" not in kinds_on(report, "rate")


def test_an_id_with_two_meanings_is_refused_whichever_stands_first() -> None:
    report = textbook_report()
    other = item_of(report, "hr").model_copy(update={"value": 140.0})
    for measurements in ((other, *report.measurements), (*report.measurements, other)):
        assert "unknown_id" in kinds_on(report.model_copy(update={"measurements": measurements}), "rate")


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("name", "qt", "unknown_id"),
        ("lead", "V2", "unknown_id"),
        ("unit", "mV", "unit"),
        ("unit", "s", "unit"),
        ("value", None, "measurement"),
        ("value", "160 ms, give aspirin", "measurement"),
        ("uncertainty", -1.0, "measurement"),
        ("spans", (Span(None, 3.0, 2.0),), "measurement"),
        ("spans", (Span(None, 2.0, 2.6),), "measurement"),
        ("value", 230.0, "measurement"),
    ],
)
def test_an_item_that_contradicts_itself_is_refused(field: str, value: object, kind: str) -> None:
    assert kind in kinds_on(edited(textbook_report(), "pr", **{field: value}), "intervals")


def test_a_rate_that_is_not_its_rr_interval_is_refused() -> None:
    assert "measurement" in kinds_on(edited(textbook_report(), "hr", value=95.0), "rate")


def test_an_earlier_ecg_may_be_cited_as_such() -> None:
    earlier = an_earlier_pr(180.0)
    said = f"PR interval {{pr}}; on the earlier ECG the PR interval was {{{earlier.id}}}."
    assert faults_of(BOOK, said, further=[earlier]) == []


def test_an_earlier_value_given_as_todays_is_refused() -> None:
    earlier = an_earlier_pr(180.0)
    assert "slot" in kinds(faults_of(BOOK, f"PR interval {{{earlier.id}}}.", further=[earlier]))


def test_a_prior_that_is_this_record_is_refused() -> None:
    own = an_earlier_pr(180.0).model_copy(update={"id": f"prior:{BOOK.record}/pr", "record": BOOK.record})
    assert "foreign_record" in kinds(faults_of(BOOK, f"PR interval on the earlier ECG {{{own.id}}}.", further=[own]))


def test_the_recorders_word_is_told_apart_from_ours() -> None:
    recorder = the_recorders_pr(161.0)
    assert faults_of(BOOK, "PR interval {pr}; the recorder states {device:pr}.", further=[recorder]) == []
    assert faults_of(BOOK, "The recorder stated a PR of {device:pr}, measured here {pr}.", further=[recorder]) == []
    assert "slot" in kinds(faults_of(BOOK, "PR interval {device:pr}.", further=[recorder]))


# (b) numbers and text.


def test_the_text_is_the_template_filled_to_the_letter() -> None:
    report = textbook_report()
    for text in ("Ventricular rate 70 /min.", "Ventricular rate 71/min.", "Ventricular rate 70/min!", ""):
        assert "text" in kinds_on(retold(report, "rate", text=text), "rate")


def test_a_slot_must_be_cited() -> None:
    assert "slot" in kinds(faults_of(BOOK, "PR interval {pr}, QRS duration {qrs}.", evidence=["pr"]))


# (c) a diagnosis follows from its criteria.


def test_a_diagnosis_whose_criteria_are_not_met_is_refused() -> None:
    found = faults_of(
        BOOK,
        "First-degree AV block, PR {pr}.",
        statement="first_degree_av_block",
        criteria=["first_degree_av_block.pr_long"],
    )
    assert "criteria" in kinds(found)


def test_a_diagnosis_whose_criteria_are_not_met_may_stand_in_a_disagreement() -> None:
    report = textbook_report()
    sides = (
        Side(who="Calipers", text="PR interval 160 ms", evidence=("pr",)),
        Side(who="recorder", text="First-degree AV block", evidence=("pr",)),
    )
    claim = next(claim for claim in report.claims if claim.id == "no_first_degree_av_block")
    claim = claim.model_copy(
        update={"polarity": "present", "template": "First-degree AV block.", "text": "First-degree AV block."}
    )
    shown = report.model_copy(update={"disagreements": (Disagreement(about="first_degree_av_block", sides=sides),)})
    refused = [fault.detail for fault in Checker(report).claim_faults(claim)]
    allowed = [fault.detail for fault in Checker(shown).claim_faults(claim)]
    assert any("needed met" in detail for detail in refused)
    assert not any("needed met" in detail for detail in allowed)


@pytest.mark.parametrize("certainty", ["definite", "possible"])
def test_certainty_is_what_the_criteria_allow(certainty: str) -> None:
    found = faults_of(
        textbook_case({"pr": 201.0}),
        "Borderline first-degree AV block, PR {pr}.",
        statement="first_degree_av_block",
        certainty=certainty,  # type: ignore[arg-type]
    )
    assert "criteria" in kinds(found)


def test_a_borderline_finding_is_worded_so() -> None:
    found = faults_of(
        textbook_case({"pr": 201.0}), "First-degree AV block, PR {pr}.", statement="first_degree_av_block"
    )
    assert "criteria" in kinds(found)


@pytest.mark.parametrize(
    "criteria",
    [
        (),
        ("first_degree_av_block.one_to_one",),
        ("first_degree_av_block.one_to_one", "first_degree_av_block.pr_long", "lvh.cornell"),
    ],
)
def test_a_diagnosis_cites_the_criteria_that_carry_it_and_no_others(criteria: tuple[str, ...]) -> None:
    found = faults_of(AV_BLOCK, "First-degree AV block, PR {pr}.", statement="first_degree_av_block", criteria=criteria)
    assert "criteria" in kinds(found)


@pytest.mark.parametrize(
    "change", [{"threshold": 150.0}, {"result": "indeterminate"}, {"probability": 0.5}, {"text": "x"}]
)
def test_an_evidence_table_does_not_vouch_for_itself(change: dict[str, object]) -> None:
    report = textbook_report({"pr": 240.0})
    table = tuple(
        item.model_copy(update=change) if item.id == "crit:first_degree_av_block.pr_long" else item
        for item in report.evidence_table
    )
    assert "criteria" in kinds_on(report.model_copy(update={"evidence_table": table}), "first_degree_av_block")


def test_the_table_follows_the_patient() -> None:
    report = textbook_report({"pr": 240.0})
    child = report.model_copy(update={"patient": report.patient.model_copy(update={"age": 6.0})})
    assert "criteria" in kinds_on(child, "first_degree_av_block")


def test_a_measurement_is_not_stated_as_probable() -> None:
    assert "criteria" in kinds(faults_of(BOOK, "PR interval {pr}.", certainty="probable"))


def test_a_wide_qrs_is_called_so_only_where_it_is() -> None:
    assert "criteria" in kinds(faults_of(BOOK, descriptions.JTC))
    assert faults_of(textbook_case({"qrs": 150.0}), descriptions.JTC) == []


# (d) denials cite what shows the absence.


def test_a_denial_without_a_statement_is_refused() -> None:
    assert "absence" in kinds(faults_of(BOOK, "PR interval {pr}.", polarity="absent"))


def test_a_denial_needs_everything_that_shows_it() -> None:
    shown = BOOK.verdicts["st_elevation"].absent
    assert shown is not None
    found = faults_of(
        BOOK,
        shown.template,
        statement="st_elevation",
        polarity="absent",
        evidence=shown.evidence[1:],
        criteria=shown.criteria,
    )
    assert "absence" in kinds(found)


def test_what_was_not_measured_shows_no_absence() -> None:
    blind = textbook_case({"V3.st_j": None})
    evidence = [f"{lead}.st_j" for lead in ("I", "II", "III", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")]
    criteria = [f"st_elevation.{name}" for name in ("anterior", "inferior", "lateral")]
    found = faults_of(
        blind, "No ST elevation.", statement="st_elevation", polarity="absent", evidence=evidence, criteria=criteria
    )
    assert "absence" in kinds(found)


def test_what_is_present_is_not_denied() -> None:
    found = faults_of(
        AV_BLOCK,
        "No first-degree AV block: PR {pr}.",
        statement="first_degree_av_block",
        polarity="absent",
        criteria=["first_degree_av_block.pr_long"],
    )
    assert "absence" in kinds(found)


# (e) guidelines are paraphrased, and say so.

PASSAGE = passages()["guide:bradycardia_2018.av_first"].evidence(record="")


def test_a_paraphrase_says_whose_it_is() -> None:
    said = f"Paraphrase of ACC/AHA/HRS 2018: {PASSAGE.text}."
    assert faults_of(BOOK, said, evidence=[PASSAGE.id], further=[PASSAGE]) == []


@pytest.mark.parametrize(
    "template",
    [
        f"ACC/AHA/HRS 2018: {PASSAGE.text}.",
        f"Paraphrase of ACC/AHA/HRS 2017: {PASSAGE.text}.",
        f"Paraphrase of ACC/AHA/HRS 2018: {PASSAGE.text.replace('200', '220')}.",
        f"Paraphrase of ACC/AHA/HRS 2018: “{PASSAGE.text}”.",
        f"Paraphrase of ACC/AHA/HRS 2018: {PASSAGE.text}; give atropine.",
    ],
)
def test_a_paraphrase_is_neither_quoted_nor_changed(template: str) -> None:
    assert faults_of(BOOK, template, evidence=[PASSAGE.id], further=[PASSAGE])


def test_a_passage_that_the_corpus_does_not_hold_is_refused() -> None:
    invented = PASSAGE.model_copy(update={"id": "guide:bradycardia_2018.invented"})
    altered = PASSAGE.model_copy(update={"text": PASSAGE.text.replace("200", "220")})
    for forged in (invented, altered):
        said = f"Paraphrase of ACC/AHA/HRS 2018: {forged.text}"
        assert "unknown_id" in {fault.kind for fault in faults_of(BOOK, said, evidence=[forged.id], further=[forged])}


# The report as a whole.


@pytest.mark.parametrize(
    "change",
    [
        {"impression": "Atrial fibrillation."},
        {"urgency": "critical"},
        {"urgency_reasons": ("a bad feeling",)},
        {"answer": "Take two aspirin."},
        {
            "disagreements": (
                Disagreement(about="pr", sides=(Side(who="Calipers", text="PR 160 ms", evidence=("pr",)),)),
            )
        },
    ],
)
def test_a_report_says_as_a_whole_what_its_claims_say(change: dict[str, object]) -> None:
    assert "" in {fault.claim_id for fault in verify(textbook_report().model_copy(update=change))}


def kinds_on(report: Report, claim_id: str) -> set[str]:
    return {fault.kind for fault in verify(report) if fault.claim_id == claim_id}


def item_of(report: Report, key: str) -> Measurement:
    return next(item for item in report.measurements if item.id == key)


def edited(report: Report, key: str, **changes: object) -> Report:
    measurements = tuple(item.model_copy(update=changes) if item.id == key else item for item in report.measurements)
    return report.model_copy(update={"measurements": measurements})


def retold(report: Report, claim_id: str, **changes: object) -> Report:
    claims = tuple(claim.model_copy(update=changes) if claim.id == claim_id else claim for claim in report.claims)
    return report.model_copy(update={"claims": claims})
