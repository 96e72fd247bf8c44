"""The odds that a technician would remark on each kind of noise in each lead."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.models.signal_noise.features import SHORTEST, Float, in_context, lead_features

Kind = Literal["static", "burst", "drift", "any"]

#: `electrodes` is not among them: six remarks in 2,355 records teach nothing.
KINDS: Final[tuple[Kind, ...]] = ("static", "burst", "drift", "any")
WEIGHTS: Final = Path(__file__).parent / "signal_noise.npz"
#: How many of the noisiest leads speak for the record.
_NOISIEST: Final = 3


class Layers(NamedTuple):
    """Logistic regressions over standardised features, one a kind and six leads.

    Attributes:
        mean, scale: (features,) of `in_context`.
        weight: (kinds, 2, features) for limb and chest leads; bias: (kinds, 2).
        record_offset: (kinds,) what the noisiest leads must exceed for the record.
    """

    mean: Float
    scale: Float
    weight: Float
    bias: Float
    record_offset: Float

    def lead_log_odds(self, features: Float) -> Float:
        """(…, 12, k) of `lead_features` → (…, 12, kinds); positive where a yes is likelier than a no."""
        x = np.clip((in_context(features) - self.mean) / self.scale, -6.0, 6.0)
        halves = [
            x[..., part, :] @ self.weight[:, six].T + self.bias[:, six]
            for six, part in enumerate((slice(0, 6), slice(6, 12)))
        ]
        return np.concatenate(halves, axis=-2)

    def record_log_odds(self, by_lead: Float) -> Float:
        """(…, 12, kinds) → (…, kinds)."""
        return loudest_leads(by_lead) - self.record_offset


class NoiseOdds(NamedTuple):
    """Log odds at even prior odds: (12, kinds) by lead, NaN for a missing one, and (kinds,) of the record."""

    lead: Float
    record: Float

    def of(self, kind: Kind, lead: int | None) -> float:
        """Of one kind, in one lead (by its place) or anywhere; not a number for a lead that is missing."""
        column = KINDS.index(kind)
        return float(self.record[column] if lead is None else self.lead[lead, column])


def noise_odds(signal_mv: Float, present: NDArray[np.bool_]) -> NoiseOdds:
    """Judge the noise of an ECG.

    Args:
        signal_mv: (12, n) at 500 Hz, at least a second.
        present: (12,) leads that are there; the others take the mean of the rest of their six.

    Raises:
        MissingPart: the weights are not installed.
        ValueError: less than a second.
    """
    if signal_mv.shape[1] < SHORTEST:
        raise ValueError(f"found {signal_mv.shape[1]} samples; needed {SHORTEST}")
    features = lead_features(np.where(present[:, None], np.nan_to_num(signal_mv), 0.0).astype(np.float64))
    for six in (slice(0, 6), slice(6, 12)):
        there = present[six]
        rest = features[six][there] if there.any() else features[present]
        features[six][~there] = rest.mean(axis=0)
    by_lead = _layers().lead_log_odds(features)
    record = _layers().record_log_odds(by_lead)
    return NoiseOdds(np.where(present[:, None], by_lead, np.nan), record)


def loudest_leads(by_lead: Float) -> Float:
    """(…, 12, kinds) → (…, kinds): the mean log odds of the noisiest leads."""
    loudest: Float = np.sort(by_lead, axis=-2)[..., -_NOISIEST:, :].mean(axis=-2)
    return loudest


@cache
def _layers() -> Layers:
    if not WEIGHTS.is_file():
        raise MissingPart(f"found no `{WEIGHTS}`; needed the noise model's weights, see its CARD.md")
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return Layers(*(stored[name].astype(np.float64) for name in Layers._fields))
