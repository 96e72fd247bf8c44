"""How fast the page is: `python -m tests.browser.timings`. Real server, no language model, headless Chromium."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.agent.server.desk import DICOM
from tests.browser.conftest import CHROMIUM, Server
from tests.browser.screen import TRACE, open_page, upload

_PAN = """canvas => new Promise((done) => {
    const frames = [];
    const began = performance.now();
    const step = (now) => {
        frames.push(now);
        canvas.trace.pan(now % 2000 < 1000 ? -3 : 3, 0);
        if (now - began < 3000) requestAnimationFrame(step);
        else done(frames.slice(1).map((at, i) => at - frames[i]));
    };
    canvas.trace.zoom(2);
    requestAnimationFrame(step);
})"""
_PAINT = """canvas => {
    const times = [];
    for (let i = 0; i < 50; i++) {
        const began = performance.now();
        canvas.trace.paintNow();
        canvas.getContext('2d').getImageData(0, 0, 1, 1);
        times.push(performance.now() - began);
    }
    return times;
}"""


def main() -> None:
    """Print one JSON document."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        began = time.perf_counter()
        server = Server(Path(home)).start()
        up_s = time.perf_counter() - began
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        try:
            print(json.dumps({"healthz_s": round(up_s, 2), **measured(page, server.url)}, indent=1))
        finally:
            browser.close()
            server.kill()


def measured(page: Page, url: str) -> dict[str, object]:
    """Seconds and milliseconds of what a user waits for."""
    open_page(page, url)
    loads = []
    for _ in range(5):
        page.goto("about:blank")
        page.goto(url)
        page.wait_for_selector(".card")
        loads.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
    open_page(page, url)
    began = time.perf_counter()
    upload(page, DICOM)
    opened = time.perf_counter() - began
    firsts, claims, dones = zip(*(asked(page) for _ in range(5)), strict=True)
    frames = page.eval_on_selector(TRACE, _PAN)
    paints = page.eval_on_selector(TRACE, _PAINT)
    return {
        "page_load_ms": round(statistics.median(loads)),
        "upload_to_trace_and_measurements_s": round(opened, 2),
        "first_step_s": round(statistics.median(firsts), 3),
        "first_claim_s": round(statistics.median(claims), 3),
        "answer_s": round(statistics.median(dones), 3),
        "trace_draw_ms": round(statistics.median(paints), 1),
        "pan_frame_ms": {
            "median": round(statistics.median(frames), 1),
            "p95": round(sorted(frames)[int(0.95 * len(frames))], 1),
        },
    }


def asked(page: Page) -> tuple[float, float, float]:
    """Seconds until a step, a claim and the end stand on the page."""
    before = page.locator(".run").count()
    page.fill("#question", "is the PR prolonged?")
    began = time.perf_counter()
    page.press("#question", "Enter")
    run = page.locator(".run").nth(before)
    run.locator(".steps").first.wait_for()
    first = time.perf_counter() - began
    run.locator(".claim").first.wait_for()
    claim = time.perf_counter() - began
    run.locator(".made").wait_for()
    return first, claim, time.perf_counter() - began


if __name__ == "__main__":
    main()
