"""A real server in a process of its own, and a headless Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

CHROMIUM = os.environ.get("CALIPERS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ROOT = Path(__file__).parents[2]


def missing() -> str | None:
    """Why no browser test can run here."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "found no playwright; needed: pip install -e '.[dev]'"
    return None if CHROMIUM else "found no Chromium; needed Debian's `chromium`, or CALIPERS_CHROMIUM"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip with the reason; where CALIPERS_REQUIRE_BROWSER is set, as in CI, fail instead."""
    reason = missing()
    if reason is None:
        return
    if os.environ.get("CALIPERS_REQUIRE_BROWSER"):
        raise pytest.UsageError(reason)
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


class Server:
    """A server process; it can be killed and started again on the same home and port."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = environment
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, model: str = "none", *words: str) -> Server:
        """Start with `none`, or with one of the scripted models."""
        command = [sys.executable, "-m", "calipers.agent.cli", "serve", "--port", str(self.port), "--model", "none"]
        if model != "none":
            command = [sys.executable, "-m", "tests.browser.scripted_server", str(self.port), model, *words]
        environment = os.environ | {"CALIPERS_HOME": str(self.home), "OMP_NUM_THREADS": "1"} | self.environment
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return self
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"found no answer from {self.url} within 90 s")

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that is not started yet."""
    made = Server(tmp_path / "home")
    yield made
    made.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; closed with its module, for while it is open its event loop runs in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which any error in the console, any dialog and any request elsewhere fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    wrong: list[str] = []
    # A refused request shows in the console as well; the page itself must say what it means.
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "Failed to load" not in m.text else None)
    page.on("pageerror", lambda problem: wrong.append(str(problem)))

    def refuse(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on("request", lambda r: wrong.append(r.url) if "//localhost:" not in r.url and r.url[:5] != "blob:" else None)
    yield page
    context.close()
    assert wrong == []
