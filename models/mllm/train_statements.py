"""Train, calibrate and export what `classify` runs.

`python -m calipers.models.mllm.train_statements --table FILE [STAGE]`; without a stage all of them, in order:

1. `beats`: features of every record's median beat
2. `teach`: the teachers, for folds 1–7 and for 1–8
3. `early`: a network on folds 1–7; fold 8 calibrates it, and it is the ensemble's second member
4. `trunk`: the encoder on folds 1–8
5. `third`: the same with another seed
6. `pretrain`: the encoder without labels on folds 1–7
7. `fourth`: from there, a network on folds 1–7 and simulated recordings; calibrated beside `early`
8. `export`: the beat forest, calibration, thresholds and ONNX files into the package's weights folder

Each stage resumes where it stopped; what is done is not done again. Fold 9 is not opened.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import resample_poly

from calipers.models.mllm.auxiliary import auxiliary_targets
from calipers.models.mllm.beat_features import FEATURE_HZ, beat_features, size
from calipers.models.mllm.calibration import fit_calibration, fit_thresholds, log_odds
from calipers.models.mllm.checkpoints import load_encoder, save_encoder
from calipers.models.mllm.classifier import CALIBRATION, FOREST, MEMBERS
from calipers.models.mllm.corpus import (
    FILE_HZ,
    UNITS_PER_MV,
    Corpus,
    read_corpus,
    read_vocabulary,
    stored_signals,
    twelve_leads,
)
from calipers.models.mllm.encoder_tokens import TRUNK
from calipers.models.mllm.export import export_encoder
from calipers.models.mllm.forest import Forest, pack
from calipers.models.mllm.self_supervised import SelfSupervised, pretrain
from calipers.models.mllm.signal_encoder import SignalEncoder
from calipers.models.mllm.simulated import simulated
from calipers.models.mllm.statement_training import StatementTraining, train_statements
from calipers.models.mllm.teacher import MeasurementTable, grow, read_table, teach

DEFAULT_WORK: Final = Path("/tmp/calipers-mllm")
CALIBRATION_FOLD: Final = 8
THIRD_SEED: Final = 2
FOURTH_SEED: Final = 4
#: Fewer than from nothing: the network has seen the signals.
FOURTH_EPOCHS: Final = 30
#: Simulated recordings of each scene.
SIMULATED_EACH: Final = 20
_FEWEST_LABELS: Final = 5
#: A critical statement that is rare is not said below this probability.
_PRECISE: Final = {"3AVB": 0.5, "2AVB": 0.5, "PMI": 0.5, "PSVT": 0.5, "SVTAC": 0.5}


@dataclass(frozen=True)
class Bench:
    """Where a training reads and writes."""

    data: Path
    work: Path
    corpus: Corpus
    table: MeasurementTable
    recipe: StatementTraining

    @property
    def early(self) -> tuple[int, ...]:
        """The folds before the calibrating one."""
        return tuple(fold for fold in self.recipe.folds if fold != CALIBRATION_FOLD)

    def folder(self, folds: tuple[int, ...], seed: int = 1) -> Path:
        """Where a network's checkpoints, weights and log are."""
        return self.work / (f"folds-1-{folds[-1]}" + (f"-seed-{seed}" if seed != 1 else ""))

    @property
    def pretrained_folder(self) -> Path:
        """Of the training without labels."""
        return self.work / f"pretrained-1-{self.early[-1]}"

    @property
    def fourth_folder(self) -> Path:
        """Of the fine-tuning that begins there."""
        return self.work / f"folds-1-{self.early[-1]}-pretrained"

    def beats(self) -> NDArray[np.float32]:
        """(r, f) features of the median beat and the patient vector; zeros for the z-scored part."""
        stored = self.work / "beats.npy"
        if not stored.exists():
            found = {
                ecg_id: beat_features(resample_poly(twelve_leads(eight / UNITS_PER_MV), FEATURE_HZ, FILE_HZ, axis=1))
                for ecg_id, eight in stored_signals(self.data / "ptbxl")
            }
            none = np.zeros(size(), dtype=np.float32)
            rows = [
                found[int(ecg_id)] if true_mv else none
                for ecg_id, true_mv in zip(self.corpus.ecg_id, self.corpus.millivolts, strict=True)
            ]
            np.save(stored, np.nan_to_num(np.stack(rows)))
        return np.concatenate([np.load(stored), self.corpus.patient_vector], axis=1)

    def forest(self, folds: tuple[int, ...]) -> Forest:
        """The trees on the median beat of these folds, grown unless they are."""
        stored = self.work / f"forest-{folds[-1]}.npz"
        if not stored.exists():
            seen = self.corpus.chosen(folds=folds, zscored=False)
            pack(grow(self.beats()[seen], self.corpus.statements[seen])).save(stored)
        return Forest.load(stored)

    def lessons(self, folds: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The teachers' (r, 71) probabilities and the beat forest's log-odds, out of fold."""
        stored = self.work / f"lessons-{folds[-1]}.npz"
        if not stored.exists():
            lessons = teach(self.corpus, self.table, self.beats(), folds=folds)
            np.savez_compressed(stored, probabilities=lessons.probabilities, beats=lessons.beats)
        with np.load(stored) as found:
            return found["probabilities"], found["beats"]

    def network(self, folds: tuple[int, ...], seed: int = 1) -> SignalEncoder:
        """The network of these folds and this seed, trained unless it is."""
        out = self.folder(folds, seed)
        if (out / "final.safetensors").exists():
            return load_encoder(out / "final.safetensors", self.recipe.network)
        auxiliary = auxiliary_targets(self.corpus, self.table, folds=folds)
        recipe = replace(self.recipe, folds=folds, seed=seed)
        return train_statements(recipe, self.corpus, out, self.lessons(folds)[0], auxiliary)

    def pretrained(self) -> SignalEncoder:
        """The encoder that has seen folds 1–7 without labels, trained unless it is."""
        out = self.pretrained_folder
        if (out / "final.safetensors").exists():
            return load_encoder(out / "final.safetensors", self.recipe.network)
        recipe = SelfSupervised(self.early, threads=self.recipe.threads, device=self.recipe.device)
        return pretrain(replace(recipe, network=self.recipe.network), self.corpus, out)

    def fourth(self) -> SignalEncoder:
        """The pretrained encoder fine-tuned on folds 1–7 with simulated recordings, trained unless it is."""
        out = self.fourth_folder
        if (out / "final.safetensors").exists():
            return load_encoder(out / "final.safetensors", self.recipe.network)
        return train_statements(
            replace(self.recipe, folds=self.early, seed=FOURTH_SEED, epochs=FOURTH_EPOCHS),
            self.corpus,
            out,
            self.lessons(self.early)[0],
            auxiliary_targets(self.corpus, self.table, folds=self.early),
            start=self.pretrained(),
            simulated=simulated(read_vocabulary(self.data).codes, SIMULATED_EACH, FOURTH_SEED),
        )


def export(bench: Bench) -> None:
    """Fit the forest, the calibrations and the thresholds, and write everything that runs."""
    corpus = bench.corpus
    early, fourth = bench.network(bench.early), bench.fourth()
    members = (bench.network(bench.recipe.folds), early, bench.network(bench.recipe.folds, THIRD_SEED), fourth)
    rows = corpus.chosen(folds=(CALIBRATION_FOLD,), zscored=False)
    forest = bench.forest(bench.early).probabilities(bench.beats()[rows])
    unseen = [logits(network, corpus, rows) for network in (early, fourth)]
    scores = np.stack([np.mean(unseen, axis=0), log_odds(forest)])
    statements, known = corpus.statements[rows], corpus.known[rows]
    whole = fit_calibration(scores, statements, known)
    partial = fit_calibration(scores[:1], statements, known)
    codes = read_vocabulary(bench.data).codes
    limits = fit_thresholds(whole.probabilities(scores), statements, known)
    TRUNK.parent.mkdir(parents=True, exist_ok=True)
    bench.forest(bench.recipe.folds).save(FOREST)
    for network, path in zip(members, MEMBERS, strict=True):
        export_encoder(network, path)
    stored = {
        "codes": codes,
        "threshold": [round(max(float(t), _PRECISE.get(c, 0.0)), 2) for c, t in zip(codes, limits, strict=True)],
        "whole": {"weight": _short(whole.weight), "offset": _short(whole.offset)},
        "partial": {"weight": _short(partial.weight), "offset": _short(partial.offset)},
        "calibration_fold_macro_auroc": {
            "network": macro_auroc(unseen[0], statements * known),
            "pretrained": macro_auroc(unseen[1], statements * known),
            "networks": macro_auroc(scores[0], statements * known),
            "forest": macro_auroc(scores[1], statements * known),
            "together": macro_auroc(whole.probabilities(scores), statements * known),
        },
    }
    CALIBRATION.write_text(json.dumps(stored) + "\n", encoding="utf-8")
    trunk = bench.folder(bench.recipe.folds)
    save_encoder(members[0].half(), TRUNK.with_suffix(".safetensors"))
    shutil.copyfile(trunk / "train_log.jsonl", TRUNK.with_name("statements_train_log.jsonl"))
    shutil.copyfile(bench.pretrained_folder / "train_log.jsonl", TRUNK.with_name("pretraining_log.jsonl"))
    shutil.copyfile(bench.fourth_folder / "train_log.jsonl", TRUNK.with_name("statements_fourth_log.jsonl"))


def _short(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]


def macro_auroc(scores: NDArray[np.float64], statements: NDArray[np.float32]) -> float:
    """Mean over the statements that have at least five labels among (r, 71)."""
    from sklearn.metrics import roc_auc_score

    counted = np.flatnonzero(statements.sum(axis=0) >= _FEWEST_LABELS)
    return round(float(np.mean([roc_auc_score(statements[:, k], scores[:, k]) for k in counted])), 4)


@torch.no_grad()
def logits(network: SignalEncoder, corpus: Corpus, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(rows, 71) of whole records."""
    found = []
    for start in range(0, len(rows), 64):
        part = rows[start : start + 64]
        signal = torch.from_numpy(corpus.signal_mv[part].astype(np.float32))
        present = torch.from_numpy(corpus.present[part].astype(np.float32))[:, :, None].expand_as(signal)
        patient = torch.from_numpy(corpus.patient_vector[part])
        found.append(network(signal, present, patient).statements.numpy())
    return np.concatenate(found).astype(np.float64)


STAGES: Final[dict[str, Callable[[Bench], object]]] = {
    "beats": Bench.beats,
    "teach": lambda bench: (bench.lessons(bench.early), bench.lessons(bench.recipe.folds)),
    "early": lambda bench: bench.network(bench.early),
    "trunk": lambda bench: bench.network(bench.recipe.folds),
    "third": lambda bench: bench.network(bench.recipe.folds, THIRD_SEED),
    "pretrain": Bench.pretrained,
    "fourth": Bench.fourth,
    "export": export,
}


def main() -> None:
    """One stage, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", nargs="?", choices=tuple(STAGES))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--table", type=Path, required=True, help="written by calipers.evals.statements.table")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="checkpoints")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    recipe = StatementTraining(threads=given.threads, device=given.device)
    bench = Bench(given.data, given.work, read_corpus(given.data), read_table(given.table), recipe)
    for name, stage in STAGES.items():
        if given.stage in (None, name):
            stage(bench)


if __name__ == "__main__":
    main()
