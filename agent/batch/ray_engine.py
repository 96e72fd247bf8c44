"""The same review on Ray Data, from a laptop to a cluster: a pool of actors, each of which holds one worker process.

The actor stands for the worker on Ray's side: it takes the next case when the last one is done, is begun again when
it is lost, and lies where the scheduler found room. The process below it keeps what the local engine promises: a case
that crashes native code, hangs or wants too much memory costs only itself. On a cluster the files of the cases and
the folder of the review lie on storage that all nodes share.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from calipers.agent.batch.case_input import CaseInput
from calipers.agent.batch.single_file import Outcome, Setup
from calipers.agent.batch.supervised import Worker, attempt
from calipers.errors import MissingPart

#: Cases that are laid out for the scheduler at a time: a million have never all to be held.
_AT_ONCE: Final = 20_000
#: Outcomes are small; what Ray sets aside by default is a third of the machine's memory.
_STORE_BYTES: Final = 100_000_000
#: Nothing is reported to Ray's makers, its own notes stay out of the review's, and actors run with its priority.
_SETTINGS: Final = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_worker_niceness": "0"}


class _Reader:
    """One actor."""

    def __init__(self, setup: str, limit_s: float) -> None:
        self._worker = Worker(Setup.model_validate_json(setup), limit_s)

    def __call__(self, row: dict[str, str]) -> dict[str, str]:
        outcome = attempt(self._worker, CaseInput.model_validate_json(row["case"]))
        return {"outcome": outcome.model_dump_json()}


def outcomes(cases: Sequence[CaseInput], setup: Setup, *, workers: int, limit_s: float) -> Iterator[Outcome]:
    """The outcomes of all cases, as they finish.

    Args:
        cases: in the order in which they are begun.
        setup: what they share.
        workers: actors at a time; each takes a core, and its share of the GPUs where there are any.
        limit_s: after which a case is given up.

    Raises:
        MissingPart: Ray is not installed.
    """
    try:
        import ray
        import ray.data
    except ImportError as absent:
        raise MissingPart('found no Ray; needed: pip install "calipers[ray]"') from absent
    with _cluster(ray, workers):
        context = ray.data.DataContext.get_current().copy()
        context.enable_progress_bars = False
        gpus = ray.cluster_resources().get("GPU", 0)
        with ray.data.DataContext.current(context):
            for first in range(0, len(cases), _AT_ONCE):
                rows = [{"case": case.model_dump_json()} for case in cases[first : first + _AT_ONCE]]
                # A block a case: its outcome is on disk before the actor is given another.
                read = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
                    _Reader,
                    fn_constructor_args=(setup.model_dump_json(), limit_s),
                    compute=ray.data.ActorPoolStrategy(size=min(workers, len(rows))),
                    num_cpus=1,
                    num_gpus=min(1, gpus / workers) or None,
                )
                for batch in read.iter_batches(batch_size=None, prefetch_batches=0):
                    yield from (Outcome.model_validate_json(text) for text in batch["outcome"])


@contextmanager
def _cluster(ray: Any, workers: int) -> Iterator[None]:
    """The cluster of `RAY_ADDRESS`, one that is connected already, or one of this machine for as long as it is needed."""
    if ray.is_initialized():
        yield
        return
    os.environ.update({name: value for name, value in _SETTINGS.items() if name not in os.environ})
    own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers + 1, "object_store_memory": _STORE_BYTES}
    with _without_native_notes():
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.CRITICAL, **own)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _without_native_notes() -> Iterator[None]:
    """Ray's native part says at its start, past all Python logging, at which level it will log."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
