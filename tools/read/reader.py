"""`read_ecg`: from a path to an `Ecg`, or to one clear line that says why not."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from calipers.ecg import FS_RANGE_HZ, Ecg, Sex
from calipers.errors import CalipersError, MissingPart, UnreadableInput, UsageError
from calipers.tools.read.detect import SIGNAL_SUFFIXES, detect
from calipers.tools.read.files import check_file, head_of, shown
from calipers.tools.read.recording import Recording
from calipers.tools.read.units import ACCEPTED, mv_per_unit

PathLike = str | os.PathLike[str]
Found = TypeVar("Found")

#: Silencing the parsers' warnings changes the state of the whole process: one file at a time.
_ONE_AT_A_TIME: Final = Lock()


def read_ecg(
    path_or_paths: PathLike | Sequence[PathLike],
    *,
    fs_hz: float | None = None,
    unit: str | None = None,
    leads: Sequence[str] | None = None,
    age: float | None = None,
    sex: Sex | None = None,
) -> Ecg:
    """Read a 12-lead ECG from a file.

    The format is told from the content: WFDB, DICOM, GE MUSE XML, HL7 aECG, SCP-ECG, Philips XML,
    Mortara XML, EDF, MFER, ISHNE, AliveCor JSON, CSV, NPY; a picture (PNG, JPEG, TIFF, HEIC) or PDF of a
    printed ECG is digitised. Leads go by their names, the signal is kept
    at its stored rate, and what the device measured and stated is kept apart in `ecg.source`.

    Args:
        path_or_paths: one file; for WFDB the header, the signal file, the record's stem, or all files
            of the record in a list.
        fs_hz: samples per second, for files that state none: NPY, CSV without a time column.
        unit: `mV`, `uV`, `nV` or `V`, for files that state none: NPY, CSV, WFDB without a gain (one
            count is then one unit).
        leads: names of the rows (NPY) or columns (CSV without a header). Only an NPY array with exactly
            12 rows (or columns) may go without: they are then I II III aVR aVL aVF V1–V6.
        age: years; takes the place of what the file says.
        sex: `"male"` or `"female"`; takes the place of what the file says.

    Raises:
        UnreadableInput: the file is missing, damaged, too large, not an ECG, or not calibrated.
        ImplausibleUnits: it reads, but its numbers cannot be millivolts.
        UsageError: the arguments are wrong for this file.

    Example:
        >>> read_ecg(path)
        Ecg(a6be8212e0016ad5, 12 leads, 10.0 s at 1000 Hz, 42.0 y, female, DICOM)
        >>> read_ecg("absent.hea")
        Traceback (most recent call last):
        calipers.errors.UnreadableInput: found no file `absent.hea`; needed an ECG file
    """
    given = [path_or_paths] if isinstance(path_or_paths, str | os.PathLike) else list(path_or_paths)
    if not given:
        raise UsageError("found no path; needed an ECG file")
    _check_arguments(fs_hz, unit, age, sex)
    paths, named = [Path(path) for path in given], " ".join(os.fspath(path) for path in given)
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parsers' chatter; what matters in it is an error by now

        def read() -> Ecg | str:
            found = _read(paths, fs_hz=fs_hz, unit=unit, leads=leads)
            return found if isinstance(found, str) else found.to_ecg(named, age, sex)

        found = _one_line_or_result(read, paths[0])
    if not isinstance(found, str):
        return found
    from calipers.tools.read.picture import read_picture

    picture_format = found
    return _one_line_or_result(lambda: read_picture(paths[0], picture_format, named, age, sex), paths[0])


def _read(
    paths: Sequence[Path], *, fs_hz: float | None, unit: str | None, leads: Sequence[str] | None
) -> Recording | str:
    """The recording; of a picture, which takes seconds to digitise, only its format."""
    header = _wfdb_header(paths)
    if header is not None:
        from calipers.tools.read.wfdb_record import read_wfdb

        _refuse_unneeded(paths[0], "WFDB", leads=leads)
        files = [path for path in paths if path.name != header.stem]  # a record's stem is not a file
        return read_wfdb(header, files, fs_hz=fs_hz, unit=unit)
    if len(paths) > 1:
        raise UnreadableInput(
            f"found {len(paths)} files and no WFDB header; needed one ECG, or the files of one record"
        )
    (path,) = paths
    size_bytes = check_file(path)
    head = head_of(path)

    kind, format_name = detect(path, head, size_bytes)
    if kind == "npy":
        from calipers.tools.read.array_file import read_npy

        return read_npy(path, size_bytes, fs_hz=fs_hz, unit=unit, leads=leads)
    if kind == "table":
        from calipers.tools.read.table import read_csv

        return read_csv(path, fs_hz=fs_hz, unit=unit, leads=leads)
    if kind == "picture":
        _refuse_unneeded(path, f"a {format_name} picture", fs_hz=fs_hz, unit=unit, leads=leads)
        return format_name
    from calipers.tools.read.exchange import read_exchange

    _refuse_unneeded(path, format_name, fs_hz=fs_hz, unit=unit, leads=leads)
    return read_exchange(path, format_name)


def _check_arguments(fs_hz: float | None, unit: str | None, age: float | None, sex: str | None) -> None:
    """What the caller said, before the file is touched."""
    low, high = FS_RANGE_HZ
    if fs_hz is not None and not low <= fs_hz <= high:
        raise UsageError(f"found a sampling rate of {fs_hz:g} Hz; needed {low:g} to {high:g} Hz")
    if unit is not None and mv_per_unit(unit) is None:
        raise UsageError(f"found unit `{shown(unit)}`; needed {ACCEPTED}")
    if age is not None and not 0 <= age <= 130:
        raise UsageError(f"found age {age:g}; needed years between 0 and 130, or None")
    if sex not in (None, "male", "female"):
        raise UsageError(f"found sex `{shown(sex)}`; needed `male`, `female` or None")


def _wfdb_header(paths: Sequence[Path]) -> Path | None:
    """The header of a WFDB record, if that is what was named; every named file is checked."""
    headers = [path for path in paths if path.suffix == ".hea"]
    if len(headers) > 1:
        raise UnreadableInput(f"found {len(headers)} WFDB headers; needed one record at a time")
    beside = paths[0].with_suffix(".hea") if paths[0].suffix.lower() in SIGNAL_SUFFIXES else None
    if headers:
        header = headers[0]
    elif beside is not None and beside.is_file():
        header = beside
    elif len(paths) == 1 and not paths[0].is_file() and (stem := paths[0].parent / f"{paths[0].name}.hea").is_file():
        check_file(stem)
        return stem
    else:
        return None
    for path in {header, *paths}:
        check_file(path)
        head_of(path)
    return header


def _refuse_unneeded(path: Path, format_name: str, **given: object) -> None:
    named = ", ".join(f"`{name}`" for name, value in given.items() if value is not None)
    if named:
        raise UsageError(f"found {named} for `{shown(path.name)}`, but {format_name} states it itself; needed none")


def _one_line_or_result(read: Callable[[], Found], path: Path) -> Found:
    """The boundary to parsers written by others: whatever they raise leaves as one line of ours."""
    name = shown(path.name)
    try:
        return read()
    except CalipersError:
        raise
    except FileNotFoundError as absent:
        raise UnreadableInput(
            f"found no `{shown(Path(str(absent.filename)).name)}`; needed it to read `{name}`"
        ) from absent
    except PermissionError as denied:
        raise UnreadableInput(f"found no permission to read all of `{name}`; needed readable files") from denied
    except ImportError as absent:
        raise MissingPart(f"found no package `{absent.name}`; needed it to read `{name}`") from absent
    except MemoryError as too_large:
        raise UnreadableInput(f"found more in `{name}` than fits in memory; needed a shorter recording") from too_large
    # Parsers raise anything on damaged bytes (IndexError, struct.error, RecursionError, their own);
    # every such failure means the same to the user, and none becomes a value.
    except Exception as damage:
        raise UnreadableInput(
            f"found a damaged or unsupported file, `{name}` ({type(damage).__name__}); needed a whole ECG"
        ) from damage
