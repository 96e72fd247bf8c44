"""Bundles of an agent's runs, each left in a folder when its run has ended."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from calipers.agent.audit.bundle import save_bundle
from calipers.agent.audit.single_case import finished
from calipers.agent.context import RunContext
from calipers.errors import UsageError


def keep_bundle(context: RunContext, state: Mapping[str, Any], history: int = 0) -> Path | None:
    """Write the bundle of a run that has ended, where its context names a folder for it.

    Args:
        context: of the run.
        state: the graph's last.
        history: messages that were in the conversation before the run.

    Returns:
        Its path, `<record>-<digest of the bundle>.zip`: equal runs leave one file. None without a folder.

    Raises:
        UsageError: the folder cannot be written.
    """
    folder, case = context.bundles, context.the_case
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".zip")
        os.close(handle)
    except OSError as problem:
        raise UsageError(
            f"found `{folder}`, which cannot be written ({problem.strerror}); needed a folder"
        ) from problem
    aside = Path(name)
    try:
        priors = [prior.ecg for prior in case.priors]
        save_bundle(aside, finished(context, state, history), case.ecg, priors, mode=state["mode"])
        return aside.replace(folder / f"{case.record}-{sha256(aside.read_bytes()).hexdigest()[:12]}.zip")
    finally:
        aside.unlink(missing_ok=True)
