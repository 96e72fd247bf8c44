"""What is a name, where columns stand, which lead a strip repeats, how fast the paper ran, and when there are two ECGs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.digitisation import Segment
from calipers.errors import UnreadableInput
from calipers.leads import Lead
from calipers.models.segmenter.segmenter import PX_MM
from calipers.models.segmenter.word_reader import Box
from calipers.tools.digitise.arrangement import Arranged, Cell
from calipers.tools.digitise.columns import Row, column_bounds
from calipers.tools.digitise.names import Found, _is_traced
from calipers.tools.digitise.order import arrange
from calipers.tools.digitise.orientation import refuse_two
from calipers.tools.digitise.rows import find_rows, strokes
from calipers.tools.digitise.signals import Leads
from calipers.tools.digitise.speed_by_beats import _SURE, odds_of_twice
from calipers.tools.digitise.strips import with_columns_by_strips, with_strips_by_signal
from calipers.tools.digitise.trust import FS_HZ

PITCH_MM = 25.0


def row(number: int, right_mm: float = 270.0) -> Row:
    return Row(40.0 + PITCH_MM * number, 20.0, right_mm)


def name(word: str, x_mm: float, number: int) -> Found:
    return Found(word, 0.9, x_mm, row(number).y_mm - 8.0, x_mm + 6.0)


def test_two_tall_strokes_of_a_trace_are_not_lead_ii() -> None:
    trace = np.zeros((40, 60), np.float32)
    trace[5:35, 12:18] = trace[5:35, 24:30] = 1.0
    assert _is_traced(Box(10, 8, 32, 30), trace)
    assert not _is_traced(Box(28, 8, 50, 30), trace)


def test_misread_names_do_not_move_the_columns() -> None:
    trace = np.ones((round(220 * PX_MM), round(300 * PX_MM)), np.float32)
    read = [
        name("I", 20, 0), name("aVR", 82, 0), name("V4", 208, 0), name("II", 20, 1), name("aVL", 82, 1), name("V3", 208, 1),
        name("III", 20, 2), name("aVF", 82, 2), name("V3", 145, 2), name("V3", 208, 2), name("V6", 20, 3), name("V2", 20, 4),
        name("aVR", 20, 5),
    ]  # fmt: skip
    found = arrange([row(number) for number in range(6)], read, trace, 25.0)
    assert found.name == "3x4+3"
    assert [cell.lead for cell in found.cells if cell.strip] == ["V6", "V2", "aVR"]


def test_names_at_a_pages_columns_tell_its_order_though_most_were_misread() -> None:
    # Names inside crowded traces: one was read, two misread, a bar between columns looks like `I`.
    trace = np.ones((round(220 * PX_MM), round(300 * PX_MM)), np.float32)
    read = [
        name("I", 82.5, 0), name("V6", 207.5, 2), name("V1", 207.5, 0)._replace(chance=0.69),
        name("II", 145, 1)._replace(chance=0.53),
    ]  # fmt: skip
    found = arrange([row(number) for number in range(4)], read, trace, 25.0)
    assert (found.name, found.guessed) == ("3x4+1", True)


def lines(rows_mm: list[float], left_mm: float, right_mm: float) -> NDArray[np.float32]:
    """A page of 300 x 200 mm with unbroken lines on it."""
    page = np.zeros((round(200 * PX_MM), round(300 * PX_MM)), np.float32)
    for y_mm in rows_mm:
        y = round(y_mm * PX_MM)
        page[y - 1 : y + 2, round(left_mm * PX_MM) : round(right_mm * PX_MM)] = 1.0
    return page


def test_rows_end_where_the_pen_does_and_not_where_the_network_ran_on_along_a_line_of_the_grid() -> None:
    trace = lines([60.0, 85.0], 30, 252)
    found = find_rows(trace, strokes(trace, lines([60.0, 85.0], 30, 250)))
    assert [one.right_mm for one in found] == pytest.approx([250.0] * 2, abs=0.4)


def test_specks_of_the_table_beyond_the_ruled_paper_are_no_ink_of_a_row() -> None:
    page = lines([60.0, 85.0, 110.0], 50, 250)
    specks = np.random.default_rng(0).random(page.shape) < 0.004
    specks[:, round(40 * PX_MM) : round(260 * PX_MM)] = False
    table = np.maximum(page, specks)
    seen = find_rows(table, strokes(table, table), (45.0, 40.0, 255.0, 130.0))
    assert [one.left_mm for one in seen] == pytest.approx([50.0] * 3, abs=0.5)
    assert [one.right_mm for one in seen] == pytest.approx([250.0] * 3, abs=0.5)


def test_a_line_far_beyond_the_ruled_paper_is_no_row() -> None:
    page = lines([60.0, 85.0, 110.0, 180.0], 50, 250)
    assert len(find_rows(page, page, (45.0, 40.0, 255.0, 130.0))) == 3
    assert len(find_rows(page, page)) == 4


def test_twelve_rows_are_the_twelve_leads_though_hardly_a_name_was_read() -> None:
    trace = np.ones((round(360 * PX_MM), round(300 * PX_MM)), np.float32)
    read = [name("II", 20, 1), name("V1", 20, 6), name("V3", 20, 11)]
    assert arrange([row(number) for number in range(12)], read, trace, 25.0).name == "12x1"


def test_names_tell_of_paper_between_columns_where_rows_end_at_unlike_places() -> None:
    rows = [row(0, 284.0), row(1, 286.0), row(2, 292.0)]
    names_mm = {column: 20.5 + 67.5 * column for column in range(4)}
    trace = np.ones((round(120 * PX_MM), round(300 * PX_MM)), np.float32)
    bounds = column_bounds(4, rows, trace, 25.0, names_mm=names_mm, pulses=None)
    assert [start for start, _ in bounds] == pytest.approx([20.0, 87.5, 155.0, 222.5], abs=0.6)


def test_paper_between_columns_outweighs_names() -> None:
    # A bar between columns was read as a part of the second column's names.
    page = np.zeros((round(120 * PX_MM), round(300 * PX_MM)), np.float32)
    rows = [row(number, 282.0) for number in range(3)]
    for one in rows:
        for column in range(4):
            left = 20.0 + column * 66.5
            page[round(one.y_mm * PX_MM), round(left * PX_MM) : round((left + 62.5) * PX_MM)] = 1.0
    for names_mm in ({0: 21.0, 1: 86.0}, {0: 21.0, 1: 86.7, 2: 152.9, 3: 219.1}):
        bounds = column_bounds(4, rows, page, 25.0, names_mm=names_mm, pulses="left")
        assert [start for start, _ in bounds] == pytest.approx([20.0, 86.5, 153.0, 219.5], abs=0.1)


def test_names_tell_how_far_columns_stand_apart_where_a_rows_faint_end_was_not_seen() -> None:
    rows = [row(number, 274.0) for number in range(3)]
    trace = np.ones((round(120 * PX_MM), round(300 * PX_MM)), np.float32)
    names_mm = {column: 20.5 + 64.5 * column for column in range(4)}
    bounds = column_bounds(4, rows, trace, 25.0, names_mm=names_mm, pulses="left")
    assert bounds[1][0] - bounds[0][0] == pytest.approx(64.5, abs=0.3)


def test_strokes_that_look_like_a_name_do_not_speak_against_the_usual_order() -> None:
    trace = np.ones((round(150 * PX_MM), round(300 * PX_MM)), np.float32)
    read = [name("I", 145, 0), name("II", 20, 1), name("III", 20, 2)]
    found = arrange([row(number) for number in range(4)], read, trace, 25.0)
    assert (found.name, found.guessed) == ("3x4+1", True)


def test_three_columns_of_five_seconds_at_fifty_are_five_thirds_long() -> None:
    rows = [row(number, 20.0 + 3 * 250 / 3 + 2 * 3.0) for number in range(4)]
    names_mm = {column: 20.5 + (250 / 3 + 3.0) * column for column in range(3)}
    trace = np.ones((round(150 * PX_MM), round(300 * PX_MM)), np.float32)
    bounds = column_bounds(3, rows, trace, 50.0, names_mm=names_mm, pulses=None)
    assert [end - start for start, end in bounds] == pytest.approx([250 / 3] * 3, abs=0.01)


def beats(seconds: float, from_s: float, height: float) -> NDArray[np.float64]:
    times = from_s + np.arange(round(seconds * FS_HZ)) / FS_HZ
    return height * np.exp(-((((times + 0.1) % 0.8 - 0.4) / 0.02) ** 2)) + 0.1 * np.sin(height * 40 * times)


def test_a_strip_named_for_one_lead_that_repeats_another_is_that_one() -> None:
    shown: list[tuple[Lead, float, bool, float]] = [
        ("II", 1.0, False, 40.0),
        ("V1", -0.7, False, 65.0),
        ("II", -0.7, True, 90.0),
    ]
    segments = tuple(
        Segment(lead=lead, start_s=0.0, end_s=4.0, strip=strip, error_mv=0.02, confidence=1.0, x_mm=20.0, baseline_mm=y_mm)
        for lead, _, strip, y_mm in shown
    )  # fmt: skip
    stretches = tuple((lead, 0.0, beats(4.0, 0.0, height)) for lead, height, _, _ in shown)
    cells = tuple(Cell(lead, k, 0, strip, 20.0, 120.0, inverted=False) for k, (lead, _, strip, _) in enumerate(shown))
    nothing = np.zeros((12, 0), np.float32)
    leads = Leads(nothing, nothing, segments, stretches)
    found = with_strips_by_signal(Arranged("2x1+1", cells, (3, 0), guessed=False), leads, [row(k) for k in range(3)])
    assert [cell.lead for cell in found.cells] == ["II", "V1", "V1"]


def test_a_strip_that_is_hardly_unlike_its_named_lead_but_just_another_is_that_one() -> None:
    shown: list[tuple[Lead, bool]] = [("I", False), ("II", False), ("II", True)]
    one = beats(4.0, 0.0, 1.0)
    drawn = [one, one + 0.35 * np.random.default_rng(0).normal(0, one.std(), one.size), one]
    found = with_strips_by_signal(*read_as(shown, drawn, 0.0), [row(k) for k in range(3)])
    assert [cell.lead for cell in found.cells] == ["I", "II", "I"]


def read_as(shown: list[tuple[Lead, bool]], drawn: list[NDArray[np.float64]], start_s: float) -> tuple[Arranged, Leads]:
    """Leads one below the other, from one moment on, each in a row of its own."""
    segments = tuple(
        Segment(lead=lead, start_s=0.0 if strip else start_s, end_s=10.0, strip=strip, error_mv=0.02, confidence=1.0, x_mm=20.0, baseline_mm=row(k).y_mm)
        for k, (lead, strip) in enumerate(shown)
    )  # fmt: skip
    stretches = tuple((one.lead, one.start_s, samples) for one, samples in zip(segments, drawn, strict=True))
    cells = tuple(Cell(lead, k, 0, strip, 20.0, 120.0, inverted=False) for k, (lead, strip) in enumerate(shown))
    nothing = np.zeros((12, 0), np.float32)
    return Arranged("2x1+1", cells, (3, 0), guessed=False), Leads(nothing, nothing, segments, stretches)


@pytest.mark.parametrize("late_s", [0.0, 0.03])
def test_columns_stand_where_their_complexes_fall_together_with_the_strips(late_s: float) -> None:
    # Each column was taken to begin so much later along the page than the one before than it does.
    names: tuple[Lead, ...] = ("II", "aVL", "V2", "V5")
    moments = 0.5 + np.cumsum(np.random.default_rng(1).uniform(0.7, 0.95, 14))

    def signal(from_s: float, seconds: float) -> NDArray[np.float64]:
        times = from_s + np.arange(round(seconds * FS_HZ)) / FS_HZ
        return np.asarray(np.exp(-(((times[:, None] - moments) / 0.02) ** 2)).sum(axis=1))

    stretches = [(lead, 2.5 * k, signal(2.5 * k + k * late_s, 2.5)) for k, lead in enumerate(names)]
    stretches.append(("II", 0.0, signal(0.0, 10.0)))
    segments = tuple(
        Segment(lead=lead, start_s=start, end_s=start + samples.size / FS_HZ, strip=samples.size > 2000, error_mv=0.02, confidence=1.0, x_mm=20.0, baseline_mm=40.0)
        for lead, start, samples in stretches
    )  # fmt: skip
    cells = [Cell(lead, 0, k, False, 20.0 + 64 * k, 82.5 + 64 * k, inverted=False) for k, lead in enumerate(names)]
    cells.append(Cell("II", 1, 0, True, 20.0, 270.0, inverted=False))
    nothing = np.zeros((12, 0), np.float32)
    arranged = Arranged("1x4+1", tuple(cells), (4, 0), guessed=False)
    found = with_columns_by_strips(arranged, Leads(nothing, nothing, segments, tuple(stretches)), 25.0)
    moved = [old.left_mm - new.left_mm for old, new in zip(arranged.cells, found.cells, strict=True)]
    assert moved == pytest.approx([k * late_s * 25.0 for k in range(4)] + [0.0], abs=0.15)


def test_a_strip_that_repeats_no_lead_is_none_and_the_layout_is_named_without_it() -> None:
    shown: list[tuple[Lead, bool]] = [("II", False), ("V1", False), ("II", True)]
    drawn = [beats(4.0, 0.0, 1.0), beats(4.0, 0.0, -0.7), np.random.default_rng(0).normal(0, 0.2, 2000)]
    segments = tuple(
        Segment(lead=lead, start_s=0.0, end_s=4.0, strip=strip, error_mv=0.02, confidence=1.0, x_mm=20.0, baseline_mm=40.0)
        for lead, strip in shown
    )  # fmt: skip
    stretches = tuple((lead, 0.0, samples) for (lead, _), samples in zip(shown, drawn, strict=True))
    cells = tuple(Cell(lead, k, 0, strip, 20.0, 120.0, inverted=False) for k, (lead, strip) in enumerate(shown))
    nothing = np.zeros((12, 0), np.float32)
    leads = Leads(nothing, nothing, segments, stretches)
    found = with_strips_by_signal(Arranged("2x1+1", cells, (3, 0), guessed=False), leads, [row(k) for k in range(3)])
    assert (found.name, [cell.lead for cell in found.cells]) == ("2x1", ["II", "V1"])


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ({"hr": 36.0, "qrs": 185.0, "pr": 300.0}, "twice"),
        ({"hr": 72.0, "qrs": 95.0, "pr": 160.0}, "right"),
        ({"hr": 38.0, "qrs": 95.0, "pr": 190.0}, "neither"),
        ({"hr": 70.0, "qrs": 165.0}, "neither"),
    ],
)
def test_rate_pr_and_qrs_together_tell_the_papers_speed_or_leave_it_open(measured: dict[str, float], told: str) -> None:
    odds = odds_of_twice(measured.get)
    assert told == ("twice" if odds > _SURE else "right" if odds < -_SURE else "neither")


def test_names_that_stand_again_at_one_distance_are_two_ecgs() -> None:
    once = [name(word, 20.0 + 62.5 * column, number) for number, words in enumerate(
        (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
    ) for column, word in enumerate(words)]  # fmt: skip
    with pytest.raises(UnreadableInput, match="two ECGs"):
        refuse_two([*once, *(one._replace(y_mm=one.y_mm + 120.0) for one in once)])


def test_three_strips_and_misread_words_are_not_two_ecgs() -> None:
    words = ("I", "II", "III", "aVR", "V1", "V4", "V5")
    chance = np.random.default_rng(3)
    refuse_two(
        [name(word, float(chance.uniform(20, 260)), int(chance.integers(6))) for word in words for _ in range(3)]
    )
