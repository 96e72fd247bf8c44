"""Change a given ECG: its times are moved exactly, its shape is redrawn only where the change is.

The ECG is taken apart by the codec. A change of rate, PR, QRS or QTc moves the marks, and the same shapes are laid
down there again; a change of level, axis or a new statement starts from the ECG's own vector, goes part of the way
back to noise, and is drawn again with everything held that the change does not touch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput, UsageError
from calipers.models.generator.codec import Encoded
from calipers.models.generator.conditions import Condition, Float32
from calipers.models.generator.generator import BeatOrder, Generator, Linear, generator
from calipers.models.generator.latents import LENGTH, WHERE, Block
from calipers.models.generator.marks import CODEC_HZ, MS, Marks, eight_leads
from calipers.tools.generate.closed_loop import learn, provenance
from calipers.tools.generate.drawing import Aims, aims_of, synthetic_ecg
from calipers.tools.generate.judging import judge
from calipers.tools.generate.marking import mark
from calipers.tools.generate.request import Request
from calipers.tools.generate.synthesis import Synthesis
from calipers.tools.generate.understanding import understand_request

_MOST: Final = 4
#: Which blocks a change of each kind may redraw.
_ST_T: Final = ("st_j", "t_amp", "t_axis")
#: Variance within which an element that is held stays as it was.
_HELD: Final = 1e-3
_FOLLOWS: Final = 0.03


def edit(ecg: Ecg, text: str, *, seed: int = 0) -> Synthesis:
    """The same ECG with a change: `QTc 520`, `add an inferior STEMI`, `rate 110`.

    Raises:
        UsageError: the change is not understood, or asks for another rhythm.
        UnreadableInput: the ECG cannot be taken apart.
    """
    request = understand_request(text, age=ecg.patient.age, sex=ecg.patient.sex)
    if request.rhythm not in (None, "sinus") or request.ectopy is not None:
        raise UsageError(
            "found another rhythm to be put on a given ECG; needed a change of times or shapes, or a new ECG"
        )
    made_by = generator()
    encoded = made_by.codec.encode(_eight(ecg), mark(ecg))
    corrections: dict[str, float] = {}
    best: tuple[float, Synthesis] | None = None
    for tried in range(1, _MOST + 1):
        aims = aims_of(request, corrections, seed)
        changed = _changed(encoded, request, aims, made_by, seed)
        made = synthetic_ecg(made_by.codec.decode(changed), request)
        items = judge(made, request)[0]
        missed = sum(item.miss for item in items if not item.met)
        if best is None or missed < best[0]:
            facts = provenance(request, seed, seed, tried, made_by) | {"edited_from": ecg.record}
            best = (missed, Synthesis(ecg=made, items=items, met=missed == 0.0, provenance=facts, request=request))
        if missed == 0.0:
            break
        learn(corrections, items, aims)
    assert best is not None
    return best[1]


def _eight(ecg: Ecg) -> np.ndarray:
    if ecg.fs_hz != CODEC_HZ or not np.isfinite(ecg.signal_mv).all() or ecg.missing_leads:
        raise UnreadableInput(f"found {ecg.fs_hz:g} Hz or missing samples; needed twelve whole leads at {CODEC_HZ} Hz")
    return eight_leads(ecg.signal_mv)


def _changed(encoded: Encoded, request: Request, aims: Aims, made_by: Generator, seed: int) -> Encoded:
    shapes = {
        name: value for name in (*aims.levels, "p_axis", "qrs_axis", "t_axis") if (value := aims.of(name)) is not None
    }
    usual = encoded.usual
    if shapes or request.statements:
        usual = _redrawn(encoded, request, shapes, made_by, seed)
    return replace(encoded, usual=usual, marks=_moved(encoded.marks, request, aims))


def _redrawn(encoded: Encoded, request: Request, shapes: dict[str, float], made_by: Generator, seed: int) -> Float32:
    """The beat drawn again with what the change does not touch held to the ECG's own elements."""
    repolarisation = bool(shapes) and all(name.rpartition(".")[2] in _ST_T for name in shapes)
    free: tuple[Block, ...] = ("st_t",) if repolarisation else ("qrs", "st_t")
    rows = np.eye(LENGTH)
    variance = np.full(LENGTH, _HELD)
    for block in free:
        variance[WHERE[block]] = _FOLLOWS if repolarisation and not request.statements else 10 * _FOLLOWS
    held = encoded.known
    linear = Linear(rows[held], encoded.usual[held].astype(np.float64), variance[held])
    condition = Condition(frozenset(request.statements), shapes, request.age, request.sex)
    drawn: Float32 = made_by.draw_beats([BeatOrder(condition, held, shapes, seed, linear)])[0]
    return drawn


def _moved(marks: Marks, request: Request, aims: Aims) -> Marks:
    """The marks with new times: rate by stretching the pauses, PR, QRS and QT by moving one end."""
    rr = float(np.mean(np.diff(marks.qrs_on)))
    hr, qtc = aims.of("hr"), aims.of("qtc")
    factor = 60_000.0 / hr / MS / rr if hr is not None else 1.0
    qrs_on = marks.qrs_on[0] + (marks.qrs_on - marks.qrs_on[0]) * factor
    if factor < 1.0:  # a faster rate leaves room for further beats
        steps = np.arange(1, int(len(qrs_on) * (1.0 / factor - 1.0)) + 3) * rr * factor
        qrs_on = np.concatenate((qrs_on, qrs_on[-1] + steps))
    count = qrs_on.size
    ectopic = np.concatenate((marks.ectopic, np.zeros(count - marks.beats, dtype=np.bool_)))
    qrs = _of_beats(marks.qrs_off - marks.qrs_on, marks.ectopic, ectopic)
    qt = _of_beats(marks.t_off - marks.qrs_on, marks.ectopic, ectopic)
    wide = aims.of("qrs")
    if wide is not None:
        qrs, qt = np.full(count, wide / MS), qt + wide / MS - qrs
    if qtc is not None:
        seconds = rr * factor / CODEC_HZ
        power = 0.5 if request.qtc_formula == "qtc_bazett" else 1.0 / 3.0
        qt = np.full(count, qtc * seconds**power / MS)
    p_on, p_off = _p_waves(marks, qrs_on, aims.of("pr"))
    return Marks(
        qrs_on,
        qrs_on + qrs,
        qrs_on + qt,
        ectopic,
        p_on,
        p_off,
        marks.spikes if factor == 1.0 else marks.spikes[:0],
        marks.flutter_period,
    )


def _of_beats(lengths: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    out = np.full(new.size, float(np.median(lengths[~old])))
    if old.any():
        out[new] = float(np.median(lengths[old]))
    return out


def _p_waves(marks: Marks, qrs_on: np.ndarray, pr: float | None) -> tuple[np.ndarray, np.ndarray]:
    if not marks.p_on.size:
        return marks.p_on, marks.p_off
    ahead = marks.qrs_on[None, :] - marks.p_on[:, None]
    usual = float(np.median(np.where(ahead > 20, ahead, np.inf).min(axis=1)))
    length = float(np.median(marks.p_off - marks.p_on))
    p_on = qrs_on - (usual if pr is None else pr / MS)
    return p_on, p_on + length
