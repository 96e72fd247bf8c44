"""The line that a pen's middle drew, from ink alone; columns by names, paper and ends; doubt that is said."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.digitisation import DOUBT, Segment
from calipers.errors import PictureNotDigitised
from calipers.models.segmenter.segmenter import PX_MM
from calipers.models.tracer.windows import FINER
from calipers.tools.digitise.columns import Row, column_bounds
from calipers.tools.digitise.pen import edges, line, width_px
from calipers.tools.digitise.trust import DOUBTED, Evidence, doubts, trust

GOOD = Evidence(residual=0.04, strip=0.0, apart=0.05, unexplained=0.05, unnamed=0.0, doubt=0.01)
READ = "grid, 10 mm/mV by calibration pulse, 25 mm/s by print"


def near(y_px: NDArray[np.float64]) -> NDArray[np.int64]:
    """A path at finer columns that stands beside the line by a pixel, now above and now below."""
    fine = np.interp((np.arange(y_px.size * FINER) + 0.5) / FINER - 0.5, np.arange(y_px.size), y_px)
    return np.round(fine + np.sin(np.arange(fine.size))).astype(np.int64)


@pytest.mark.parametrize("pen_px", [2, 3, 4])
def test_a_narrow_complex_keeps_its_height_under_a_thick_pen(pen_px: int) -> None:
    columns = np.arange(300.0)
    y = 150.0 - 100 * np.exp(-(((columns - 150) / 2.5) ** 2)) + 30 * np.exp(-(((columns - 158) / 2.5) ** 2))
    ink = np.zeros((220, 300), np.uint8)
    points = np.round(np.stack((columns, y), axis=1) * 16).astype(np.int32)[:, None]
    cv2.polylines(ink, [points], isClosed=False, color=255, thickness=pen_px, lineType=cv2.LINE_AA, shift=4)
    share = (ink / 255.0).astype(np.float32)
    found = line(edges(share, near(y)), width_px(share))[FINER // 2 :: FINER]
    assert found[150] == pytest.approx(y[150], abs=1.5)
    assert found[158] == pytest.approx(y[158], abs=3.0)
    assert np.corrcoef(found[5:-5], y[5:-5])[0, 1] > 0.99


@pytest.mark.parametrize("half_px", [3.0, 6.0, 12.0])
def test_a_blurred_tip_is_read_as_high_as_it_was_drawn(half_px: float) -> None:
    columns = np.arange(300.0)
    y = (
        150.0
        - 60 * np.maximum(1 - np.abs(columns - 150) / half_px, 0)
        + 30 * np.maximum(1 - np.abs(columns - 200) / half_px, 0)
    )
    ink = np.zeros((220, 300), np.uint8)
    points = np.round(np.stack((columns, y), axis=1) * 16).astype(np.int32)[:, None]
    cv2.polylines(ink, [points], isClosed=False, color=255, thickness=2, lineType=cv2.LINE_AA, shift=4)
    share = (cv2.GaussianBlur(ink, (0, 0), 0.7) / 255.0).astype(np.float32)
    found = line(edges(share, near(y)), width_px(share))
    assert found.min() == pytest.approx(y.min(), abs=0.1 * PX_MM)
    assert found.max() == pytest.approx(y.max(), abs=0.1 * PX_MM)


def drawn_rows(
    starts_mm: list[float], width_mm: float
) -> tuple[list[Row], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    trace = np.zeros((round(120 * PX_MM), round(330 * PX_MM)), np.float32)
    rows = [Row(30.0 + 25.0 * k, starts_mm[0], starts_mm[-1] + width_mm) for k in range(3)]
    for row in rows:
        for start in starts_mm:
            first, last = (round(at * PX_MM) for at in (start, start + width_mm))
            trace[round(row.y_mm * PX_MM) - 1 : round(row.y_mm * PX_MM) + 2, first:last] = 1.0
    return rows, trace


def test_columns_that_leave_paper_between_them_are_placed_by_it() -> None:
    starts = [20.0, 87.0, 154.0, 221.0]
    rows, trace = drawn_rows(starts, 62.5)
    found = column_bounds(4, rows, trace, 25.0, names_mm={}, pulses=None)
    assert [start for start, _ in found] == pytest.approx(starts, abs=0.1)


def test_the_rest_of_a_pulse_before_a_row_is_no_signal() -> None:
    rows, trace = drawn_rows([20.0], 250.0)
    early = [row._replace(left_mm=18.0) for row in rows]
    found = column_bounds(2, early, trace, 25.0, names_mm={0: 20.3, 1: 145.2}, pulses="left")
    assert [start for start, _ in found] == pytest.approx([20.0, 145.0], abs=0.1)


def test_ink_beside_the_page_does_not_stretch_its_columns() -> None:
    rows, trace = drawn_rows([20.0], 250.0)
    late = [row._replace(right_mm=300.0 + 5 * k) for k, row in enumerate(rows)]
    found = column_bounds(4, late, trace, 25.0, names_mm={0: 20.0, 1: 82.5, 3: 207.5}, pulses=None)
    assert [start for start, _ in found] == pytest.approx([20.0, 82.5, 145.0, 207.5], abs=0.6)


def test_a_reading_that_agrees_with_itself_is_not_doubted() -> None:
    assert trust(GOOD) > DOUBTED
    assert doubts(GOOD, READ) == ()


def test_limb_leads_that_disagree_are_doubted_and_more_is_refused() -> None:
    doubted = doubts(GOOD._replace(residual=0.5), READ)
    assert len(doubted) == 1
    assert doubted[0].startswith(DOUBT)
    assert "limb leads disagree" in doubted[0]
    with pytest.raises(PictureNotDigitised, match="do not fit one another"):
        doubts(GOOD._replace(residual=0.9, apart=0.5), READ)


def test_a_scale_that_was_assumed_is_in_doubt() -> None:
    assert doubts(GOOD, "grid, 10 mm/mV assumed, 25 mm/s by print")[0].startswith(DOUBT)


def test_a_lead_that_may_be_too_far_off_is_named() -> None:
    part = Segment(
        lead="V3", start_s=0.0, end_s=10.0, strip=False, error_mv=0.25, confidence=1.0, x_mm=20.0, baseline_mm=90.0
    )
    (said,) = doubts(GOOD, READ, [part, part.model_copy(update={"lead": "V4", "error_mv": 0.05})])
    assert said.startswith(f"{DOUBT}V3 may be off by")
