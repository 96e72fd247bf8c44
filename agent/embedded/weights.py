"""The embedded model's weights: the fetched base with the committed adapter, both checked, loaded once."""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from calipers.errors import MissingPart
from calipers.settings import settings

if TYPE_CHECKING:
    from calipers.models.mllm.language.generation import ActionWriter

_PACKAGES: Final = ("torch", "transformers", "safetensors", "llguidance")
#: One writer serves the process: it holds the weights and what was read last.
WRITING: Final = Lock()
_ADAPTER: Final = "language_adapter.safetensors"
_PROJECTOR: Final = "ecg_projector.safetensors"
_FIRST_WORD: Final = "first_word.safetensors"
_MANIFEST: Final = "language_adapter.json"


def adapter_path() -> Path:
    """Where the adapter lies in this installation."""
    return Path(str(files("calipers.models"))) / "weights" / _ADAPTER


def adapter_manifest() -> dict[str, Any]:
    """What the adapter is: its hash, its base, how it was trained, its figures."""
    found: dict[str, Any] = json.loads(adapter_path().with_name(_MANIFEST).read_text(encoding="utf-8"))
    return found


def adapter_problem() -> str | None:
    """Why the embedded model cannot run here, in one clause; None where it can."""
    if not adapter_path().is_file() or not adapter_path().with_name(_MANIFEST).is_file():
        return "it has no trained weights in this version"
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        return f"found no package `{missing[0]}`; needed: pip install {missing[0]}"
    if (found := _digest(adapter_path())) != (needed := adapter_manifest()["sha256"]):
        return f"found {_ADAPTER} with sha256 {found[:16]}…; needed {needed[:16]}…"
    weights = settings().home / "weights"
    if not any(weights.glob("*.gguf")) and not any(weights.glob("*/model.safetensors")):
        return "found no base language model; needed: run `calipers fetch`"
    return None


@lru_cache(maxsize=1)
def load_writer(adapted: bool = True) -> ActionWriter:
    """The action writer, loaded at its first use.

    Raises:
        MissingPart: a weight or a package is not there, or is not the right one.
    """
    problem = adapter_problem() if adapted else None
    if problem is not None:
        raise MissingPart(problem)
    import torch

    from calipers.models.mllm.language import lora
    from calipers.models.mllm.language.base import load_base, load_tokenizer
    from calipers.models.mllm.language.first_word import FirstWord
    from calipers.models.mllm.language.generation import ActionWriter
    from calipers.models.mllm.language.projector import load_sight

    model = load_base(dtype=torch.bfloat16)
    if not adapted:
        return ActionWriter(model, load_tokenizer())
    lora.merge(model, adapter_path())
    second = FirstWord.load(adapter_path().with_name(_FIRST_WORD)) if _is_own(_FIRST_WORD, "first_word") else None
    return ActionWriter(model, load_tokenizer(), load_sight(projector_path()) if _can_see() else None, second)


def preload() -> None:
    """Load the writer before it is asked; whoever asks meanwhile waits for it.

    Raises:
        MissingPart: as `load_writer`.
    """
    with WRITING:
        load_writer()


def projector_path() -> Path:
    """Where the projector of ECG tokens lies in this installation."""
    return adapter_path().with_name(_PROJECTOR)


def _can_see() -> bool:
    """Whether the projector is here and the one that was trained with this adapter."""
    return _is_own(_PROJECTOR, "projector")


def _is_own(name: str, entry: str) -> bool:
    """Whether a file beside the adapter is the one that was trained with it."""
    path = adapter_path().with_name(name)
    return path.is_file() and _digest(path) == adapter_manifest().get(entry)


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
