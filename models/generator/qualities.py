"""Numbers that a beat's shape and times have, and that a request can ask for: intervals, axes, levels, amplitudes.

They follow the measuring engine's definitions on the shape itself, so that the beat flow can be told them and
steered to them; what the finished ECG has is always measured again by the engine.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.leads import LEADS, LIMB_FROM_I_AND_II
from calipers.models.generator import shapes
from calipers.models.generator.latents import SIZES, TIMES, WHERE, LatentSpace, Parts
from calipers.models.generator.marks import EIGHT, Floats

#: Points before the QRS whose mean is the level that ST is measured against.
_LEVEL: Final = slice(6, 17)
_QRS: Final = slice(shapes.BEFORE_QRS, shapes.FIRST_ST)
_J: Final = shapes.FIRST_ST + 1
#: `LEAD.at_60`: the level 60 hundredths of the way through the QRS.
_AT: Final = re.compile(r"at_(\d{1,2})")
#: `LEAD.t_at_60`: likewise of the stretch from the end of the QRS to the end of the T wave.
_T_AT: Final = re.compile(r"t_at_(\d{1,2})")
#: The T wave: the last three quarters of the ST-T stretch.
_T: Final = slice(shapes.FIRST_ST + shapes.ST_T_POINTS // 4, shapes.FIRST_ST + shapes.ST_T_POINTS)
_P: Final = slice(shapes.AROUND_P, shapes.AROUND_P + shapes.P_POINTS)
_MIDDLE_OF_P: Final = np.eye(shapes.ATRIAL_POINTS)[shapes.AROUND_P + shapes.P_POINTS // 2]
_PER_LEAD: Final = ("st_j", "r_amp", "s_amp", "t_amp")
_AXES: Final = ("p_axis", "qrs_axis", "t_axis")
#: Every quality: times in ms, axes as the two coordinates of their direction, levels and amplitudes in mV.
NAMES: Final[tuple[str, ...]] = (
    *TIMES,
    *(f"{axis}.{part}" for axis in _AXES for part in ("cos", "sin")),
    *(f"{lead}.{name}" for name in _PER_LEAD for lead in LEADS),
)
#: (12, 8) every lead as a sum of the eight.
TWELVE: Final = np.array(
    [[*LIMB_FROM_I_AND_II[lead], 0, 0, 0, 0, 0, 0] for lead in LEADS[:6]]
    + [[float(lead == other) for other in EIGHT] for lead in LEADS[6:]]
)
_I: Final = TWELVE[0]
#: aVF measures the vertical direction at 0.866 of lead I's scale (Einthoven's triangle).
_DOWN: Final = TWELVE[5] * 2.0 / np.sqrt(3.0)


def qualities(parts: Parts) -> Floats:
    """(r, len(NAMES)) of the parts; NaN where a part is missing."""
    beat = parts.beat - parts.beat[:, :, _LEVEL].mean(axis=2, keepdims=True)
    twelve = TWELVE @ beat
    inside, t_wave = twelve[:, :, _QRS], twelve[:, :, _T]
    extreme = np.abs(t_wave).argmax(axis=2)[:, :, None]
    levels = [
        twelve[:, :, _J],
        np.maximum(inside.max(axis=2), 0.0),
        np.minimum(inside.min(axis=2), 0.0),
        np.take_along_axis(t_wave, extreme, axis=2)[:, :, 0],
    ]
    axes = [_direction(parts.p[:, :, _P].sum(axis=2)), _direction(beat[:, :, _QRS].sum(axis=2))]
    axes.append(_direction(beat[:, :, _T].sum(axis=2)))
    return np.concatenate([parts.times, *axes, *levels], axis=1)


def _direction(area: Floats) -> Floats:
    """(r, 8) net areas → (r, 2) the direction of the frontal vector, of length one."""
    vector = np.stack((area @ _I, area @ _DOWN), axis=1)
    out: Floats = vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-6)
    return out


class Constraint(NamedTuple):
    """`rows @ elements = wanted` on a latent vector, with how strongly each counts."""

    rows: Floats
    wanted: Floats


def constraint(name: str, wanted: float, elements: NDArray[np.float32], space: LatentSpace) -> Constraint:
    """One quality as a linear condition on the latent vector, taken at the vector given.

    Args:
        name: of NAMES, or an axis, of which `wanted` is in degrees; or a level in a lead: `LEAD.at_60` at 60 % of the
            QRS, `LEAD.p_amp` in the middle of the P wave, `LEAD.flutter_amp` a flutter wave from its lowest to its highest.
        wanted: its value.
        elements: (LENGTH,) where extrema are looked for.
        space: turns elements into shapes.
    """
    if name in TIMES:
        place, row = TIMES.index(name), np.zeros(len(elements))
        row[WHERE["times"].start + place] = space.basis["times"][place, place]
        return Constraint(row, np.array(np.log(wanted) - space.mean["times"][place]))
    if name in _AXES:
        return _axis(name, np.deg2rad(wanted), elements, space)
    lead, _, kind = name.partition(".")
    leads = TWELVE[LEADS.index(lead)]
    parts = space.decode(elements[None])
    if kind == "p_amp":
        return _of_p(np.outer(leads, _MIDDLE_OF_P), wanted, space)
    if kind == "flutter_amp":
        return _of_flutter(leads, leads @ parts.flutter[0], wanted, space)
    trace, inside, behind = leads @ parts.beat[0], _AT.fullmatch(kind), _T_AT.fullmatch(kind)
    weights = np.zeros(shapes.BEAT_POINTS)
    weights[_LEVEL] = -1.0 / (_LEVEL.stop - _LEVEL.start)
    if kind == "st_j":
        weights[_J] += 1.0
    elif inside:
        weights[shapes.BEFORE_QRS + round(int(inside[1]) / 100 * shapes.QRS_POINTS)] += 1.0
    elif behind:
        weights[shapes.FIRST_ST + round(int(behind[1]) / 100 * shapes.ST_T_POINTS)] += 1.0
    elif kind == "t_amp":
        weights[_T.start + int((np.sign(wanted) * trace[_T]).argmax())] += 1.0
    else:
        weights[_QRS.start + int(trace[_QRS].argmax() if kind == "r_amp" else trace[_QRS].argmin())] += 1.0
    return _of_beat(np.outer(leads, weights), wanted, space)


def _axis(name: str, angle: float, elements: NDArray[np.float32], space: LatentSpace) -> Constraint:
    """The area across the wanted direction is nothing, that along it what the vector's length is now."""
    across = -np.sin(angle) * _I + np.cos(angle) * _DOWN
    along = np.cos(angle) * _I + np.sin(angle) * _DOWN
    window = {"p_axis": _P, "qrs_axis": _QRS, "t_axis": _T}[name]
    points = shapes.ATRIAL_POINTS if name == "p_axis" else shapes.BEAT_POINTS
    weights = np.zeros(points)
    weights[window] = 1.0 / (window.stop - window.start)
    if name != "p_axis":
        weights[_LEVEL] -= 1.0 / (_LEVEL.stop - _LEVEL.start)
    parts = space.decode(elements[None])
    shape = parts.p[0] if name == "p_axis" else parts.beat[0]
    length = max(float(np.hypot(_I @ shape @ weights, _DOWN @ shape @ weights)), 0.02)
    make = _of_p if name == "p_axis" else _of_beat
    first, second = (
        make(np.outer(leads, weights), wanted, space) for leads, wanted in ((across, 0.0), (along, length))
    )
    return Constraint(np.stack((first.rows, second.rows)), np.array([first.wanted, second.wanted]))


