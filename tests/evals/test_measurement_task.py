"""The measurement benchmark from end to end: on simulated records in the data sets' layout, and on three of LUDB."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from calipers.evals import Options, results_json
from calipers.evals.framework import Outcome
from calipers.evals.framework.document import to_html
from calipers.evals.measurement import MeasurementTask, ludb, robustness, speed
from calipers.evals.measurement.analytic import KnownEcg
from calipers.evals.measurement.intervals import INTERVALS, LIMITS, RecordJob, errors_ms, score_record
from calipers.evals.measurement.peers import PROGRAMS
from calipers.models.delineator.ludb import VALIDATION
from tests.evals.small_data import write_ludb, write_ptbxl

TRUTHS = {VALIDATION[0]: KnownEcg(60, 100, 160, 90, 400), VALIDATION[-1]: KnownEcg(75, 110, 180, 100, 390)}


@pytest.fixture(scope="module")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated records under the numbers of two validation records, which themselves are not opened here."""
    folder = tmp_path_factory.mktemp("data")
    write_ludb(folder / "ludb", TRUTHS)
    write_ptbxl(folder / "ptbxl")
    return folder


@pytest.fixture(scope="module")
def outcome(small_data: Path) -> Outcome:
    options = Options(data=small_data, n=2, split="validation", workers=1, show_progress=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(robustness, "RECORDS", 1)
        patch.setattr(speed, "RECORDS", 1)
        return MeasurementTask().run(options)


def test_marks_are_read_back_as_they_were_made(small_data: Path) -> None:
    for number, truth in TRUTHS.items():
        marked = ludb.load(small_data, number)
        assert marked.split == "validation"
        assert marked.rhythm == "Sinus rhythm"
        assert marked.ecg.patient.age == 51 or marked.ecg.patient.age is None
        assert marked.intervals == pytest.approx((truth.p_ms, truth.pr_ms, truth.qrs_ms, truth.qt_ms), abs=2)
        assert marked.span_s[1] > marked.span_s[0]


def test_the_json_holds_every_promised_figure(outcome: Outcome) -> None:
    task = json.loads(results_json([outcome.result]))["tasks"][0]
    assert task["task"] == "measurement"
    metrics = task["metrics"]
    for name in INTERVALS:
        assert {f"{name}_bias_ms", f"{name}_sd_ms", f"coverage_{name}"} <= set(metrics)
    for name in ("coverage", "af_pr_reported", "sr_pr_missing", "af_f1", "arm_swap_detected", "speed_ratio_neurokit2"):
        assert name in metrics, name
    assert all(isinstance(value, int | float) and math.isfinite(value) for value in metrics.values())
    for name, (low, high) in task["ci95"].items():
        assert low <= high, name
        assert name in metrics
    groups = {
        *PROGRAMS,
        *(f"{p}.leads" for p in PROGRAMS),
        "ludb.validation",
        "noise.muscle.6db",
        "rate.250hz",
        "simulated",
    }
    assert groups <= set(task["groups"])
    assert task["groups"]["neurokit2"]["n"] == 2


def test_simulated_sinus_rhythm_has_a_pr_and_fibrillation_has_none(outcome: Outcome) -> None:
    metrics = outcome.result.metrics
    assert metrics["pr_missing"] == 0
    assert metrics["sr_pr_missing"] == 0
    assert metrics["af_pr_reported"] == 0
    assert metrics["qrs_waves_missed"] == metrics["qrs_waves_false"] == 0


def test_the_report_shows_figures_peers_and_who_saw_the_records(outcome: Outcome) -> None:
    assert [figure.name for figure in outcome.report.figures()] == ["bland-altman", "errors", "calibration", "noise"]
    assert all(figure.png.startswith(b"\x89PNG") for figure in outcome.report.figures())
    page = to_html(outcome.report)
    for text in ("NeuroKit2", "openecg", "seen in training by neither", "--split validation", "simulated"):
        assert text in page, text


def test_three_real_records_are_measured_within_the_tolerances(data_dir: Path) -> None:
    records = [score_record(RecordJob(data_dir, number)) for number in (1, 87, 161)]
    assert all(score.split == "training" for score in records)
    for errors in errors_ms(records, "calipers"):
        for name, error in zip(INTERVALS, errors, strict=True):
            assert abs(error) < LIMITS[name].bias_ms + 2 * LIMITS[name].sd_ms, name
    for score in records:
        assert score.programs["calipers"].boundaries["qrs_onset"].missed == 0
        assert score.programs["openecg"].intervals.qrs_ms > 0
        assert math.isnan(score.programs["neurokit2"].half_widths.qt_ms)
