"""Where a figure comes from: version, hashes, what was asked, and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from calipers.evals.framework.fingerprint import Fingerprint, changed_files, fingerprint, rested_on, summary
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


def with_files(noted: Mapping[str, Any], modules: Iterable[str], before: Mapping[str, str]) -> dict[str, Any]:
    """The provenance once the run has ended: the files behind the modules that it imported, and their hashes.

    Args:
        noted: taken before it ran.
        modules: imported by the end of it, by this process and its workers.
        before: hashes of what it could reach, taken before it ran.
    """
    files = rested_on(modules, before)
    return {**noted, **summary(files)._asdict(), "files": dict(sorted(files.items()))}


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
    """What has changed since a result was taken: files, or for one without them `code`, `tables` and `weights`."""
    if "files" in saved:
        return changed_files(saved["files"])
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
