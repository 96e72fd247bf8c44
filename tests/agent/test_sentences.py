"""What a sensible model writes passes; what nobody should read is refused, on its ground."""

from __future__ import annotations

import pytest

from calipers.agent import descriptions
from calipers.agent.answering import explained_claims
from calipers.agent.case import Case
from calipers.agent.questions import understand
from tests.agent import sentences_to_refuse as refuse
from tests.agent.sentences_to_pass import DENIALS, DESCRIPTIONS, DIAGNOSES, Sensible
from tests.agent.textbook import checker_of, faults_of, kinds, textbook_case

BOOK = textbook_case()
AV_BLOCK = textbook_case({"pr": 240.0})
INFERIOR = textbook_case({"II.st_j": 0.3, "III.st_j": 0.35, "aVF.st_j": 0.32})


def of_kind(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(kind, template) for kind, templates in table.items() for template in templates]


@pytest.mark.parametrize("template", DESCRIPTIONS)
def test_a_sensible_description_passes(template: str) -> None:
    assert faults_of(BOOK, template) == []


@pytest.mark.parametrize("sentence", [*DIAGNOSES, *DENIALS], ids=lambda sentence: sentence.template)
def test_a_sensible_diagnosis_or_denial_passes(sentence: Sensible) -> None:
    case = textbook_case(sentence.changes)
    assert faults_of(case, sentence.template, statement=sentence.statement, polarity=sentence.polarity) == []


def test_there_are_enough_sensible_sentences() -> None:
    assert len(DESCRIPTIONS) >= 30
    assert len(DIAGNOSES) + len(DENIALS) >= 25


def test_every_measurement_can_be_described() -> None:
    assert {key: found for key in BOOK.measurements if (found := faults_of(BOOK, descriptions.describing(key)))} == {}


def test_what_could_not_be_measured_may_be_said() -> None:
    without_p = textbook_case({"pr": None})
    assert faults_of(without_p, "The PR interval is {pr}.") == []


@pytest.mark.parametrize(("kind", "template"), of_kind(refuse.DESCRIPTIONS))
def test_a_wrong_description_is_refused_on_its_ground(kind: str, template: str) -> None:
    assert kind in kinds(faults_of(BOOK, template))


@pytest.mark.parametrize(("kind", "template"), of_kind(refuse.OF_AV_BLOCK))
def test_a_wrong_word_on_a_true_block_is_refused(kind: str, template: str) -> None:
    assert kind in kinds(faults_of(AV_BLOCK, template, statement="first_degree_av_block"))


@pytest.mark.parametrize(("kind", "template"), of_kind(refuse.OF_INFERIOR_ELEVATION))
def test_a_wrong_word_on_a_true_elevation_is_refused(kind: str, template: str) -> None:
    assert kind in kinds(faults_of(INFERIOR, template, statement="stemi_inferior"))


@pytest.mark.parametrize("template", refuse.OF_NO_FIBRILLATION)
def test_a_denial_that_denies_something_else_is_refused(template: str) -> None:
    assert faults_of(BOOK, template, statement="atrial_fibrillation", polarity="absent")


@pytest.mark.parametrize("case", [BOOK, AV_BLOCK, INFERIOR], ids=["normal", "long PR", "inferior ST elevation"])
def test_what_code_answers_about_any_statement_passes(case: Case) -> None:
    answers = [claim for verdict in case.verdicts.values() for claim in explained_claims(verdict, case)[0]]
    checker = checker_of(case)
    assert len(answers) > 100
    assert {claim.text: found for claim in answers if (found := checker.claim_faults(claim))} == {}


@pytest.mark.parametrize(
    ("question", "verb"),
    [
        ("is there poor R-wave progression?", "explain"),
        ("any electrolyte disturbance or drug effect?", "classify"),
        ("septal hypertrophy?", "classify"),
        ("has the R wave progression changed since the last ECG?", "compare"),
        ("should I give a drug for the atrial fibrillation?", "say"),
        ("what is the potassium level in mmol/l?", "say"),
        ("is a pacemaker indicated in this man?", "say"),
    ],
)
def test_the_name_of_a_statement_is_not_read_as_a_request(question: str, verb: str) -> None:
    assert understand(question)[0].verb == verb
