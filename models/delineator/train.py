"""Train the delineator. `python -m calipers.models.delineator.train` repeats the shipped weights.

Four teachers on LUDB's folds, their pseudo-labels on PTB-XL folds 1-7, the final network on all 159 LUDB
training records and the pseudo-labels, then the export. Each stage resumes from its last checkpoint.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Final

from calipers.models.delineator.export import export, exported
from calipers.models.delineator.inference import WEIGHTS
from calipers.models.delineator.ptbxl import write_pseudo_labels
from calipers.models.delineator.training import TrainConfig, load_network, train

DEFAULT_WORK: Final = Path("/tmp/calipers-delineator")
#: Folds whose teachers label PTB-XL; the fifth is trained only to cross-validate.
TEACHERS: Final = (0, 1, 2, 3)
TEACHER_STEPS: Final = 1500
STUDENT_STEPS: Final = 2000


def teacher(work: Path, fold: int, *, threads: int = 2) -> Path:
    """Train on LUDB without one fold, unless done; returns the ONNX file."""
    weights = work / f"fold-{fold}" / "final.safetensors"
    if not weights.exists():
        train(TrainConfig(fold=fold, steps=TEACHER_STEPS, threads=threads), weights.parent)
    return exported(weights)


def student(work: Path, fold: int | None, teachers: list[Path], *, threads: int = 2) -> Path:
    """Train on LUDB and the teachers' pseudo-labels, unless done; returns the ONNX file.

    Args:
        work: folder of all runs.
        fold: the LUDB fold left out; then the one teacher must not have seen it either. None for all 159.
        teachers: ONNX files.
        threads: of torch.
    """
    name = "final" if fold is None else f"student-{fold}"
    weights = work / name / "final.safetensors"
    pseudo = work / f"pseudo-{name}"
    if not weights.exists():
        if not (pseudo / "done").exists():
            write_pseudo_labels(teachers, pseudo)
            (pseudo / "done").touch()
        config = TrainConfig(fold=fold, pseudo=str(pseudo), steps=STUDENT_STEPS, threads=threads)
        train(config, weights.parent)
    return exported(weights)


def main() -> None:
    """One teacher, one student, or everything and the export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="checkpoints and pseudo-labels")
    parser.add_argument("--fold", type=int, help="train only this fold's teacher")
    parser.add_argument("--student", type=int, help="train only this fold's teacher and student")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    if given.fold is not None:
        teacher(given.work, given.fold, threads=given.threads)
    elif given.student is not None:
        taught_by = teacher(given.work, given.student, threads=given.threads)
        student(given.work, given.student, [taught_by], threads=given.threads)
    else:
        teachers = [teacher(given.work, fold, threads=given.threads) for fold in TEACHERS]
        final = student(given.work, None, teachers, threads=given.threads).with_suffix(".safetensors")
        export(load_network(final), WEIGHTS)
        shutil.copyfile(final, WEIGHTS.with_suffix(".safetensors"))
        shutil.copyfile(final.parent / "train_log.jsonl", WEIGHTS.with_name("train_log.jsonl"))


if __name__ == "__main__":
    main()
