"""Run what `classify` runs: four networks and, on whole recordings, a forest on the median beat. No torch."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.models.mllm.calibration import Calibration, log_odds
from calipers.models.mllm.encoder_input import EncoderInput
from calipers.models.mllm.encoder_tokens import TRUNK, run
from calipers.models.mllm.forest import Forest

Float32 = NDArray[np.float32]

WEIGHTS: Final = TRUNK
#: The trunk, the network of one fold less that calibrated it, the trunk of another seed, and a pretrained network.
MEMBERS: Final = (
    TRUNK,
    TRUNK.with_name("statements_second.onnx"),
    TRUNK.with_name("statements_third.onnx"),
    TRUNK.with_name("statements_fourth.onnx"),
)
FOREST: Final = TRUNK.with_name("statements_forest.npz")
#: Codes in the networks' order, calibration and thresholds, fitted on a fold that was not learned from.
CALIBRATION: Final = TRUNK.with_suffix(".json")


class Window(NamedTuple):
    """A stretch to be judged.

    Attributes:
        signal: of `encoder_input`.
        patient: (4,) of `patient_vector`.
        beats: (f,) of `beat_features`, None where leads or stretches are missing: then the networks judge alone.
    """

    signal: EncoderInput
    patient: Float32
    beats: Float32 | None


def codes() -> tuple[str, ...]:
    """PTB-XL's 71 SCP-ECG codes, in the order of `probabilities`."""
    return _fitted().codes


def thresholds() -> dict[str, float]:
    """The probability from which a statement is said, by code: the best F1 on a fold that was not learned from."""
    return dict(zip(codes(), _fitted().threshold, strict=True))


@functools.cache
def weights_sha256() -> str:
    """Hash over all files that `probabilities` reads; empty where one is not there."""
    files = (*MEMBERS, FOREST, CALIBRATION)
    if not all(path.is_file() for path in files):
        return ""
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def probabilities(windows: Sequence[Window], *, threads: int = 2) -> NDArray[np.float64]:
    """(windows, 71) calibrated probabilities, in the order of `codes`.

    Raises:
        MissingPart: a weight file is not there.
    """
    fitted = _fitted()
    logits = _network_logits(windows, threads)
    found = fitted.partial.probabilities(logits[None])
    whole = [place for place, window in enumerate(windows) if window.beats is not None]
    if whole:
        features = np.stack([np.append(w.beats, w.patient) for w in windows if w.beats is not None])
        trees = log_odds(_forest().probabilities(features.astype(np.float32)))
        found[whole] = fitted.whole.probabilities(np.stack([logits[whole], trees]))
    return found


def _network_logits(windows: Sequence[Window], threads: int) -> NDArray[np.float64]:
    """(windows, 71) mean of the members; windows of one length go through together."""
    by_length: dict[int, list[int]] = {}
    for place, window in enumerate(windows):
        by_length.setdefault(window.signal.signal_mv.shape[1], []).append(place)
    logits = np.zeros((len(windows), len(codes())))
    for places in by_length.values():
        signal = np.stack([windows[place].signal.signal_mv for place in places])
        present = np.stack([windows[place].signal.present for place in places])
        patient = np.stack([windows[place].patient for place in places])
        for member in MEMBERS:
            logits[places] += run(member, ("statements",), signal, present, patient, threads=threads)[0] / len(MEMBERS)
    return logits


class _Fitted(NamedTuple):
    """codes and threshold: (71,) in the networks' order; whole: network and forest; partial: network alone."""

    codes: tuple[str, ...]
    threshold: tuple[float, ...]
    whole: Calibration
    partial: Calibration


@functools.cache
def _fitted() -> _Fitted:
    stored = json.loads(_there(CALIBRATION).read_text(encoding="utf-8"))
    whole, partial = (
        Calibration(np.array(stored[name]["weight"]), np.array(stored[name]["offset"])) for name in ("whole", "partial")
    )
    return _Fitted(tuple(stored["codes"]), tuple(stored["threshold"]), whole, partial)


@functools.cache
def _forest() -> Forest:
    return Forest.load(_there(FOREST))


def _there(path: Path) -> Path:
    if not path.is_file():
        raise MissingPart(f"found no `{path}`; needed the statement network's weights, see its CARD.md")
    return path
