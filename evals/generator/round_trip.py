"""Signal → text → signal: a real ECG's own findings in words, an ECG from these words, and what is found on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput, UsageError
from calipers.evals.framework import Options, each
from calipers.knowledge import evaluate, statements
from calipers.report import Demographics
from calipers.tools.generate import synthesise
from calipers.tools.generate.patterns import PATTERNS
from calipers.tools.measure import measure

#: Beside what others say already, these say nothing of their own.
_UNSAID: Final = frozenset({"normal_axis", "sinus_rhythm"})
_RATE_SHARE: Final = 0.05


def round_trips(ecgs: Sequence[Ecg], options: Options) -> dict[str, float]:
    """Shares of statements and of rates that come back, over the ECGs whose findings the generator can be asked for."""
    found = [one for one in each(_trip, list(enumerate(ecgs)), len(ecgs), "there and back", options) if one is not None]
    said = sum(one[0] for one in found)
    return {
        "n": float(len(found)), "statements": float(said),
        "statements_come_back": sum(one[1] for one in found) / max(said, 1),
        "rate_comes_back": float(np.mean([one[2] for one in found])) if found else 0.0,
    }  # fmt: skip


def words_of(ecg: Ecg) -> tuple[str, tuple[str, ...], float] | None:
    """The ECG's findings as a request in words, their keys, and its rate; None where there is nothing to ask for."""
    found = measure(ecg)
    verdicts = evaluate(found, Demographics(age=ecg.patient.age, sex=ecg.patient.sex))
    keys = tuple(one.key for one in verdicts.asserted() if one.result == "met" and one.key in PATTERNS)
    rate = found["hr"].number
    if not keys or rate is None:
        return None
    spoken = ", ".join(statements()[key].label for key in keys)
    return f"{spoken}, rate {rate:.0f}", tuple(key for key in keys if key not in _UNSAID) or keys, rate


def _trip(job: tuple[int, Ecg]) -> tuple[int, int, bool] | None:
    seed, ecg = job
    try:
        said = words_of(ecg)
        made = synthesise(said[0], age=ecg.patient.age, sex=ecg.patient.sex, seed=seed) if said else None
    except (UnreadableInput, UsageError):
        return None
    if said is None or made is None:
        return None
    again = measure(made.ecg)
    verdicts = evaluate(again, Demographics(age=ecg.patient.age, sex=ecg.patient.sex))
    rate = again["hr"].number
    back = sum(verdicts[key].result == "met" for key in said[1])
    return len(said[1]), back, rate is not None and abs(rate - said[2]) <= max(_RATE_SHARE * said[2], 3.0)