def _of_beat(weights: Floats, wanted: float, space: LatentSpace) -> Constraint:
    """(8, BEAT_POINTS) weights of a beat's points → the condition on the elements."""
    row, sums = np.zeros(sum(SIZES.values())), 0.0
    for block, part in (("qrs", weights[:, : shapes.FIRST_ST]), ("st_t", weights[:, shapes.FIRST_ST :])):
        row[WHERE[block]] = space.basis[block] @ part.ravel()  # type: ignore[index]
        sums += float(space.mean[block] @ part.ravel())
    return Constraint(row, np.array(wanted - sums))


def _of_p(weights: Floats, wanted: float, space: LatentSpace) -> Constraint:
    row = np.zeros(sum(SIZES.values()))
    row[WHERE["p"]] = space.basis["p"] @ weights.ravel()
    return Constraint(row, np.array(wanted - float(space.mean["p"] @ weights.ravel())))


def _of_flutter(leads: Floats, trace: Floats, wanted: float, space: LatentSpace) -> Constraint:
    row = np.zeros(sum(SIZES.values()))
    ends = np.outer(leads, np.eye(len(trace))[int(trace.argmax())] - np.eye(len(trace))[int(trace.argmin())])
    row[WHERE["flutter"]] = space.basis["flutter"] @ ends.ravel()
    return Constraint(row, np.array(wanted - float(space.mean["flutter"] @ ends.ravel())))
