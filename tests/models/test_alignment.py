"""The shared space of ECGs and sentences: what is trained is what runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install calipers[train]")

from calipers.models.mllm import alignment  # noqa: E402
from calipers.models.mllm.alignment_training import AlignmentTraining, Pairs, Towers, train_alignment  # noqa: E402
from calipers.models.mllm.train_alignment import export  # noqa: E402
from calipers.models.mllm.wordings import WORDINGS, Wording, read_wordings  # noqa: E402

SMALL = AlignmentTraining(width=16, epochs=30, batch=32, dropout=0.0, learning_rate=1e-2)


def two_kinds(records: int = 128) -> Pairs:
    """Records of two kinds; a report and a wording for each kind."""
    rng = np.random.default_rng(0)
    kind = np.arange(records) % 2
    features = rng.normal(0.0, 0.3, (records, 8)).astype(np.float32)
    features[:, 0] += np.where(kind == 1, 1.0, -1.0)
    sentences = np.eye(6, dtype=np.float32)
    labels = np.stack([kind == 0, kind == 1], axis=1).astype(np.float32)
    return Pairs(
        views=features[None],
        report=kind,
        reports=sentences[:2],
        statements=labels,
        known=np.ones_like(labels),
        wordings=(Wording("one", 0), Wording("other", 1)),
        worded=sentences[2:4],
    )


def test_wordings_and_reports_are_true_of_their_own_records(tmp_path: Path) -> None:
    pairs = two_kinds()
    towers = train_alignment(SMALL, pairs, np.arange(128), tmp_path / "log.jsonl")
    with torch.no_grad():
        ecgs = towers.place_ecg(torch.from_numpy(pairs.views[0]))
        truth = towers.truth(ecgs, torch.from_numpy(pairs.worded)).numpy()
        near = (ecgs @ towers.place_text(torch.from_numpy(pairs.reports)).T).numpy()
    kind = pairs.report
    assert (truth.argmax(axis=1) == kind).mean() > 0.95
    assert (near.argmax(axis=1) == kind).mean() > 0.95
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 31


def test_what_is_exported_says_what_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    towers = Towers(8, 16, 6).eval()
    export(towers, np.eye(6, dtype=np.float32)[2:4], (1.0, 0.0), {}, tmp_path / "alignment.safetensors")
    monkeypatch.setattr(alignment, "WEIGHTS", tmp_path / "alignment.safetensors")
    alignment._towers.cache_clear()
    features, sentences = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32), np.eye(6, dtype=np.float32)
    try:
        ecgs = alignment.place_ecgs(features)
        found = alignment.truth(ecgs, sentences)
    finally:
        alignment._towers.cache_clear()
    with torch.no_grad():
        placed = towers.place_ecg(torch.from_numpy(features))
        expected = towers.truth(placed, torch.from_numpy(sentences)).sigmoid().numpy()
    assert np.allclose(found.chance, expected, atol=2e-2)
    assert found.familiar.tolist() == pytest.approx([0.0, 0.0, 1.0, 1.0, 0.0, 0.0])


def test_no_held_wording_is_trained_on() -> None:
    codes = list(yaml.safe_load(WORDINGS.read_text("utf-8")))
    assert len(codes) == 71
    said, held = read_wordings(codes, dict.fromkeys(codes, ()))
    assert not {wording.text.lower() for wording in said} & {wording.text.lower() for wording in held}
    assert {wording.statement for wording in held} == set(range(71))
