"""The reasoning benchmark: who answers sees no answers, options are read as written, and a whole run works."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calipers.errors import CalipersError
from calipers.evals import Options, results_json
from calipers.evals.ecg_reasoning import EcgReasoningTask
from calipers.evals.ecg_reasoning.opening import chooser_of, walks
from calipers.evals.ecg_reasoning.options import (
    Range,
    Stretch,
    interval,
    leads_in,
    likeness,
    stretch,
    value_range,
)
from calipers.evals.ecg_reasoning.samples import KINDS, Question, half, read_samples
from calipers.evals.measurement.analytic import KnownEcg
from calipers.evals.tool_choice.choosers import Chosen
from calipers.knowledge import statements

PR_MS, RR_S = 245, 60 / 65
TRUTHS = {7: KnownEcg(hr=65, p_ms=100, pr_ms=PR_MS, qrs_ms=90, qt_ms=400), 8: KnownEcg(65, 100, 150, 90, 400)}


def _segment(start_s: float, end_s: float) -> str:
    return f"[{start_s:.2f}s - {end_s:.2f}s]"


def _sample(ecg_id: int, present: bool) -> dict[str, Any]:
    """First-degree block as the benchmark asks it, with the truth of the simulation."""
    qrs_s = 0.35 + 4 * RR_S
    pr_s = TRUTHS[ecg_id].pr_ms
    assert pr_s is not None
    p_s = qrs_s - pr_s / 1000
    grounding = [
        {"question": "In which of the following segments can you observe a P wave?", "question_type": "wave_grounding",
         "options": [_segment(qrs_s, qrs_s + 0.09), _segment(p_s, p_s + 0.1), _segment(qrs_s + 0.2, qrs_s + 0.4)],
         "answer": _segment(p_s, p_s + 0.1)},
        {"question": "For the selected segment, which range does the measured PR interval fall into?",
         "question_type": "measurement_grounding",
         "options": ["Below 120ms", "[120ms - 180ms]", "[200ms - 220ms]", "Above 220ms"],
         "answer": "Above 220ms" if present else "[120ms - 180ms]"},
    ]  # fmt: skip
    further = "Further findings are required to confirm the diagnosis"

    def step(options: list[str], right: str, finding: str, found: str, decision: str) -> dict[str, Any]:
        return {
            "criterion_selection": {
                "question": "Which?", "question_type": "criterion_selection", "options": options, "answer": right,
            },
            "finding_identification": {
                "question": finding, "question_type": "finding_identification", "options": ["Yes", "No"],
                "answer": found,
            },
            "ecg_grounding": [],
            "diagnostic_decision": {
                "question": "So?", "question_type": "diagnostic_decision", "options": ["Yes", "No", further],
                "answer": decision,
            },
        }  # fmt: skip

    word = "Yes" if present else "No"
    conduction = "Evidence of consistent 1:1 atrioventricular conduction"
    first = step(["Shortened PR intervals", conduction], conduction, "Does every P conduct?", "Yes", further)
    second = step(
        ["Depression of the PR segment", "Prolongation of the PR interval"], "Prolongation of the PR interval",
        "Is the PR interval prolonged?", word, word,
    )  # fmt: skip
    return {
        "metadata": {"ecg_id": str(ecg_id), "target_dx": "first_degree_av_block", "dx_label": present, "path_idx": 0},
        "data": {
            "initial_diagnostic_question": {
                "question": "Does this ECG suggest first degree AV block?", "options": ["Yes", "No"], "answer": word,
                "question_type": "initial_diagnostic_question",
            },
            "reasoning": [first, second | {"ecg_grounding": grounding}],
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated ECGs in PTB-XL's layout, one of them without statements, and two samples on them."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "ptbxl").mkdir()
    columns = (
        "ecg_id", "patient_id", "age", "sex", "scp_codes", "strat_fold", "baseline_drift", "static_noise",
        "burst_noise", "electrodes_problems", "extra_beats", "pacemaker",
    )  # fmt: skip
    eight = []
    with (folder / "ptbxl" / "records.csv").open("w", newline="") as table:
        rows = csv.DictWriter(table, columns)
        rows.writeheader()
        for ecg_id, truth in TRUTHS.items():
            codes = "{'1AVB': 100.0}" if ecg_id == 7 else ""
            rows.writerow({"ecg_id": ecg_id, "patient_id": f"{ecg_id}.0", "age": "50.0", "sex": "0",
                           "scp_codes": codes, "strat_fold": 1})  # fmt: skip
            signal_uv = np.round(truth.render(ecg_id).signal_mv * 1000).astype(np.int16)
            eight.append(np.diff(signal_uv[[0, 1, *range(6, 12)]], axis=1, prepend=np.int16(0)))
    np.savez_compressed(folder / "ptbxl" / "signals-00.npz", ecg_id=np.array(list(TRUTHS)), delta=np.stack(eight))
    (folder / "ecg_reasoning_benchmark").mkdir()
    lines = [json.dumps(_sample(7, True)), json.dumps(_sample(8, False))]
    (folder / "ecg_reasoning_benchmark" / "samples.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_a_question_holds_no_answer() -> None:
    assert {field.name for field in dataclasses.fields(Question)} == {"kind", "text", "options"}


def test_known_ecgs_are_completed(small_data: Path) -> None:
    outcome = EcgReasoningTask().run(Options(data=small_data, workers=1, show_progress=False))
    task = json.loads(results_json([outcome.result]))["tasks"][0]
    assert task["task"] == "ecg_reasoning"
    assert task["n"] == 2
    assert task["metrics"]["completion"] == 1.0
    assert set(task["metrics"]) == {
        "completion", "initial_diagnosis", *(kind for kind in KINDS if not kind.startswith(("initial", "lead"))),
    }  # fmt: skip
    assert task["groups"]["first_degree_av_block"]["n"] == 2


def test_answers_do_not_change_what_is_answered(small_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "data"
    other.mkdir()
    (other / "ptbxl").symlink_to(small_data / "ptbxl")
    (other / "ecg_reasoning_benchmark").mkdir()
    wrong = [_sample(7, False), _sample(8, True)]
    (other / "ecg_reasoning_benchmark" / "samples.jsonl").write_text("\n".join(map(json.dumps, wrong)))
    outcome = EcgReasoningTask().run(Options(data=other, workers=1, show_progress=False))
    assert outcome.result.metrics["completion"] == 0.0
    assert outcome.result.metrics["initial_diagnosis"] == 0.0


def test_a_sample_of_an_ecg_that_is_not_there_is_refused(small_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "data"
    other.mkdir()
    (other / "ptbxl").symlink_to(small_data / "ptbxl")
    (other / "ecg_reasoning_benchmark").mkdir()
    sample = _sample(7, True)
    sample["metadata"]["ecg_id"] = "99"
    (other / "ecg_reasoning_benchmark" / "samples.jsonl").write_text(json.dumps(sample))
    with pytest.raises(CalipersError, match="ECG 99"):
        EcgReasoningTask().run(Options(data=other, workers=1, show_progress=False))


def test_a_line_that_is_no_sample_is_named(tmp_path: Path) -> None:
    (tmp_path / "ecg_reasoning_benchmark").mkdir()
    (tmp_path / "ecg_reasoning_benchmark" / "samples.jsonl").write_text('{"metadata": {}}\n')
    with pytest.raises(CalipersError, match="line 1"):
        read_samples(tmp_path)


def test_options_are_read_as_written() -> None:
    assert stretch("[3.90s - 4.19s]") == Stretch(3.90, 4.19)
    assert interval("[7th QRS wave - 8th QRS wave]") == (7, 8)
    assert interval("[21st QRS wave - 22nd QRS wave]") == (21, 22)
    assert value_range("[200ms - 210ms]") == Range(200, 210)
    assert value_range("[-45 degrees - -30 degrees]") == Range(-45, -30)
    assert value_range("[-30 degrees - 0 degrees]") == Range(-30, 0)
    assert value_range("Below 0.3mV") == Range(float("-inf"), 0.3)
    assert value_range("Above 110 bpm") == Range(110, float("inf"))
    assert leads_in("Lead aVL") == ("aVL",)
    assert leads_in("leads II, III, and aVF") == ("II", "III", "aVF")


def test_the_likest_phrase_is_the_one_that_shares_most_words() -> None:
    meant = "Presence of inverted T waves in inferior leads"
    others = ("Presence of flattened T waves in inferior leads", "Presence of inverted T waves in lateral leads")
    assert likeness(meant, "Inverted T waves in the inferior leads") == 1.0
    assert all(likeness(meant, other) < 1.0 for other in others)


def test_the_halves_share_no_ecg_and_cover_all_of_it(data_dir: Path) -> None:
    tune, held, all_ = (read_samples(data_dir, split) for split in ("training", "validation", "all"))
    assert not {one.ecg_id for one in tune} & {one.ecg_id for one in held}
    assert len(tune) + len(held) == len(all_)
    assert half(15228) == half(15228)


def test_every_diagnosis_of_the_benchmark_is_known_and_has_a_pathway(data_dir: Path) -> None:
    table = statements()
    for diagnosis in {sample.diagnosis for sample in read_samples(data_dir)}:
        assert table.find(diagnosis.replace("_", " ")).key in table.pathways


def test_a_walk_is_opened_by_explaining_the_very_diagnosis() -> None:
    question = "Does this ECG suggest the presence of complete left bundle branch block?"
    matcher = chooser_of("none")
    assert walks(matcher, question, "complete_left_bundle_branch_block")
    assert not walks(matcher, question, "complete_right_bundle_branch_block")
    assert not walks(
        lambda asked: Chosen(frozenset({"explain"}), frozenset({("explain", "nonsense")})), question, "lvh"
    )
