"""Hours of signal: the same measurements as ten seconds, in bounded memory, with what happened when."""

from __future__ import annotations

import csv
import json
import sys
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from calipers import Agent, Ecg, UnknownEvidence, verify
from calipers.agent.case import Case
from calipers.agent.case_store import CaseStore
from calipers.agent.cli.app import app
from calipers.agent.drafting import single_measurement_claim
from calipers.agent.reporting import assemble, provisional
from calipers.agent.verifier import Checker
from calipers.beat_table import BeatTable
from calipers.leads import INDEX, LEADS
from calipers.parameters import GLOBAL_UNITS
from calipers.tools.measure import Examination, Timeline, examine
from calipers.tools.measure.engine import default_delineator
from calipers.tools.measure.long import examine_long
from calipers.tools.measure.long.windows import windows
from tests.tools.beat_train import FS_HZ, Beat, Shapes, fibrillation, record, regular, shapes_of, train

INTERVALS = ("p_dur", "pr", "qrs", "qt")


def episodes(found: Examination, kind: str) -> list[tuple[float, float]]:
    assert found.timeline is not None
    return [(one.start_s, one.end_s) for one in found.timeline.episodes if one.kind == kind]


def joined(data_dir: Path, label: str, n: int) -> np.ndarray:
    """(12, n * 5000) real records of PTB-XL folds 1-8 with a label, one after the other."""
    sys.path.insert(0, str(data_dir))
    try:
        from load import ptbxl  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(data_dir))
    with (data_dir / "ptbxl" / "records.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if f"'{label}'" in row["scp_codes"] and int(row["strat_fold"]) < 9]
    wanted = {int(row["ecg_id"]) for row in rows}
    parts = islice((signal_mv for ecg_id, signal_mv in ptbxl() if ecg_id in wanted), n)
    return np.concatenate(list(parts), axis=1)


@pytest.fixture(scope="module")
def ten_seconds(demo_ecg: Ecg) -> Ecg:
    """The demo's ten seconds at 500 Hz."""
    return Ecg.from_array(demo_ecg.signal_mv[:, ::2], FS_HZ, LEADS)


@pytest.fixture(scope="module")
def shapes(ten_seconds: Ecg) -> Shapes:
    return shapes_of(ten_seconds)


@pytest.fixture(scope="module")
def tiled(ten_seconds: Ecg) -> Ecg:
    """Ten minutes: the demo from R peak to R peak, again and again."""
    beats = examine(ten_seconds).beats
    assert beats is not None
    first, last = int(beats.peaks[0]), int(beats.peaks[-1])
    piece = ten_seconds.signal_mv[:, first:last]
    return Ecg.from_array(np.tile(piece, (1, 600 * FS_HZ // piece.shape[1])), FS_HZ, LEADS)


@pytest.fixture(scope="module")
def tiled_found(tiled: Ecg) -> Examination:
    return examine(tiled)


@pytest.fixture(scope="module")
def eventful(shapes: Shapes) -> tuple[Examination, np.ndarray]:
    """Sinus rhythm at 75/min with fibrillation from 3:00 to 5:00, then a pause, a run, bigeminy and noise."""
    beats = [*regular(180), *fibrillation(120), *regular(60)]
    beats += [Beat(4000.0), *regular(60)]
    beats += [Beat(400.0, "ventricular")] * 5 + [Beat(1200.0), *regular(50)]
    beats += [Beat(480.0, "ventricular"), Beat(1100.0)] * 6 + regular(60)
    signal, peaks_s = train(shapes, beats)
    noisy = slice(int((peaks_s[-1] - 40) * FS_HZ), int((peaks_s[-1] - 16) * FS_HZ))
    signal[:, noisy] = np.random.default_rng(5).normal(0, 1.0, signal[:, noisy].shape)
    return examine(record(signal)), peaks_s


def test_ten_seconds_measure_alike_by_both_paths(ten_seconds: Ecg) -> None:
    short, long = examine(ten_seconds), examine_long(ten_seconds, default_delineator())
    for name in INTERVALS:
        assert long.measurements.number(name) == pytest.approx(short.measurements.number(name), abs=4.0)
    assert {item.id for item in long.measurements.whole} == {item.id for item in short.measurements.whole}
    for lead in ("II", "V2", "V5"):
        for name in ("r_amp", "s_amp", "t_amp", "st_j"):
            key = f"{lead}.{name}"
            assert long.measurements.number(key) == pytest.approx(short.measurements.number(key), abs=0.05), key


def test_ten_minutes_of_the_same_have_the_same_intervals(ten_seconds: Ecg, tiled_found: Examination) -> None:
    short = examine(ten_seconds).measurements
    for name in INTERVALS:
        assert tiled_found.measurements.number(name) == pytest.approx(short.number(name), abs=4.0)
    assert tiled_found.measurements.number("hr") == pytest.approx(short.number("hr"), abs=1.0)
    assert tiled_found.measurements.number("pvc_count") == 0


def test_every_id_of_a_short_record_is_there(ten_seconds: Ecg, tiled_found: Examination) -> None:
    short = {item.id for item in examine(ten_seconds).measurements.whole}
    assert {item.id for item in tiled_found.measurements.whole} == short
    assert "qrs#500" in tiled_found.measurements
    assert tiled_found.measurements["V3.st_j#500"].spans[0].lead == "V3"


def test_beat_items_are_the_short_records_own(ten_seconds: Ecg) -> None:
    short, long = examine(ten_seconds).measurements, examine_long(ten_seconds, default_delineator()).measurements
    assert isinstance(long.beats, BeatTable)
    beats = [item for item in short.values() if item.beat is not None]
    assert [long[item.id].model_copy(update={"method": item.method}) for item in beats] == beats


def test_beat_items_are_made_only_when_asked_for(tiled_found: Examination) -> None:
    measured = tiled_found.measurements
    assert len(measured) == len(measured.held) + len(measured.beats) > 50_000
    assert all(item.beat is None for item in measured.held)
    for wrong in ("qrs#99999", "qrs#-1", "qrs#01", "nothing#3", "V9.st_j#2", "pr#"):
        assert wrong not in measured
        with pytest.raises(UnknownEvidence):
            measured[wrong]


def test_no_beat_is_lost_or_counted_twice_at_the_borders(shapes: Shapes) -> None:
    signal, peaks_s = train(shapes, regular(300, 730.0))
    found = examine(record(signal)).measurements
    spans = [found[f"rr#{k}"].spans[0] for k in range(1, len(peaks_s))]
    assert f"qrs#{len(peaks_s)}" not in found
    assert np.abs([span.end_s for span in spans] - peaks_s[1:]).max() < 0.01
    assert found.number("rr_mean") == pytest.approx(730.0, abs=2.0)


@pytest.mark.parametrize(("samples", "fs_hz"), [(30_000, 500.0), (91_037, 500.0), (100_001, 360.0), (75_013, 257.0)])
def test_cores_follow_each_other_without_gap(samples: int, fs_hz: float) -> None:
    cut = list(windows(samples, fs_hz))
    assert cut[0].core_start == 0
    assert cut[-1].stop == samples
    assert cut[-1].core_stop == pytest.approx(samples * 500.0 / fs_hz, abs=1.0)
    for one, following in pairwise(cut):
        assert one.core_stop == following.core_start
        assert following.offset + 250 < one.core_stop < one.offset + 5120 - 250
        assert abs(following.offset - following.first * 500.0 / fs_hz) <= 0.5


def test_fibrillation_is_an_episode_from_minute_three_to_five(eventful: tuple[Examination, np.ndarray]) -> None:
    ((start_s, end_s),) = episodes(eventful[0], "atrial_fibrillation")
    assert start_s == pytest.approx(180.0, abs=10.0)
    assert end_s == pytest.approx(300.0, abs=10.0)


def test_real_fibrillation_between_real_sinus_rhythm_is_found(data_dir: Path) -> None:
    sinus, af = [joined(data_dir, label, 9) for label in ("NORM", "AFIB")]
    half = sinus.shape[1] // 2
    found = examine(record(np.concatenate([sinus[:, :half], af, sinus[:, half:]], axis=1)))
    ((start_s, end_s),) = episodes(found, "atrial_fibrillation")
    assert (start_s, end_s) == pytest.approx((45.0, 135.0), abs=12.0)
    assert found.measurements["pr"].status == "measured"


def test_a_pause_is_placed_by_its_beats(eventful: tuple[Examination, np.ndarray]) -> None:
    found, peaks_s = eventful
    at = int(np.argmax(np.diff(peaks_s)))
    assert episodes(found, "pause") == [pytest.approx((peaks_s[at], peaks_s[at + 1]), abs=0.02)]
    assert found.measurements.number("pause_max") == pytest.approx(4000.0, abs=10.0)


def test_a_ventricular_run_and_bigeminy_are_episodes(eventful: tuple[Examination, np.ndarray]) -> None:
    found, _ = eventful
    assert len(episodes(found, "ventricular_run")) == 1
    assert len(episodes(found, "ventricular_bigeminy")) == 1
    assert found.measurements.number("pvc_count") == pytest.approx(11, abs=1)


def test_a_stretch_of_noise_is_unreadable_and_no_pause(eventful: tuple[Examination, np.ndarray]) -> None:
    found, peaks_s = eventful
    ((start_s, end_s),) = episodes(found, "unreadable")
    assert start_s == pytest.approx(peaks_s[-1] - 40, abs=10.0)
    assert end_s == pytest.approx(peaks_s[-1] - 16, abs=10.0)
    assert any("not readable" in reason for reason in found.quality.reasons)


def test_the_rate_is_given_minute_by_minute(shapes: Shapes) -> None:
    signal, _ = train(shapes, [*regular(120), *regular(60, 500.0), *regular(60, 1400.0)])
    found = examine(record(signal))
    assert found.timeline is not None
    rates = [minute.mean for minute in found.timeline.rates[:4]]
    assert rates == pytest.approx([75.0, 75.0, 120.0, 43.0], abs=1.5)
    ((start_s, end_s),) = episodes(found, "tachycardia")
    assert (start_s, end_s) == pytest.approx((120.0, 180.0), abs=10.0)
    assert len(episodes(found, "bradycardia")) == 1


def test_an_eventless_record_has_no_episode(tiled_found: Examination) -> None:
    assert tiled_found.timeline is not None
    assert tiled_found.timeline.episodes == ()


def test_two_leads_at_250_hz_of_odd_length_measure(tiled: Ecg, tiled_found: Examination) -> None:
    rows = [INDEX["II"], INDEX["V5"]]
    two = Ecg.from_array(tiled.signal_mv[rows, 0:60_001:2], 250, ["II", "V5"])
    found = examine(two).measurements
    for name in ("pr", "qrs", "qt", "hr"):
        assert found.number(name) == pytest.approx(tiled_found.measurements.number(name), abs=15.0), name
    assert found["V1.r_amp"].status == "not_measurable"


def test_an_hour_of_nothing_is_not_assessable() -> None:
    found = examine(Ecg.from_array(np.random.default_rng(1).normal(0, 1, (2, 90_000)), 250, ["I", "II"]))
    assert not found.quality.assessable
    status = {item.name: item.status for item in found.measurements.whole if item.name in GLOBAL_UNITS}
    assert status == dict.fromkeys(GLOBAL_UNITS, "not_measurable")
    assert found.timeline is not None
    assert found.timeline.readable_s == 0


def test_a_report_on_a_long_record_verifies(tiled: Ecg) -> None:
    report = Agent(model="none").interpret(tiled)
    assert report.claims
    assert all(item.beat is None for item in report.measurements)
    assert verify(report, tiled) == []


def test_a_claim_may_cite_one_beat_of_a_long_record(tiled: Ecg, tiled_found: Examination) -> None:
    case = Case(tiled, tiled_found)
    claim = single_measurement_claim(case.measurements["V3.st_j#300"], case.ledger)
    assert Checker(provisional(case, claim.evidence)).claim_faults(claim) == []
    report = assemble(
        case, claims=(claim,), answer=(), withheld=(), sentences=(), question=None, model_name="none", model_note=""
    )
    assert [item.id for item in report.measurements if item.beat is not None] == ["V3.st_j#300"]


def test_a_critical_episode_raises_the_urgency_of_the_whole(shapes: Shapes) -> None:
    beats = [*regular(120), *[Beat(380.0, "ventricular")] * 60, Beat(1000.0), *regular(120)]
    ecg = record(train(shapes, beats)[0])
    report = Agent(model="none").interpret(ecg)
    assert report.urgency in ("urgent", "critical")
    assert "wide_qrs_tachycardia" in {item.claim.statement.key for item in report.withheld if item.claim.statement}
    assert not any(fault.claim_id == "" and "urgency" in fault.detail for fault in verify(report, ecg))


def test_a_stored_case_resolves_the_same_beats(tiled: Ecg, tmp_path: Path) -> None:
    case = CaseStore(tmp_path).put(tiled)
    again = CaseStore(tmp_path).get(next(iter(path.name for path in tmp_path.iterdir())))
    assert again.examination.timeline == case.examination.timeline
    for key in ("qrs#300", "V3.st_j#511", "rr#44", "pr#0"):
        assert again.measurements[key] == case.measurements[key]
    assert len(again.measurements) == len(case.measurements)
    assert again.ledger["V3.st_j#511"] == case.measurements["V3.st_j#511"]


def test_the_command_prints_one_document_with_the_timeline(tiled: Ecg, tmp_path: Path) -> None:
    np.save(tmp_path / "long.npy", tiled.signal_mv[:, :45_000])
    arguments = ["measure", str(tmp_path / "long.npy"), "--fs", "500", "--unit", "mV"]
    printed = CliRunner().invoke(app, [*arguments, "--format", "json"])
    assert printed.exit_code == 0
    document = json.loads(printed.stdout)
    assert Timeline.model_validate(document["timeline"]).duration_s == 90.0
    assert {item["id"] for item in document["measurements"]} >= {"pr", "V3.st_j"}
    assert "Rate by the minute" in CliRunner().invoke(app, arguments).stdout
