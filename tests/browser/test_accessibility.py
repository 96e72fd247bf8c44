"""axe-core finds nothing to object to in any state of the page, in the light and in the dark (WCAG 2.2 A and AA)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.agent.server.desk import DICOM, earlier_dicom
from tests.browser.conftest import Server
from tests.browser.screen import ask, open_page, upload

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page into which axe may be put: its own policy would refuse it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def objections(page: Page, state: str) -> list[str]:
    """Each rule that the page breaks in its present state, with the first element that does."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{state}: {one['id']} at {one['nodes'][0]['target']}" for one in found]


def test_axe_objects_to_nothing(server: Server, page: Page, tmp_path: Path) -> None:
    (tmp_path / "then.dcm").write_bytes(earlier_dicom())
    server.start()
    open_page(page, server.url)
    found = objections(page, "welcome")
    upload(page, tmp_path / "then.dcm")
    upload(page, DICOM)
    page.wait_for_selector("text=2013-01-25 10:59 · DICOM")
    ask(page, "is the PR prolonged?")
    page.locator(".claim .say .chip[data-id=pr]").click()
    page.click(".claim button:has-text('Correct')")
    for tab in ("Reading", "Measurements", "Changes", "Ask"):
        page.click(f"#tab-{tab}")
        found += objections(page, tab)
    page.click("button:has-text('Dark page')")
    found += objections(page, "Ask in the dark")
    page.click(".menu summary")
    found += objections(page, "export menu")
    page.keyboard.press("Escape")
    page.click(".brand button")
    found += objections(page, "list of cases")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    found += objections(page, "keyboard card")
    assert found == []
