"""A server under test, and a client that speaks to it as the page does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from langchain_core.language_models import BaseChatModel
from pydicom import dcmread
from pydicom.data import get_testdata_file
from starlette.testclient import TestClient

from calipers.agent.choice import Choice
from calipers.agent.server import ServerSettings, create_app

ADA = "a" * 20
BEN = "b" * 20
DICOM = Path(str(get_testdata_file("waveform_ecg.dcm", download=False)))


class Sent(NamedTuple):
    """One server-sent event."""

    event: str
    data: dict[str, Any]


class Client:
    """One user at one server."""

    def __init__(self, http: TestClient, token: str = "") -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, status: int = 200, **kwargs: Any) -> Any:
        answer = self.http.get(path, headers=self.headers | kwargs.pop("headers", {}), **kwargs)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.headers["content-type"].startswith("application/json") else answer

    def post(self, path: str, body: Any = None, status: int | None = None, **kwargs: Any) -> Any:
        answer = self.http.post(path, json=body, headers=self.headers | kwargs.pop("headers", {}), **kwargs)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    def upload(self, *files: tuple[str, bytes], status: int = 201, **form: str) -> Any:
        parts = [("files", (name, content)) for name, content in files]
        answer = self.http.post("/api/cases", files=parts, data=form, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def case(self, content: bytes | None = None) -> str:
        return str(self.upload(("waveform_ecg.dcm", content or DICOM.read_bytes()))["case_id"])

    def thread(self, case_id: str, priors: Sequence[str] = ()) -> str:
        return str(self.post("/api/threads", {"case_id": case_id, "prior_case_ids": list(priors)})["thread_id"])

    def ask(self, thread_id: str, text: str) -> list[Sent]:
        return self._events(f"/api/threads/{thread_id}/runs", {"text": text})

    def resume(self, thread_id: str, value: bool | str) -> list[Sent]:
        return self._events(f"/api/threads/{thread_id}/resume", {"value": value})

    def _events(self, path: str, body: Any) -> list[Sent]:
        with self.http.stream("POST", path, json=body, headers=self.headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream"), answer.read()
            return list(events(answer.iter_lines()))


def events(lines: Iterator[str]) -> Iterator[Sent]:
    """The events in the lines of a stream."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield Sent(name, json.loads(line.removeprefix("data: ")))


@contextmanager
def serving(
    home: Path,
    model: BaseChatModel | None = None,
    *,
    remote: bool = False,
    preload: Callable[[], object] | None = None,
    **settings: Any,
) -> Iterator[TestClient]:
    """A server with its home in a folder of the test's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALIPERS_HOME", str(home))
        choice = Choice("scripted" if model else "none", "asked for", model, remote, preload=preload)
        app = create_app(ServerSettings(**settings), choice)
        with TestClient(app, base_url="http://localhost") as http:
            yield http


def dicom(**changed: str) -> bytes:
    """The demo ECG with other identity or time: `PatientID=…`, `AcquisitionDateTime=…`."""
    from io import BytesIO

    found = dcmread(DICOM)
    for name, value in changed.items():
        setattr(found, name, value)
    out = BytesIO()
    found.save_as(out)
    return out.getvalue()


def earlier_dicom(stretch: float = 1.22) -> bytes:
    """An earlier ECG of the demo's patient, its rhythm slower by a factor."""
    from io import BytesIO

    import numpy as np

    found = dcmread(DICOM)
    wave = found.WaveformSequence[0]
    samples = np.frombuffer(wave.WaveformData, dtype="<i2").reshape(-1, wave.NumberOfWaveformChannels)
    at = np.arange(len(samples))
    slower = np.stack([np.interp(at / stretch, at, column) for column in samples.T.astype(float)], axis=1)
    wave.WaveformData = slower.round().astype("<i2").tobytes()
    found.AcquisitionDateTime = "20110125105919"
    out = BytesIO()
    found.save_as(out)
    return out.getvalue()
