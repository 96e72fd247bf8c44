"""A second implementation: marks by openecg lead by lead, everything else by plain numpy; nothing of the engine.

Written from the contract's definitions alone (names, units, the PR segment as baseline), so that agreement with the
engine is agreement of two programs. Its own errors against cardiologists are in `second_error.json`, see `calibrate`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from openecg.deploy import OnnxCodec

Signal = NDArray[np.float64]
#: (k, 2) onsets and offsets in samples.
Bounds = NDArray[np.int64]

LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
FS_HZ: Final = 500
#: openecg's frame classes.
_CLASSES: Final = {"p": (1,), "qrs": (2, 4), "t": (3,)}
_SHORTEST_MS: Final = 20
#: Complexes of two leads within this time are one beat; a beat is in at least a third of the leads.
_ONE_BEAT_MS: Final = 100
#: A beat needs the marks of so many leads; the outermost mark that so many confirm bounds a wave of the heart.
_FEWEST_LEADS: Final = 3
#: Deflections of the QRS below this share of its height, or below this level, are none.
_LEAST_SHARE: Final = 0.04
_LEAST_MV: Final = 0.03


class Beat(NamedTuple):
    """One heartbeat: samples of P onset and offset, QRS onset and offset, T end; -1 where not seen."""

    p_on: int
    p_off: int
    on: int
    off: int
    t_off: int


def measure_again(signal_mv: Any, fs_hz: float) -> dict[str, float]:
    """Id → value for what this program measures; what it cannot measure is left out.

    Args:
        signal_mv: (12, n) millivolts in the order of `LEADS`; NaN rows for leads that were not recorded.
        fs_hz: samples per second; other rates than 500 are interpolated.
    """
    signal = _at_500_hz(np.asarray(signal_mv, dtype=np.float64), fs_hz)[:, : 10 * FS_HZ]
    return measured_with(signal, [_marks(row) if np.isfinite(row).all() else {} for row in signal])


def beats_of(signal_mv: Any, fs_hz: float) -> list[Beat]:
    """The beats of an ECG, samples at 500 Hz."""
    signal = _at_500_hz(np.asarray(signal_mv, dtype=np.float64), fs_hz)[:, : 10 * FS_HZ]
    return _beats([_marks(row) if np.isfinite(row).all() else {} for row in signal])


def measured_with(signal: Signal, marks: list[dict[str, Bounds]]) -> dict[str, float]:
    """The same from given marks: wave → onsets and offsets of each lead, samples at 500 Hz; no entry for no lead."""
    beats = _beats(marks)
    if len(beats) < 3:
        return {}
    found = _intervals(beats)
    for lead, row, seen in zip(LEADS, signal, marks, strict=True):
        if seen:
            found |= {f"{lead}.{name}": value for name, value in _lead(row, beats, seen).items()}
    found |= _axes(signal, beats)
    return found


def _at_500_hz(signal: Signal, fs_hz: float) -> Signal:
    if fs_hz == FS_HZ:
        return signal
    times = np.arange(int(signal.shape[1] * FS_HZ / fs_hz)) / FS_HZ
    stored = np.arange(signal.shape[1]) / fs_hz
    return np.array([np.interp(times, stored, row) for row in signal])


def _marks(row: Signal) -> dict[str, Bounds]:
    """The waves of one lead: runs of openecg's classes, flickers dropped."""
    frame = _codec().encode(row.astype(np.float32), fs=FS_HZ).frame
    found = {}
    for wave, classes in _CLASSES.items():
        inside = np.concatenate([[False], np.isin(frame, classes), [False]]).astype(np.int8)
        edges = np.flatnonzero(np.diff(inside)).reshape(-1, 2)
        found[wave] = edges[edges[:, 1] - edges[:, 0] >= _SHORTEST_MS * FS_HZ // 1000]
    return found


def _beats(marks: list[dict[str, Bounds]]) -> list[Beat]:
    """Beats that enough leads have, bounded by the outermost marks that others confirm."""
    seen = [lead for lead in marks if lead]
    middles = np.sort(np.concatenate([lead["qrs"].mean(axis=1) for lead in seen])) if seen else np.empty(0)
    if not middles.size:
        return []
    parts = np.split(middles, np.flatnonzero(np.diff(middles) > _ONE_BEAT_MS * FS_HZ / 1000) + 1)
    centres = [float(np.median(part)) for part in parts if len(part) * 3 >= len(seen)]
    beats = []
    for number, centre in enumerate(centres):
        after = centres[number + 1] if number + 1 < len(centres) else centre + 1.2 * FS_HZ
        qrs = _near(seen, "qrs", centre - 0.1 * FS_HZ, centre + 0.1 * FS_HZ)
        if len(qrs) < _FEWEST_LEADS:
            continue
        on, off = _outer(qrs)
        if off - on < _SHORTEST_MS * FS_HZ // 1000:
            continue
        before = centres[number - 1] if number else centre - 1.2 * FS_HZ
        p = _near(seen, "p", max(before + 0.2 * FS_HZ, on - 0.4 * FS_HZ), on)
        t = _near(seen, "t", off, min(after - 0.05 * FS_HZ, on + 0.75 * FS_HZ))
        p_on, p_off = _outer(p) if len(p) * 3 >= len(seen) else (-1, -1)
        beats.append(Beat(p_on, p_off, on, off, _outer(t)[1] if len(t) >= _FEWEST_LEADS else -1))
    return beats


def _near(leads: list[dict[str, Bounds]], wave: str, start: float, stop: float) -> Bounds:
    """The marks of a wave whose middle lies in a stretch, the last of each lead."""
    rows = [lead[wave][(lead[wave].mean(axis=1) > start) & (lead[wave].mean(axis=1) < stop)] for lead in leads]
    kept = [row[-1] for row in rows if len(row)]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def _outer(bounds: Bounds) -> tuple[int, int]:
    place = min(_FEWEST_LEADS, len(bounds)) - 1
    return int(np.sort(bounds[:, 0])[place]), int(np.sort(bounds[:, 1])[::-1][place])


def _intervals(beats: list[Beat]) -> dict[str, float]:
    """Rates and intervals, medians over beats, milliseconds and per minute."""
    table = np.array(beats, dtype=np.float64)
    table[table < 0] = np.nan
    ms = 1000.0 / FS_HZ
    p_on, p_off, on, off, t_off = table.T
    rr = np.diff(on) * ms
    found = {"rr_mean": float(rr.mean()), "hr": 60_000.0 / float(rr.mean()), "rr_sd": float(rr.std(ddof=1))}
    with_p = np.isfinite(p_on)
    if with_p.mean() >= 0.5:
        found |= {"p_dur": _median((p_off - p_on) * ms), "pr": _median((on - p_on) * ms)}
    found["qrs"] = _median((off - on) * ms)
    if np.isfinite(t_off).sum() >= 3:
        found["qt"] = qt = _median((t_off - on) * ms)
        mean_s = float(rr.mean()) / 1000.0
        found |= {"qtc_bazett": qt / mean_s**0.5, "qtc_fridericia": qt / mean_s ** (1.0 / 3.0)}
        found |= {"qtc_framingham": qt + 154.0 * (1.0 - mean_s), "qtc_hodges": qt + 1.75 * (found["hr"] - 60.0)}
        found["jtc"] = found["qtc_bazett"] - found["qrs"]
    return found


def _lead(row: Signal, beats: list[Beat], marks: dict[str, Bounds]) -> dict[str, float]:
    """Amplitudes of one lead against the PR segment, medians over beats, millivolts."""
    rows: list[dict[str, float]] = []
    for beat in beats:
        if beat.on - 30 < 0 or beat.off + 45 >= row.size:
            continue
        level = float(np.median(row[beat.on - 15 : beat.on - 3]))
        one = _deflections(row[beat.on : beat.off + 1] - level)
        for name, after_ms in (("st_j", 0), ("st_60", 60), ("st_80", 80)):
            at = beat.off + after_ms * FS_HZ // 1000
            one[name] = float(np.median(row[at - 1 : at + 2])) - level
        for name, wave, start, stop in (
            ("p_amp", "p", beat.on - 0.4 * FS_HZ, float(beat.on)),
            ("t_amp", "t", float(beat.off), beat.on + 0.75 * FS_HZ),
        ):
            found = _near([marks], wave, start, stop)
            if len(found):
                stretch = row[found[0, 0] : found[0, 1] + 1] - level
                if wave == "p":  # P stands on a line of its own: what precedes it may not be at the PR segment's level
                    stretch = stretch - np.linspace(stretch[0], stretch[-1], stretch.size)
                one[name] = float(stretch[np.argmax(np.abs(stretch))])
        rows.append(one)
    names = {name for one in rows for name in one}
    return {name: _median(np.array([one.get(name, np.nan) for one in rows])) for name in sorted(names) if rows}


def _deflections(qrs: Signal) -> dict[str, float]:
    """Q, R, S, second R and second S of one complex: runs of one sign that reach a share of its height."""
    least = max(_LEAST_MV, _LEAST_SHARE * float(np.ptp(qrs)))
    peaks: list[float] = []
    edges = np.flatnonzero(np.diff(np.sign(qrs)) != 0) + 1
    for start, run in zip([0, *edges], np.split(qrs, edges), strict=True):
        place = int(np.argmax(np.abs(run)))
        peak = float(run[place])
        # What still rises where the complex begins or ends belongs to the P wave or the ST segment.
        if abs(peak) < least or start + place in (0, qrs.size - 1):
            continue
        if peaks and (peaks[-1] > 0) == (peak > 0):
            peaks[-1] = max(peaks[-1], peak, key=abs)
        else:
            peaks.append(peak)
    found = {"q_amp": 0.0, "r_amp": 0.0, "s_amp": 0.0}
    ups, downs = [p for p in peaks if p > 0], [p for p in peaks if p < 0]
    if peaks and peaks[0] < 0 and ups:
        found["q_amp"] = downs.pop(0)
    found |= dict(zip(("r_amp", "rp_amp"), ups, strict=False)) | dict(zip(("s_amp", "sp_amp"), downs, strict=False))
    return found


def _axes(signal: Signal, beats: list[Beat]) -> dict[str, float]:
    """QRS axis from the net areas of I and aVF, degrees."""
    one, foot = signal[LEADS.index("I")], signal[LEADS.index("aVF")]
    if not (np.isfinite(one).all() and np.isfinite(foot).all()):
        return {}
    areas = []
    for beat in beats:
        if beat.on - 15 >= 0:
            net = [
                float((row[beat.on : beat.off + 1] - np.median(row[beat.on - 15 : beat.on - 3])).sum())
                for row in (one, foot)
            ]
            areas.append(net)
    across, down = np.median(np.array(areas), axis=0) if areas else (0.0, 0.0)
    # The augmented lead is recorded by the square root of three over two smaller than a bipolar one.
    return {"qrs_axis": float(np.degrees(np.arctan2(2.0 * down / 3.0**0.5, across)))} if across or down else {}


def _median(values: Signal) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")


@cache
def _codec() -> OnnxCodec:
    from openecg.deploy import OnnxCodec

    return OnnxCodec()
