"""Run the exported network: no torch, one cached onnxruntime session, windows of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.normalise import normalise, to_working_rate
from calipers.models.onnx_session import onnx_session

Float32 = NDArray[np.float32]

WEIGHTS: Final = Path(__file__).parent / "weights" / "delineator.onnx"
INPUT_HZ: Final = 500.0
_MULTIPLE: Final = 32  # the network halves the rate five times
_WINDOW: Final = 5120  # 10.24 s at 500 Hz: a usual record is one window
_OVERLAP: Final = 1280  # 2.56 s: a beat is always seen whole, with its neighbours
_FADE: Final = 1000
_SHORTEST: Final = 128
#: A lead with fewer known samples in a window is missing there.
_LEAST_KNOWN: Final = 0.5


class Waves(NamedTuple):
    """Probability of P, QRS and T (last axis, in this order) at every sample, 500 Hz.

    Attributes:
        per_lead: (leads, n, 3) float32; NaN for a missing lead.
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
            signal_mv: (leads, n) float32, millivolts, at 500 Hz, any number of leads in any order; a missing
                lead is a row of NaN, a gap within a lead is bridged by a straight line. Resample other rates.

        Returns:
            `Waves` with as many rows as `signal_mv`.

        Raises:
            ValueError: no lead has a signal, or it is shorter than a quarter of a second.
        """
        leads, n = signal_mv.shape
        present = int((np.isfinite(signal_mv).mean(axis=1) > _LEAST_KNOWN).sum()) if n else 0
        if not present or n < _SHORTEST:
            needed = f"1 lead of {_SHORTEST} samples at 500 Hz"
            raise ValueError(f"found {present} leads of {n} samples; needed {needed}")
        per_lead = np.empty((leads, n, 3), dtype=np.float32)
        whole = np.empty((n, 3), dtype=np.float32)
        for start, part in self.stream(signal_mv):
            span = slice(start, start + len(part.global_))
            per_lead[:, span], whole[span] = part
        return Waves(per_lead, whole)

    def stream(self, signal_mv: Float32) -> Iterator[tuple[int, Waves]]:
        """The same for hours of signal, a block at a time and never more than one window in memory.

        Args:
            signal_mv: (leads, n), may be a memory map; only one window of it is read at a time.

        Yields:
            First sample of the block, and its `Waves`; blocks follow each other without gap or overlap. A
            block in which every lead is missing is NaN throughout.
        """
        n = signal_mv.shape[1]
        starts = list(range(0, max(n - _WINDOW, 1), _WINDOW - _OVERLAP))
        if n > _WINDOW and starts[-1] + _WINDOW < n:
            starts.append(n - _WINDOW)
        tail: Waves | None = None
        for start, following in zip(starts, [*starts[1:], n], strict=True):
            window = self._window(np.asarray(signal_mv[:, start : start + _WINDOW], dtype=np.float32))
            if tail is not None:
                window = Waves(*(_cross_fade(old, new) for old, new in zip(tail, window, strict=True)))
            length = following - start
            yield start, Waves(window.per_lead[:, :length], window.global_[:length])
            tail = Waves(window.per_lead[:, length:], window.global_[length:])

    def _window(self, signal: Float32) -> Waves:
        """One window (leads, n) of at most 10.24 s at 500 Hz."""
        leads, n = signal.shape
        per_lead = np.full((leads, n, 3), np.nan, dtype=np.float32)
        present = np.flatnonzero(np.isfinite(signal).mean(axis=1) > _LEAST_KNOWN)
        if not len(present):
            return Waves(per_lead, np.full((n, 3), np.nan, dtype=np.float32))
        x = normalise(to_working_rate(_bridge_gaps(signal[present])))
        padded = np.pad(x, ((0, 0), (0, -x.shape[1] % _MULTIPLE)), mode="edge")
        session = onnx_session(self._weights, self._threads)
        lead_tracks, track = session.run(["per_lead", "global"], {"signal": padded[None]})
        per_lead[present] = np.moveaxis(_to_input_rate(lead_tracks[0], n), 1, 2)
        return Waves(per_lead, np.ascontiguousarray(_to_input_rate(track[0], n).T))


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


def _cross_fade(old: Float32, new: Float32) -> Float32:
    """Pass from the end of one window (..., m, 3) to the start of the next, leaving out the edges of both."""
    m = old.shape[-2]
    share = np.clip((np.arange(m) - m / 2) / _FADE + 0.5, 0, 1).astype(np.float32)[:, None]
    both = (1 - share) * old + share * new[..., :m, :]
    either = np.where(np.isnan(old), new[..., :m, :], old)
    return np.concatenate([np.where(np.isnan(both), either, both), new[..., m:, :]], axis=-2)


def _to_input_rate(track: Float32, n: int) -> Float32:
    """(..., m) at 250 Hz -> (..., n) at 500 Hz, linear: sample 2 k is sample k."""
    doubled = np.repeat(track, 2, axis=-1)
    doubled[..., 1:-1:2] = (track[..., :-1] + track[..., 1:]) / 2
    return doubled[..., :n]
