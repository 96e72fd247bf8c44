"""Training without labels, and simulated recordings of thin classes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install calipers[train]")

from calipers.models.mllm.self_supervised import SelfSupervised, pretrain, shown  # noqa: E402
from calipers.models.mllm.simulated import FOLD, SCENES, THIN, simulated  # noqa: E402
from calipers.models.mllm.statement_training import StatementTraining, train_statements  # noqa: E402
from tests.models.test_statement_network import SMALL, small_corpus  # noqa: E402

RECIPE = SelfSupervised(folds=(1,), epochs=6, batch=12, threads=1, contrast_size=8, stretch=25, network=SMALL)
CODES = tuple(sorted({code for scene in SCENES for code in (*scene.codes, *scene.perhaps)} | set(THIN) | {"SR"}))


def test_a_record_keeps_a_lead_to_look_at() -> None:
    config = SelfSupervised(folds=(1,), lead_share=1.0, stretch_share=0.0)
    seen = shown(8, 500, config, torch.Generator().manual_seed(0))
    assert seen.shape == (8, 12, 500)
    assert (seen.amax(dim=2).sum(dim=1) >= 1).all()


def test_a_hidden_stretch_is_hidden_whole() -> None:
    config = SelfSupervised(folds=(1,), lead_share=0.0, stretch_share=0.5, stretch=50)
    seen = shown(4, 500, config, torch.Generator().manual_seed(0)).reshape(4, -1, 10, 50)
    assert (seen.amin(dim=3) == seen.amax(dim=3)).all()
    assert 0.3 < float(seen.mean()) < 0.7


def test_pretraining_without_labels_fills_in_better_and_resumes(tmp_path: Path) -> None:
    corpus = small_corpus(48)
    corpus.statements[:] = np.nan
    network = pretrain(RECIPE, corpus, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "train_log.jsonl").read_text().splitlines()]
    assert rows[-1]["hidden"] < rows[1]["hidden"]
    again = pretrain(RECIPE, corpus, tmp_path)
    for name, weights in network.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name]), name


def test_fine_tuning_begins_at_the_pretrained_weights(tmp_path: Path) -> None:
    corpus = small_corpus()
    start = pretrain(RECIPE, corpus, tmp_path / "pretrained")
    recipe = StatementTraining(folds=(1,), epochs=1, batch=8, learning_rate=1e-9, threads=1, network=SMALL)
    tuned = train_statements(recipe, corpus, tmp_path / "tuned", start=start)
    assert torch.allclose(tuned.state_dict()["stem.0.weight"], start.state_dict()["stem.0.weight"], atol=1e-6)


def test_a_simulated_scene_is_labelled_by_what_was_drawn() -> None:
    found = simulated(CODES, 1, seed=3)
    assert len(found.ecg_id) == len(SCENES)
    assert set(found.fold) == {FOLD}
    assert found.signal_mv.shape == (len(SCENES), 12, 1000)
    assert np.isfinite(found.signal_mv).all()
    for row, scene in enumerate(SCENES):
        labelled = {code for place, code in enumerate(CODES) if found.statements[row, place]}
        assert labelled == set(scene.codes)
        assert found.known[row, [CODES.index(code) for code in scene.codes]].all()
        assert not found.known[row, [CODES.index(code) for code in (*scene.perhaps, "SR")]].any()


def test_no_simulated_record_is_among_those_that_judge() -> None:
    found = simulated(CODES, 1, seed=3)
    assert len(found.chosen(folds=tuple(range(1, 11)), zscored=True)) == 0


def test_simulated_records_are_learned_from_beside_the_real_ones(tmp_path: Path) -> None:
    corpus, drawn = small_corpus(), small_corpus(40)
    recipe = StatementTraining(folds=(1,), epochs=1, batch=32, threads=1, network=SMALL)
    train_statements(recipe, corpus, tmp_path, simulated=drawn)
    first = json.loads((tmp_path / "train_log.jsonl").read_text().splitlines()[0])
    assert first["records"] == 64
