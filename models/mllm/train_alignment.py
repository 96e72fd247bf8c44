"""Train and export the shared space of ECGs and sentences, one command:

`python -m calipers.models.mllm.train_alignment --encoder FINAL --earlier ENCODER_OF_FOLDS_1_TO_7 --work DIR`.

Towers of folds 1–7, on the encoder that saw only these, give the calibration and the development figures on fold 8;
the shipped towers are trained on folds 1–8. Features and sentence embeddings are kept in `--work`. Fold 9 is not
opened.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from calipers.knowledge.store.embedding import DIMENSIONS, embedder
from calipers.models.mllm.alignment import WEIGHTS
from calipers.models.mllm.alignment_training import AlignmentTraining, Pairs, Towers, train_alignment
from calipers.models.mllm.augmentation import AugmentationConfig, augment
from calipers.models.mllm.checkpoints import load_encoder
from calipers.models.mllm.corpus import Corpus, read_corpus, read_vocabulary
from calipers.models.mllm.encoder_input import N_PATIENT
from calipers.models.mllm.report_language import in_english
from calipers.models.mllm.sentences import sentence_features
from calipers.models.mllm.signal_encoder import SignalEncoder
from calipers.models.mllm.wordings import Wording, read_wordings

Float32 = NDArray[np.float32]

CALIBRATION_FOLD: Final = 8
#: The record as it is, and made harder: crops, pages, lost leads.
_VIEWS: Final = 4
_CROP_S: Final = 8.0
_BATCH: Final = 64
_FEWEST_LABELS: Final = 5


class Texts(NamedTuple):
    """Everything in words: reports (each once) and each record's place among them, wordings and held wordings."""

    reports: list[str]
    report: NDArray[np.int64]
    said: list[Wording]
    held: list[Wording]


def run(data: Path, encoder: Path, earlier: Path, work: Path, config: AlignmentTraining) -> None:
    """All stages; features that are there are not made again."""
    work.mkdir(parents=True, exist_ok=True)
    corpus = read_corpus(data)
    texts = read_texts(data, corpus)
    sentences = _sentences(texts, work / "sentences.npz")
    before = corpus.chosen(folds=tuple(range(1, CALIBRATION_FOLD)), zscored=True)
    pairs = _pairs(corpus, texts, sentences, _views(load_encoder(earlier), corpus, work / "features-1-7.npy"))
    towers = train_alignment(config, pairs, before)
    unseen = corpus.chosen(folds=(CALIBRATION_FOLD,), zscored=False)
    slope, offset = _calibration(towers, pairs, unseen, texts.held, sentences["held"])
    figures = development_figures(towers, pairs, unseen, texts.held, sentences["held"])
    print(json.dumps(figures))
    whole = corpus.chosen(folds=tuple(range(1, CALIBRATION_FOLD + 1)), zscored=True)
    pairs = _pairs(corpus, texts, sentences, _views(load_encoder(encoder), corpus, work / "features-1-8.npy"))
    final = train_alignment(config, pairs, whole, WEIGHTS.with_name("alignment_train_log.jsonl"))
    export(final, sentences["said"], (slope, offset), figures, WEIGHTS)


