"""What is installed, found and hashed on this machine."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Final, NamedTuple

from calipers.agent.fetch import base_weights
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
_OPTIONAL: Final = ("langchain-openai", "langchain-anthropic", "langchain-ollama")


class Finding(NamedTuple):
    """One part of the installation. `ok` False with `needed` True means that Calipers cannot work."""

    part: str
    ok: bool
    needed: bool
    detail: str


def examine_installation() -> list[Finding]:
    """Look at packages, weights, criteria, folders and settings; nothing is fetched or changed."""
    found = [Finding("calipers", True, True, version())]
    found += [_package(name, needed=True) for name in _NEEDED]
    found += [_package(name, needed=False) for name in _OPTIONAL]
    found += [*_delineators(), _criteria(), _base_model(), _embedded(), _embedding(), _guidelines(), _home(), _data()]
    where = "allowed" if settings().allow_remote else "not allowed (CALIPERS_ALLOW_REMOTE)"
    found.append(Finding("model", True, False, f"{settings().model}; patient data to a remote model: {where}"))
    return found


def _package(name: str, *, needed: bool) -> Finding:
    try:
        return Finding(name, True, needed, installed(name))
    except PackageNotFoundError:
        return Finding(name, False, needed, "not installed")


def _delineators() -> list[Finding]:
    from calipers.tools.measure.delineation import weights_sha256

    return [
        Finding(f"weights {name}", True, True, f"sha256 {digest[:16]}") for name, digest in weights_sha256().items()
    ]


def _criteria() -> Finding:
    return Finding("criteria", True, True, f"{len(statements())} statements, sha256 {criteria_sha256()[:16]}")


def _base_model() -> Finding:
    path = base_weights()
    if path is None:
        return Finding("base language model", False, False, "not fetched (`calipers fetch`)")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Finding("base language model", True, False, f"{path.name}, sha256 {digest[:16]}")


def _embedded() -> Finding:
    from calipers.agent.embedded.weights import adapter_manifest, adapter_problem

    if problem := adapter_problem():
        return Finding("embedded model", False, False, problem)
    return Finding("embedded model", True, False, f"adapter sha256 {adapter_manifest()['sha256'][:16]}")


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
