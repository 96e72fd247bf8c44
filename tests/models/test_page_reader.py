"""The image encoder: a rendered page read back, in the renderer's own geometry."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from calipers import Ecg, UnreadableInput
from calipers.leads import INDEX, LEADS
from calipers.models.mllm.image_encoder import encode_page, read_page
from calipers.models.mllm.page import (
    LAYOUTS,
    PAGE_HZ,
    SAMPLES,
    STRIP_WIDTH,
    TRACE_X_MM,
    WIDTH_MM,
    PageLayout,
    strips_of,
    traces_of,
)
from calipers.tools.render import lay_out, render

EVERY_LAYOUT = pytest.mark.parametrize("layout", tuple(LAYOUTS))


def page_of(ecg: Ecg, layout: PageLayout = "3x4+1") -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(render(ecg, layout=layout).data)).convert("RGB"))


@EVERY_LAYOUT
def test_the_rows_stand_where_the_renderer_draws_them(demo_ecg: Ecg, layout: PageLayout) -> None:
    sheet, rows = lay_out(demo_ecg, layout), LAYOUTS[layout]
    assert (sheet.width_mm, sheet.height_mm) == (WIDTH_MM, rows.height_mm)
    drawn = {
        (strip.row, strip.lead, strip.baseline_mm, strip.x_mm, strip.start_s, strip.end_s) for strip in sheet.strips
    }
    expected = {
        (row, lead, rows.baselines_mm[row], TRACE_X_MM + first / PAGE_HZ * 25.0, first / PAGE_HZ, stop / PAGE_HZ)
        for row, segments in enumerate(rows.segments)
        for lead, first, stop in segments
    }
    assert drawn == expected


def test_a_strip_beyond_the_page_is_white() -> None:
    page = np.zeros((LAYOUTS["12x1"].height, 1188, 3), np.uint8)
    strips = strips_of(page, "12x1")
    assert strips.shape == (12, 192, STRIP_WIDTH, 3)
    assert (strips[-1, -1] == 255).all()


def test_the_rhythm_strip_gives_its_lead_whole() -> None:
    rows = LAYOUTS["3x4+1"]
    read = np.full((len(rows.segments), SAMPLES), 0.5, np.float32)
    read[-1, ::2] = 1.5
    traces = traces_of(read, np.ones_like(read), "3x4+1")
    assert traces.present[INDEX["II"]].all()
    assert traces.present[INDEX["V6"]].sum() == SAMPLES // 4
    assert np.median(traces.signal_mv[INDEX["II"]]) == pytest.approx(0.0)


def test_what_is_not_shown_is_masked_and_zero() -> None:
    rows = LAYOUTS["12x1"]
    confidence = np.ones((12, SAMPLES), np.float32)
    confidence[4] = 0.1
    traces = traces_of(np.ones((12, SAMPLES), np.float32), confidence, "12x1")
    assert not traces.present[4].any()
    assert (traces.signal_mv[4] == 0).all()
    assert len(rows.segments) == 12


@EVERY_LAYOUT
def test_a_page_is_recognised_and_read_within_20_microvolts(demo_ecg: Ecg, layout: PageLayout) -> None:
    seen, traces = read_page(page_of(demo_ecg, layout))
    assert seen == layout
    times = (np.arange(SAMPLES) + 0.5) / PAGE_HZ
    for lead, read, shown in zip(LEADS, traces.signal_mv, traces.present, strict=True):
        true = np.interp(times, np.arange(demo_ecg.lead(lead).size) / demo_ecg.fs_hz, demo_ecg.lead(lead))
        away = (true - read)[shown]
        assert shown.sum() > 200, lead
        assert 1000 * np.median(np.abs(away - np.median(away))) < 20.0, lead


def test_a_lead_that_was_not_recorded_is_not_read(demo_ecg: Ecg) -> None:
    kept = [lead for lead in LEADS if lead != "V3"]
    fewer = Ecg.from_array(demo_ecg.signal_mv[[INDEX[lead] for lead in kept]], demo_ecg.fs_hz, kept)
    _, traces = read_page(page_of(fewer))
    assert traces.present[INDEX["V3"]].mean() < 0.02
    assert traces.present[INDEX["V2"]].sum() > 200


def test_tokens_of_a_page_have_the_width_and_rate_of_a_signal_s(demo_ecg: Ecg) -> None:
    tokens = encode_page(page_of(demo_ecg))
    assert tokens.sequence.shape == (32, 160)
    assert tokens.pooled.shape == (960,)
    assert tokens.statements.shape == (71,)


def test_a_picture_of_something_else_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="needed"):
        read_page(np.full((1240, 1753, 3), 255, np.uint8))


def test_a_square_picture_is_no_page() -> None:
    with pytest.raises(UnreadableInput, match="needed 297 x"):
        read_page(np.full((800, 800, 3), 255, np.uint8), layout="3x4+1")


def test_grey_pixels_are_no_image() -> None:
    with pytest.raises(UnreadableInput, match="needed an image"):
        read_page(np.zeros((800, 800), np.uint8))
