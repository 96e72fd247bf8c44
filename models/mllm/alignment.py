"""ECGs and sentences in one space: the ECG embedding, and how true a sentence is of an ECG. NumPy, no torch.

The ECG's side starts from the trunk (`encoder_tokens`), the sentence's from all-MiniLM-L6-v2; `alignment_training`
learned both sides on PTB-XL's reports and statements. A sentence far from everything that was learned about ECGs
has no answer here.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.models.mllm import encoder_tokens

Float32 = NDArray[np.float32]

WEIGHTS: Final = Path(__file__).parent / "weights" / "alignment.safetensors"
#: Each of this many clinical terms that a sentence names makes it this much more familiar.
_MOST_NAMED: Final = 2
_NAMED: Final = 0.05


class Truth(NamedTuple):
    """chance: (b, m) calibrated on wordings that were not learned; familiar: (m,) likeness to what was, about 0–1."""

    chance: NDArray[np.float64]
    familiar: Float32


@functools.cache
def embedding_id() -> str:
    """Names the space: embeddings of another id cannot be compared with these."""
    content = _there(encoder_tokens.TRUNK).read_bytes() + _there(WEIGHTS).read_bytes()
    return f"ecg-reports-{hashlib.sha256(content).hexdigest()[:12]}"


def features_of(tokens: encoder_tokens.Tokens) -> Float32:
    """(b, f) what the ECG's side starts from."""
    return np.concatenate([tokens.pooled, tokens.statements], axis=1)


def place_ecgs(features: Float32) -> Float32:
    """(b, f) of `features_of` -> (b, width), unit length."""
    towers = _towers()
    return _unit((features - towers["mean"]) / towers["spread"] @ towers["ecg.weight"].T + towers["ecg.bias"])


def place_sentences(sentences: Float32) -> Float32:
    """(m, s) of `sentence_features` -> (m, width), unit length."""
    towers = _towers()
    hidden = _gelu(sentences @ towers["hidden.weight"].T + towers["hidden.bias"])
    bent = hidden @ towers["bent.weight"].T + towers["bent.bias"]
    return _unit(sentences @ towers["text.weight"].T + towers["text.bias"] + bent)


def truth(ecgs: Float32, sentences: Float32) -> Truth:
    """How true sentences are of ECGs.

    Args:
        ecgs: (b, width) of `place_ecgs`.
        sentences: (m, s) of `sentence_features`.
    """
    towers = _towers()
    usual = sentences @ towers["prevalence.weight"].T + towers["prevalence.bias"]  # (m, 1)
    scores = np.exp(towers["true_scale"]) * ecgs @ place_sentences(sentences).T + usual.T
    slope, offset = towers["calibration"]
    chance = 1.0 / (1.0 + np.exp(-(slope * scores.astype(np.float64) + offset)))
    width = towers["learned"].shape[1]
    alike = (sentences[:, :width] @ towers["learned"].T).max(axis=1)
    named = sentences[:, width:].sum(axis=1).clip(max=_MOST_NAMED)
    return Truth(chance, alike + _NAMED * named)


def _unit(rows: NDArray[np.floating]) -> Float32:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _gelu(x: Float32) -> Float32:
    from scipy.special import erf

    return np.asarray(0.5 * x * (1.0 + erf(x / np.sqrt(np.float32(2.0)))), np.float32)


@functools.cache
def _towers() -> dict[str, Float32]:
    from safetensors.numpy import load_file

    return {name: tensor.astype(np.float32) for name, tensor in load_file(str(_there(WEIGHTS))).items()}


def _there(path: Path) -> Path:
    if not path.is_file():
        raise MissingPart(f"found no `{path}`; needed the alignment's weights, see its CARD.md")
    return path
