"""What a sensible model writes passes; what nobody should read is refused, on its ground."""

from __future__ import annotations

import pytest

from calipers.agent import descriptions
from tests.agent import sentences_to_refuse as refuse
from tests.agent.sentences_to_pass import DENIALS, DESCRIPTIONS, DIAGNOSES, Sensible
from tests.agent.textbook import faults_of, kinds, textbook_case

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
