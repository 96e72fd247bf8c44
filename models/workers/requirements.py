"""Whether a published model can run on this machine, and why not, without loading it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from calipers.errors import MissingPart
from calipers.models.workers.checkpoint import configuration, weight_files
from calipers.models.workers.published import Published
from calipers.settings import settings

_PACKAGES: Final = ("torch", "transformers", "safetensors", "PIL")
#: Larger files count in a fingerprint by name and size alone.
_SMALL_BYTES: Final = 1 << 20


def weights_folder(model: Published) -> Path:
    """Where the weights of a published model are looked for."""
    return settings().home / "weights" / model.name


def why_not(model: Published) -> str | None:
    """Why it cannot run here, in one clause; None where nothing speaks against it."""
    folder = weights_folder(model)
    if not folder.is_dir():
        fetch = f"hf download {model.repository} --local-dir {folder}"
        return f"found no weights at {folder}; needed: {fetch}"
    try:
        configuration(folder)
        weight_files(folder)
    except MissingPart as problem:
        return str(problem)
    chosen = settings()
    if chosen.worker_python is None:
        needed = (*_PACKAGES, "accelerate") if chosen.worker_device == "cuda" else _PACKAGES
        missing = [name for name in needed if find_spec(name) is None]
        if missing:
            return f'found no package `{missing[0]}`; needed: pip install "calipers[workers]"'
    if chosen.worker_device == "cuda":
        return _lacking_memory(model)
    return None


def fingerprint(model: Published) -> str:
    """What the weights are, for provenance: a hash over every file's name and size, and what the small ones hold.

    Hashing sixteen gigabytes would take a minute of every first answer.
    """
    digest = hashlib.sha256()
    for path in sorted(weights_folder(model).iterdir()):
        if path.is_file():
            size = path.stat().st_size
            digest.update(f"{path.name}\0{size}\0".encode())
            digest.update(path.read_bytes() if size < _SMALL_BYTES else b"")
    return digest.hexdigest()


def _lacking_memory(model: Published) -> str | None:
    precision = settings().worker_precision
    needed = f"{model.memory_gb(precision):g} GB free for {precision}"
    free = free_gpu_gb()
    if free is None:
        return f"found no NVIDIA GPU; needed one with {needed}, or CALIPERS_WORKER_DEVICE=cpu and patience"
    if free < model.memory_gb(precision):
        return f"found {free:g} GB of free GPU memory; needed {needed} (CALIPERS_WORKER_PRECISION: bf16, int8, int4)"
    return None


def free_gpu_gb() -> float | None:
    """Free memory of the emptiest GPU in GB of 1e9 bytes; None without one."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    asked = [program, "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    mebibytes = [int(line) for line in told.split() if line.isdigit()]
    return round(max(mebibytes) * (1 << 20) / 1e9, 1) if mebibytes else None
