"""NPY arrays: (leads, samples) or (samples, leads), with rate and unit given by the caller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calipers.errors import UnreadableInput, UsageError
from calipers.leads import LEADS, require_lead
from calipers.tools.read.files import shown
from calipers.tools.read.recording import Recording, standard_rows
from calipers.tools.read.units import ACCEPTED, mv_per_unit


def read_npy(
    path: Path, size_bytes: int, *, fs_hz: float | None, unit: str | None, leads: Sequence[str] | None
) -> Recording:
    """Read one NPY array.

    Args:
        path: the file.
        size_bytes: its size, against which the array's header is checked before reading.
        fs_hz: samples per second.
        unit: of the samples.
        leads: the name of each row (or column). Without it the array must have exactly 12 rows (or
            columns), taken as I II III aVR aVL aVF V1–V6: the only place where leads go by position.

    Raises:
        UsageError: rate, unit or leads are missing or do not fit.
        UnreadableInput: it is not a numeric array, or shorter than its header promises.
    """
    name = shown(path.name)
    if fs_hz is None or unit is None:
        missing = " and ".join(f"`{word}`" for word, value in (("fs_hz", fs_hz), ("unit", unit)) if value is None)
        raise UsageError(f"found an NPY array, `{name}`, which states no rate or unit; needed {missing}")
    factor = mv_per_unit(unit)
    if factor is None:
        raise UsageError(f"found unit `{shown(unit)}`; needed {ACCEPTED}")
    names = [require_lead(lead) for lead in leads] if leads is not None else list(LEADS)
    shape, dtype = _check_array_header(path, size_bytes)
    by_lead = _leads_first(shape, len(names), leads is not None, name)
    stored: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    rows = stored if by_lead else stored.T
    # One lead at a time: a day of 12 leads would not fit twice in memory as float64.
    labelled = ((lead, rows[i].astype(np.float64) * factor) for i, lead in enumerate(names))
    return Recording(
        format="NPY",
        files=(path,),
        fs_hz=fs_hz,
        rows_mv=standard_rows(labelled, name),
        gain=dict.fromkeys(names, f"1 {unit}, {dtype}"),
    )


def _check_array_header(path: Path, size_bytes: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    name = shown(path.name)
    try:
        with path.open("rb") as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
            start = stream.tell()
    except (ValueError, SyntaxError, EOFError) as damage:
        raise UnreadableInput(f"found an NPY header that cannot be read in `{name}`; needed a NumPy array") from damage
    if dtype.kind not in "iuf":
        raise UnreadableInput(f"found an array of `{shown(dtype)}` in `{name}`; needed real numbers")
    if len(shape) != 2 or min(shape) < 1:
        raise UnreadableInput(f"found an array of shape {shape} in `{name}`; needed (leads, samples)")
    promised = shape[0] * shape[1] * dtype.itemsize
    if size_bytes - start < promised:
        raise UnreadableInput(
            f"found {(size_bytes - start) // dtype.itemsize:,} of {shape[0] * shape[1]:,} samples"
            f" in `{name}`; needed all of them"
        )
    return shape, dtype


def _leads_first(shape: tuple[int, ...], count: int, named: bool, name: str) -> bool:
    """Whether rows are leads (else columns are)."""
    if shape[0] == count and shape[1] == count:
        raise UnreadableInput(f"found an array of shape {shape} in `{name}`; needed more samples than leads")
    if count in shape:
        return shape[0] == count
    what = f"{count} rows for the {count} `leads`" if named else "12 rows, or `leads`"
    raise UsageError(f"found an array of shape {shape} in `{name}`; needed {what}")
