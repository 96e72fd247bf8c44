"""Where a figure comes from: version, hashes, what was asked, and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from calipers.evals.framework.fingerprint import Fingerprint, fingerprint
from calipers.evals.framework.task import Options

_PACKAGES: Final = ("numpy", "scipy", "onnxruntime", "torch", "transformers", "neurokit2", "openecg")


def provenance(module: str, options: Options) -> dict[str, Any]:
    """What stands beside a task's figures, taken before it runs.

    Args:
        module: the task's package.
        options: what was asked of the run.
    """
    from calipers.settings import settings

    return {
        "calipers": version("calipers"),
        "commit": _commit(),
        **fingerprint(module)._asdict(),
        "asked": asked(options),
        "model": options.model or settings().model or "default",
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load": round(os.getloadavg()[0], 2),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def asked(options: Options) -> dict[str, Any]:
    """The options that figures hang on."""
    return {
        "n": options.n,
        "split": options.split,
        "seed": options.seed,
        "model": options.model,
        "judge": options.judge,
    }


def stale_parts(saved: Mapping[str, Any], module: str) -> tuple[str, ...]:
    """Which of `code`, `tables` and `weights` have changed since a result was taken; all for one without hashes."""
    try:
        taken = Fingerprint(saved["code"], saved["tables"], saved["weights"])
    except KeyError:
        return Fingerprint._fields
    return fingerprint(module).changed_since(taken)


def _commit() -> str:
    """The commit of the working tree, with a plus where files differ from it; empty outside a repository."""
    folder = Path(__file__).resolve().parent
    try:
        head = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return head.stdout.strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
