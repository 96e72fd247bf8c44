"""A PDF's own lines are read as lines: the drawn signal to a fraction of a pixel."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from calipers.digitisation import Digitisation, Segment
from calipers.leads import INDEX
from calipers.tools.digitise import Digitised, digitise
from calipers.tools.digitise.by_lines import read_by_lines
from calipers.tools.digitise.picture_file import PDF_DPI, picture
from calipers.tools.digitise.vector_lines import trace_lines
from tests.tools.digitise.test_digitise import demo

FS_HZ = 500.0
PAGE_MM = (120.0, 80.0)
PX_MM = PDF_DPI / 25.4

Float64 = NDArray[np.float64]


def beat() -> Float64:
    """(1250,) mV: 2.5 s with three beats."""
    times = np.arange(1250) / FS_HZ
    return np.exp(-(((times % 0.8 - 0.4) / 0.012) ** 2)) + 0.2 * np.exp(-(((times % 0.8 - 0.65) / 0.04) ** 2))


def trace_mm(baseline: float = 50.0) -> Float64:
    """(1250, 2) from the left top corner, 25 mm/s and 10 mm/mV."""
    return np.stack((20.0 + np.arange(1250) / FS_HZ * 25.0, baseline - 10.0 * beat()), axis=1)


def written(path: Path, *, lifted: bool = False, rotation: int = 0, box: bool = True) -> Path:
    """A page with grid lines, a frame, and the trace, at every sample a line of its own if the pen is lifted."""
    canvas = Canvas(str(path), pagesize=(PAGE_MM[0] * mm, PAGE_MM[1] * mm))
    canvas.grid([x * mm for x in range(5, 116, 5)], [y * mm for y in range(5, 76, 5)])
    if box:
        canvas.circle(60 * mm, 20 * mm, 8 * mm)
        points = trace_mm() * mm
        points[:, 1] = PAGE_MM[1] * mm - points[:, 1]
        if lifted:
            for a, b in itertools.pairwise(points):
                canvas.line(*a, *b)
        else:
            line = canvas.beginPath()
            line.moveTo(*points[0])
            for point in points[1:]:
                line.lineTo(*point)
            canvas.drawPath(line)
    canvas.setPageRotation(rotation)
    canvas.save()
    return path


@pytest.mark.parametrize("lifted", [False, True])
def test_a_trace_is_found_among_grid_and_circles(tmp_path: Path, lifted: bool) -> None:
    lines = trace_lines(written(tmp_path / "page.pdf", lifted=lifted), 0)
    assert len(lines) == 1
    assert np.abs(lines[0] / PX_MM - trace_mm()).max() < 0.02


def test_a_turned_page_has_its_lines_where_its_picture_has_them(tmp_path: Path) -> None:
    path = written(tmp_path / "page.pdf", rotation=90)
    (line,) = trace_lines(path, 0)
    dark = picture(path, 0).max(axis=2) < 128
    on_ink = [dark[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].any() for x, y in line[::25]]
    assert np.mean(on_ink) > 0.95


def test_a_page_of_grid_alone_has_no_traces(tmp_path: Path) -> None:
    assert trace_lines(written(tmp_path / "page.pdf", box=False), 0) == []


def read_roughly(late: int = 6) -> Digitised:
    """What pixels would give: noise, and a stretch that begins some samples too late."""
    signal = np.full((12, 1250), np.nan, np.float32)
    signal[INDEX["V2"]] = np.roll(beat(), -late) + np.random.default_rng(0).normal(0, 0.03, 1250)
    segment = Segment(
        lead="V2", start_s=0.0, end_s=2.5, strip=False, error_mv=0.03, confidence=0.8, x_mm=20 + late / FS_HZ * 25,
        baseline_mm=50.1,
    )  # fmt: skip
    stated = Digitisation(
        layout="1x1", speed_mm_s=25.0, gain_mm_mv=10.0, scale_found="known", segments=(segment,), timing_error_ms=8.0,
        width_px=945, height_px=630, to_picture=(PX_MM, 0.0, 0.0, 0.0, PX_MM, 0.0, 0.0, 0.0, 1.0),
    )  # fmt: skip
    return Digitised(
        signal, np.where(np.isfinite(signal), 0.8, 0.0).astype(np.float32), stated, np.zeros((630, 945, 3), np.uint8)
    )


def test_lines_give_the_samples_that_were_drawn() -> None:
    found = read_by_lines(read_roughly(), [trace_mm() * PX_MM])
    read = found.signal_mv[INDEX["V2"]].astype(np.float64)
    assert np.corrcoef(read, beat())[0, 1] > 0.9999
    assert found.digitisation.vector
    assert found.digitisation.segments[0].error_mv < 0.01


def test_a_line_of_another_shape_is_not_taken_for_a_trace() -> None:
    rough = read_roughly()
    rule = np.stack((np.linspace(15, 100, 60), np.full(60, 50.0)), axis=1)
    assert read_by_lines(rough, [rule * PX_MM]) is rough
    assert read_by_lines(rough, []) is rough


def test_a_report_of_ours_is_read_back_by_its_lines(tmp_path: Path) -> None:
    from calipers import Agent
    from calipers.agent.report_pdf.trace import draw_trace

    path = tmp_path / "report.pdf"
    canvas = Canvas(str(path), pagesize=(297 * mm, 210 * mm))
    draw_trace(canvas, Agent(model="none").interpret(demo()), demo())
    canvas.save()
    found = digitise(path)
    assert found.digitisation.vector
    shown = [row for row in INDEX.values() if np.isfinite(found.signal_mv[row]).sum() > FS_HZ]
    assert len(shown) == 12
    for row in shown:
        known = np.isfinite(found.signal_mv[row]) & (np.arange(found.signal_mv.shape[1]) < demo().signal_mv.shape[1])
        read, true = (
            found.signal_mv[row][known],
            demo().signal_mv[row][: known.size][known[: demo().signal_mv.shape[1]]],
        )
        assert np.corrcoef(read, true)[0, 1] > 0.99
