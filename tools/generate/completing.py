"""Twelve leads from a few: a network infers the others, and the beat flow says how far they could lie elsewhere.

The flow draws the beat several times so that the given leads are kept; the spread between these drawings is the
uncertainty. What is inferred is marked and never to be cited as measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput, UsageError
from calipers.leads import LEADS, Lead, require_lead
from calipers.models.generator import shapes
from calipers.models.generator.anatomy import baseline, take_apart
from calipers.models.generator.conditions import Condition
from calipers.models.generator.corpus import usual_parts
from calipers.models.generator.generator import BeatOrder, Generator, Linear, generator
from calipers.models.generator.latents import LENGTH, WHERE, Parts
from calipers.models.generator.marks import CODEC_HZ, EIGHT, Floats, Marks
from calipers.models.generator.qualities import TWELVE
from calipers.tools.generate.closed_loop import provenance
from calipers.tools.generate.drawing import synthetic_ecg
from calipers.tools.generate.marking import mark
from calipers.tools.generate.request import Request
from calipers.tools.generate.synthesis import Synthesis

_SAMPLES: Final = 8
#: The network's RMS error over the drawings' spread: median over 14 records of fold 8, three sets of leads, every lead.
_WIDER: Final = 3.5
#: Standard deviation within which the given leads are kept, mV.
_KEPT_MV: Final = 0.02


def complete_leads(ecg: Ecg, given: Sequence[str], *, seed: int = 0, samples: int = _SAMPLES) -> Synthesis:
    """The twelve leads of an ECG of which only some are trusted.

    Args:
        ecg: at 500 Hz; only the `given` leads are looked at.
        given: one to eight leads, such as `["I", "II", "V2"]`.
        seed: of the noise.
        samples: how many drawings the uncertainty is taken from.

    Raises:
        UsageError: no lead is given.
        UnreadableInput: a given lead has gaps, or fewer than two beats were found.
    """
    names = tuple(dict.fromkeys(require_lead(name) for name in given))
    if not names:
        raise UsageError("found no lead to complete from; needed at least one")
    rows = np.stack([ecg.lead(name) for name in names]).astype(np.float64)
    if ecg.fs_hz != CODEC_HZ or not np.isfinite(rows).all():
        raise UnreadableInput(
            f"found {ecg.fs_hz:g} Hz or gaps in {', '.join(names)}; needed them whole at {CODEC_HZ} Hz"
        )
    made_by = generator()
    marks = mark(Ecg.from_array(rows, ecg.fs_hz, names, age=ecg.patient.age, sex=ecg.patient.sex))
    given_rows = [LEADS.index(name) for name in names]
    twelve, is_given = np.zeros((len(LEADS), rows.shape[1])), np.zeros(len(LEADS), dtype=np.bool_)
    twelve[given_rows], is_given[given_rows] = rows - baseline(rows, marks.qrs_on), True
    inferred_mv = made_by.infer_leads(twelve, is_given)
    eight = inferred_mv + _given_rest(rows, names, inferred_mv)
    drawn = _drawn(rows, names, marks, ecg, made_by, seed, samples)
    spread = _WIDER * (TWELVE @ drawn).std(axis=0).mean(axis=1)
    known = _determined(names)
    inferred = tuple(lead for lead in LEADS if lead not in known)
    request = Request(age=ecg.patient.age, sex=ecg.patient.sex)
    facts = provenance(request, seed, seed, samples, made_by) | {"completed_from": list(names), "source": ecg.record}
    return Synthesis(
        ecg=synthetic_ecg(eight, request), items=(), met=True, provenance=facts, request=request, inferred_leads=inferred,
        uncertainty_mv={lead: round(float(spread[LEADS.index(lead)]), 4) for lead in inferred},
    )  # fmt: skip


def _determined(names: tuple[Lead, ...]) -> frozenset[Lead]:
    """The given leads and those that follow from them by Einthoven's law."""
    weights = TWELVE[[LEADS.index(name) for name in names]]
    rank = np.linalg.matrix_rank(weights)
    return frozenset(
        lead
        for lead, row in zip(LEADS, TWELVE, strict=True)
        if np.linalg.matrix_rank(np.vstack((weights, row))) == rank
    )


def _drawn(
    rows: Floats, names: tuple[Lead, ...], marks: Marks, ecg: Ecg, made_by: Generator, seed: int, samples: int
) -> Floats:
    """(samples, 8, n) beats laid down at the marks, each with the given leads' own shapes."""
    weights = TWELVE[[LEADS.index(name) for name in names]]
    # The parts are fitted to the given leads alone; the rows of the other leads are not looked at.
    padded = np.zeros((len(EIGHT), rows.shape[1]))
    padded[: len(names)] = rows
    anatomy = take_apart(padded, marks)
    parts = usual_parts(anatomy, np.full(2 * len(EIGHT), 0.01))
    known = np.zeros(LENGTH, dtype=np.bool_)
    for block in ("qrs", "st_t", "times", "levels"):
        known[WHERE[block]] = True
    known[WHERE["p"]] = anatomy.p is not None
    known[WHERE["flutter"]] = anatomy.flutter is not None
    linear = _kept(parts, len(names), weights, made_by, known)
    condition = Condition(age=ecg.patient.age, sex=ecg.patient.sex)
    orders = [BeatOrder(condition, known, {}, seed + sample, linear) for sample in range(samples)]
    elements = made_by.draw_beats(orders)
    return np.stack(
        [
            made_by.codec.anatomy(anatomy.marks, one, known, one if marks.ectopic.any() else None).drawn(rows.shape[1])
            for one in elements
        ]
    )


def _kept(parts: Parts, count: int, weights: Floats, made_by: Generator, known: np.ndarray) -> Linear:
    """The given leads' points as linear conditions on the vector."""
    space = made_by.codec.latents
    rows, wanted = [], []
    pieces = {"qrs": parts.beat[:, : shapes.FIRST_ST], "st_t": parts.beat[:, shapes.FIRST_ST :], "p": parts.p}
    for block, points in pieces.items():
        if not known[WHERE[block]].any():  # type: ignore[index]
            continue
        basis = space.basis[block].reshape(len(space.basis[block]), len(EIGHT), -1)
        mean = space.mean[block].reshape(len(EIGHT), -1)
        for lead in range(count):
            part = np.zeros((points.shape[-1], LENGTH))
            part[:, WHERE[block]] = np.einsum("e,ken->nk", weights[lead], basis)  # type: ignore[index]
            rows.append(part)
            wanted.append(points[lead] - weights[lead] @ mean)
    times = np.zeros((5, LENGTH))
    for place in range(5):
        times[place, WHERE["times"].start + place] = 1.0
    found = (np.log(parts.times) - space.mean["times"]) / np.diagonal(space.basis["times"])
    there = np.isfinite(found)
    rows.append(times[there])
    wanted.append(found[there])
    stacked = np.concatenate(rows)
    variance = np.full(len(stacked), _KEPT_MV**2)
    variance[len(stacked) - int(there.sum()) :] = 0.01
    return Linear(stacked, np.concatenate(wanted), variance)


def _given_rest(rows: Floats, names: tuple[Lead, ...], drawn: Floats) -> Floats:
    """(8, n) what the given leads have beyond the drawing, put back so that they stay exactly as they were."""
    weights = TWELVE[[LEADS.index(name) for name in names]]
    rest: Floats = np.linalg.pinv(weights) @ (rows - weights @ drawn)
    return rest
