"""Training of the statement network: labels, augmentation, resuming, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install calipers[train]")

from calipers.models.mllm import statement_training  # noqa: E402
from calipers.models.mllm.augmentation import AugmentationConfig, augment  # noqa: E402
from calipers.models.mllm.corpus import Corpus, Vocabulary, labels_of  # noqa: E402
from calipers.models.mllm.signal_encoder import SignalEncoder, SignalEncoderConfig  # noqa: E402
from calipers.models.mllm.statement_training import StatementTraining, train_statements  # noqa: E402
from calipers.models.mllm.train_statements import fit_calibration  # noqa: E402

SMALL = SignalEncoderConfig(widths=(8, 8, 8), blocks=(1, 1), statements=3)
WORDS = Vocabulary(
    ("NORM", "IMI", "ILMI", "SR"), frozenset({"SR"}), {"NORM": "NORM", "IMI": "IMI", "ILMI": "IMI", "SR": ""}
)


def small_corpus(records: int = 24) -> Corpus:
    rng = np.random.default_rng(0)
    statements = (rng.random((records, 3)) < 0.4).astype(np.float32)
    signal = rng.normal(0.0, 0.1, (records, 12, 1000)) + statements[:, :1, None]
    return Corpus(
        ecg_id=np.arange(records),
        fold=np.ones(records, dtype=np.int64),
        patient=np.arange(records),
        signal_mv=signal.astype(np.float16),
        present=np.ones((records, 12), dtype=np.bool_),
        statements=statements,
        known=np.ones_like(statements),
        millivolts=np.ones(records, dtype=np.bool_),
    )


def test_a_likelihood_of_zero_is_still_a_label() -> None:
    labels = labels_of({"scp_codes": "{'NORM': 80.0, 'SR': 0.0}"}, WORDS)
    assert labels.statements.tolist() == [1.0, 0.0, 0.0, 1.0]
    assert labels.known.all()


def test_a_subclass_of_two_statements_leaves_both_unknown() -> None:
    labels = labels_of({"scp_codes": "", "rhythm": "['SR']", "form": "", "sub_class": "['IMI']"}, WORDS)
    assert labels.statements.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert labels.known.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_augmentation_keeps_a_lead_and_silences_the_lost_ones() -> None:
    config = AugmentationConfig(fewer_leads_share=1.0, most_lost=12)
    signal, present = torch.ones(32, 12, 1000), torch.ones(32, 12)
    out, left = augment(signal, present, config, torch.Generator().manual_seed(3))
    assert out.shape == (32, 12, 500)
    assert (left.sum(dim=1) >= 1).all()
    assert (out[left == 0] == 0).all()


def test_what_stands_in_a_missing_lead_does_not_matter() -> None:
    network = SignalEncoder(SMALL).eval()
    present = torch.ones(1, 12)
    present[0, 3] = 0.0
    signal = torch.randn(1, 12, 500)
    other = signal.clone()
    other[0, 3] = 7.0
    assert torch.equal(network(signal, present).statements, network(other, present).statements)


def test_a_stopped_training_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = StatementTraining(folds=(1,), epochs=2, batch=8, threads=1, network=SMALL)
    whole = train_statements(recipe, small_corpus(), tmp_path / "whole")
    save = statement_training._save

    def save_and_stop(path: Path, epochs: int, states: Mapping[str, Any]) -> None:
        save(path, epochs, states)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(statement_training, "_save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train_statements(recipe, small_corpus(), tmp_path / "parts")
    resumed = train_statements(recipe, small_corpus(), tmp_path / "parts")
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, resumed.state_dict()[name]), name


def test_calibration_undoes_a_shift() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(-1.0, 2.0, (4000, 3))
    labels = (rng.random(truth.shape) < 1.0 / (1.0 + np.exp(-truth))).astype(np.float32)
    slope, offset = fit_calibration(2.0 * truth + 1.0, labels, np.ones_like(labels))
    assert slope == pytest.approx(0.5, abs=0.05)
    assert offset == pytest.approx(-0.5, abs=0.15)
