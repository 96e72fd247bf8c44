"""`generator`: request adherence, likeness to real ECGs beside two peers, memorisation, transfer, reconstruction."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.framework import Bootstrap, Estimate, Figure, Options, Outcome, Result
from calipers.evals.generator.adherence import Made, asked_back, make_all
from calipers.evals.generator.agreement import compared, intervals, statement_agreement
from calipers.evals.generator.likeness import Floats, Space, features, frechet, manifold, nearest
from calipers.evals.generator.pages import beside
from calipers.evals.generator.reconstruction import reconstruct_all
from calipers.evals.generator.report import report
from calipers.evals.generator.round_trip import round_trips
from calipers.evals.generator.sets import deepfakes, ours, real, simulated_by_neurokit
from calipers.evals.generator.there_and_back import there_and_back
from calipers.evals.generator.transfer import transfer
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled
from calipers.models.generator.generator import generator

NAME: Final = "generator"
_TRAINING_FOLDS: Final = tuple(range(1, 9))
#: ECGs in each set that is compared, training records that span the features, taken to words and back,
#: rebuilt from a few leads, and taken through the codec.
_EACH: Final = 240
_REFERENCE: Final = 900
_ROUND_TRIPS: Final = 30
_RECONSTRUCTED: Final = 50
_THERE_AND_BACK: Final = 30

Groups = dict[str, dict[str, float]]


class GeneratorTask:
    """Adherence, likeness, memorisation, transfer and reconstruction of the generator."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; `--split training` runs the tuned requests and compares with fold 8, leaving fold 9 closed.

        Raises:
            MissingPart: the generator's weights, the statement network's, or PTB-XL are not there.
        """
        generator()
        started = time.perf_counter()
        made = make_all(options)
        fold = 8 if options.split == "training" else TEST_FOLD
        folds = tuple(one for one in _TRAINING_FOLDS if one != fold)
        count = min(options.n or _EACH, _EACH)
        rows, held = real(options, (fold,), count)
        drawn = ours(rows, options)
        groups: Groups = {f"type.{kind}": _of_type(items) for kind, items in _by_type(made).items()}
        groups |= {f"item.{name}": values for name, values in _by_item(made).items()}
        groups |= _likeness(options, folds, rows, held, drawn)
        groups |= _named("interval", compared(intervals(held, "real", options), intervals(drawn, "drawn", options)))
        groups |= _named("transfer", transfer(options, folds, rows, held))
        back = round_trips(held[:: max(len(held) // min(count, _ROUND_TRIPS), 1)][:_ROUND_TRIPS], options)
        groups["round_trip.closed loop"] = back
        rebuilt = reconstruct_all(options, folds, fold, min(options.n or _RECONSTRUCTED, _RECONSTRUCTED))
        groups |= _named("reconstruction", rebuilt)
        whole = [ecg for ecg in held[:: max(len(held) // _THERE_AND_BACK, 1)] if np.isfinite(ecg.signal_mv).all()]
        groups |= _named("codec", there_and_back(whole[:_THERE_AND_BACK], options))
        seconds = time.perf_counter() - started
        pictures: list[Figure] = [beside(rows, held, drawn)]
        metrics = _adherence(made) | {
            name: Estimate.alone(value, len(rows)) for name, value in groups["likeness.ours"].items()
        }
        return Outcome(
            Result.of(NAME, len(made), metrics, groups, seconds), report(made, groups, pictures, seconds)
        )  # fmt: skip


def _named(prefix: str, groups: Mapping[str, Mapping[str, float]]) -> Groups:
    return {f"{prefix}.{name}": dict(values) for name, values in groups.items()}


def _adherence(made: Sequence[Made]) -> dict[str, Estimate | None]:
    resample, every = Bootstrap([str(one.wish.seed) for one in made]), np.ones(len(made))
    rates = [one.rate_confirmed for one in made if one.rate_confirmed is not None]
    widths = [one.qrs_confirmed for one in made if one.qrs_confirmed is not None]
    tried = [one for one in made if one.candidates]
    return {
        "requests_met": resample.share([one.met for one in made], every),
        "items_met": _share([item.met for one in made for item in one.items]),
        "rate_confirmed_by_neurokit2": _share(rates),
        "qrs_confirmed_by_openecg": _share(widths),
        "contradictions_asked_back": _share([refused for _, refused in asked_back()]),
        "mean_candidates": Estimate.alone(float(np.mean([one.candidates for one in tried])), len(tried))
        if tried
        else None,
        "median_seconds": Estimate.alone(float(np.median([one.seconds for one in made])), len(made)),
    }


def _share(values: Sequence[bool]) -> Estimate | None:
    return Estimate.alone(float(np.mean(values)), len(values)) if values else None


def _by_type(made: Sequence[Made]) -> dict[str, list[Made]]:
    kinds = dict.fromkeys(one.wish.kind for one in made)
    return {kind: [one for one in made if one.wish.kind == kind] for kind in kinds}


def _of_type(made: Sequence[Made]) -> dict[str, float]:
    tried = [one.candidates for one in made if one.candidates]
    return {
        "n": len(made),
        "met": float(np.mean([one.met for one in made])),
        "candidates": float(np.mean(tried or [0])),
        "seconds": float(np.median([one.seconds for one in made])),
    }


def _by_item(made: Sequence[Made]) -> Groups:
    out: dict[str, list[bool]] = {}
    for one in made:
        for item in one.items:
            name = (
                item.name.rpartition(".")[2] if isinstance(item.requested, float) else f"{item.name} {item.requested}"
            )
            out.setdefault(name, []).append(item.met)
    return {name: {"n": len(values), "met": float(np.mean(values))} for name, values in out.items()}


def _likeness(
    options: Options, folds: tuple[int, ...], rows: Sequence[Labelled], held: Sequence[Ecg], drawn: Sequence[Ecg]
) -> Groups:
    _, training = real(options, folds, min(4 * len(rows), _REFERENCE))
    known = features(training).pooled
    space = Space.of(known)
    reference, of_held, of_drawn = space(known), features(held), features(drawn)
    sets = {"ours": of_drawn.pooled, "neurokit2": features(simulated_by_neurokit(len(rows), options)).pooled}
    fakes = deepfakes(len(rows))
    if fakes is not None:
        sets["deepfake-ecg"] = features(fakes).pooled
    test, apart = space(of_held.pooled), nearest(reference, reference, same=True)
    closest = float(np.percentile(apart, 1))
    out = {"likeness.real training records": _compared(test, reference[: len(test)], apart, closest)}
    for name, pooled in sets.items():
        found = space(pooled)
        out[f"likeness.{name}"] = _compared(test, found, nearest(found, reference), closest)
    return out | _named("statement", statement_agreement(rows, of_held.statements, of_drawn.statements))


def _compared(test: Floats, found: Floats, to_training: Floats, closest: float) -> dict[str, float]:
    return {
        "frechet_distance": frechet(test, found),
        **manifold(test, found)._asdict(),
        "nearest_training_p1_over_theirs": float(np.percentile(to_training, 1)) / closest,
        "share_closer_than_training_p1": float((to_training < closest).mean()),
    }
