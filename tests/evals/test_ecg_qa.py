"""ECG-QA: sides, remarks, scores, and a whole run on simulated records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calipers.evals.ecg_qa import EcgQaTask
from calipers.evals.ecg_qa.answering import Answered
from calipers.evals.ecg_qa.questions import Question, questions
from calipers.evals.ecg_qa.remarks import remarked_leads
from calipers.evals.ecg_qa.task import closed_scores, compared_scores, set_f1
from calipers.evals.framework import Bootstrap, Options
from calipers.evals.measurement.ptbxl import Labelled

from .small_data import write_ptbxl


def row(number: int, text: str, answer: list[str], ecg_ids: list[int]) -> dict[str, object]:
    compares = len(ecg_ids) == 2
    return {
        "template_id": 68 if compares else 27, "question_id": number, "sample_id": number,
        "question_type": "comparison_irrelevant-query" if compares else "single-verify",
        "attribute_type": "numeric_feature" if compares else "noise", "question": text, "answer": answer,
        "ecg_id": ecg_ids, "attribute": None if compares else ["static noise"],
    }  # fmt: skip


def write_ecg_qa(folder: Path) -> None:
    """One question of each sort on the simulated records: 1 and 3 are of fold 9, 2 and 4 of fold 1."""
    folder.mkdir()
    asked = [
        ("Does this ECG show static noise?", "Is static noise visible in this ECG?", ["no"], [1]),
        ("Does this ECG show static noise?", "Is static noise visible in this ECG?", ["yes"], [3]),
        ("Does this ECG show static noise?", "Is static noise visible in this ECG?", ["no"], [2]),
        (
            "What numeric features of the second ECG are still abnormal as compared to the first ECG?",
            "Which numeric features of the second ECG remain atypical compared to the first ECG?",
            ["none"],
            [1, 2],
        ),
        ("Does this ECG show static noise?", "Is static noise visible in this ECG?", ["no"], [99]),
    ]
    for phrasing, place in (("template", 0), ("paraphrased", 1)):
        lines = [
            json.dumps(row(number, one[place], one[2], one[3]))  # type: ignore[arg-type]
            for number, one in enumerate(asked)
        ]
        (folder / f"{phrasing}-train.jsonl").write_text("\n".join(lines) + "\n")


def test_both_phrasings_of_a_question_are_on_one_side(tmp_path: Path) -> None:
    write_ecg_qa(tmp_path / "ecg_qa")
    folds = {1: 9, 2: 1, 3: 9, 4: 1}
    held = questions(tmp_path, folds, "all")
    tuned = questions(tmp_path, folds, "training")
    assert [one.ecg_ids for one in held] == [(1,), (3,), (1, 2)] * 2
    assert [one.ecg_ids for one in tuned] == [(2,)] * 2
    assert {one.phrasing for one in tuned} == {"template", "paraphrased"}


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        (" , I-AVR,  ", [0, 1, 2, 3]),
        ("V1,V2", [6, 7]),
        (" , v5-6", [10, 11]),
        (" , V2,3", [7, 8]),
        (" , alles,  ", list(range(12))),
        (" , leicht,  ", []),
        ("", []),
        (" , V1V6", [6, 11]),
    ],
)
def test_a_remark_names_its_leads(text: str, leads: list[int]) -> None:
    assert remarked_leads(text) == leads


def answered(truth: str, said: str, ecg_id: int = 1) -> Answered:
    asked = Question("", "template", "single-verify", "noise", "static noise", frozenset({truth}), (ecg_id,))
    return Answered(asked, frozenset({said}), True)


def compared(truth: str, said: str) -> Answered:
    kind = "comparison_irrelevant-query"
    asked = Question("", "template", kind, "numeric_feature", "", frozenset(truth.split()), (1, 2))
    return Answered(asked, frozenset(said.split()), True)


ROWS = {n: Labelled(n, str(n), 60.0, "male", 9, {"NORM": 100.0}, troubled=False) for n in (1, 2, 3)}


def test_balanced_accuracy_is_not_helped_by_the_commoner_answer() -> None:
    always_no = [answered("no", "no"), answered("no", "no", 2), answered("no", "no", 3), answered("yes", "no")]
    scores = {name: found.value for name, found in closed_scores(always_no, ROWS).items() if found}
    assert scores["accuracy"] == 0.75
    assert scores["balanced_accuracy"] == scores["majority_balanced_accuracy"] == 0.5


def test_balanced_accuracy_is_the_mean_of_sensitivity_and_specificity() -> None:
    found = Bootstrap([1, 2, 3, 4, 5]).balanced_accuracy([1, 0, 0, 0, 1], [1, 1, 0, 0, 0])
    assert found is not None
    assert found.value == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert Bootstrap([1, 2]).balanced_accuracy([1, 0], [0, 0]) is None


def test_sets_are_equal_or_partly_right() -> None:
    scores = compared_scores([compared("pr qt", "pr qt"), compared("pr qrs", "pr"), compared("none", "none")], ROWS)
    values = {name: found.value for name, found in scores.items() if found}
    assert values["set_equality"] == pytest.approx(2 / 3)
    assert values["set_f1"] == pytest.approx((1 + 2 / 3 + 1) / 3)
    assert set_f1(frozenset(), frozenset()) == 1.0


def test_a_whole_run_on_simulated_records(tmp_path: Path) -> None:
    write_ptbxl(tmp_path / "ptbxl")
    (tmp_path / "ptbxl" / "scp_statements.csv").write_text(",description\nAFIB,atrial fibrillation\n")
    write_ecg_qa(tmp_path / "ecg_qa")
    outcome = EcgQaTask().run(Options(data=tmp_path, workers=1, show_progress=False))
    found = outcome.result
    assert found.n == 6
    assert found.metrics["understood"] == found.metrics["comparisons_understood"] == 1.0
    assert found.groups["closed, static noise"]["n"] == 4
    assert [section.title for section in outcome.report.sections] == [
        "How it was asked",
        "Figures",
        "Labels as questions",
    ]
