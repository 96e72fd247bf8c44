"""A question about a kind of finding is answered with what is there, and denied only where nothing is."""

from __future__ import annotations

from calipers.agent.kinds import KINDS, told
from calipers.agent.questions import understand
from calipers.knowledge import Verdicts, statements
from tests.knowledge.ecgs import MAN, verdicts
from tests.knowledge.test_evaluation import LBBB


def keys(question: str, found: Verdicts) -> tuple[str, ...]:
    (intent,) = understand(question)
    return told(intent.statements, intent.kinds, found)


def test_every_kind_is_made_of_statements_that_have_criteria() -> None:
    for kind in KINDS:
        assert all(statements()[key].criteria is not None for key in (*kind.usual, *kind.others)), kind.words


def test_what_is_found_of_a_kind_answers_instead_of_denials() -> None:
    assert keys("is conduction normal?", verdicts(LBBB, MAN)) == ("lbbb",)


def test_a_rhythm_that_is_neither_sinus_nor_fibrillation_is_named() -> None:
    slow = verdicts({"hr": (35.0, 0.5), "p_per_qrs": (0.0, 0.1)}, MAN)
    assert "severe_bradycardia" in keys("what is the rhythm?", slow)
    assert "sinus_rhythm" not in keys("what is the rhythm?", slow)


def test_an_axis_is_described_by_the_deviation_that_it_shows() -> None:
    assert keys("describe the axis", verdicts({"qrs_axis": (-60.0, 4.0)}, MAN)) == ("left_axis_deviation",)


def test_where_nothing_of_a_kind_is_found_the_usual_is_denied() -> None:
    assert keys("any bundle branch block?", verdicts({}, MAN)) == ("lbbb", "rbbb")


def test_a_statement_that_is_named_beside_its_kind_is_answered_too() -> None:
    assert keys("is there RBBB or another conduction problem?", verdicts(LBBB, MAN)) == ("rbbb", "lbbb")
