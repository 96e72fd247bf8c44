"""A real server whose language model says what a test wants: `python -m tests.browser.scripted_server PORT KIND`."""

from __future__ import annotations

import sys
import time
from typing import Any

import uvicorn
from langchain_core.messages import AIMessage

from calipers.agent.choice import Choice
from calipers.agent.server import ServerSettings, create_app
from tests.agent.scripted import ScriptedModel, call, draft

_GOOD = {"template": "PR interval {pr}.", "evidence": ["pr"]}
_WRONG = {"template": "PR interval 226 ms.", "evidence": ["pr"]}


def _hang(_: object) -> AIMessage:
    time.sleep(600)
    return draft(_GOOD)


def _fail(_: object) -> AIMessage:
    raise ConnectionError("no route to host")


MODELS: dict[str, list[Any]] = {
    "good": [call("measure", ids=["pr"]), draft(_GOOD)],
    "wrong": [draft(_GOOD, _WRONG), draft(_WRONG)],
    "hanging": [_hang],
    "failing": [_fail],
}


def main() -> None:
    """Serve until killed."""
    port, kind = int(sys.argv[1]), sys.argv[2]
    remote = "remote" in sys.argv
    choice = Choice("scripted", "asked for", ScriptedModel(turns=MODELS[kind]), remote)
    uvicorn.run(create_app(ServerSettings(), choice), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
