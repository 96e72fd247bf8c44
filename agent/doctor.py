"""What is installed, found and hashed on this machine."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Final

from calipers.agent.probabilities import statement_weights_sha256
from calipers.agent.usable_models import Finding, usable_models
from calipers.knowledge import criteria_sha256, statements
from calipers.knowledge.guidelines import corpus_sha256, passages
from calipers.knowledge.store.embedding import WEIGHTS, WEIGHTS_SHA256, weights_folder
from calipers.settings import settings, version

_NEEDED: Final = (
    "numpy",
    "scipy",
    "onnxruntime",
    "openecg",
    "neurokit2",
    "chromadb",
    "bm25s",
    "wfdb",
    "pydicom",
    "ecgdatakit",
    "matplotlib",
    "langgraph",
    "langchain",
)


def examine_installation() -> list[Finding]:
    """Look at packages, weights, criteria, folders and settings; nothing is fetched or changed."""
    found = [Finding("calipers", True, True, version())]
    found += [_package(name, needed=True) for name in _NEEDED]
    found += [*_delineators(), _statement_network(), _criteria(), _embedding(), _guidelines(), _home(), _data()]
    return [*found, *usable_models()]


def _package(name: str, *, needed: bool) -> Finding:
    try:
        return Finding(name, True, needed, installed(name))
    except PackageNotFoundError:
        return Finding(name, False, needed, "not installed")


def _statement_network() -> Finding:
    digest = statement_weights_sha256()
    if not digest:
        return Finding("statement network", False, False, "found no weights; nothing is suggested")
    return Finding("statement network", True, False, f"sha256 {digest[:16]}")


def _delineators() -> list[Finding]:
    from calipers.tools.measure.delineation import weights_sha256

    return [
        Finding(f"weights {name}", True, True, f"sha256 {digest[:16]}") for name, digest in weights_sha256().items()
    ]


def _criteria() -> Finding:
    return Finding("criteria", True, True, f"{len(statements())} statements, sha256 {criteria_sha256()[:16]}")


def _embedding() -> Finding:
    folder = weights_folder()
    if folder is None:
        return Finding("sentence embedding", False, False, "not fetched (`calipers fetch`)")
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    return Finding("sentence embedding", digest == WEIGHTS_SHA256, False, f"{folder}, sha256 {digest[:16]}")


def _guidelines() -> Finding:
    return Finding("guidelines", True, False, f"{len(passages())} passages, sha256 {corpus_sha256()[:16]}")


def _home() -> Finding:
    home = settings().home
    parent = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = os.access(parent, os.W_OK)
    return Finding("home", writable, True, f"{home} ({'writable' if writable else 'not writable'})")


def _data() -> Finding:
    folder = settings().data
    if folder is None:
        return Finding("data", False, False, "CALIPERS_DATA is not set; only training and evaluation need it")
    return Finding("data", Path(folder).is_dir(), False, str(folder))
