"""What `classify` runs beside the network: encoder input, beat features, the packed forest, half-precision export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calipers import Ecg
from calipers.models.mllm import classifier
from calipers.models.mllm.beat_features import FEATURE_HZ, beat_features, size
from calipers.models.mllm.encoder_input import encoder_input, patient_vector
from calipers.models.mllm.encoder_tokens import encode
from calipers.models.mllm.forest import Forest, pack
from calipers.models.simulator import Specification, simulate

RHYTHM_RATE, RHYTHM_SPREAD, QRS_SAMPLES = 0, 1, 24


def features_of(specification: Specification, seed: int) -> np.ndarray:
    return beat_features(simulate(specification, seed).ecg.signal_mv)


def test_a_stretch_that_is_missing_is_masked_and_does_not_leak() -> None:
    rng = np.random.default_rng(0)
    signal = rng.normal(0.0, 0.2, (12, 5000)) + 3.0
    signal[4, 1250:2500] = np.nan
    signal[7] = np.nan
    given = encoder_input(signal, 500.0)
    assert given.signal_mv.shape == given.present.shape == (12, 1000)
    assert given.present[4].sum() == pytest.approx(750, abs=2)
    assert not given.present[7].any()
    assert (given.signal_mv[given.present == 0] == 0).all()
    assert np.abs(np.median(given.signal_mv[0])) < 0.05


def test_unknown_age_and_sex_are_zeros() -> None:
    assert patient_vector(None, None).tolist() == [0.0, 0.0, 0.0, 0.0]
    assert patient_vector(60.0, "male").tolist() == [0.0, 1.0, -1.0, 1.0]


@pytest.mark.parametrize("rate", [50.0, 75.0, 110.0])
def test_beat_features_count_the_rate(rate: float) -> None:
    found = features_of(Specification(rate=rate, fs_hz=FEATURE_HZ), 3)
    assert found.shape == (size(),)
    assert found[RHYTHM_RATE] == pytest.approx(rate, rel=0.05)


def test_beat_features_see_fibrillation_as_irregular_and_a_block_as_wide() -> None:
    sinus = features_of(Specification(rate=75, fs_hz=FEATURE_HZ), 5)
    fibrillation = features_of(Specification(rhythm="atrial_fibrillation", fs_hz=FEATURE_HZ), 5)
    block = features_of(Specification(rate=75, morphologies=("lbbb",), fs_hz=FEATURE_HZ), 5)
    assert fibrillation[RHYTHM_SPREAD] > 3 * sinus[RHYTHM_SPREAD]
    assert block[QRS_SAMPLES] > 1.3 * sinus[QRS_SAMPLES]


def test_a_flat_line_has_no_beats() -> None:
    assert np.isnan(beat_features(np.zeros((12, 2500)))).all()


def test_a_packed_forest_says_what_the_fitted_one_said(tmp_path: Path) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble", reason="needs scikit-learn")
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 6)).astype(np.float32)
    labels = np.stack([features[:, 0] > 0, features[:, 1] + features[:, 2] > 1, np.zeros(300)], axis=1).astype(float)
    trees = ensemble.ExtraTreesClassifier(20, min_samples_leaf=3, random_state=0).fit(features, labels)
    pack(trees).save(tmp_path / "forest.npz")
    found = Forest.load(tmp_path / "forest.npz").probabilities(features)
    expected = np.stack([p[:, -1] if p.shape[1] > 1 else np.zeros(300) for p in trees.predict_proba(features)], axis=1)
    assert found == pytest.approx(expected, abs=0.005)


def test_tokens_of_ten_seconds(demo_ecg: Ecg) -> None:
    given = encoder_input(demo_ecg.signal_mv, demo_ecg.fs_hz)
    tokens = encode(given.signal_mv[None, :, :1000], given.present[None, :, :1000])
    assert tokens.statements.shape == (1, 71)
    assert tokens.pooled.shape == (1, 960)
    assert tokens.sequence.shape == (1, 32, 160)


def test_exported_weights_are_the_trained_ones(demo_ecg: Ecg) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    from calipers.models.mllm.checkpoints import load_encoder

    given = encoder_input(demo_ecg.signal_mv, demo_ecg.fs_hz)
    signal, present = given.signal_mv[None, :, :1000], given.present[None, :, :1000]
    network = load_encoder(classifier.WEIGHTS.with_suffix(".safetensors"))
    with torch.no_grad():
        trained = network(torch.from_numpy(signal), torch.from_numpy(present), torch.zeros(1, 4))
    # The export keeps half precision.
    assert encode(signal, present).statements == pytest.approx(trained.statements.numpy(), abs=0.1)


def test_every_statement_has_a_threshold() -> None:
    limits = classifier.thresholds()
    assert tuple(limits) == classifier.codes()
    assert all(0.0 < limit < 1.0 for limit in limits.values())
    assert limits["3AVB"] >= 0.5
    assert len(classifier.weights_sha256()) == 64
