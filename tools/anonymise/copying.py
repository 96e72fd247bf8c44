"""One ECG into a new file without identity: written, read back, compared, and searched for what must not be there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from calipers.ecg import Ecg, Sex
from calipers.errors import CalipersError, UnreadableInput, UsageError
from calipers.settings import version
from calipers.tools.anonymise.dicom_copy import write_dicom
from calipers.tools.anonymise.leaks import leaked
from calipers.tools.anonymise.removed import left_behind
from calipers.tools.anonymise.rules import Rules
from calipers.tools.anonymise.table_copy import write_csv, write_npy
from calipers.tools.anonymise.wfdb_copy import write_wfdb
from calipers.tools.read import read_ecg

SCHEMA: Final = "calipers.anonymised/1"
_SAME_FORMAT: Final = ("DICOM", "CSV", "NPY")
_SAMPLES_ALONE: Final = (".dat", ".npy")
#: A copy may differ by its own rounding, half a nanovolt, and by that of single precision.
_ALIKE_MV: Final = 2e-6


class CopyFailed(CalipersError):
    """The copy is not what it should be; it was deleted."""


class Copy(NamedTuple):
    """One ECG without identity.

    Attributes:
        files: of the ECG.
        sidecar: `NAME.removed.json`, what was left behind, by name.
        ecg: the copy as it reads.
    """

    files: tuple[Path, ...]
    sidecar: Path
    ecg: Ecg


def anonymise_ecg(
    path_or_paths: str | Path | Sequence[str | Path],
    out: Path,
    rules: Rules,
    *,
    fs_hz: float | None = None,
    unit: str | None = None,
    leads: Sequence[str] | None = None,
    age: float | None = None,
    sex: Sex | None = None,
) -> Copy:
    """Write a copy of one ECG that holds its signal, and of its patient only what the rules keep.

    DICOM, CSV and NPY stay what they are; every other format becomes a WFDB record. The copy is read back, and its
    samples are those of the original to a nanovolt. Its name and its patient are pseudonyms.

    Args:
        path_or_paths: as for `read_ecg`, and so the arguments that follow.
        out: folder of the copy.
        rules: the key of the pseudonyms, and what becomes of age, sex and dates.
        fs_hz, unit, leads, age, sex: as for `read_ecg`.

    Raises:
        UnreadableInput: the file is no ECG.
        UsageError: the folder cannot be written.
        CopyFailed: the copy does not read as the original did, or holds a word of its identity; it is deleted.

    Example:
        >>> copy = anonymise_ecg(path, home / "shared", Rules(key=b"sixteen bytes or more"))
        >>> copy.ecg.patient
        Patient(age=42.0, sex='female')
        >>> copy.ecg.recorded_at is None, copy.ecg.source.device_statements
        (True, ())
    """
    given = [path_or_paths] if isinstance(path_or_paths, str | Path) else list(path_or_paths)
    ecg = read_ecg(path_or_paths, fs_hz=fs_hz, unit=unit, leads=leads, age=age, sex=sex)
    if not ecg.present_leads:
        raise UnreadableInput("found a page that could not be digitised; its picture is not copied, needed a signal")
    paths = _files(given)
    left = left_behind(paths, ecg.source.format)
    name = rules.record(ecg)
    try:
        out.mkdir(parents=True, exist_ok=True)
        files = _write(paths, ecg, name, rules, out)
        sidecar = out / f"{name}.removed.json"
        sidecar.write_text(json.dumps(_facts(ecg, left.fields, files, rules), indent=1) + "\n", "utf-8")
    except OSError as problem:
        raise UsageError(
            f"found `{out}`, which cannot be written: {problem.strerror}; needed a writable folder"
        ) from problem
    try:
        copy = _checked(ecg, files, left.words)
    except CopyFailed:
        for path in (*files, sidecar):
            path.unlink(missing_ok=True)
        raise
    return Copy(tuple(files), sidecar, copy)


def _write(paths: list[Path], ecg: Ecg, name: str, rules: Rules, out: Path) -> list[Path]:
    match ecg.source.format:
        case "DICOM":
            return write_dicom(paths[0], ecg, name, rules, out)
        case "CSV":
            return write_csv(ecg, name, out)
        case "NPY":
            return write_npy(ecg, name, out)
    age = rules.age_of(ecg.patient.age)
    comments = [f"patient: {rules.patient(ecg)}"]
    comments += [f"age: {age:g}"] if age is not None else []
    comments += [f"sex: {ecg.patient.sex}"] if ecg.patient.sex and rules.sex else []
    comments += ["synthetic: true"] if ecg.synthetic else []
    comments += ["digitised: true"] if ecg.source.digitised else []
    return write_wfdb(ecg, name, comments, rules.moved(ecg.recorded_at, ecg), out)


def _checked(ecg: Ecg, files: list[Path], words: frozenset[str]) -> Ecg:
    """The copy as it reads.

    Raises:
        CopyFailed: its signal is another, or a word of the old identity stands in it.
    """
    table = ecg.source.format in ("CSV", "NPY")
    copy = read_ecg(list(files) if len(files) > 1 else files[0], fs_hz=ecg.fs_hz if table else None, unit=_unit(ecg))
    alike = copy.signal_mv.shape == ecg.signal_mv.shape and np.allclose(
        copy.signal_mv, ecg.signal_mv, rtol=0, atol=_ALIKE_MV, equal_nan=True
    )
    if not alike or abs(copy.fs_hz - ecg.fs_hz) > 1e-6 * ecg.fs_hz:
        raise CopyFailed("found another signal in the copy than in the file; needed the same; the copy was deleted")
    if any(leaked(path.read_bytes(), words) for path in files if path.suffix not in _SAMPLES_ALONE):
        raise CopyFailed("found a word of the patient's identity in the copy; needed none; the copy was deleted")
    return copy


def _unit(ecg: Ecg) -> str | None:
    return "mV" if ecg.source.format == "NPY" else None


def _facts(ecg: Ecg, removed: Sequence[str], files: list[Path], rules: Rules) -> dict[str, Any]:
    """What the sidecar says: names of fields, no value."""
    return {
        "schema": SCHEMA,
        "calipers": version(),
        "format": ecg.source.format,
        "written_as": ecg.source.format if ecg.source.format in _SAME_FORMAT else "WFDB",
        "files": [path.name for path in files],
        "patient": rules.patient(ecg),
        "kept": ["signal", "sampling rate", "standard leads", *_kept(ecg, rules)],
        "dates": {"remove": "left out", "shift": "moved back by a stretch of the patient's own"}[rules.dates],
        "left_behind": sorted(set(removed)),
    }


def _kept(ecg: Ecg, rules: Rules) -> list[str]:
    kept = (
        ["age up to 89" if rules.age == "keep" else "decade of age"]
        if rules.age_of(ecg.patient.age) is not None
        else []
    )
    return kept + (["sex"] if ecg.patient.sex and rules.sex else [])


def _files(given: Sequence[str | Path]) -> list[Path]:
    """The files that were read: a WFDB record may be named by its stem or by one of its files."""
    paths = [Path(path) for path in given]
    header = next((path for path in paths if path.suffix == ".hea"), paths[0].with_suffix(".hea"))
    beside = header if header.is_file() else paths[0].parent / f"{paths[0].name}.hea"
    if beside.is_file() and (paths[0].suffix.lower() in (".hea", ".dat", ".mat") or not paths[0].is_file()):
        return list(dict.fromkeys([beside, *(path for path in paths if path.is_file())]))
    return paths
