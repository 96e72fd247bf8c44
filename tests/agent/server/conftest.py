"""Servers for the tests of the chat page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.server.desk import Client, serving


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One server without tokens, shared by the tests that do not change it much."""
    with serving(tmp_path_factory.mktemp("home")) as http:
        yield Client(http)


@pytest.fixture(scope="session")
def case_id(client: Client) -> str:
    """The demo ECG, uploaded."""
    return client.case()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "home"
