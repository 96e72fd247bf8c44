"""Run the exported network: no torch, one cached onnxruntime session, windows of bounded size."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.normalise import normalise, to_working_rate

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Float32 = NDArray[np.float32]

WEIGHTS: Final = Path(__file__).parent / "weights" / "delineator.onnx"
INPUT_HZ: Final = 500.0
LEADS: Final = 12
_MULTIPLE: Final = 32  # the network halves the rate five times
_WINDOW: Final = 2560  # 10.24 s at 250 Hz: a usual record is one window
_OVERLAP: Final = 640  # 2.56 s: a beat is always seen whole, with its neighbours
_SHORTEST: Final = 64


class Waves(NamedTuple):
    """Probability of P, QRS and T (last axis, in this order) at every sample of the record, 500 Hz.

    Attributes:
        per_lead: (12, n, 3) float32; NaN for a missing lead.
        global_: (n, 3) float32, the wave anywhere in the leads: its bounds are the earliest onset and latest
            offset that two further leads confirm within 12 ms.
    """

    per_lead: Float32
    global_: Float32


class Delineator:
    """Delineates all leads of an ECG at once.

    Source: `CARD.md` beside this module has the data, the recipe and the cross-validated errors.
    """

    def __init__(self, weights: Path = WEIGHTS, *, threads: int = 2) -> None:
        self._weights = weights
        self._threads = threads

    def probabilities(self, signal_mv: Float32) -> Waves:
        """Probability of P, QRS and T at every sample, per lead and over all leads.

        Args:
            signal_mv: (leads, n) float32, millivolts, at 500 Hz, at most twelve leads in any order; a missing
                lead is a row of NaN, a gap within a lead is bridged by a straight line. Resample other rates.

        Returns:
            `Waves` with as many rows as `signal_mv`.

        Raises:
            ValueError: no lead has a signal, or it is shorter than a quarter of a second.
        """
        present = np.flatnonzero(np.isfinite(signal_mv).mean(axis=1) > 0.5)
        rows, n = signal_mv.shape
        if not len(present) or n < 2 * _SHORTEST:
            needed = f"1 lead of {2 * _SHORTEST} samples at 500 Hz"
            raise ValueError(f"found {len(present)} leads of {n} samples; needed {needed}")
        signal = to_working_rate(_bridge_gaps(np.asarray(signal_mv, dtype=np.float32)[present]))
        lead_tracks, global_track = self._windows(signal)
        per_lead = np.full((rows, n, 3), np.nan, dtype=np.float32)
        per_lead[present] = np.moveaxis(_to_input_rate(lead_tracks, n), 1, 2)
        return Waves(per_lead, np.ascontiguousarray(_to_input_rate(global_track, n).T))

    def _windows(self, signal: Float32) -> tuple[Float32, Float32]:
        """(leads, n) at 250 Hz -> probabilities (leads, 3, n) and (3, n), overlapping windows cross-faded."""
        leads, n = signal.shape
        if n <= _WINDOW:
            return self._run(signal)
        lead_tracks = np.zeros((leads, 3, n), dtype=np.float32)
        global_track = np.zeros((3, n), dtype=np.float32)
        total = np.zeros(n, dtype=np.float32)
        starts = [*range(0, n - _WINDOW, _WINDOW - _OVERLAP), n - _WINDOW]
        for start in starts:
            part = slice(start, start + _WINDOW)
            weight = _fade(start > 0, start + _WINDOW < n)
            lead, whole = self._run(signal[:, part])
            lead_tracks[:, :, part] += lead * weight
            global_track[:, part] += whole * weight
            total[part] += weight
        return lead_tracks / total, global_track / total

    def _run(self, signal: Float32) -> tuple[Float32, Float32]:
        """One window (leads, n) at 250 Hz -> probabilities (leads, 3, n) and (3, n)."""
        n = signal.shape[1]
        padded = np.pad(normalise(signal), ((0, 0), (0, -n % _MULTIPLE)), mode="edge")
        session = _session(self._weights, self._threads)
        per_lead, whole = session.run(["per_lead", "global"], {"signal": padded[None]})
        return per_lead[0, :, :, :n], whole[0, :, :n]


@functools.lru_cache(maxsize=4)
def _session(weights: Path, threads: int) -> InferenceSession:
    import onnxruntime

    if not weights.is_file():
        raise FileNotFoundError(f"found no weights at `{weights}`; needed delineator.onnx, see CARD.md")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _bridge_gaps(signal: Float32) -> Float32:
    """Replace NaN samples by a straight line between their neighbours."""
    if np.isfinite(signal).all():
        return signal
    index = np.arange(signal.shape[1])
    bridged = signal.copy()
    for row in bridged:
        known = np.isfinite(row)
        row[~known] = np.interp(index[~known], index[known], row[known])
    return bridged


def _fade(rising: bool, falling: bool) -> Float32:
    """(window,) weight that leaves the outer tenth of a second out and fades over the rest of the overlap."""
    edge = np.clip((np.arange(_OVERLAP) - 25) / (_OVERLAP - 50), 1e-6, 1)
    weight = np.ones(_WINDOW)
    if rising:
        weight[:_OVERLAP] = edge
    if falling:
        weight[-_OVERLAP:] = np.minimum(weight[-_OVERLAP:], edge[::-1])
    return weight.astype(np.float32)


def _to_input_rate(track: Float32, n: int) -> Float32:
    """(..., m) at 250 Hz -> (..., n) at 500 Hz, linear: sample 2 k is sample k."""
    doubled = np.repeat(track, 2, axis=-1)
    doubled[..., 1:-1:2] = (track[..., :-1] + track[..., 1:]) / 2
    return doubled[..., :n]
