"""Cases and conversations in a real Postgres: they survive a restart of the server, and of the database."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.agent.server.desk import ADA, BEN, Client, serving

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
IS_ROOT = os.geteuid() == 0

pytestmark = [
    pytest.mark.skipif(not PROGRAMS, reason="found no Postgres; needed Debian's `postgresql`"),
    pytest.mark.skipif(
        find_spec("psycopg_pool") is None, reason='found no Postgres client; needed: pip install "calipers[postgres]"'
    ),
]


class Cluster:
    """A Postgres of this test's own, on a socket in its own folder. It refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = "postgres" if IS_ROOT else pwd.getpwuid(os.getuid()).pw_name
        self.url = f"postgresql:///postgres?host={folder}&user={self.user}"
        self._run("initdb", "-A", "trust", "-D", str(folder / "data"), "--no-sync")

    def start(self) -> None:
        self._control("start", "-o", f"-k {self.folder} -c listen_addresses= -c fsync=off")

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), *words)

    def _run(self, program: str, *words: str) -> None:
        user = self.user if IS_ROOT else None
        command = [str(PROGRAMS[-1] / program), *words]
        subprocess.run(command, cwd=self.folder, user=user, check=True, stdout=subprocess.DEVNULL, timeout=60)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A running database; socket paths must be short, and the folder the database's own."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if IS_ROOT:
        shutil.chown(folder, "postgres", "postgres")
    made = Cluster(folder)
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder)


def test_a_conversation_survives_the_server_and_the_database(
    cluster: Cluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALIPERS_DATABASE", cluster.url)
    tokens = f"ada={ADA},ben={BEN}"
    with serving(home, tokens=tokens) as http:
        ada = Client(http, ADA)
        case = ada.case()
        thread = ada.thread(case)
        asked = ada.ask(thread, "is the PR prolonged?")
        ada.post(f"/api/cases/{case}/remarks", {"template": "t", "claim_text": "t", "kind": "agree"}, status=201)
        assert not (home / "server.sqlite").exists()
    with serving(home, tokens=tokens) as http:
        ada, ben = Client(http, ADA), Client(http, BEN)
        assert ben.get("/api/cases") == []
        assert [one["author"] for one in ada.get(f"/api/cases/{case}")["remarks"]] == ["ada"]
        cluster.stop()
        cluster.start()
        (run,) = ada.get(f"/api/threads/{thread}")["runs"]
        assert len(run["events"]) == len(asked)
        again = ada.ask(thread, "and the QRS duration?")
        assert [one.data["text"] for one in again if one.event == "claim"] == ["QRS duration 90 ms."]
