"""What a person does with the page, and what is on its canvas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from calipers import Ecg
from calipers.leads import LEADS

if TYPE_CHECKING:
    from playwright.sync_api import Page

TRACE = ".viewer:not(.second) .paper canvas"


class Strip(NamedTuple):
    """One lead on the canvas, in CSS pixels: where a second and a millivolt lie."""

    lead: str
    start_s: float
    end_s: float
    left_px: float
    baseline_px: float
    offset_mv: float
    px_per_s: float
    px_per_mv: float

    def x(self, at_s: float) -> float:
        return self.left_px + (at_s - self.start_s) * self.px_per_s

    def y(self, mv: float) -> float:
        return self.baseline_px - (mv - self.offset_mv) * self.px_per_mv


def open_page(page: Page, url: str) -> None:
    """Open the page and wait until ECGs can be added."""
    page.goto(url)
    page.wait_for_selector(".add:not([disabled]), .card .main:not([disabled])", state="attached")


def upload(page: Page, *files: Path) -> None:
    """Add ECGs and wait for the trace and its measurements."""
    page.set_input_files("aside input[type=file]", [str(file) for file in files])
    page.wait_for_selector(TRACE)
    page.wait_for_selector(".strip .value")
    page.wait_for_selector(".tool:has-text('Waves'):not([disabled])")
    page.wait_for_timeout(300)


def ask(page: Page, question: str) -> None:
    """Ask and wait for the end of the answer."""
    before = page.locator(".run").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    # By selector: a function that waits would be evaluated in the page, which its policy forbids.
    page.locator(".run").nth(before).and_(page.locator("[aria-busy=false]")).wait_for()


def strips(page: Page) -> list[Strip]:
    """Where each lead is drawn now."""
    found: dict[str, Any] = page.eval_on_selector(TRACE, "canvas => canvas.trace.geometry()")
    view, sheet = found["view"], found["sheet"]
    return [
        Strip(
            strip["lead"],
            strip["start_s"],
            strip["end_s"],
            (strip["x_mm"] - view["left"]) * view["scale"],
            (strip["baseline_mm"] - view["top"]) * view["scale"],
            strip["offset_mv"],
            sheet["speed"] * view["scale"],
            sheet["gain"] * view["scale"],
        )
        for strip in sheet["strips"]
    ]


def inked(page: Page, colour: str, x: float, around: float = 0.0) -> list[int]:
    """The rows of one pixel column that hold ink of a colour of the palette, within a pixel or so of `x`."""
    rows: list[int] = page.eval_on_selector(
        TRACE,
        """(canvas, [name, x, around]) => {
            const probe = document.createElement('canvas').getContext('2d');
            probe.fillStyle = getComputedStyle(canvas).getPropertyValue(name).trim();
            probe.fillRect(0, 0, 1, 1);
            const want = probe.getImageData(0, 0, 1, 1).data;
            const first = Math.max(0, Math.round(x - around));
            const wide = Math.max(1, Math.round(2 * around) + 1);
            const seen = canvas.getContext('2d').getImageData(first, 0, wide, canvas.height).data;
            const rows = new Set();
            for (let at = 0; at < seen.length; at += 4)
                if ([0, 1, 2].every((c) => Math.abs(seen[at + c] - want[c]) < 90)) rows.add(Math.floor(at / 4 / wide));
            return [...rows];
        }""",
        [f"--{colour}", x, around],
    )
    return rows


def off_by(ecg: Ecg, strip: Strip, page: Page, at_s: float) -> float:
    """How many pixels the drawn trace lies from the samples of one pixel column and its neighbours."""
    pixel_s = 1.0 / strip.px_per_s
    row = ecg.signal_mv[LEADS.index(strip.lead)]
    near = row[round((at_s - pixel_s) * ecg.fs_hz) : round((at_s + pixel_s) * ecg.fs_hz) + 1]
    top, bottom = strip.y(float(near.max())), strip.y(float(near.min()))
    return min((max(top - y, y - bottom, 0.0) for y in inked(page, "wave", strip.x(at_s))), default=float("inf"))
