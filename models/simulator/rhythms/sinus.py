"""Rhythms with one P wave to each beat: sinus, its arrhythmia and pause, and premature beats on them."""

from __future__ import annotations

from typing import Final

from calipers.models.simulator.events import AtrialKind, Ladder
from calipers.models.simulator.rhythms.conductor import Conductor
from calipers.models.simulator.specification import Ectopy

#: Ectopy → cycles of its pattern: n sinus, a PAC, A aberrant PAC, b blocked PAC, v PVC, w PVC of another shape,
#: i interpolated PVC. Patterns of one cycle repeat all through; else each draws its place.
_REPEATED: Final[dict[Ectopy, str]] = {"pac_bigeminy": "na", "pvc_bigeminy": "nv", "pvc_trigeminy": "nnv"}
_SINGLE: Final[dict[Ectopy, str]] = {
    "pac": "a",
    "pac_aberrant": "A",
    "pac_blocked": "b",
    "pac_couplet": "aa",
    "pvc": "v",
    "pvc_multiform": "v",
    "pvc_couplet": "vv",
    "pvc_interpolated": "i",
    "nsvt": "v",
}


def sinus(conductor: Conductor, ectopy: tuple[Ectopy, ...] = (), *, depth: float = 0.025) -> Ladder:
    """Sinus rhythm; its premature beats as `ectopy` asks."""
    return _walk(conductor, plan(conductor, ectopy), "sinus", depth)


def sinus_arrhythmia(conductor: Conductor, ectopy: tuple[Ectopy, ...] = ()) -> Ladder:
    """The cycle shortens with each breath in, by an eighth to a fifth."""
    return sinus(conductor, ectopy, depth=conductor.between(0.13, 0.2))


def ectopic_atrial(conductor: Conductor, ectopy: tuple[Ectopy, ...] = ()) -> Ladder:
    """A low atrial focus, its P waves inverted in the inferior leads."""
    return _walk(conductor, plan(conductor, ectopy), "ectopic", 0.01)


def sinus_pause(conductor: Conductor, ectopy: tuple[Ectopy, ...] = ()) -> Ladder:
    """The sinus node falls silent once for more than three seconds, inside the record."""
    ladder = Ladder()
    pause_s = conductor.between(3.15, 4.6)
    starts_s = conductor.between(1.2, max(conductor.duration_s - pause_s - 1.5, 1.3))
    p_s, paused = conductor.first_s(conductor.rr_s), False
    while p_s < conductor.stop_s:
        ladder.conducted(p_s, conductor.pr_s)
        cycle_s = conductor.sinus_cycle_s(p_s)
        if not paused and p_s + cycle_s > starts_s:
            cycle_s, paused = pause_s, True
        p_s += cycle_s
    return ladder


def plan(conductor: Conductor, ectopy: tuple[Ectopy, ...]) -> str:
    """The order of beats, one letter each, long enough for the record."""
    count = int((conductor.duration_s + 6.0) / conductor.rr_s) + 6
    for name in ectopy:
        if name in _REPEATED:
            return _REPEATED[name] * count
    order = ["n"] * count
    first, last = int(3.5 / conductor.rr_s) + 2, int((conductor.duration_s + 1.5) / conductor.rr_s)
    for name in ectopy:
        letters = _letters(conductor, name)
        repeats = 1 if len(letters) > 1 else int(conductor.rng.integers(1, 4))
        if name == "pvc_multiform":
            repeats = 2
        slots = max(last - first, 2)
        for turn in range(repeats):
            place = first + (turn * slots) // repeats + int(conductor.rng.integers(0, max(slots // repeats - 1, 1)))
            order.insert(place, "w" if name == "pvc_multiform" and turn == 1 else letters)
    return "".join(order)


def _letters(conductor: Conductor, name: Ectopy) -> str:
    if name == "nsvt":
        return "v" * int(conductor.rng.integers(3, 8))
    return _SINGLE[name]


def _walk(conductor: Conductor, order: str, atrial: AtrialKind, depth: float) -> Ladder:
    """Follow the order beat by beat.

    A premature atrial beat resets the sinus node; a ventricular one does not: the sinus P within it is blocked and
    the pause is compensatory, unless it is interpolated.
    """
    ladder, rng = Ladder(), conductor.rng
    coupling = conductor.between(0.52, 0.68)
    due_s = conductor.first_s(conductor.rr_s)  # when the sinus node fires next
    last_qrs_s = last_p_s = due_s - conductor.rr_s
    previous = "n"
    for letter in order:
        if due_s > conductor.stop_s:
            break
        if letter == "n":
            slowed_s = 0.04 if previous == "i" else 0.0
            ladder.conducted(due_s, conductor.pr_s + slowed_s + float(rng.normal(0, 0.001)), atrial=atrial)
            last_p_s, last_qrs_s = due_s, due_s + conductor.pr_s
            due_s += conductor.sinus_cycle_s(due_s, depth)
        elif letter in "aAb":
            last_p_s, last_qrs_s = _atrial_extra(conductor, ladder, letter, last_p_s, coupling)
            due_s = last_p_s + conductor.rr_s * conductor.between(1.0, 1.15)
        else:
            gap_s = conductor.rr_s * (coupling + float(rng.normal(0, 0.01)))
            if previous in "vw" and letter == previous:
                gap_s = min(gap_s, conductor.between(0.34, 0.42))
            gap_s = max(gap_s, 0.27) if letter != "i" else conductor.rr_s * 0.5
            last_qrs_s += gap_s
            ladder.beat(last_qrs_s, "pvc", shape=int(letter == "w"))
            while letter != "i" and due_s < last_qrs_s + 0.55 * conductor.rr_s:
                ladder.blocked(due_s, atrial)
                last_p_s, due_s = due_s, due_s + conductor.sinus_cycle_s(due_s, depth)
        previous = letter
    return ladder


def _atrial_extra(
    conductor: Conductor, ladder: Ladder, letter: str, last_p_s: float, coupling: float
) -> tuple[float, float]:
    """A premature P wave and what becomes of it; returns its time and its beat's."""
    early = {"a": coupling + 0.08, "A": coupling - 0.04, "b": coupling - 0.13}[letter]
    p_s = last_p_s + max(conductor.rr_s * early, 0.28)
    if letter == "b":
        ladder.blocked(p_s, "ectopic")
        return p_s, p_s
    pr_s = conductor.pr_s + (0.03 if letter == "A" else 0.015)
    ladder.conducted(p_s, pr_s, atrial="ectopic", kind="pac", aberrant=letter == "A")
    return p_s, p_s + pr_s
