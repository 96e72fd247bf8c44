"""Long records with known truth: one real beat, laid down again and again at chosen times, in chosen shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers import Ecg
from calipers.leads import LEADS
from calipers.tools.measure import examine
from calipers.tools.measure.fiducials import P_OFF, P_ON, QRS_ON, T_OFF

FS_HZ = 500
_MARGIN = 20

Kind = Literal["normal", "no_p", "ventricular"]
Signal = NDArray[np.float64]


class Beat(NamedTuple):
    """One beat to lay down: the interval from the beat before it, and its shape."""

    rr_ms: float
    kind: Kind = "normal"


class Shapes(NamedTuple):
    """The beat in its shapes, each (12, m) with the R peak at `zero`."""

    kinds: dict[Kind, Signal]
    zero: int


def shapes_of(ecg: Ecg) -> Shapes:
    """Cut one whole beat out of a record at 500 Hz; without its P wave; wide and upside down."""
    found = examine(ecg)
    assert found.beats is not None
    assert found.marks is not None
    k = len(found.beats) // 2
    peak, marks = int(found.beats.peaks[k]), found.marks.heart[k]
    start, stop = int(marks[P_ON]) - _MARGIN, int(marks[T_OFF]) + _MARGIN
    normal = _tapered(ecg.signal_mv[:, start:stop].astype(np.float64))
    no_p = normal.copy()
    no_p[:, : int(marks[QRS_ON]) - 4 - start] = 0.0
    first = int(marks[P_OFF]) - start
    steep = normal[:, first:]
    n = steep.shape[1]
    wide = np.stack([np.interp(np.arange(0, n, 0.5), np.arange(n), row) for row in steep])
    zero = peak - start
    wide = np.pad(-1.3 * _tapered(wide), ((0, 0), (max(zero - 2 * (zero - first), 0), 0)))
    return Shapes({"normal": normal, "no_p": no_p, "ventricular": wide}, zero)


def _tapered(beat: Signal) -> Signal:
    """Ends at zero: the line between its ends taken away."""
    line = np.linspace(0.0, 1.0, beat.shape[1])
    return beat - (beat[:, :1] * (1.0 - line) + beat[:, -1:] * line)


def train(shapes: Shapes, beats: Sequence[Beat], noise_mv: float = 0.003) -> tuple[Signal, NDArray[np.float64]]:
    """(12, n) millivolts at 500 Hz, and the time of each R peak in seconds; half a second of lead-in and two of rest."""
    peaks = np.cumsum([round(beat.rr_ms * FS_HZ / 1000.0) for beat in beats])
    n = int(peaks[-1]) + 2 * FS_HZ
    longest = max(shape.shape[1] for shape in shapes.kinds.values())
    out = np.zeros((12, n + 2 * longest))
    for beat, peak in zip(beats, peaks, strict=True):
        shape = shapes.kinds[beat.kind]
        at = int(peak) - shapes.zero + longest
        out[:, at : at + shape.shape[1]] += shape
    signal = out[:, longest : longest + n]
    rng = np.random.default_rng(11)
    return signal + rng.normal(0.0, noise_mv, signal.shape), peaks / FS_HZ


def record(signal_mv: Signal) -> Ecg:
    """An ECG of twelve leads at 500 Hz."""
    return Ecg.from_array(signal_mv, FS_HZ, LEADS)


def regular(seconds: float, rr_ms: float = 800.0, kind: Kind = "normal") -> list[Beat]:
    """Beats at one interval for so many seconds."""
    return [Beat(rr_ms, kind)] * int(seconds * 1000.0 / rr_ms)


def fibrillation(seconds: float) -> list[Beat]:
    """Irregular beats without P waves for so many seconds."""
    rng, beats, left_ms = np.random.default_rng(3), [], 1000.0 * seconds
    while left_ms > 0:
        beats.append(Beat(float(rng.uniform(450.0, 1050.0)), "no_p"))
        left_ms -= beats[-1].rr_ms
    return beats
