"""A worker's process: a setup on the first line of its input, a case on each further one, an outcome for each.

It ends with its input, at once, even amid a case: when the review is killed no worker writes on behind its back.
"""

from __future__ import annotations

import os
import sys
from queue import SimpleQueue
from threading import Thread


def main() -> None:
    """Serve until the input ends."""
    # What a native library prints must not get between the outcomes.
    outcomes = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(lines,), daemon=True).start()

    from calipers.agent.batch.inputs import CaseInput
    from calipers.agent.batch.single_file import CaseReader, Setup

    reader = CaseReader(Setup.model_validate_json(lines.get()))
    while True:
        outcome = reader.read(CaseInput.model_validate_json(lines.get()))
        outcomes.write(outcome.model_dump_json() + "\n")
        outcomes.flush()


def _listen(lines: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
