"""PTB-XL for training (Wagner 2020, CC BY 4.0): signals at the encoder's rate, 71 statements, what is unknown.

Two parts of the data folder are read. `ptbxl` has true millivolts and statements with likelihoods; 28 of its
records, and all of `ptbxl_zscored` (band-passed and scaled lead by lead, limb leads I and II only), name their
diagnoses by subclass. A subclass of one statement is that statement; of several, each of them stays unknown
and is left out of the loss.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from calipers.leads import INDEX, LEADS, Lead
from calipers.models.mllm.encoder_input import INPUT_HZ, patient_vector

Float32 = NDArray[np.float32]

#: Stored leads of both parts, in the files' order.
STORED: Final[tuple[Lead, ...]] = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
SAMPLES: Final = 10 * INPUT_HZ
#: Millivolts of one standard deviation, to give z-scored leads a usual size.
ZSCORED_MV: Final = 0.25
FILE_HZ: Final = 500
#: The files hold microvolts.
UNITS_PER_MV: Final = 1000.0


@dataclass(frozen=True, eq=False)
class Corpus:
    """Records in the order of the files.

    Attributes:
        ecg_id: (r,) PTB-XL's numbers.
        fold: (r,) 1–9.
        patient: (r,) PTB-XL's patients, who never cross folds.
        signal_mv: (r, 12, 1000) float16 at 100 Hz, each lead's median removed, zero where missing.
        present: (r, 12) leads that are there.
        patient_vector: (r, 4) age and sex, see `patient_vector`; zeros for the z-scored part, which has neither.
        report: the cardiologist's words, German, Swedish or English; empty for the z-scored part.
        statements: (r, 71) 1 where labelled.
        known: (r, 71) 1 where the label is known.
        millivolts: (r,) False for the z-scored part.
    """

    ecg_id: NDArray[np.int64]
    fold: NDArray[np.int64]
    patient: NDArray[np.int64]
    signal_mv: NDArray[np.float16]
    present: NDArray[np.bool_]
    patient_vector: Float32
    report: tuple[str, ...]
    statements: Float32
    known: Float32
    millivolts: NDArray[np.bool_]

    def chosen(self, *, folds: tuple[int, ...], zscored: bool) -> NDArray[np.int64]:
        """Rows of these folds, with or without the z-scored part."""
        return np.flatnonzero(np.isin(self.fold, folds) & (self.millivolts | zscored))


class Vocabulary(NamedTuple):
    """PTB-XL's statements: the codes in the file's order, which are rhythm or form, and the subclass of each."""

    codes: tuple[str, ...]
    listed: frozenset[str]
    subclass: dict[str, str]


class Labels(NamedTuple):
    """One record's (71,) statements and whether each is known."""

    statements: Float32
    known: Float32


