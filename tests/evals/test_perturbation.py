"""Edits do what they say, and demands see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calipers.evals.citations.second import FS_HZ, LEADS, Beat
from calipers.evals.framework import Options
from calipers.evals.measurement.analytic import KNOWN_ECGS
from calipers.evals.peers import PEERS
from calipers.evals.perturbation import PerturbationTask
from calipers.evals.perturbation.demands import judge
from calipers.evals.perturbation.edits import EDITS, QRS_STRETCH, TIME_STRETCH
from calipers.evals.readers import agent
from tests.evals.small_data import write_ptbxl

TRUTH = KNOWN_ECGS[5]
RNG = np.random.default_rng(1)


@pytest.fixture
def signal() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.asarray(TRUTH.render(2).signal_mv, dtype=np.float64)


def beats() -> list[Beat]:
    onsets = [round((0.35 + k * 60.0 / TRUTH.hr) * FS_HZ) for k in range(1, 10)]
    p = round((TRUTH.pr_ms or 0.0) * FS_HZ / 1000)
    return [
        Beat(on - p, on - p + round(TRUTH.p_ms / 2), on, on + round(TRUTH.qrs_ms / 2), on + round(TRUTH.qt_ms / 2))
        for on in onsets
    ]


def test_erased_p_waves_leave_a_flat_line(signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    edited = EDITS["P waves erased"](signal, beats(), RNG).signal_mv
    beat = beats()[3]
    stretch = slice(beat.p_on, beat.p_off)
    assert np.ptp(edited[1, stretch]) < 0.02 < np.ptp(signal[1, stretch])
    assert (edited[:, beat.on : beat.t_off] == signal[:, beat.on : beat.t_off]).all()


def test_a_wider_qrs_begins_where_it_did(signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    edited = EDITS["QRS widened"](signal, beats(), RNG).signal_mv
    beat = beats()[3]
    peak = beat.on + int(np.argmax(signal[9, beat.on : beat.off]))
    later = beat.on + int(np.argmax(edited[9, beat.on : beat.on + 2 * (beat.off - beat.on)]))
    assert later - beat.on == pytest.approx(QRS_STRETCH * (peak - beat.on), abs=2)
    assert edited[9, beats()[4].on] == pytest.approx(signal[9, beats()[4].on], abs=0.03)


def test_lifted_limb_leads_obey_einthoven(signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    edited = EDITS["ST up, inferior"](signal, beats(), RNG).signal_mv
    added = edited - signal
    row = {lead: added[k] for k, lead in enumerate(LEADS)}
    assert np.abs(row["I"] + row["III"] - row["II"]).max() < 1e-9
    assert np.abs(row["aVR"] + row["aVL"] + row["aVF"]).max() < 1e-9
    at = beats()[3].off + 10
    assert added[LEADS.index("aVF"), at] == pytest.approx(0.35, abs=0.02)
    assert added[LEADS.index("V2"), at] == 0.0


def test_swapped_arms_invert_lead_i(signal: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    edited = EDITS["arms swapped"](signal, [], RNG).signal_mv
    assert (edited[0] == -signal[0]).all()
    assert (edited[1] == signal[2]).all()
    assert (edited[3] == signal[4]).all()
    assert (edited[6:] == signal[6:]).all()
    assert EDITS["time stretched"](signal, [], RNG).fs_hz == pytest.approx(FS_HZ / TIME_STRETCH)


def test_an_engine_that_ignores_a_change_fails_its_demands() -> None:
    ecg = TRUTH.render(2)
    deaf = agent("none").interpret(type(ecg).from_array(ecg.signal_mv, ecg.fs_hz, LEADS, age=50, sex="male"))
    for edit in ("P waves erased", "QRS widened", "ST up, inferior", "noise alone", "time stretched"):
        assert not all(one.met for one in judge(edit, deaf, deaf) if one.changes), edit
    assert all(one.met for one in judge("light noise", deaf, deaf))


@pytest.mark.slow
def test_a_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calipers.evals.perturbation.solver.PEERS", {"openecg": PEERS["openecg"]})
    write_ptbxl(tmp_path / "ptbxl")
    outcome = PerturbationTask().run(Options(data=tmp_path, n=1, workers=1, show_progress=False, model="none"))
    assert outcome.result.metrics["changed"] > 0.9
    assert outcome.result.metrics["patient_met"] == 1.0
    assert outcome.result.metrics["orders_met"] == 1.0
    groups = outcome.result.groups
    assert "noise alone" in groups
    assert groups["reader control: said as before"]["changed"] < 0.5 < groups["reader control: said as before"]["held"]
    assert groups["reader control: nothing said"]["held"] < 0.9
    assert groups["reader openecg"]["numbers_met"] < 1.0, "it gives a PR where P was erased, or none where it was not"
