"""Training of the statement network: labels, augmentation, resuming, calibration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install calipers[train]")

from calipers.models.mllm import checkpoints, statement_training  # noqa: E402
from calipers.models.mllm.augmentation import AugmentationConfig, augment, page_mask  # noqa: E402
from calipers.models.mllm.auxiliary import auxiliary_targets  # noqa: E402
from calipers.models.mllm.calibration import fit_calibration, fit_thresholds  # noqa: E402
from calipers.models.mllm.corpus import Corpus, Vocabulary, labels_of  # noqa: E402
from calipers.models.mllm.random_kernels import kernel_features, ridge  # noqa: E402
from calipers.models.mllm.signal_encoder import SignalEncoder, SignalEncoderConfig  # noqa: E402
from calipers.models.mllm.statement_training import StatementTraining, train_statements  # noqa: E402
from calipers.models.mllm.teacher import MeasurementTable, teach  # noqa: E402

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
        patient_vector=np.zeros((records, 4), dtype=np.float32),
        report=("sinus rhythmus",) * (records // 2) + ("vorhofflimmern",) * (records - records // 2),
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
    config = AugmentationConfig(fewer_leads_share=1.0, most_lost=12, page_share=0.0, blank_share=0.0)
    out, left = augment(torch.ones(32, 12, 1000), torch.ones(32, 12), config, torch.Generator().manual_seed(3))
    assert out.shape == left.shape == (32, 12, 500)
    assert (left.sum(dim=(1, 2)) >= 500).all()
    assert (out[left == 0] == 0).all()


def test_a_page_of_three_by_four_shows_each_lead_for_a_quarter_but_the_strip() -> None:
    masks = torch.stack([page_mask(1000, torch.Generator().manual_seed(seed)) for seed in range(40)])
    shown = masks.sum(dim=2)
    assert set(shown.unique().tolist()) == {250.0, 500.0, 1000.0}
    three_by_four = masks[(shown[:, 2] == 250) & (shown[:, 1] == 1000)]
    assert len(three_by_four) > 0
    assert (three_by_four[:, 2, :250] == 1).all()
    assert (three_by_four[:, 11, :750] == 0).all()


def test_what_stands_where_nothing_is_present_does_not_matter() -> None:
    network = SignalEncoder(SMALL).eval()
    present = torch.ones(1, 12, 500)
    present[0, 3] = 0.0
    present[0, 5, 100:300] = 0.0
    signal = torch.randn(1, 12, 500)
    other = signal.clone()
    other[0, 3] = 7.0
    other[0, 5, 100:300] = -3.0
    nobody = torch.zeros(1, 4)
    assert torch.equal(network(signal, present, nobody).statements, network(other, present, nobody).statements)


def test_age_and_sex_change_the_statements_and_not_the_sequence() -> None:
    network = SignalEncoder(SMALL).eval()
    signal, present = torch.randn(1, 12, 500), torch.ones(1, 12, 500)
    unknown = network(signal, present, torch.zeros(1, 4))
    woman = network(signal, present, torch.tensor([[0.5, 1.0, 1.0, 1.0]]))
    assert not torch.equal(unknown.statements, woman.statements)
    assert torch.equal(unknown.sequence, woman.sequence)
    assert torch.equal(unknown.pooled, woman.pooled)


def test_auxiliary_targets_of_other_folds_count_for_nothing() -> None:
    corpus = small_corpus(80)
    corpus.fold[60:] = 2
    table = MeasurementTable(corpus.ecg_id, np.random.default_rng(0).normal(60.0, 5.0, (80, 4)))
    found = auxiliary_targets(corpus, table, folds=(1,))
    assert found.measurable[:60].all()
    assert not found.measurable[60:].any()
    assert not found.reported[60:].any()
    assert np.abs(np.median(found.measured[:60], axis=0)).max() < 0.1
    assert found.words[0].sum() == 3  # two words and their pair


def test_a_ridge_on_random_kernels_ranks_records_it_has_not_seen() -> None:
    corpus = small_corpus(80)
    inside = np.arange(80) < 60
    scores = ridge(kernel_features(corpus.signal_mv), corpus.statements, inside)
    labels = corpus.statements[~inside, 0] > 0
    assert scores.shape == (20, 3)
    assert scores[labels, 0].min() > scores[~labels, 0].max()


def test_lessons_cover_the_folds_in_millivolts_alone() -> None:
    pytest.importorskip("sklearn", reason="training needs scikit-learn: pip install calipers[train]")
    corpus = small_corpus(80)
    corpus.fold[:] = np.arange(80) % 9 + 1
    corpus.millivolts[:4] = False
    measured = np.concatenate([corpus.statements, np.random.default_rng(0).normal(size=(80, 3))], axis=1)
    table = MeasurementTable(corpus.ecg_id, measured.astype(np.float64))
    lessons = teach(corpus, table, corpus.statements, folds=(1, 2, 3, 4, 5, 6, 7, 8))
    taught = np.isfinite(lessons.probabilities).all(axis=1)
    assert (taught == ((corpus.fold < 9) & corpus.millivolts)).all()
    labels = corpus.statements[taught, 1] > 0
    assert lessons.probabilities[taught, 1][labels].min() > lessons.probabilities[taught, 1][~labels].max()


def test_a_training_with_a_teacher_and_auxiliary_tasks_lowers_its_loss(tmp_path: Path) -> None:
    corpus = small_corpus(48)
    table = MeasurementTable(corpus.ecg_id, np.random.default_rng(0).normal(60.0, 5.0, (48, 4)))
    recipe = StatementTraining(folds=(1,), epochs=20, batch=16, threads=1, network=SMALL)
    train_statements(recipe, corpus, tmp_path, corpus.statements, auxiliary_targets(corpus, table, folds=(1,)))
    rows = [json.loads(line) for line in (tmp_path / "train_log.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < 0.8 * rows[1]["loss"]


def test_a_stopped_training_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = StatementTraining(folds=(1,), epochs=2, batch=8, threads=1, network=SMALL)
    whole = train_statements(recipe, small_corpus(), tmp_path / "whole")
    save = checkpoints.keep

    def save_and_stop(path: Path, epochs: int, states: Mapping[str, Any]) -> None:
        save(path, epochs, states)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(statement_training, "keep", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train_statements(recipe, small_corpus(), tmp_path / "parts")
    resumed = train_statements(recipe, small_corpus(), tmp_path / "parts")
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, resumed.state_dict()[name]), name


def test_calibration_undoes_a_shift() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(-1.0, 2.0, (4000, 3))
    labels = (rng.random(truth.shape) < 1.0 / (1.0 + np.exp(-truth))).astype(np.float32)
    fitted = fit_calibration((2.0 * truth + 1.0)[None], labels, np.ones_like(labels))
    assert fitted.weight[0] == pytest.approx(0.5, abs=0.05)
    assert fitted.offset == pytest.approx(-0.5, abs=0.15)


def test_a_member_that_only_guesses_gets_no_weight() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(-1.0, 2.0, (4000, 3))
    labels = (rng.random(truth.shape) < 1.0 / (1.0 + np.exp(-truth))).astype(np.float32)
    fitted = fit_calibration(np.stack([truth, rng.normal(0.0, 2.0, truth.shape)]), labels, np.ones_like(labels))
    assert fitted.weight == pytest.approx([1.0, 0.0], abs=0.08)


def test_a_threshold_finds_the_best_f1_and_a_rare_statement_takes_the_common_one() -> None:
    rng = np.random.default_rng(3)
    chances = rng.beta(0.4, 1.2, (3000, 2))
    labels = (rng.random(chances.shape) < chances).astype(np.float32)
    labels[:, 1] = 0.0
    limits = fit_thresholds(chances, labels, np.ones_like(labels))
    f1 = [
        2 * labels[chances[:, 0] >= t, 0].sum() / ((chances[:, 0] >= t).sum() + labels[:, 0].sum())
        for t in (limits[0], 0.5)
    ]
    assert f1[0] >= f1[1]
    assert limits[1] == pytest.approx(limits[0], abs=0.02)
