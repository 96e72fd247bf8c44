"""The noise model: louder leads have higher odds, of the kind of noise that was added and in the lead it was added to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.evals.measurement.analytic import KNOWN_ECGS
from calipers.leads import INDEX
from calipers.models.signal_noise.features import FS_HZ, in_context, lead_features
from calipers.models.signal_noise.fitting import cross_fitted, fit, settled
from calipers.models.signal_noise.network import KINDS, NoiseOdds, noise_odds

Float = NDArray[np.float64]

PRESENT = np.ones(12, dtype=bool)
LIMB = slice(0, 6)


@pytest.fixture(scope="module")
def quiet_mv() -> Float:
    return KNOWN_ECGS[0].render().signal_mv.astype(np.float64)


def muscle(shape: tuple[int, ...], amplitude_mv: float) -> Float:
    """White noise; most of its power lies above 20 Hz."""
    return np.random.default_rng(1).normal(0.0, amplitude_mv, shape)


def odds(signal_mv: Float) -> NoiseOdds:
    return noise_odds(signal_mv, PRESENT)


def test_a_quiet_record_is_called_quiet(quiet_mv: Float) -> None:
    found = odds(quiet_mv)
    for kind in ("static", "burst", "drift"):
        assert found.of(kind, None) < 0, kind


def test_muscle_noise_in_the_limb_leads_raises_the_odds_of_static_noise_there(quiet_mv: Float) -> None:
    noisy = quiet_mv.copy()
    noisy[LIMB] += muscle(noisy[LIMB].shape, 0.06)
    found, before = odds(noisy), odds(quiet_mv)
    assert found.of("static", INDEX["II"]) > 0 > before.of("static", INDEX["II"])
    assert found.of("static", None) > 0


def test_a_wandering_baseline_raises_the_odds_of_drift_in_its_lead(quiet_mv: Float) -> None:
    noisy = quiet_mv.copy()
    noisy[INDEX["V6"]] += 0.6 * np.sin(2 * np.pi * 0.15 * np.arange(noisy.shape[1]) / FS_HZ)
    found = odds(noisy)
    assert found.of("drift", INDEX["V6"]) > max(0.0, found.of("drift", INDEX["V1"]))


def test_a_burst_is_told_from_steady_noise_by_its_lead_and_time(quiet_mv: Float) -> None:
    noisy = quiet_mv.copy()
    noisy[INDEX["V2"], 2000:2600] += muscle((600,), 0.2)
    found, before = odds(noisy), odds(quiet_mv)
    raised = found.lead[:, KINDS.index("burst")] - before.lead[:, KINDS.index("burst")]
    assert int(np.argmax(raised)) == INDEX["V2"]


def test_a_missing_lead_has_no_odds_and_does_not_change_the_other_six(quiet_mv: Float) -> None:
    without = quiet_mv.copy()
    without[INDEX["V3"]] = np.nan
    present = PRESENT.copy()
    present[INDEX["V3"]] = False
    found = noise_odds(without, present)
    assert np.isnan(found.lead[INDEX["V3"]]).all()
    assert np.isfinite(found.record).all()


def test_less_than_a_second_is_refused(quiet_mv: Float) -> None:
    with pytest.raises(ValueError, match="needed 500"):
        odds(quiet_mv[:, :400])


def test_features_do_not_depend_on_the_offset_of_a_lead(quiet_mv: Float) -> None:
    assert np.allclose(lead_features(quiet_mv), lead_features(quiet_mv + 3.0), atol=1e-6)


def test_features_in_context_name_the_lead_last() -> None:
    placed = in_context(np.zeros((2, 12, 3)))
    assert placed.shape == (2, 12, 24)
    assert (placed[1, :, -12:] == np.eye(12)).all()


def test_fitting_finds_the_feature_that_makes_the_remark() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(80, 12, 4))
    remarked = np.repeat(features[:, :, 2:3] > 0.8, len(KINDS), axis=2)
    layers = fit(features, remarked)
    told = layers.lead_log_odds(features) > 0
    assert (told == remarked).mean() > 0.85
    held = cross_fitted(features, remarked, np.arange(80) % 4, ((0, 1), (2, 3)))
    assert np.isfinite(held).all()
    limits = settled(layers, held, remarked, remarked[:, 0])
    assert (limits.record_offset != 0).any()
    assert limits.bias.shape == (len(KINDS), 2)
