"""A vision model behind an OpenAI-compatible URL: it is shown the page, de-identified, and only after consent."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image

from calipers import Agent, Ecg, verify
from calipers.agent.choice import Choice
from calipers.leads import LEADS

pytest.importorskip("langchain_openai")


class _Server(ThreadingHTTPServer):
    """Answers every chat completion with a drafted PR interval, as vLLM words it."""

    asked: list[dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        draft = {"claims": [{"template": "PR interval {pr}.", "evidence": ["pr"]}]}
        call = {"id": "c1", "type": "function", "function": {"name": "Draft", "arguments": json.dumps(draft)}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        told = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
        data = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def server() -> Iterator[_Server]:
    running = _Server(("127.0.0.1", 0), _Handler)
    running.daemon_threads, running.block_on_close = True, False
    running.asked = []
    thread = Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def url(server: _Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/v1#qwen3-vl"


@pytest.fixture
def named_ecg(demo_ecg: Ecg) -> Ecg:
    return Ecg.from_array(
        np.asarray(demo_ecg.signal_mv), demo_ecg.fs_hz, LEADS, age=61, sex="female", patient_id="Doe-4711",
        recorded_at=datetime(2019, 7, 23, 8, 15),
    )  # fmt: skip


def _pictures(body: dict[str, Any]) -> list[str]:
    parts = [
        part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]
    ]
    return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


def test_the_page_goes_with_the_question(
    server: _Server, url: str, named_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setenv("CALIPERS_MODEL_SEES_PAGE", "true")
    with Agent(url, home=tmp_path) as agent:
        answer = agent.ask("thread", "what is the PR interval?", named_ecg)
    assert answer.text.startswith("PR interval ")
    assert answer.report is not None
    assert verify(answer.report, named_ecg) == []
    (picture,) = _pictures(server.asked[0])
    page = Image.open(BytesIO(base64.b64decode(picture.removeprefix("data:image/png;base64,"))))
    assert page.format == "PNG"
    assert page.width > 1500
    assert not page.info.get("Author")


def test_neither_name_nor_date_is_sent(
    server: _Server, url: str, named_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calipers.tools.render import header

    monkeypatch.setenv("CALIPERS_MODEL_SEES_PAGE", "true")
    with Agent(url, home=tmp_path) as agent:
        agent.ask("thread", "what is the PR interval?", named_ecg)
    # Every name of three letters stands somewhere in base64: the picture is looked at as pixels and metadata.
    sent = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", json.dumps(server.asked))
    (picture,) = _pictures(server.asked[0])
    written = base64.b64decode(picture.removeprefix("data:image/png;base64,"))
    assert Image.open(BytesIO(written)).info.keys() <= {"dpi", "Software"}
    for told in ("Doe", "4711", "2019", str(tmp_path), named_ecg.source.sha256):
        assert told not in sent
    # What the page prints of a patient, before it becomes pixels.
    assert header.patient_line(named_ecg) == "61 years, female"


def test_the_page_is_kept_in_no_checkpoint(
    server: _Server, url: str, named_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALIPERS_MODEL_SEES_PAGE", "true")
    with Agent(url, home=tmp_path) as agent:
        agent.ask("thread", "what is the PR interval?", named_ecg)
        agent.ask("thread", "and the QRS?")
    assert [len(_pictures(body)) for body in server.asked] == [1, 1]
    with sqlite3.connect(tmp_path / "threads.sqlite") as opened:
        dumped = "".join(opened.iterdump()).lower()
    assert b"and the qrs?".hex() in dumped.replace(b"QRS".hex(), b"qrs".hex())
    assert b"image_url".hex() not in dumped


def test_without_the_setting_no_picture_is_sent(server: _Server, url: str, named_ecg: Ecg, tmp_path: Path) -> None:
    with Agent(url, home=tmp_path) as agent:
        agent.ask("thread", "what is the PR interval?", named_ecg)
    assert _pictures(server.asked[0]) == []


def test_a_server_elsewhere_is_sent_nothing_before_the_clinician_agrees(
    server: _Server, url: str, named_ecg: Ecg, tmp_path: Path
) -> None:
    from dataclasses import replace

    from calipers.agent.choice import choose

    elsewhere: Choice = replace(choose(url), remote=True, shows_page=True)
    with Agent(elsewhere, home=tmp_path) as agent:
        asked = agent.ask("thread", "what is the PR interval?", named_ecg)
        assert asked.interrupt is not None
        assert "Age, sex, measurements and a picture of this ECG would be sent" in asked.interrupt["text"]
        assert server.asked == []
        agent.resume("thread", True)
        assert len(_pictures(server.asked[0])) == 1
    with Agent(elsewhere, home=tmp_path) as agent:
        agent.ask("refused", "what is the PR interval?", named_ecg)
        sent = len(server.asked)
        agent.resume("refused", False)
        assert len(server.asked) == sent
