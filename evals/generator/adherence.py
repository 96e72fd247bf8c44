"""Requests in words → generated ECGs → measured; the rate and the QRS once more by second implementations."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
import yaml

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evals.framework import Options, each, spread
from calipers.tools.generate import Item, synthesise, understand_request
from calipers.tools.measure import examine
from calipers.tools.measure.delineation import OpenEcg

#: NeuroKit2's rate and openecg's QRS count as confirming within DESIGN's tolerances of what was asked for.
_RATE_SHARE: Final = 0.05
_LEAST_RATE: Final = 3.0
_QRS_MS: Final = 12.0
_NEUROKIT_LEADS: Final = ("I", "II", "V2", "V4", "V6")


class Wish(NamedTuple):
    """One request: its type, its words, and the seed it is made with."""

    kind: str
    text: str
    seed: int


@dataclass(frozen=True)
class Made:
    """What became of a request; `items` is empty and `refused` says why where nothing was made.

    `second_rate` and `second_qrs` are NeuroKit2's and openecg's numbers, None where not asked for or not found.
    """

    wish: Wish
    items: tuple[Item, ...]
    met: bool
    candidates: int
    seconds: float
    second_rate: float | None = None
    second_qrs: float | None = None
    refused: str = ""

    def requested(self, name: str) -> float | None:
        """The number asked for, where there is one."""
        for item in self.items:
            if item.name == name and isinstance(item.requested, float):
                return item.requested
        return None

    @property
    def rate_confirmed(self) -> bool | None:
        """Whether NeuroKit2 finds the rate asked for; None where none was, or none was found."""
        asked = self.requested("hr")
        if asked is None or self.second_rate is None:
            return None
        return abs(self.second_rate - asked) <= max(_RATE_SHARE * asked, _LEAST_RATE)

    @property
    def qrs_confirmed(self) -> bool | None:
        """Whether openecg finds the QRS asked for."""
        asked = self.requested("qrs")
        return None if asked is None or self.second_qrs is None else abs(self.second_qrs - asked) <= _QRS_MS


@cache
def wishes(file: str = "requests_unseen.yaml") -> tuple[Wish, ...]:
    """Every request of a file beside this one: `requests.yaml`, which was tuned on, or one that was not."""
    held = yaml.safe_load((files("calipers.evals.generator") / file).read_text(encoding="utf-8"))
    lines = [(kind, text) for kind, texts in held.items() for text in texts]
    return tuple(Wish(kind, text, seed) for seed, (kind, text) in enumerate(lines, start=1))


def make_all(options: Options) -> list[Made]:
    """Make what was asked for, at most `options.n` requests, evenly spread over the types."""
    chosen = spread(wishes("requests.yaml" if options.split == "training" else "requests_unseen.yaml"), options.n)
    return each(make, chosen, len(chosen), "generating", options)


def asked_back() -> list[tuple[Wish, bool]]:
    """Requests that contradict themselves or cannot be made, and whether each was asked back instead of guessed."""
    return [(wish, _refused(wish.text)) for wish in wishes("requests_asked_back.yaml")]


def _refused(text: str) -> bool:
    try:
        understand_request(text)
    except UsageError:
        return True
    return False


def make(wish: Wish) -> Made:
    """One request."""
    began = time.perf_counter()
    try:
        found = synthesise(wish.text, seed=wish.seed)
    except UsageError as refused:
        return Made(wish, (), False, 0, time.perf_counter() - began, refused=str(refused))
    seconds = time.perf_counter() - began
    asked = {item.name for item in found.items}
    rate = neurokit_rate(found.ecg) if "hr" in asked else None
    qrs = openecg_qrs(found.ecg) if "qrs" in asked else None
    return Made(wish, found.items, found.met, found.provenance["candidates"], seconds, rate, qrs)


def neurokit_rate(ecg: Ecg) -> float | None:
    """Rate per minute of NeuroKit2's R peaks, median of five leads; None where none of them has two peaks.

    In a single lead its peaks are P waves as well, where these are tall or the rhythm is slow.
    """
    import neurokit2 as nk

    rates = []
    for lead in _NEUROKIT_LEADS:
        clean = nk.ecg_clean(ecg.lead(lead).astype(float), sampling_rate=int(ecg.fs_hz))
        _, found = nk.ecg_peaks(clean, sampling_rate=int(ecg.fs_hz))
        peaks = np.asarray(found["ECG_R_Peaks"], dtype=float)
        if peaks.size >= 2:
            rates.append(60.0 * ecg.fs_hz / np.diff(peaks).mean())
    return float(np.median(rates)) if rates else None


def openecg_qrs(ecg: Ecg) -> float | None:
    """QRS duration by the same rules on openecg's delineation instead of our network's."""
    return examine(ecg, OpenEcg()).measurements["qrs"].number
