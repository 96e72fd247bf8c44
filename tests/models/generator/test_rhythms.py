"""Times of a rhythm are what was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calipers.models.generator import rhythms
from calipers.models.generator.marks import MS, Marks
from calipers.models.generator.rhythms import Course, Ectopy, Rhythm, marks_of
from tests.models.generator.untrained import RHYTHMS


@pytest.fixture(autouse=True)
def _distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    file = tmp_path / "rhythms.json"
    file.write_text(json.dumps(RHYTHMS))
    monkeypatch.setattr(rhythms, "_FILE", file)
    rhythms.varied_by.cache_clear()
    yield
    rhythms.varied_by.cache_clear()


def _marks(rhythm: Rhythm, rr: float, ectopy: Ectopy | None = None, seed: int = 1) -> Marks:
    course = Course(rhythm, rr, p_dur=110.0, pr=160.0, qrs=96.0, qt=380.0, ectopy=ectopy)
    return marks_of(course, 10.0, np.random.default_rng(seed))


def _inside(times: np.ndarray) -> np.ndarray:
    return times[(times >= 0) & (times < 5000)]


@pytest.mark.parametrize(
    "rhythm", ["sinus", "sinus_arrhythmia", "atrial_fibrillation", "junctional", "paced_ventricular"]
)
@pytest.mark.parametrize("rate", [45, 75, 130])
def test_the_mean_rate_inside_the_record_is_the_one_asked_for(rhythm: Rhythm, rate: int) -> None:
    for seed in range(5):
        rr = np.diff(_inside(_marks(rhythm, 60_000 / rate, seed=seed).qrs_on)) * MS
        assert abs(60_000 / rr.mean() - rate) <= max(0.02 * rate, 1.0)


def test_pr_is_the_same_before_every_sinus_beat() -> None:
    marks = _marks("sinus", 800.0)
    ahead = (marks.qrs_on[:, None] - marks.p_on[None, :]) * MS
    assert np.allclose(np.where(ahead > 0, ahead, np.inf).min(axis=1)[1:], 160.0)


def test_fibrillation_has_no_p_wave_and_no_steady_rr() -> None:
    marks = _marks("atrial_fibrillation", 700.0)
    rr = np.diff(marks.qrs_on)
    assert marks.p_on.size == 0
    assert rr.std() / rr.mean() > 0.08


def test_flutter_conducts_whole_waves() -> None:
    marks = _marks("atrial_flutter", 400.0)
    waves = np.diff(marks.qrs_on) / marks.flutter_period
    assert np.allclose(waves, np.round(waves), atol=0.01)
    assert 214 < 60_000 / (marks.flutter_period * MS) < 357


def test_two_to_one_block_has_two_p_waves_a_beat() -> None:
    marks = _marks("av_block_2_1", 1400.0)
    assert abs(_inside(marks.p_on).size / _inside(marks.qrs_on).size - 2.0) < 0.4


def test_wenckebach_lengthens_pr_until_a_beat_is_dropped() -> None:
    marks = _marks("wenckebach", 1100.0)
    ahead = (marks.qrs_on[:, None] - marks.p_on[None, :]) * MS
    pr = np.where(ahead > 0, ahead, np.inf).min(axis=1)
    assert pr.max() - pr.min() > 60


def test_complete_block_keeps_two_rates() -> None:
    marks = _marks("third_degree_av_block", 1600.0)
    assert np.diff(marks.p_on).mean() < 0.7 * np.diff(marks.qrs_on).mean()


def test_every_second_beat_of_bigeminy_is_ectopic_and_early() -> None:
    marks = _marks("sinus", 800.0, "pvc_bigeminy")
    inside = (marks.qrs_on > 1000) & (marks.qrs_on < 3800)
    kinds = marks.ectopic[inside]
    assert set(np.abs(np.diff(kinds.astype(int)))) == {1}
    early = np.diff(marks.qrs_on)[marks.ectopic[1:]] * MS
    assert early.max() < 0.8 * 800


def test_the_same_seed_gives_the_same_times() -> None:
    assert np.array_equal(_marks("atrial_fibrillation", 700.0).qrs_on, _marks("atrial_fibrillation", 700.0).qrs_on)
