"""Grid, bend, scale, order and tracks on drawings whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.digitisation import DOUBT, Bend
from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.columns import Row
from calipers.tools.digitise.grid import find_grid, line_map, tiles_of
from calipers.tools.digitise.names import Found
from calipers.tools.digitise.order import arrange
from calipers.tools.digitise.scale import Pulse, find_pulses, find_scale, times_too_large, with_speed_by_beats
from calipers.tools.digitise.square import square_found_mm
from calipers.tools.digitise.straighten import straighten


def paper(px_mm: float, degrees: float = 0.0) -> NDArray[np.uint8]:
    """Ruled paper of 150 x 120 mm, turned about its middle."""
    page = np.full((round(120 * px_mm), round(150 * px_mm), 3), 255, np.uint8)
    for every, colour in ((1, (250, 205, 205)), (5, (230, 140, 140))):
        for at in np.arange(0, 151, every):
            cv2.line(page, (round(at * px_mm), 0), (round(at * px_mm), page.shape[0]), colour, 1)
            cv2.line(page, (0, round(at * px_mm)), (page.shape[1], round(at * px_mm)), colour, 1)
    # A sheet without grain has products of its lines as clear as the lines; no scanner gives that.
    page = np.clip(page + np.random.default_rng(0).normal(0, 6, page.shape), 0, 255).astype(np.uint8)
    matrix = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), degrees, 1.0)
    turned: NDArray[np.uint8] = cv2.warpAffine(page, matrix, page.shape[1::-1], borderValue=(255, 255, 255))
    return turned


@pytest.mark.parametrize(("px_mm", "degrees"), [(6.0, 0.0), (7.4, 0.0), (9.0, 4.0), (5.0, -8.0)])
def test_the_grids_pitch_and_turn_are_found(px_mm: float, degrees: float) -> None:
    lines = line_map(paper(px_mm, degrees))
    grid = find_grid(tiles_of(lines), max(lines.shape))
    assert grid.pitch_px == pytest.approx(5 * px_mm, rel=0.01)
    assert np.degrees(grid.angle) == pytest.approx(-degrees, abs=0.5)


def test_a_turned_page_comes_out_at_its_true_scale() -> None:
    flat = straighten(paper(8.0, 5.0), PX_MM)
    assert flat.px_mm == pytest.approx(8.0, rel=0.005)


def test_places_of_a_turned_page_are_found_to_a_twentieth_of_a_millimetre() -> None:
    px_mm, degrees = 8.0, 3.0
    page = paper(px_mm, degrees)
    flat = straighten(page, PX_MM)
    true_mm = np.stack(np.meshgrid(np.arange(20.0, 131, 10), np.arange(20.0, 101, 10)), axis=-1).reshape(-1, 2)
    matrix = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), degrees, 1.0)
    picture = (true_mm * px_mm) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    mapped = np.concatenate([picture, np.ones((len(picture), 1))], axis=1) @ np.linalg.inv(flat.to_picture).T
    away = mapped[:, :2] / mapped[:, 2:] - true_mm
    assert np.abs(away - np.median(away, axis=0)).max() < 0.05


def test_flat_paper_has_no_bend_and_curled_paper_has_its_own() -> None:
    page = paper(8.0)
    assert straighten(page, PX_MM).bend is None
    ys, xs = np.mgrid[0 : page.shape[0], 0 : page.shape[1]].astype(np.float32)
    curl_mm = 2.0
    wave = (curl_mm * 8.0 * np.sin(np.pi * ys / page.shape[0])).astype(np.float32)
    curled = cv2.remap(page, xs + wave, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
    bend = straighten(curled, PX_MM).bend
    assert bend is not None
    column = np.array(bend.dx_mm)[:, len(bend.dx_mm[0]) // 2]
    assert np.ptp(column) == pytest.approx(curl_mm, rel=0.1)


@pytest.mark.parametrize("square_mm", [10.0, 7.5, 20 / 3, 5.0, 3.75, 3.0, 2.5])
def test_a_grid_taken_for_another_is_noticed_by_its_own_lines(square_mm: float) -> None:
    # Lines of a hundredth of a pixel's place, as a page drawn at 4 pixels a millimetre has them.
    at = np.arange(480) / 4.0
    line = np.exp(-(((at + square_mm / 2) % square_mm - square_mm / 2) ** 2) / (2 * 0.2**2))
    ruled = np.maximum(line[:400, None], line[None, :]).astype(np.float32)
    ruled += np.random.default_rng(0).normal(0, 0.2, ruled.shape).astype(np.float32)
    assert square_found_mm(ruled) == pytest.approx(square_mm)


def test_a_grid_taken_at_half_its_pitch_is_noticed_though_rows_hide_its_first_harmonic() -> None:
    square_mm, at = 10.0, np.arange(480) / 4.0
    line = np.exp(-(((at + square_mm / 2) % square_mm - square_mm / 2) ** 2) / (2 * 0.2**2))
    wave = np.exp(2j * np.pi * at / square_mm)
    hidden = line - 2 * np.real(np.mean(line * wave.conj()) * wave)
    ruled = np.add.outer(hidden[:400], line).astype(np.float32)
    ruled += np.random.default_rng(0).normal(0, 0.2, ruled.shape).astype(np.float32)
    assert square_found_mm(ruled) == square_mm


def test_a_pulse_as_many_times_too_high_as_too_long_tells_of_a_grid_taken_for_another() -> None:
    printed = [Found("10 mm/mV", 0.9, 0, 0, 10), Found("25 mm/s", 0.9, 20, 0, 30)]
    assert times_too_large([Pulse(20.0, 10.0)], printed, [500.0]) == pytest.approx(2.0)
    assert times_too_large([Pulse(10.0, 5.0)], printed, [500.0]) == 1.0
    assert times_too_large([Pulse(20.0, 5.0)], printed, [250.0]) == 1.0


@pytest.mark.parametrize(
    ("height_mm", "top_mm", "times"), [(10.9, 5.45, 1.09), (9.2, 4.6, 0.92), (10.3, 5.2, 1.0), (10.9, 5.0, 1.0)]
)
def test_pulses_slightly_higher_and_as_much_longer_tell_of_a_grid_taken_slightly_too_wide(
    height_mm: float, top_mm: float, times: float
) -> None:
    assert times_too_large([Pulse(height_mm, top_mm)] * 3, [], [250.0]) == pytest.approx(times)


def test_a_page_seen_aslant_comes_out_at_its_true_scale() -> None:
    page = paper(6.0)
    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = corners * np.array([1.0, 0.8], np.float32)
    seen[1] += (0, 40)
    table = np.random.default_rng(0).normal(120, 25, (3 * height, 2 * width, 1)).clip(0, 255).astype(np.uint8)
    matrix = cv2.getPerspectiveTransform(corners, seen + np.float32(250))
    image = np.repeat(cv2.GaussianBlur(table, (0, 0), 1.5)[..., None], 3, axis=2)
    cv2.warpPerspective(page, matrix, image.shape[1::-1], dst=image, borderMode=cv2.BORDER_TRANSPARENT)
    flat = straighten(image, PX_MM)
    places = np.array([[30.0, 30.0], [120.0, 30.0], [30.0, 90.0]]) * 6.0
    picture = np.concatenate([places, np.ones((3, 1))], axis=1) @ matrix.T
    mapped = (
        np.concatenate([picture[:, :2] / picture[:, 2:], np.ones((3, 1))], axis=1) @ np.linalg.inv(flat.to_picture).T
    )
    flat_mm = mapped[:, :2] / mapped[:, 2:]
    assert np.hypot(*(flat_mm[1] - flat_mm[0])) == pytest.approx(90.0, rel=0.01)
    assert np.hypot(*(flat_mm[2] - flat_mm[0])) == pytest.approx(60.0, rel=0.01)


def test_rows_longer_than_any_page_at_the_printed_speed_tell_of_a_grid_taken_at_half_its_pitch() -> None:
    sure, unsure = (Found("25 mm/s", chance, 0, 0, 10) for chance in (0.9, 0.6))
    assert times_too_large([], [sure], [520.0, 519.0]) == 2.0
    assert times_too_large([], [sure], [250.0, 250.0]) == 1.0
    assert times_too_large([], [unsure], [520.0, 519.0]) == 1.0


def test_a_bend_is_interpolated_between_its_nodes() -> None:
    bend = Bend(step_mm=10.0, dx_mm=((0.0, 2.0), (0.0, 2.0)), dy_mm=((0.0, 0.0), (4.0, 4.0)))
    assert bend.at(5.0, 5.0) == pytest.approx((1.0, 2.0))
    assert bend.at(-50.0, 500.0) == pytest.approx((0.0, 4.0))


def test_a_pulse_of_half_height_is_five_millimetres_a_millivolt() -> None:
    plane = np.zeros((200, 200), np.float32)
    corners = np.array([[20, 150], [35, 150], [35, 120], [65, 120], [65, 150], [80, 150]], np.int32)
    cv2.polylines(plane, [corners[:, None]], isClosed=False, color=1.0, thickness=2)
    pulses = find_pulses(plane)
    assert len(pulses) == 1
    scale = find_scale(pulses, [])
    assert (scale.gain_mm_mv, scale.speed_mm_s) == (5.0, 25.0)


def test_what_was_not_read_is_said_to_be_assumed() -> None:
    scale = find_scale([], [])
    assert (scale.gain_mm_mv, scale.speed_mm_s) == (10.0, 25.0)
    assert len(scale.notes) == 2
    assert all("assumed" in note for note in scale.notes)


def test_a_pulse_that_contradicts_the_print_is_followed_and_said() -> None:
    scale = find_scale([Pulse(20.0, 5.0)], [Found("10 mm/mV", 0.9, 0, 0, 10)])
    assert scale.gain_mm_mv == 20.0
    assert any(note.startswith(DOUBT) and "pulse" in note for note in scale.notes)


def test_pulses_that_run_into_one_another_are_measured_to_their_own_row() -> None:
    plane = np.zeros((400, 200), np.float32)
    rows_mm = [15.0, 25.0, 35.0, 45.0]
    for row in rows_mm:
        foot, top = round(row * PX_MM), round((row - 10) * PX_MM)
        corners = np.array([[20, foot], [35, foot], [35, top], [65, top], [65, foot], [80, foot]], np.int32)
        cv2.polylines(plane, [corners[:, None]], isClosed=False, color=1.0, thickness=2)
    scale = find_scale(find_pulses(plane, rows_mm), [])
    assert (scale.gain_mm_mv, scale.gain_by) == (10.0, "by calibration pulse")


def test_several_pulses_outweigh_a_print_that_was_hardly_read() -> None:
    pulses, unsure, sure = [Pulse(10.0, 10.0)] * 4, Found("25 mm/s", 0.55, 0, 0, 10), Found("25 mm/s", 0.95, 0, 0, 10)
    assert find_scale(pulses, [unsure]).speed_mm_s == 50.0
    assert find_scale(pulses, [sure]).speed_mm_s == 25.0
    assert all(find_scale(pulses, [one]).notes[0].startswith(DOUBT) for one in (unsure, sure))


def test_a_speed_that_the_beats_tell_is_no_longer_assumed() -> None:
    told = with_speed_by_beats(find_scale([Pulse(10.0, 0.4)], []), 50.0)
    assert (told.speed_mm_s, told.speed_assumed, told.notes) == (50.0, False, ())


def rows_of(count: int) -> list[Row]:
    return [Row(30.0 + 25.0 * row, 20.0, 270.0) for row in range(count)]


def name(word: str, x_mm: float, row: int) -> Found:
    return Found(word, 0.95, x_mm, 30.0 + 25.0 * row - 8.0, x_mm + 6.0)


def test_names_tell_cabrera_from_the_usual_order() -> None:
    trace = np.ones((round(150 * PX_MM), round(300 * PX_MM)), np.float32)
    names = [name("aVL", 21, 0), name("I", 21, 1), name("-aVR", 21, 2), name("II", 83.5, 0), name("V4", 208.5, 0)]
    found = arrange(rows_of(3), names, trace, 25.0)
    assert found.name == "3x4 Cabrera"
    assert next(cell for cell in found.cells if cell.lead == "aVR").inverted


def test_strips_take_the_names_beside_them() -> None:
    trace = np.ones((round(200 * PX_MM), round(300 * PX_MM)), np.float32)
    usual = [name("I", 21, 0), name("aVR", 83.5, 0), name("V1", 146, 0), name("II", 21, 1), name("III", 21, 2)]
    found = arrange(rows_of(5), [*usual, name("V5", 21, 3)], trace, 25.0)
    assert found.name == "3x4+2"
    assert [cell.lead for cell in found.cells if cell.strip] == ["V5", "II"]
