"""The closed loop: draw, measure, set beside the request, correct, draw again; the best is returned with its record.

At most eight candidates and thirty seconds. A candidate that misses in numbers alone is drawn again from the same
noise with the misses taken off; one that misses a statement is drawn from new noise.
"""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np

from calipers.ecg import Ecg, Sex
from calipers.errors import MissingPart
from calipers.knowledge import criteria_sha256
from calipers.knowledge.store.embedding import embedder
from calipers.models.generator.conditions import Float32
from calipers.models.generator.generator import Generator, generator, weights_sha256
from calipers.settings import version
from calipers.tools.generate.consistency import complete
from calipers.tools.generate.drawing import Aims, aims_of, draw
from calipers.tools.generate.judging import judge
from calipers.tools.generate.patterns import PATTERNS
from calipers.tools.generate.request import Request
from calipers.tools.generate.synthesis import Item, Synthesis
from calipers.tools.generate.understanding import understand_request

MOST_CANDIDATES: Final = 8
BUDGET_S: Final = 30.0
#: A miss is taken off by this share, so that a noisy measurement does not overshoot.
_TAKEN_OFF: Final = 0.8
#: Where a length is steered to, shapes are less usual and read longer still.
_BIAS: Final = {"qrs": -5.0}
_FURTHEST: Final = {"hr": 25.0, "pr": 60.0, "qrs": 50.0, "qtc": 90.0, "qtc_bazett": 90.0, "qtc_fridericia": 90.0}
_FURTHEST_DEG: Final = 60.0
_FURTHEST_MV: Final = 0.5


def synthesise(text: str, *, age: float | None = None, sex: Sex | None = None, seed: int | None = None) -> Synthesis:
    """A synthetic ECG from words.

    Args:
        text: what is wanted, such as `AF with RBBB, rate about 110`.
        age: of the patient, in years.
        sex: of the patient.
        seed: the same seed gives the same ECG; 0 by default.

    Raises:
        UsageError: the text contradicts itself, or asks for what cannot be made; the message is the question back.
        MissingPart: the generator's weights are not installed.
    """
    return fulfil(understand_request(text, age=age, sex=sex), seed=seed or 0)


def fulfil(request: Request, *, seed: int = 0, most: int = MOST_CANDIDATES, budget_s: float = BUDGET_S) -> Synthesis:
    """A synthetic ECG from a typed request; as `synthesise`."""
    request = complete(request)
    made_by, text = generator(), _embedded(request.text)
    began = time.monotonic()
    corrections = dict(_BIAS)
    best: tuple[float, Ecg, tuple[Item, ...], int] | None = None
    noise, tried, missing = seed * 1009, 0, set[str]()
    while tried < most and (tried == 0 or time.monotonic() - began < budget_s):
        aims = aims_of(request, corrections, noise, missing)
        ecg = draw(request, aims, noise, made_by, text)
        items = judge(ecg, request)[0]
        tried += 1
        missed = sum(max(item.miss, 0.0) for item in items if not item.met)
        if best is None or missed < best[0]:
            best = (missed, ecg, items, noise)
        if missed == 0.0:
            break
        learn(corrections, items, aims)
        missing |= {
            item.name for item in items if not item.met and (isinstance(item.requested, str) or item.obtained is None)
        }
        if tried % 3 == 0 or any(isinstance(item.requested, str) and item.miss > 0.0 for item in items):
            noise = seed * 1009 + tried
    assert best is not None
    _, ecg, items, used = best
    return Synthesis(
        ecg=ecg, items=items, met=all(item.met for item in items), request=request,
        provenance=provenance(request, seed, used, tried, made_by),
    )  # fmt: skip


def learn(corrections: dict[str, float], items: tuple[Item, ...], aims: Aims) -> None:
    """Take each number's distance from its aim off what the next candidate is steered to."""
    for item in items:
        if not isinstance(item.requested, float) or not isinstance(item.obtained, float):
            continue
        name = "qtc" if item.name.startswith("qtc") else item.name
        off = aims.numbers.get(name, item.requested) - item.obtained
        if item.unit == "deg":
            off = (off + 180.0) % 360.0 - 180.0
        furthest = _FURTHEST.get(name, _FURTHEST_DEG if item.unit == "deg" else _FURTHEST_MV)
        corrections[name] = float(np.clip(corrections.get(name, 0.0) + _TAKEN_OFF * off, -furthest, furthest))


def _embedded(text: str) -> Float32 | None:
    """The request's words as the flow knows them; None where the sentence model is not installed."""
    if not text:
        return None
    try:
        vector: Float32 = embedder()([text])[0]
    except MissingPart:
        return None
    return vector


def provenance(request: Request, seed: int, noise: int, tried: int, made_by: Generator) -> dict[str, Any]:
    """What made an ECG: versions, weights, seeds, candidates, and which wishes rest on simulated signals."""
    partly = [key for key in request.statements if PATTERNS[key].simulated]
    return {
        "synthetic": True,
        "calipers": version(),
        "weights": weights_sha256(),
        "criteria": criteria_sha256(),
        "seed": seed,
        "noise": noise,
        "candidates": tried,
        "learned_partly_from_simulated_signals": partly,
        "training_records": {
            key: made_by.statements[key]["records"] for key in request.statements if key in made_by.statements
        },
    }
