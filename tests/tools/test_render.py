"""Rendering: millimetres are millimetres, calipers stand where the measurement says, nothing is invented."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers import Ecg, Measurement, Measurements
from calipers.ecg import Source
from calipers.errors import UnknownEvidence, UnknownLead, UsageError
from calipers.evidence import Span, measurement_id
from calipers.leads import LEADS, Lead
from calipers.models.simulator import Specification, simulate
from calipers.tools.measure import measure
from calipers.tools.render import Layout, Picture, Strip, label, lay_out, render

MM_PER_INCH = 25.4
DPI = 254  # ten pixels to the millimetre


def flat(seconds: float = 10.0, fs_hz: float = 500.0, **how: Any) -> Ecg:
    return Ecg.from_array(np.zeros((12, round(seconds * fs_hz)), dtype=np.float32), fs_hz, LEADS, **how)


def stepping(at_s: float, height_mv: float, fs_hz: float = 500.0) -> Ecg:
    """Flat, then a plateau of a tenth of a second in every lead."""
    signal = np.zeros((12, round(10 * fs_hz)), dtype=np.float32)
    signal[:, round(at_s * fs_hz) : round((at_s + 0.1) * fs_hz)] = height_mv
    return Ecg.from_array(signal, fs_hz, LEADS)


def measured(ecg: Ecg, name: str, value: float, unit: str, *spans: Span, **more: Any) -> Measurement:
    lead, beat = more.get("lead"), more.get("beat")
    fields: dict[str, Any] = {
        "id": measurement_id(name, lead, beat),
        "record": ecg.record,
        "name": name,
        "value": value,
        "unit": unit,
        "spans": spans,
        "method": "by hand",
        "status": "measured",
    }
    return Measurement(**(fields | more))


def not_measured(ecg: Ecg, name: str, reason: str) -> Measurement:
    return measured(ecg, name, 0.0, "ms").model_copy(
        update={"value": None, "status": "not_measurable", "reason": reason}
    )


def pixels(picture: Picture) -> NDArray[np.uint8]:
    from PIL import Image

    with Image.open(io.BytesIO(picture.data)) as image:
        return np.asarray(image.convert("RGB"))


def dark(picture: Picture) -> NDArray[np.bool_]:
    """Where there is ink; the grid and the paper are light."""
    ink: NDArray[np.bool_] = pixels(picture).max(axis=2) < 90
    return ink


def strip_of(picture: Picture, lead: Lead, *, rhythm: bool = False) -> Strip:
    return next(strip for strip in picture.sheet.strips if strip.lead == lead and strip.rhythm is rhythm)


def test_one_millivolt_is_ten_millimetres_and_the_pulse_lasts_five() -> None:
    picture = render(flat(), dpi=DPI)
    ink = dark(picture)
    (x0, low), _, (x1, top), (x2, _), _, (x3, _) = picture.sheet.pulse(1)
    assert (low - top, x2 - x1) == (10.0, 5.0)
    roof = np.flatnonzero(ink[:, round((x1 + 2.5) * 10)][round((top - 2) * 10) : round((top + 2) * 10)])
    floor = np.flatnonzero(ink[:, round((x0 + 1) * 10)][round((low - 2) * 10) : round((low + 2) * 10)])
    rise_px = (floor.mean() + (low - 2) * 10) - (roof.mean() + (top - 2) * 10)
    assert rise_px == pytest.approx(100, abs=0.6)
    half_way = round((low + top) / 2 * 10)
    walls = np.flatnonzero(ink[half_way, round(x0 * 10) : round(x3 * 10)])
    left, right = walls[walls < walls.mean()].mean(), walls[walls > walls.mean()].mean()
    assert right - left == pytest.approx(50, abs=0.6)


@pytest.mark.parametrize("fs_hz", [250.0, 500.0, 1000.0])
def test_a_known_step_lands_where_time_and_amplitude_say(fs_hz: float) -> None:
    picture = render(stepping(6.0, 1.5, fs_hz), dpi=DPI)
    ink = dark(picture)
    for strip in (strip_of(picture, "V2"), strip_of(picture, "II", rhythm=True)):
        x_mm = strip.x_mm + (6.05 - strip.start_s) * 25
        roof_mm = strip.baseline_mm - 15
        roof = np.flatnonzero(ink[round((roof_mm - 1) * 10) : round((roof_mm + 1) * 10), round(x_mm * 10)])
        assert roof.mean() + (roof_mm - 1) * 10 == pytest.approx(roof_mm * 10, abs=0.6)
        rise_mm = strip.x_mm + (6.0 - strip.start_s) * 25
        row = ink[round((strip.baseline_mm - 7) * 10), round((rise_mm - 2) * 10) : round((rise_mm + 1) * 10)]
        # The line rises between the last low sample and the first high one.
        assert np.flatnonzero(row).mean() / 10 - 2 == pytest.approx(-12.5 / fs_hz, abs=0.08)


def test_a_picture_of_few_colours_is_a_third_of_the_size_and_no_eye_tells_it() -> None:
    ecg = simulate(Specification("sinus", rate=75), 1).ecg
    full, few = render(ecg), render(ecg, format="png8")
    apart = np.abs(pixels(full).astype(int) - pixels(few)).max(axis=2)
    assert apart.max() <= 24
    assert apart.mean() < 0.5
    assert (pixels(few)[0, 0] == 255).all(), "white stays white"
    assert len(few.data) < 0.5 * len(full.data)


def test_the_picture_states_its_true_size() -> None:
    from PIL import Image

    picture = render(flat(), dpi=150)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        assert image.size == pytest.approx((297 / MM_PER_INCH * 150, 210 / MM_PER_INCH * 150), abs=1)
    svg = render(flat(), format="svg").data.decode()
    assert 'width="297mm" height="210mm"' in svg


@pytest.mark.parametrize(("speed", "gain"), [(25, 10), (50, 10), (25, 20), (12.5, 5)])
def test_speed_and_gain_scale_the_trace_and_stand_in_the_footnote(speed: float, gain: float) -> None:
    ecg = stepping(1.0, 1.0)
    picture = render(ecg, speed_mm_s=speed, gain_mm_mv=gain, format="svg")
    strip = strip_of(picture, "II", rhythm=True)
    x, y = picture.sheet.polyline(strip, ecg)
    assert x[-1] - x[0] == pytest.approx((10 - 1 / 500) * speed)
    assert strip.baseline_mm - y.min() == pytest.approx(gain)
    assert f"<!-- {speed:g} mm/s   {gain:g} mm/mV" in picture.data.decode()


@pytest.mark.parametrize(("layout", "strips", "column_s"), [("3x4+1", 13, 2.5), ("6x2", 12, 5.0), ("12x1", 12, 10.0)])
def test_columns_run_on_in_time(layout: Layout, strips: int, column_s: float) -> None:
    sheet = lay_out(flat(), layout)
    assert len(sheet.strips) == strips
    for strip in sheet.strips:
        assert strip.x_mm - sheet.strips[0].x_mm == pytest.approx(25 * strip.start_s)
        assert strip.end_s - strip.start_s == (10.0 if strip.rhythm else column_s)
    assert not sheet.simultaneous


def test_rhythm_strips_are_the_leads_asked_for() -> None:
    sheet = lay_out(flat(), rhythm_leads=("V1", "II", "V5"))
    assert [strip.lead for strip in sheet.strips if strip.rhythm] == ["V1", "II", "V5"]
    assert sheet.rows == 6


def test_a_short_record_shows_every_lead_and_says_that_columns_start_together() -> None:
    picture = render(flat(4.0), format="svg")
    assert {strip.start_s for strip in picture.sheet.strips} == {0.0}
    assert "columns start together" in picture.data.decode()


def test_a_record_that_ends_early_leaves_paper_not_a_flat_line() -> None:
    picture = render(flat(9.5), dpi=DPI)
    strip = strip_of(picture, "II", rhythm=True)
    row = dark(picture)[round(strip.baseline_mm * 10)]
    assert row[round((strip.x_mm + 9.4 * 25) * 10)]
    assert not row[round((strip.x_mm + 9.55 * 25) * 10) :].any()


def test_a_long_record_is_shown_from_where_one_asks_and_says_so() -> None:
    ecg = flat(60.0)
    picture = render(ecg, start_s=30.0, format="svg")
    assert strip_of(picture, "V4").start_s == 37.5
    assert "30 to 40 s of 60.0 s" in picture.data.decode()
    with pytest.raises(UsageError, match="needed 0 to 60 s"):
        render(ecg, start_s=60.0)


def test_gaps_are_not_bridged() -> None:
    signal = np.zeros((12, 5000), dtype=np.float32)
    signal[1, 2000:2500] = np.nan
    picture = render(Ecg.from_array(signal, 500, LEADS), dpi=DPI)
    strip = strip_of(picture, "II", rhythm=True)
    row = dark(picture)[round(strip.baseline_mm * 10)]
    assert row[round((strip.x_mm + 3.9 * 25) * 10)]
    assert not row[round((strip.x_mm + 4.05 * 25) * 10) : round((strip.x_mm + 4.95 * 25) * 10)].any()


def test_missing_leads_say_so_and_derived_leads_are_marked() -> None:
    ecg = Ecg.from_array(np.zeros((2, 5000)), 500, ["I", "II"])
    svg = render(ecg, format="svg").data.decode()
    assert svg.count("<!-- not recorded -->") == 6
    assert svg.count("<!-- derived -->") == 4


def test_a_large_offset_does_not_push_a_lead_off_the_paper() -> None:
    signal = np.zeros((12, 5000), dtype=np.float32)
    signal[1] += 8.0
    ecg = Ecg.from_array(signal, 500, LEADS)
    sheet = lay_out(ecg)
    _, y = sheet.polyline(sheet.strips[1], ecg)
    assert y == pytest.approx(sheet.strips[1].baseline_mm)


def test_giant_complexes_stay_on_the_paper() -> None:
    picture = render(stepping(1.0, 30.0), dpi=100, title="x")
    above = round(picture.sheet.grid.y0 * 100 / MM_PER_INCH) - 1
    legend = pixels(picture)[:14]
    assert (legend == 255).all()
    assert dark(picture)[above + 3].any(), "it reaches the paper's edge"
    row = pixels(picture)[above - 2]
    assert (row == 255).all(), "and not one pixel further"


def test_synthetic_and_digitised_records_are_marked() -> None:
    assert "SYNTHETIC" not in render(flat(), format="svg").data.decode()
    assert render(flat(synthetic=True), format="svg").data.decode().count("<!-- SYNTHETIC") == 3
    scanned = flat(source=Source(format="PNG", digitised=True))
    assert "<!-- DIGITISED from an image -->" in render(scanned, format="svg").data.decode()


def test_the_header_shows_age_sex_and_intervals_but_never_the_id() -> None:
    ecg = flat(age=61, sex="female", patient_id="Jane-Doe-4711")
    values = [
        measured(ecg, "hr", 104.0, "/min"),
        measured(ecg, "qrs", 92.0, "ms"),
        measured(ecg, "qt", 340.0, "ms"),
        measured(ecg, "qtc_bazett", 447.0, "ms"),
        measured(ecg, "qtc_fridericia", 408.0, "ms"),
        not_measured(ecg, "pr", "no P wave"),
    ]
    svg = render(ecg, measurements=Measurements(values), format="svg").data.decode()
    for words in ("61 years, female", "104/min", "92 ms", "QTc Fridericia", "408 ms", "— — —", "—"):
        assert f"<!-- {words} -->" in svg
    assert "Jane" not in svg
    assert "<!-- 0 ms -->" not in svg
    assert "<!-- not a medical" not in svg
    assert "Research use, not a medical device." in svg


def test_a_global_interval_is_drawn_on_the_rhythm_strip_and_lightly_on_the_other_rows() -> None:
    ecg = flat()
    pr = measured(ecg, "pr", 161.0, "ms", Span(None, 1.2, 1.361))
    picture = render(ecg, measurements=Measurements([pr]), evidence=["pr"])
    (mark,) = picture.marks
    rhythm = strip_of(picture, "II", rhythm=True)
    assert mark.label == "PR 161 ms"
    assert (mark.lead, mark.rhythm) == ("II", True)
    assert (mark.x0_mm, mark.x1_mm) == pytest.approx((rhythm.x_mm + 30.0, rhythm.x_mm + 34.025))
    assert len(mark.echoes) == 3, "I, II and III show this second"


def test_a_leads_span_outside_its_window_goes_to_the_rhythm_strip_or_is_listed() -> None:
    ecg = flat()
    items = Measurements(
        [
            measured(ecg, "q_dur", 30.0, "ms", Span("II", 6.0, 6.03), lead="II"),
            measured(ecg, "q_dur", 30.0, "ms", Span("V5", 1.0, 1.03), lead="V5"),
            measured(ecg, "q_dur", 30.0, "ms", Span("V5", 8.0, 8.03), lead="V5", beat=9),
            measured(ecg, "pvc_count", 0.0, ""),
            not_measured(ecg, "pr", "no P wave"),
        ]
    )
    picture = render(ecg, measurements=items, evidence=["II.q_dur", "V5.q_dur", "pvc_count", "pr"])
    drawn = {mark.id: mark for mark in picture.marks}
    assert drawn["II.q_dur"].rhythm
    assert drawn["V5.q_dur"].x0_mm == pytest.approx(strip_of(picture, "V5").x_mm + 0.5 * 25), "beat 9 shows it"
    reasons = dict(picture.not_drawn)
    assert reasons["pvc_count"] == "no stretch of the trace belongs to it"
    assert reasons["pr"] == "not measurable: no P wave"
    alone = render(ecg, measurements={"V5.q_dur": items["V5.q_dur"]}, evidence=["V5.q_dur"])
    assert "outside V5's window" in alone.not_drawn[0].reason


def test_every_beat_of_a_count_is_marked() -> None:
    ecg = flat()
    count = measured(ecg, "pvc_count", 3.0, "", *(Span(None, at, at + 0.16) for at in (1.0, 4.5, 8.0)))
    (mark,) = render(ecg, measurements={"pvc_count": count}, evidence=["pvc_count"]).marks
    x = strip_of(render(ecg), "II", rhythm=True).x_mm
    assert [mark.x0_mm, *(left for left, _ in mark.repeats)] == pytest.approx([x + 25, x + 112.5, x + 200])


def test_an_ectopic_beat_never_carries_the_dominant_beats_label() -> None:
    ecg = flat()
    items = Measurements(
        [
            measured(ecg, "r_amp", 1.5, "mV", Span("aVL", 0.5, 0.6), lead="aVL", uncertainty=0.05),
            measured(ecg, "r_amp", 0.3, "mV", Span("aVL", 2.6, 2.7), lead="aVL", beat=2, uncertainty=0.05),
            measured(ecg, "r_amp", 1.52, "mV", Span("aVL", 3.6, 3.7), lead="aVL", beat=3, uncertainty=0.05),
        ]
    )
    (mark,) = render(ecg, measurements=items, evidence=["aVL.r_amp"]).marks
    sheet = lay_out(ecg)
    strip = next(strip for strip in sheet.strips if strip.lead == "aVL")
    assert sheet.x_mm(strip, 3.6) <= mark.x0_mm <= sheet.x_mm(strip, 3.7)


def test_an_amplitude_points_at_its_peak_and_at_the_level_it_was_measured_from() -> None:
    signal = np.zeros((12, 5000), dtype=np.float32)
    signal[6, 2795:2805] = 0.5
    signal[6, 2800] = -1.2
    ecg = Ecg.from_array(signal, 500, LEADS)
    items = Measurements(
        [
            measured(ecg, "s_amp", -1.2, "mV", Span("V1", 5.58, 5.62), lead="V1"),
            measured(ecg, "st_j", 0.1, "mV", Span("V1", 5.696, 5.704), lead="V1"),
        ]
    )
    picture = render(ecg, measurements=items, evidence=["V1.s_amp", "V1.st_j"])
    strip = strip_of(picture, "V1")
    peak, st = picture.marks
    assert peak.kind == "amplitude"
    assert peak.x0_mm == pytest.approx(strip.x_mm + 0.6 * 25)
    assert (peak.y0_mm, peak.y1_mm) == pytest.approx((strip.baseline_mm + 12, strip.baseline_mm))
    assert st.x0_mm == pytest.approx(strip.x_mm + 0.7 * 25)
    assert (peak.label, st.label) == ("V1 S -1.20 mV", "V1 ST J 0.10 mV")


def test_a_wave_that_is_not_there_is_not_pointed_at() -> None:
    ecg = flat()
    none = measured(ecg, "q_amp", 0.0, "mV", Span("I", 1.0, 1.1), lead="I")
    (mark,) = render(ecg, measurements={"I.q_amp": none}, evidence=["I.q_amp"]).marks
    assert mark.kind == "interval"


def test_a_stretch_longer_than_the_sheet_is_drawn_cut() -> None:
    ecg = flat(30.0)
    rate = measured(ecg, "hr", 60.0, "/min", Span(None, 0.0, 29.0))
    (mark,) = render(ecg, measurements={"hr": rate}, evidence=["hr"], start_s=5.0).marks
    assert (mark.cut_left, mark.cut_right) == (True, True)


@pytest.mark.parametrize("layout", ["3x4+1", "6x2", "12x1"])
def test_labels_never_touch_on_a_real_ecg(demo_ecg: Ecg, layout: Layout) -> None:
    measurements = measure(demo_ecg)
    names = ("pr", "qrs", "qt", "p_dur", "qtc_bazett", "hr", "qrs_axis", "t_axis", "rr#1", "qrs#3")
    ids = [*names, *(f"{lead}.{name}" for lead in LEADS for name in ("st_j", "r_amp", "t_amp"))]
    picture = render(demo_ecg, layout=layout, measurements=measurements, evidence=ids)
    assert len(picture.marks) >= 35
    assert {mark.id for mark in picture.marks} | {key for key, _ in picture.not_drawn} == set(ids)
    for one, other in combinations(picture.marks, 2):
        assert not one.text.touches(other.text), f"{one.label} and {other.label}"
    for mark in picture.marks:
        assert picture.sheet.grid.holds(mark.text)
        assert mark.label == label(measurements[mark.id])


def test_unknown_and_foreign_evidence_is_refused(demo_ecg: Ecg, other_ecg: Ecg) -> None:
    ecg = flat()
    pr = measured(ecg, "pr", 161.0, "ms", Span(None, 1.2, 1.361))
    with pytest.raises(UnknownEvidence, match=r"found id `V3\.st_j`"):
        render(ecg, measurements={"pr": pr}, evidence=["V3.st_j"])
    with pytest.raises(UnknownEvidence, match="needed evidence of record"):
        render(demo_ecg, measurements={"pr": pr}, evidence=["pr"])
    with pytest.raises(UnknownEvidence, match="needed evidence of record"):
        render(other_ecg, measurements={"pr": pr})


def test_a_wrong_request_is_one_clear_line() -> None:
    ecg = flat()
    with pytest.raises(UsageError, match="found layout `4x3`"):
        render(ecg, layout="4x3")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="found format `pdf`"):
        render(ecg, format="pdf")  # type: ignore[arg-type]
    with pytest.raises(UnknownLead, match="found lead `V9`"):
        render(ecg, rhythm_leads=("V9",))
    with pytest.raises(UsageError, match="mm/s"):
        render(ecg, speed_mm_s=0)
    with pytest.raises(UsageError, match="dpi"):
        render(ecg, dpi=10_000)


@pytest.mark.parametrize("title", ["$x$ \\frac{1}", "漢字 🫀", "<script>alert(1)</script>", "two\nlines" * 20])
def test_any_heading_can_be_drawn(title: str) -> None:
    svg = render(flat(), title=title, format="svg").data.decode()
    assert "<script" not in svg
    render(flat(), title=title)


@pytest.mark.parametrize("file_format", ["png", "svg"])
def test_equal_input_gives_equal_bytes_in_threads_too(demo_ecg: Ecg, file_format: Any) -> None:
    def draw(_: int) -> bytes:
        return render(demo_ecg, format=file_format).data

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(draw, range(4)))) == 1


def test_rendering_leaves_matplotlib_as_it_was() -> None:
    code = (
        "import sys, numpy as np, matplotlib\n"
        # Reading `backend` would itself load pyplot.
        "now = lambda: {key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != 'backend'}\n"
        "before = now()\n"
        "from calipers.ecg import Ecg\n"
        "from calipers.tools.render import render\n"
        "ecg = Ecg.from_array(np.zeros((1, 500)), 250, ['II'])\n"
        "assert 'matplotlib.figure' not in sys.modules, 'loaded only when something is drawn'\n"
        "render(ecg)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert now() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_picture_shows_itself_in_a_notebook_and_saves(tmp_path: Any) -> None:
    png, svg = render(flat()), render(flat(), format="svg")
    assert png._repr_png_() == png.save(tmp_path / "trace.png").read_bytes()
    assert png._repr_svg_() is None
    assert svg._repr_png_() is None
    assert (svg._repr_svg_() or "").startswith("<?xml")


def test_a_sheet_takes_less_than_six_tenths_of_a_second(demo_ecg: Ecg) -> None:
    measurements = measure(demo_ecg)
    taken = []
    for _ in range(4):
        begun = time.process_time()
        render(demo_ecg, measurements=measurements, evidence=["pr", "qrs", "qt", "V5.r_amp"])
        taken.append(time.process_time() - begun)
    assert min(taken) < 0.6