def read_vocabulary(data: Path) -> Vocabulary:
    """The 71 statements of `scp_statements.csv`."""
    with (data / "ptbxl" / "scp_statements.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    name = next(iter(rows[0]))
    listed = {row[name] for row in rows if row["rhythm"] or (row["form"] and not row["diagnostic_subclass"])}
    return Vocabulary(
        tuple(row[name] for row in rows), frozenset(listed), {row[name]: row["diagnostic_subclass"] for row in rows}
    )


def read_corpus(data: Path) -> Corpus:
    """Both parts of the data folder.

    Raises:
        FileNotFoundError: a part is not there.
    """
    vocabulary = read_vocabulary(data)
    rows = [
        *_part(data / "ptbxl", vocabulary, UNITS_PER_MV),
        *_part(data / "ptbxl_zscored", vocabulary, UNITS_PER_MV / ZSCORED_MV),
    ]
    true_mv = np.array([row.millivolts for row in rows], dtype=np.bool_)
    present = np.ones((len(rows), len(LEADS)), dtype=np.bool_)
    for lead in ("III", "aVR", "aVL", "aVF"):
        present[~true_mv, INDEX[lead]] = False
    return Corpus(
        ecg_id=np.array([row.ecg_id for row in rows]),
        fold=np.array([row.fold for row in rows]),
        patient=np.array([row.patient for row in rows]),
        signal_mv=np.stack([row.signal_mv for row in rows]),
        present=present,
        patient_vector=np.stack([row.patient_vector for row in rows]),
        report=tuple(row.report for row in rows),
        statements=np.stack([row.labels.statements for row in rows]),
        known=np.stack([row.labels.known for row in rows]),
        millivolts=true_mv,
    )


class _Row(NamedTuple):
    ecg_id: int
    fold: int
    patient: int
    signal_mv: NDArray[np.float16]
    patient_vector: Float32
    report: str
    labels: Labels
    millivolts: bool


def stored_signals(folder: Path) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """A part's ECG numbers and (8, 5000) stored leads at 500 Hz, in the files' order."""
    for path in sorted(folder.glob("signals-*.npz")):
        with np.load(path) as packed:
            ids, eight = packed["ecg_id"], np.cumsum(packed["delta"].astype(np.int32), axis=2)
        for ecg_id, stored in zip(ids, eight, strict=True):
            yield int(ecg_id), stored


def twelve_leads(stored_mv: NDArray[np.float64]) -> NDArray[np.float64]:
    """(8, n) stored leads in millivolts as (12, n)."""
    twelve = _in_place(stored_mv)
    i, ii = twelve[INDEX["I"]], twelve[INDEX["II"]]
    derived: dict[Lead, NDArray[np.float64]] = {
        "III": ii - i, "aVR": -(i + ii) / 2, "aVL": i - ii / 2, "aVF": ii - i / 2,
    }  # fmt: skip
    for lead, row in derived.items():
        twelve[INDEX[lead]] = row
    return twelve


def _in_place(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    twelve = np.zeros((len(LEADS), stored.shape[1]))
    for lead, row in zip(STORED, stored, strict=True):
        twelve[INDEX[lead]] = row
    return twelve


def _part(folder: Path, vocabulary: Vocabulary, units_per_mv: float) -> Iterator[_Row]:
    with (folder / "records.csv").open(newline="") as table:
        known = {int(float(row["ecg_id"])): row for row in csv.DictReader(table)}
    true_mv = units_per_mv == UNITS_PER_MV
    for ecg_id, stored in stored_signals(folder):
        row = known[ecg_id]
        # Z-scored limb leads cannot be derived.
        twelve = twelve_leads(stored / units_per_mv) if true_mv else _in_place(stored / units_per_mv)
        slow = resample_poly(twelve, INPUT_HZ, FILE_HZ, axis=1)
        yield _Row(
            ecg_id=ecg_id,
            fold=int(float(row["strat_fold"])),
            patient=int(float(row["patient_id"])),
            signal_mv=(slow - np.median(slow, axis=1, keepdims=True)).astype(np.float16),
            patient_vector=_who(row),
            report=row.get("report", ""),
            labels=labels_of(row, vocabulary),
            millivolts=true_mv,
        )


def _who(row: dict[str, str]) -> Float32:
    age, sex = row.get("age"), row.get("sex")
    return patient_vector(float(age) if age else None, {0: "male", 1: "female"}[int(float(sex))] if sex else None)


def labels_of(row: dict[str, str], vocabulary: Vocabulary) -> Labels:
    """The statements of one line of `records.csv`, with or without likelihoods."""
    size = len(vocabulary.codes)
    statements, known = np.zeros(size, dtype=np.float32), np.ones(size, dtype=np.float32)
    if row.get("scp_codes"):
        for code in ast.literal_eval(row["scp_codes"]):
            statements[vocabulary.codes.index(code)] = 1.0
        return Labels(statements, known)
    named = {
        name for column in ("rhythm", "form", "sub_class") if row[column] for name in ast.literal_eval(row[column])
    }
    for place, code in enumerate(vocabulary.codes):
        subclass = vocabulary.subclass[code]
        if code in vocabulary.listed:
            statements[place] = code in named
        elif subclass in named:
            alone = sum(other == subclass for other in vocabulary.subclass.values()) == 1
            statements[place], known[place] = float(alone), float(alone)
    return Labels(statements, known)
