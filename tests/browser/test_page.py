"""What the page promises: an ECG is dropped, seen as it is, asked about, and every claim lights up on the trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from calipers import Ecg, measure
from tests.agent.server.desk import ADA, BEN, DICOM, dicom, earlier_dicom
from tests.browser.conftest import Server
from tests.browser.screen import TRACE, ask, inked, off_by, open_page, strips, upload

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow


def sign_in(page: Page, url: str, token: str) -> None:
    page.goto(url)
    page.fill("#token", token)
    page.click("text=Sign in")
    page.wait_for_selector(".cases")


def test_an_ecg_is_seen_asked_about_and_its_citation_lit_and_kept_from_others(
    server: Server, page: Page, browser: Browser, demo_ecg: Ecg
) -> None:
    server.environment["CALIPERS_TOKENS"] = f"ada={ADA},ben={BEN}"
    server.start()
    sign_in(page, server.url, ADA)
    upload(page, DICOM)

    # The trace on the canvas is the signal in the file.
    rhythm = next(strip for strip in strips(page) if strip.lead == "II" and strip.end_s - strip.start_s == 10)
    chest = next(strip for strip in strips(page) if strip.lead == "V5")
    for strip, seconds in ((rhythm, (0.9, 2.5, 4.0, 6.3, 8.8)), (chest, (7.8, 8.4, 9.2))):
        assert max(off_by(demo_ecg, strip, page, at_s) for at_s in seconds) <= 2.0

    # A claim appears, verified, with its value as a citation.
    ask(page, "is the PR prolonged?")
    claim = page.locator(".claim")
    assert claim.locator(".say").inner_text().startswith("Criteria for first-degree AV block are not met: PR 149 ms")

    # The citation is clicked: the calipers stand on the span that was measured.
    claim.locator(".say .chip[data-id=pr]").click()
    page.wait_for_timeout(300)
    (place,) = page.eval_on_selector(TRACE, "canvas => canvas.trace.places()")
    span = measure(demo_ecg)["pr"].spans[0]
    rhythm = next(strip for strip in strips(page) if strip.lead == "II" and strip.end_s - strip.start_s == 10)
    assert place["id"] == "pr"
    assert place["left"] == pytest.approx(rhythm.x(span.start_s), abs=1.0)
    assert place["right"] == pytest.approx(rhythm.x(span.end_s), abs=1.0)
    for edge in (place["left"], place["right"]):
        assert len(inked(page, "mark-0", edge, around=1)) > 15, "a caliper line stands there"
    assert not [row for row in inked(page, "mark-0", place["right"] + 60) if row > 60], "and not elsewhere"

    # A reload keeps the conversation.
    page.reload()
    page.wait_for_selector(".claim")
    assert page.locator(".asked").inner_text() == "is the PR prolonged?"

    # Another user sees nothing of it.
    other = browser.new_context().new_page()
    sign_in(other, f"{server.url}/{page.evaluate('location.hash')}", BEN)
    other.wait_for_selector("text=There is no such case among yours")
    assert other.locator("#case-list li").count() == 0
    other.context.close()


def test_a_question_back_is_asked_and_answered(server: Server, page: Page) -> None:
    server.start("good", "remote")
    open_page(page, server.url)
    upload(page, DICOM)
    ask(page, "what is the PR?")
    assert "would be sent to scripted" in page.locator(".interrupt").inner_text()
    page.reload()
    page.click("button:has-text('Send them')")
    page.wait_for_selector(".claim")
    assert page.locator(".claim .say").inner_text().startswith("PR interval 149 ms.")
    assert page.locator(".interrupt").count() == 0


def test_a_server_killed_in_mid_answer_keeps_question_and_case(server: Server, page: Page) -> None:
    server.start("hanging")
    open_page(page, server.url)
    upload(page, DICOM)
    page.fill("#question", "what is the PR?")
    page.press("#question", "Enter")
    page.wait_for_selector(".working")
    server.kill()
    page.wait_for_selector(".problem")
    server.start()
    page.reload()
    page.wait_for_selector(TRACE)
    assert page.locator(".asked").inner_text() == "what is the PR?"
    assert "The server stopped during this answer" in page.locator(".run .problem").inner_text()
    page.click("text=Ask again")
    page.wait_for_selector(".claim")
    assert page.locator(".claim .say").inner_text().startswith("PR interval 149 ms.")


def test_a_failing_model_is_said_to_fail_and_the_measurements_answer(server: Server, page: Page) -> None:
    server.start("failing")
    open_page(page, server.url)
    upload(page, DICOM)
    ask(page, "what is the PR?")
    assert page.locator(".claim .say").inner_text().startswith("PR interval 149 ms.")
    assert "did not give a usable answer" in page.locator(".sentence").inner_text()
    assert "failed" in page.locator(".made").inner_text()


def test_what_is_withheld_is_seen_with_its_reason(server: Server, page: Page) -> None:
    server.start("wrong")
    open_page(page, server.url)
    upload(page, DICOM)
    ask(page, "what is the PR?")
    assert "Not released" in page.locator(".claim.withheld").inner_text()
    assert page.locator(".claim.withheld s").inner_text() == "PR interval 226 ms."


def test_an_earlier_ecg_is_compared_and_a_correction_kept(server: Server, page: Page, tmp_path: Path) -> None:
    (tmp_path / "then.dcm").write_bytes(earlier_dicom())
    server.start()
    open_page(page, server.url)
    upload(page, tmp_path / "then.dcm")
    upload(page, DICOM)
    page.wait_for_selector("text=2013-01-25 10:59 · DICOM")
    page.click("#tab-Changes")
    rate = page.locator(".changes tbody tr", has_text="Rate").first
    rate.wait_for()
    assert "50/min" in rate.inner_text()
    page.click("text=Side by side")
    page.wait_for_selector(".viewer.second canvas")
    page.click("#tab-Ask")
    ask(page, "what is the QRS duration?")
    page.click(".claim button:has-text('Correct')")
    page.fill(".correcting textarea", "I read 96 ms <script>alert(1)</script>")
    page.click("text=Keep the correction")
    page.wait_for_selector(".remark.correction")
    page.reload()
    page.wait_for_selector(".remark.correction")
    said = page.locator(".remark.correction").first.inner_text()
    assert "I read 96 ms <script>alert(1)</script>" in said
    assert "local" in said


def test_script_in_the_patients_name_is_text(server: Server, page: Page, tmp_path: Path) -> None:
    script = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    (tmp_path / "<b>x<b>.dcm").write_bytes(dicom(PatientName=script, PatientID=script))
    server.start()
    open_page(page, server.url)
    upload(page, tmp_path / "<b>x<b>.dcm")
    assert script in page.locator(".patient h1").inner_text()
    assert page.locator("main script, main img[src=x]").count() == 0


def test_an_unreadable_file_is_said_to_be_so(server: Server, page: Page, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of an ECG")
    server.start()
    open_page(page, server.url)
    page.set_input_files("aside input[type=file]", str(tmp_path / "notes.txt"))
    page.wait_for_selector(".problems")
    assert "needed" in page.locator(".problems").inner_text()


def test_everything_can_be_done_from_the_keyboard(server: Server, page: Page) -> None:
    server.start()
    open_page(page, server.url)
    upload(page, DICOM)
    page.keyboard.press("/")
    page.keyboard.type("what is the PR?")
    page.keyboard.press("Enter")
    chip = page.locator(".claim .chip[data-id=pr]").first
    chip.wait_for()
    chip.focus()
    page.keyboard.press("Enter")
    assert page.eval_on_selector(TRACE, "canvas => canvas.trace.places().length") == 1
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    assert "600 ms" in page.locator(".paper output").inner_text()
    page.focus(TRACE)
    page.keyboard.press("Shift+ArrowRight")
    assert "601 ms" in page.locator(".paper output").inner_text()
    page.keyboard.press("w")
    assert page.locator("button:has-text('Waves')").get_attribute("aria-pressed") == "true"
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
