"""A worker's process: a setup on the first line of its input, a case on each further one, an outcome for each.

It ends with its input, at once, even amid a case: when the review is killed no worker writes on behind its back.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread


def main() -> None:
    """Serve until the input ends."""
    # What a native library prints must not get between the outcomes.
    outcomes = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(lines,), daemon=True).start()

    from calipers.agent.batch.case_input import CaseInput
    from calipers.agent.batch.single_file import CaseReader, Setup

    setup = Setup.model_validate_json(lines.get())
    _bound_memory(setup.memory_gb)
    with suppress(OSError):  # on another node it may not be there; relative paths are missed in their own cases
        os.chdir(setup.begin_at)
    reader = CaseReader(setup)
    loaded = False
    while True:
        outcome = reader.read(CaseInput.model_validate_json(lines.get()))
        outcomes.write(outcome.model_dump_json() + "\n")
        outcomes.flush()
        if not loaded:
            # Libraries and models came with the first case and stay: nothing of them is garbage to be looked for.
            gc.collect()
            gc.freeze()
            loaded = True


def _bound_memory(most_gb: float) -> None:
    """Whatever asks for more fails in its own case; without this the kernel would choose whom to end."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (round(most_gb * 1e9), hard))


def _listen(lines: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