def read_texts(data: Path, corpus: Corpus) -> Texts:
    """Reports in English and statements in words."""
    english = [in_english(report) for report in corpus.report]
    reports = sorted({report for report in english if report})
    place = {report: row for row, report in enumerate(reports)}
    with (data / "ptbxl" / "scp_statements.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    code = next(iter(rows[0]))
    descriptions = {
        row[code]: (row["description"], f"{row['Statement Category']}: {row['SCP-ECG Statement Description']}")
        for row in rows
    }
    said, held = read_wordings(read_vocabulary(data).codes, descriptions)
    return Texts(reports, np.array([place.get(report, -1) for report in english]), said, held)


def _sentences(texts: Texts, kept: Path) -> dict[str, Float32]:
    """Features of the reports, the wordings and the held wordings."""
    wanted = {
        "reports": texts.reports,
        "said": [wording.text for wording in texts.said],
        "held": [wording.text for wording in texts.held],
    }
    known: dict[str, Float32] = {}
    if kept.exists():
        with np.load(kept) as stored:
            known = dict(zip(stored["texts"].tolist(), stored["embedded"], strict=True))
    missing = [text for group in wanted.values() for text in group if text not in known]
    if missing:
        known |= dict(zip(missing, embedder()(missing), strict=True))
        np.savez(kept, texts=np.array(list(known)), embedded=np.stack(list(known.values())))
    return {name: sentence_features(group, np.stack([known[text] for text in group])) for name, group in wanted.items()}


@torch.no_grad()
def _views(encoder: SignalEncoder, corpus: Corpus, kept: Path) -> Float32:
    """(views, r, f) features of every record."""
    if kept.exists():
        return np.asarray(np.load(kept), np.float32)
    chance, hard = torch.Generator().manual_seed(0), AugmentationConfig(crop_s=_CROP_S)
    views = []
    for view in range(_VIEWS):
        rows = []
        for start in range(0, len(corpus.ecg_id), _BATCH):
            signal = torch.from_numpy(corpus.signal_mv[start : start + _BATCH].astype(np.float32))
            leads = torch.from_numpy(corpus.present[start : start + _BATCH].astype(np.float32))
            present = leads[:, :, None].expand_as(signal)
            if view:
                signal, present = augment(signal, leads, hard, chance)
            with torch.autocast("cpu", torch.bfloat16, enabled=view > 0):
                encoded = encoder(signal, present, torch.zeros(len(signal), N_PATIENT))
            rows.append(torch.cat([encoded.pooled.float(), encoded.statements.float()], dim=1).numpy())
        views.append(np.concatenate(rows).astype(np.float16))
    np.save(kept, np.stack(views))
    return np.stack(views).astype(np.float32)


def _pairs(corpus: Corpus, texts: Texts, sentences: dict[str, Float32], views: Float32) -> Pairs:
    return Pairs(
        views, texts.report, sentences["reports"], corpus.statements, corpus.known, texts.said, sentences["said"]
    )


def _calibration(
    towers: Towers, pairs: Pairs, rows: NDArray[np.int64], held: Sequence[Wording], sentences: Float32
) -> tuple[float, float]:
    """Slope and offset (Platt 1999) on wordings and records that were not learned from."""
    with torch.no_grad():
        ecgs = towers.place_ecg(torch.from_numpy(pairs.views[0, rows]))
        scores = towers.truth(ecgs, torch.from_numpy(sentences)).double().numpy()
    labels = pairs.statements[rows][:, [wording.statement for wording in held]]

    def loss(fit: NDArray[np.float64]) -> float:
        return float((np.logaddexp(0.0, fit[0] * scores + fit[1]) - labels * (fit[0] * scores + fit[1])).mean())

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead")
    return float(found.x[0]), float(found.x[1])


def development_figures(
    towers: Towers, pairs: Pairs, rows: NDArray[np.int64], held: Sequence[Wording], sentences: Float32
) -> dict[str, float]:
    """Mean AUROC of held wordings with five labels or more, and recall at ten between reports and ECGs."""
    with torch.no_grad():
        ecgs = towers.place_ecg(torch.from_numpy(pairs.views[0, rows]))
        scores = towers.truth(ecgs, torch.from_numpy(sentences)).numpy()
        report = pairs.report[rows]
        texts, own = np.unique(report[report >= 0], return_inverse=True)
        near = (ecgs[report >= 0] @ towers.place_text(torch.from_numpy(pairs.reports[texts])).T).numpy()
    labels = pairs.statements[rows][:, [wording.statement for wording in held]]
    counted = np.flatnonzero(labels.sum(axis=0) >= _FEWEST_LABELS)
    mine = near[np.arange(len(own)), own]
    best = np.array([near[own == text, text].max() for text in range(len(texts))])
    return {
        "records": len(rows),
        "macro_auroc_held_wordings": round(float(np.mean([_auroc(scores[:, k], labels[:, k]) for k in counted])), 4),
        "held_wordings": len(counted),
        "report_recall_at_10": round(float(((near > mine[:, None]).sum(axis=1) < 10).mean()), 4),
        "ecg_recall_at_10": round(float(((near > best[None]).sum(axis=0) < 10).mean()), 4),
        "different_reports": len(texts),
    }


def _auroc(score: NDArray[np.float32], label: NDArray[np.float32]) -> float:
    """Mann and Whitney's share of pairs in the right order."""
    ranks, positives = rankdata(score), label > 0
    n = int(positives.sum())
    return float((ranks[positives].sum() - n * (n + 1) / 2) / (n * (len(label) - n)))


def export(
    towers: Towers, learned: Float32, calibration: tuple[float, float], figures: Mapping[str, float], path: Path
) -> None:
    """Write the half-precision weights that `alignment` reads, and beside them the figures on the unseen fold."""
    from safetensors.numpy import save_file

    state = {name: tensor.numpy() for name, tensor in towers.state_dict().items()}
    renamed = {"ecg.1": "ecg", "text.1": "text", "text_hidden.0": "hidden", "text_hidden.3": "bent"}
    stored = {name: state[name] for name in ("mean", "spread", "true_scale", "prevalence.weight", "prevalence.bias")}
    for old, new in renamed.items():
        for part in ("weight", "bias"):
            stored[f"{new}.{part}"] = state[f"{old}.{part}"]
    stored |= {"learned": learned[:, :DIMENSIONS], "calibration": np.array(calibration)}
    save_file({name: np.ascontiguousarray(tensor, np.float16) for name, tensor in stored.items()}, str(path))
    stated = {"calibration": [round(value, 4) for value in calibration], "fold_8_by_folds_1_to_7": dict(figures)}
    path.with_suffix(".json").write_text(json.dumps(stated, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Everything, into the package's weights folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--encoder", type=Path, default=WEIGHTS.with_name("statements.safetensors"))
    parser.add_argument("--earlier", type=Path, required=True, help="the encoder of folds 1–7")
    parser.add_argument("--work", type=Path, default=Path("/tmp/calipers-alignment"), help="features and embeddings")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    run(given.data, given.encoder, given.earlier, given.work, AlignmentTraining())


if __name__ == "__main__":
    main()
