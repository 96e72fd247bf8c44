"""The speed benchmark: every part is timed in a process of its own, and what is not installed is left out."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from calipers.evals.framework import Options
from calipers.evals.measurement.analytic import KNOWN_ECGS
from calipers.evals.speed import SpeedTask
from calipers.evals.speed.timings import others, peak_rss_gb


def test_memory_is_in_gigabytes() -> None:
    assert 0.01 < peak_rss_gb() < 64


def test_no_two_timed_ecgs_are_the_same_to_a_memory() -> None:
    ecg = KNOWN_ECGS[6].render(1)
    first, second, third = islice(others(ecg), 3)
    assert (first.signal_mv == ecg.signal_mv).all()
    assert not (second.signal_mv == third.signal_mv).all()
    assert second.signal_mv.std() == pytest.approx(third.signal_mv.std(), rel=1e-4)


@pytest.mark.slow
def test_a_run_without_a_language_model(tmp_path: Path) -> None:
    outcome = SpeedTask().run(Options(data=tmp_path, n=1, model="none"))
    found = outcome.result.metrics
    assert found["classify_ecgs_per_s"] > 0
    assert found["interpret_warm_s_none"] <= found["interpret_cold_s_none"]
    assert 0 < found["first_step_s_none"] <= found["first_claim_s_none"]
    assert min(found["stage_measure_s"], found["stage_interpret_s"], found["stage_openecg_s"]) > 0
    assert found["neurokit2_over_measure"] == pytest.approx(found["stage_neurokit2_s"] / found["stage_measure_s"])
    assert found["measured_per_s_1_workers"] > 0
    assert [figure.name for figure in outcome.report.figures()] == ["cost"]
    assert not any(name.endswith("_embedded") for name in found)
