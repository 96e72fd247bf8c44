"""How much likelier one beat is with two electrodes exchanged back than as it was recorded.

The beat, read at a few places of QRS, ST-T and P in the eight independent leads, follows a multivariate
Student t distribution with few degrees of freedom, so that an infarct, rare in every order, does not turn a
small difference between two orders into certainty. Exchanging electrodes is a linear map of the leads with
determinant ±1: the ratio of likelihoods is that of the two distances.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

WEIGHTS: Final = Path(__file__).parent / "electrodes.npz"
#: Degrees of freedom of the Student t distribution.
FREEDOM: Final = 3.0
#: Rows of a sample.
LEADS: Final = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
#: Columns of a sample: places in the QRS, in ST-T, in P.
PLACES: Final = (7, 5, 3)


class Exchange(NamedTuple):
    """Two electrodes (or a whole row) in each other's place.

    Attributes:
        name: as in `EXCHANGES`.
        matrix: (8, 8) what it makes of the leads; each of these maps is its own inverse.
    """

    name: str
    matrix: Float


class Suspicion(NamedTuple):
    """An exchange that would explain the beat better.

    Attributes:
        name: the exchange.
        log_ratio: natural logarithm of the likelihood ratio, exchanged back against as recorded.
        margin: how far that is above the exchange's threshold.
    """

    name: str
    log_ratio: float
    margin: float


def _chest(*order: int) -> Float:
    matrix = np.zeros((8, 8))
    matrix[0, 0] = matrix[1, 1] = 1.0
    matrix[np.arange(2, 8), np.array(order) + 1] = 1.0
    return matrix


def _limb(one: tuple[float, float], two: tuple[float, float]) -> Float:
    """Leads I and II as recorded, each as a sum of the true I and II."""
    matrix = np.eye(8)
    matrix[0, :2], matrix[1, :2] = one, two
    return matrix


#: The exchanges that leave all eight leads with signal; those with the right leg flatten one and are told by that.
EXCHANGES: Final = (
    Exchange("V1-V2", _chest(2, 1, 3, 4, 5, 6)),
    Exchange("V2-V3", _chest(1, 3, 2, 4, 5, 6)),
    Exchange("V1-V3", _chest(3, 2, 1, 4, 5, 6)),
    Exchange("V3-V4", _chest(1, 2, 4, 3, 5, 6)),
    Exchange("V4-V5", _chest(1, 2, 3, 5, 4, 6)),
    Exchange("V5-V6", _chest(1, 2, 3, 4, 6, 5)),
    Exchange("V4-V6", _chest(1, 2, 3, 6, 5, 4)),
    Exchange("V1-V6", _chest(6, 5, 4, 3, 2, 1)),
    Exchange("RA-LA", _limb((-1.0, 0.0), (-1.0, 1.0))),
    Exchange("RA-LL", _limb((1.0, -1.0), (0.0, -1.0))),
    Exchange("LA-LL", _limb((0.0, 1.0), (1.0, 0.0))),
)


@dataclass(frozen=True)
class StudentT:
    """Centre (d,) and inverse scale matrix (d, d) of one distribution."""

    centre: Float
    precision: Float

    def distances(self, samples: Float) -> Float:
        """(n, d) → (n,) squared Mahalanobis distances."""
        away = samples - self.centre
        out: Float = np.einsum("nd,nd->n", away @ self.precision, away)
        return out


@dataclass(frozen=True)
class ElectrodeOrder:
    """The fitted model.

    Attributes:
        with_p, without_p: distributions of samples with all columns, and of those without P.
        thresholds: (exchanges,) log ratio above which an exchange is suspected.
        farthest: squared distance per dimension beyond which no order explains the beat.
    """

    with_p: StudentT
    without_p: StudentT
    thresholds: Float
    farthest: float

    def suspicion(self, sample: Float, has_p: bool) -> Suspicion | None:
        """The exchange that explains the beat best, or None when the given order stands.

        Args:
            sample: (8, 15) leads × places, `LEADS` and `PLACES`, in units of the QRS's own size.
            has_p: the last three columns hold a P wave.
        """
        ratios = self.log_ratios(sample[None], np.array([has_p]))[0]
        best = int(np.argmax(ratios - self.thresholds))
        margin = float(ratios[best] - self.thresholds[best])
        return Suspicion(EXCHANGES[best].name, float(ratios[best]), margin) if margin > 0 else None

    def log_ratios(self, samples: Float, has_p: NDArray[np.bool_]) -> Float:
        """(n, 8, 15) samples → (n, exchanges) log likelihood ratios; -inf where the order put back is implausible."""
        maps = np.stack([np.eye(8), *(exchange.matrix for exchange in EXCHANGES)])
        orders = np.einsum("eij,njk->neik", maps, samples)
        out = np.empty((len(samples), len(EXCHANGES)))
        for there, model, columns in ((True, self.with_p, sum(PLACES)), (False, self.without_p, sum(PLACES[:2]))):
            rows = np.flatnonzero(has_p == there)
            flat = orders[rows][..., :columns].reshape(-1, 8 * columns)
            distance = model.distances(flat).reshape(len(rows), len(maps))
            size = 8 * columns
            log_density = -0.5 * (FREEDOM + size) * np.log1p(distance / FREEDOM)
            plausible = distance[:, 1:] < self.farthest * size
            out[rows] = np.where(plausible, log_density[:, 1:] - log_density[:, :1], -np.inf)
        return out


@cache
def shipped() -> ElectrodeOrder:
    """The model in `electrodes.npz`."""
    with np.load(WEIGHTS) as stored:
        return ElectrodeOrder(
            StudentT(stored["centre_p"].astype(float), stored["precision_p"].astype(float)),
            StudentT(stored["centre"].astype(float), stored["precision"].astype(float)),
            stored["thresholds"].astype(float),
            float(stored["farthest"]),
        )
