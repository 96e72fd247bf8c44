"""Painted rows know their truth; windows show what they say; the network follows rows it was not trained on."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.models.tracer import tracer
from calipers.models.tracer.batches import Cut, batch
from calipers.models.tracer.drawn import drawn, passed
from calipers.models.tracer.rows import Page, Rows, drawn_page
from calipers.models.tracer.tracer import row_lines
from calipers.models.tracer.windows import FINER, FOLD, INVERTED, REACH_PX, UNKNOWN, code_of, window

DRAWN = replace(Rows(), segmented=0.0, drift=0.0, crowded=1.0)


def signals() -> NDArray[np.int16]:
    """(1, 8, 5000) µV: a beat a second in every lead, of a size and side of its own."""
    times = np.arange(5000) / 500
    beat = np.exp(-(((times % 1.0 - 0.4) / 0.015) ** 2)) + 0.25 * np.exp(-(((times % 1.0 - 0.68) / 0.05) ** 2))
    return np.round(np.outer([600, 900, -400, -900, -300, 700, 1200, 900], beat)).astype(np.int16)[None]


def page(seed: int) -> Page:
    return drawn_page(DRAWN, signals(), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(4))
def test_each_rows_line_lies_on_its_own_ink(seed: int) -> None:
    found = page(seed)
    for own, y_px in zip(found.own, found.y_px, strict=True):
        middle = y_px[FINER // 2 :: FINER]
        columns = np.flatnonzero((middle > 1) & (middle < found.ink.shape[0] - 2))
        assert np.mean(own[np.round(middle[columns]).astype(int), columns]) > 0.99
    assert np.mean(found.own.any(axis=0), where=found.ink > 200) > 0.9


def test_a_painted_and_segmented_page_shows_its_rows_where_it_says() -> None:
    found = drawn_page(replace(DRAWN, segmented=1.0), signals(), np.random.default_rng(3))
    inked = [float(np.mean(found.ink, where=own)) for own in found.own]
    assert min(inked) > 60
    assert np.mean(found.ink, where=~found.own.any(axis=0)) < 5


def test_a_window_holds_the_row_in_its_middle_and_tells_its_neighbours() -> None:
    ink = np.zeros((500, 64), np.uint8)
    ink[200] = 255
    leads = np.repeat([[code_of("I", inverted=False)], [code_of("aVR", inverted=True)]], 64, axis=1)
    seen = window(ink, 0, [200.0, 260.0], leads, -16, 96)
    assert seen.ink.shape == (1, 1, 2 * REACH_PX, 96)
    assert seen.ink[0, 0, REACH_PX, 16:80].min() == 255
    assert seen.ink.sum() == 255 * 64
    assert np.flatnonzero(seen.lines[0]).tolist() == [(REACH_PX + 60) // FOLD[0]]
    assert (seen.leads[0, :, 20] == [code_of("I", inverted=False), UNKNOWN, INVERTED]).all()


def test_a_batch_depends_on_its_draws_alone() -> None:
    config = Cut(pages=1, windows=2, width=64, rows=DRAWN)
    first, second = (batch(config, signals(), np.random.default_rng((1, 7))) for _ in range(2))
    assert np.array_equal(first.seen.ink, second.seen.ink)
    assert np.array_equal(first.seen.leads, second.seen.leads)
    assert np.array_equal(first.y_px, second.y_px)
    assert first.own.shape == (2, 1, 2 * REACH_PX, 64)
    assert first.y_weight.shape == (2, 64 * FINER)


def test_a_batch_of_the_second_network_holds_every_row_and_what_the_others_drew() -> None:
    config = Cut(pages=1, windows=2, width=64, rows=DRAWN)
    found = batch(config, signals(), np.random.default_rng((1, 7)), second=True)
    page = drawn_page(DRAWN, signals(), np.random.default_rng((1, 7)))
    assert len(found.own) == len(page.own)
    tops = [round(line) - REACH_PX for line in page.lines_px]
    upper, lower = found.seen.ink[:2, 0]
    assert np.array_equal(upper[tops[1] - tops[0] :], lower[: tops[0] - tops[1]])
    assert found.drawn.shape == (len(found.own), 2, 2 * REACH_PX // FOLD[0], 64 // FOLD[1])
    assert 0.0 <= found.drawn.min() <= found.drawn.max() <= 1.0


def test_what_a_line_passed_holds_its_strokes_too() -> None:
    chance = np.zeros((2 * REACH_PX, 8 * FINER), np.float32)
    chance[100, : 4 * FINER], chance[160, 4 * FINER :] = 1.0, 1.0
    cells = passed(chance)
    assert cells.shape == (2 * REACH_PX, 4)
    assert cells[102, 0] == 1.0
    assert cells[110, 0] == 0.0
    assert cells[101:159, 1:3].min() == 1.0
    assert cells[100, 3] == 0.0


def test_what_others_drew_stands_at_its_place_in_each_rows_window() -> None:
    upper, lower = (np.zeros((2 * REACH_PX, 4), np.float32) for _ in range(2))
    upper[REACH_PX], lower[REACH_PX] = 1.0, 1.0
    of_upper, of_lower = drawn([upper, lower], [300.0, 380.0])
    own, others = of_upper[0]
    assert np.flatnonzero(own[:, 0]).tolist() == [REACH_PX // FOLD[0]]
    assert np.flatnonzero(others[:, 0]).tolist() == [(REACH_PX + 80) // FOLD[0]]
    assert np.flatnonzero(of_lower[0, 1, :, 0]).tolist() == [(REACH_PX - 80) // FOLD[0]]


def test_rows_that_cross_are_followed() -> None:
    away, sure = [], []
    for seed in range(3):
        found = page(20 + seed)
        ink = (found.ink / 255).astype(np.float32)
        for row, said in enumerate(row_lines(ink, found.lines_px, found.leads, threads=1)):
            off = np.abs(said.y_px.ravel() - found.y_px[row])
            known = np.isfinite(off) & (said.on_ink.ravel() > 0.5)
            away.append(off[known])
            sure.append(said.error_px.ravel()[known])
    off, error = np.concatenate(away), np.concatenate(sure)
    assert np.median(off) < 1.0
    assert (off > 12).mean() < 0.02
    assert off[error > 8].mean() > 4 * off[error < 2].mean()


@pytest.mark.parametrize("weights", ["WEIGHTS", "SECOND_WEIGHTS"])
def test_without_weights_one_line_says_what_is_missing(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracer, weights, tracer.WEIGHTS.with_name("absent.onnx"))
    with pytest.raises(MissingPart, match=r"absent\.onnx"):
        row_lines(np.zeros((100, 32), np.float32), [50.0], np.zeros((1, 32), np.int64))


def test_a_complex_taller_than_the_window_keeps_its_depth() -> None:
    columns = np.arange(480)
    y_px = (
        260.0 + 330 * np.exp(-(((columns % 160 - 80) / 4.0) ** 2)) - 30 * np.exp(-(((columns % 160 - 125) / 12) ** 2))
    )
    ink = np.zeros((700, 480), np.uint8)
    points = np.round(np.stack((columns, y_px), axis=1) * 16).astype(np.int32)[:, None]
    cv2.polylines(ink, [points], isClosed=False, color=255, thickness=2, lineType=cv2.LINE_AA, shift=4)
    leads = np.full((1, 480), code_of("V2", inverted=False))
    (said,) = row_lines((ink / 255).astype(np.float32), [260.0], leads, threads=1)
    assert said.y_px.max() > 260 + REACH_PX + 60
    assert not said.cut.any()


def test_a_complex_that_leaves_the_window_between_near_rows_is_said_to_be_cut() -> None:
    columns = np.arange(480)
    ink = np.zeros((800, 480), np.uint8)
    for line, depth in ((200.0, 330.0), (290.0, 20.0), (380.0, -20.0)):
        y_px = line + depth * np.exp(-(((columns % 160 - 80) / 4.0) ** 2))
        points = np.round(np.stack((columns, y_px), axis=1) * 16).astype(np.int32)[:, None]
        cv2.polylines(ink, [points], isClosed=False, color=255, thickness=2, lineType=cv2.LINE_AA, shift=4)
    leads = np.repeat([[code_of(lead, inverted=False)] for lead in ("V2", "V3", "V4")], 480, axis=1)
    said = row_lines((ink / 255).astype(np.float32), [200.0, 290.0, 380.0], leads, threads=1)
    assert said[0].cut.any()
    assert not said[2].cut.any()
