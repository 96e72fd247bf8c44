"""A request made whole: rhythm and ectopy from its statements, and every contradiction asked back."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.errors import UsageError
from calipers.knowledge import statements
from calipers.models.generator.rhythms import Ectopy, Rhythm
from calipers.tools.generate.patterns import PATTERNS, RHYTHM_LEADS
from calipers.tools.generate.request import Request, require_possible


def complete(request: Request) -> Request:
    """Rhythm and ectopy from the statements; contradictions are asked back.

    Raises:
        UsageError: statements that exclude one another or a number, or that cannot be made.
    """
    table = statements()
    for key in request.statements:
        if key not in PATTERNS:
            label = table[key].label if key in table else key
            raise UsageError(
                f"found `{label}`, for which the generator has no data; needed one of the {len(PATTERNS)} it has"
            )
    request = _beside_what_suppresses(request)
    rhythm, ectopy = _rhythm(request), _ectopy(request)
    done = request.model_copy(update={"rhythm": rhythm, "ectopy": ectopy})
    _require_consistent(done)
    require_possible(done)
    return done


def _beside_what_suppresses(request: Request) -> Request:
    """An axis deviation that another wish keeps from being evaluated becomes a number: the axis in its middle.

    Raises:
        UsageError: another statement that cannot be evaluated beside one of the others.
    """
    table, axis = statements(), request.qrs_axis
    kept: list[str] = []
    for key in request.statements:
        above = [other for other in table[key].suppressed_by if other in request.statements]
        if not above:
            kept.append(key)
        elif tuple(PATTERNS[key].numbers) == ("qrs_axis",):
            axis = float(np.mean(PATTERNS[key].numbers["qrs_axis"])) if axis is None else axis
        else:
            raise UsageError(
                f"found {table[key].label} beside {table[above[0]].label}, under which it is not evaluated;"
                " needed one of the two"
            )
    return request.model_copy(update={"statements": tuple(kept), "qrs_axis": axis})


def _rhythm(request: Request) -> Rhythm | None:
    named = {key: PATTERNS[key].rhythm for key in request.statements if PATTERNS[key].rhythm is not None}
    leading = [key for key in RHYTHM_LEADS if key in named]
    rhythms: set[Rhythm | None] = (
        {named[leading[0]]}
        if leading and set(named.values()) <= {"sinus", named[leading[0]], "wenckebach", "paced_ventricular"}
        else set(named.values())
    )
    if "sinus_arrhythmia" in rhythms:
        rhythms.discard("sinus")
    if request.rhythm is not None:
        rhythms.add(request.rhythm)
    if len(rhythms) > 1:
        labels = " and ".join(sorted(str(one).replace("_", " ") for one in rhythms))
        raise UsageError(f"found the rhythms {labels} together; needed one of them")
    return next(iter(rhythms), None)


def _ectopy(request: Request) -> Ectopy | None:
    found = [PATTERNS[key].ectopy for key in request.statements if PATTERNS[key].ectopy is not None]
    special = [one for one in found if one != "pvc"]
    return (special or found or [request.ectopy])[0]


def _require_consistent(request: Request) -> None:
    wanted = set(request.statements)
    for key in request.statements:
        beside = sorted(wanted & set(PATTERNS[key].excludes))
        if beside:
            raise UsageError(f"found `{key}` and `{beside[0]}` together; needed one of the two")
    if "normal_ecg" in wanted and wanted - {"normal_ecg", "sinus_rhythm", "normal_axis"}:
        other = sorted(wanted - {"normal_ecg", "sinus_rhythm", "normal_axis"})[0]
        raise UsageError(f"found a normal ECG and `{other}` together; needed one of the two")
    for key, name, low, high in _BOUNDS:
        value = getattr(request, name)
        if key in wanted and value is not None and not low <= value <= high:
            raise UsageError(
                f"found `{key}` with {name.replace('_', ' ')} {value:g}; needed {low:g} to {high:g}, or one of the two"
            )


#: Key, number, and between which the number must lie for the statement to be true.
_BOUNDS: Final = (
    ("lbbb", "qrs", 120, 220), ("rbbb", "qrs", 120, 220), ("ivcd", "qrs", 110, 220), ("incomplete_rbbb", "qrs", 100, 119),
    ("first_degree_av_block", "pr", 201, 400), ("short_pr", "pr", 80, 119), ("sinus_bradycardia", "hr", 25, 49),
    ("sinus_tachycardia", "hr", 101, 220), ("sinus_rhythm", "hr", 40, 150), ("long_qt", "qtc", 450, 650),
    ("marked_qt_prolongation", "qtc", 500, 650), ("left_axis_deviation", "qrs_axis", -90, -30), ("lafb", "qrs_axis", -90, -40),
    ("right_axis_deviation", "qrs_axis", 90, 180), ("normal_axis", "qrs_axis", -30, 90), ("normal_ecg", "hr", 50, 100),
    ("normal_ecg", "pr", 120, 200), ("normal_ecg", "qrs", 60, 109), ("normal_ecg", "qtc", 350, 459),
    ("wide_qrs_tachycardia", "hr", 101, 220), ("wide_qrs_tachycardia", "qrs", 120, 220),
    ("supraventricular_tachycardia", "hr", 101, 220), ("third_degree_av_block", "hr", 25, 60),
    ("junctional_rhythm", "hr", 25, 60), ("av_block_2_1", "hr", 25, 75),
)  # fmt: skip
