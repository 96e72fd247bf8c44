"""The generator's scores on sets whose likeness is known."""

from __future__ import annotations

import numpy as np

from calipers.evals.generator.agreement import auroc, compared
from calipers.evals.generator.likeness import Space, frechet, manifold, nearest
from calipers.evals.generator.reconstruction import least_squares
from calipers.leads import LEADS
from calipers.models.simulator import Specification, simulate

_RNG = np.random.default_rng(7)
_REAL = _RNG.standard_normal((400, 12))


def test_another_draw_of_the_same_distribution_is_covered_and_a_shifted_one_is_not() -> None:
    same, shifted = _RNG.standard_normal((400, 12)), _RNG.standard_normal((400, 12)) + 8.0
    assert frechet(_REAL, same) < 1.0
    assert frechet(_REAL, shifted) > 500.0
    alike, apart = manifold(_REAL, same), manifold(_REAL, shifted)
    assert min(alike.precision, alike.recall, alike.coverage) > 0.85
    assert 0.8 < alike.density < 1.2
    assert max(apart) == 0.0


def test_one_place_drawn_again_and_again_is_precise_and_covers_nothing() -> None:
    collapsed = _REAL[:1] + 1e-3 * _RNG.standard_normal((400, 12))
    found = manifold(_REAL, collapsed)
    assert found.precision == 1.0
    assert found.recall < 0.05
    assert found.coverage < 0.1


def test_a_copy_is_nearer_to_its_record_than_records_are_to_each_other() -> None:
    space = Space.of(_REAL)
    apart = nearest(space(_REAL), space(_REAL), same=True)
    copied = nearest(space(_REAL[:5] + 1e-6), space(_REAL))
    assert copied.max() < np.percentile(apart, 1)


def test_area_under_the_curve_and_distance_of_distributions() -> None:
    assert auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75
    real = {name: np.arange(100.0) for name in ("hr", "pr", "qrs", "qt")}
    drawn = {name: np.arange(100.0) + 200 for name in real}
    assert compared(real, drawn)["qrs"]["ks_distance"] == 1.0
    assert compared(real, real)["qt"]["ks_distance"] == 0.0


def test_fixed_sums_find_einthovens_law_and_leave_the_chest_to_be_guessed() -> None:
    made = [simulate(Specification("sinus", noise="light"), seed).ecg for seed in range(3)]
    training = [ecg.signal_mv.astype(np.float64) for ecg in made]
    sums = least_squares(training, ("I", "II"))
    assert np.allclose(sums[LEADS.index("III")], (-1.0, 1.0), atol=1e-3)
    assert np.allclose(sums[LEADS.index("aVR")], (-0.5, -0.5), atol=1e-3)
    assert np.isfinite(sums[LEADS.index("V2")]).all()
