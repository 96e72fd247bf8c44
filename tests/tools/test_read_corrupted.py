"""Damaged files: an ECG with sane samples, or one line of ours; never anything else, never a hang."""

from __future__ import annotations

import io
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calipers.ecg import FS_RANGE_HZ, Ecg
from calipers.errors import CalipersError
from calipers.leads import LEADS
from calipers.tools.read import read_ecg
from calipers.tools.read.recording import MAX_SAMPLE_MV
from tests.tools import ecg_files

#: No damaged 0.5 MB file may take longer; whole ones take 0.01 to 0.05 s.
LONGEST_READ_S = 5.0

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def damage(draw: st.DrawFn) -> list[tuple[str, float, bytes]]:
    """Up to four changes: (kind, place as a fraction of the file, bytes). Half aim at the header."""
    place = st.one_of(st.floats(0, 1), st.floats(0, 0.02))
    change = st.tuples(
        st.sampled_from(["overwrite", "insert", "delete", "truncate", "digit", "repeat"]),
        place,
        st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, b"\x00" * 4, b"9999", b"-1"])),
    )
    return draw(st.lists(change, min_size=1, max_size=4))


def damaged(content: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    """`content` after the changes."""
    result = bytearray(content)
    for kind, fraction, new in changes:
        at = int(fraction * max(0, len(result) - 1))
        if kind == "overwrite":
            result[at : at + len(new)] = new
        elif kind == "insert":
            result[at:at] = new
        elif kind == "delete":
            del result[at : at + 16 * len(new)]
        elif kind == "truncate":
            del result[at:]
        elif kind == "repeat":
            result[at:at] = result[at : at + 64 * len(new)]
        else:  # the next number in a text header becomes another
            digits = [i for i in range(at, min(at + 400, len(result))) if 48 <= result[i] <= 57]
            for i in digits[:1]:
                result[i] = 48 + new[0] % 10
    return bytes(result)


def _outcome(path: Path, arguments: dict[str, object]) -> tuple[Ecg | None, CalipersError | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return read_ecg(path, **arguments), None  # type: ignore[arg-type]
        except CalipersError as refused:
            return None, refused


def check(path: Path, **arguments: object) -> Ecg | None:
    """Read; what comes out is sane or is refused in one line."""
    started = time.monotonic()
    ecg, refused = _outcome(path, arguments)
    assert time.monotonic() - started < LONGEST_READ_S
    if ecg is None:
        assert refused is not None
        assert "\n" not in str(refused)
        assert str(refused).startswith("found ")
        assert refused.exit_code in (2, 3)
        return None
    assert ecg.signal_mv.shape[0] == 12
    assert ecg.signal_mv.dtype == np.float32
    finite = ecg.signal_mv[np.isfinite(ecg.signal_mv)]
    assert finite.size
    assert not np.isinf(ecg.signal_mv).any()
    assert np.abs(finite).max() <= 2 * MAX_SAMPLE_MV  # a derived lead is the sum of two
    assert FS_RANGE_HZ[0] <= ecg.fs_hz <= FS_RANGE_HZ[1]
    assert ecg.patient.age is None or 0 <= ecg.patient.age <= 130
    assert ecg.patient.sex in (None, "male", "female")
    assert all(np.isfinite(value) for value in ecg.source.device_measurements.values())
    return ecg


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One folder for the many files of a module."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


MADE = {
    "a.edf": ecg_files.edf_bytes(),
    "a.ecg": ecg_files.ishne_bytes(),
    "a.scp": ecg_files.scp_bytes(),
    "a.mwf": ecg_files.mfer_bytes(),
    "philips.xml": ecg_files.philips_xml(),
    "a.json": ecg_files.kardia_json(),
}


@pytest.mark.parametrize("name", MADE)
@bounded
@given(changes=damage())
def test_damaged_exchange_files(folder: Path, name: str, changes: list[tuple[str, float, bytes]]) -> None:
    path = folder / name
    path.write_bytes(damaged(MADE[name], changes))
    check(path)


@pytest.mark.parametrize("file", ["muse-1.xml", "aecg-1.xml"])
@bounded
@given(changes=damage())
def test_damaged_files_of_real_carts(
    data_dir: Path, folder: Path, file: str, changes: list[tuple[str, float, bytes]]
) -> None:
    path = folder / file
    path.write_bytes(damaged((data_dir / "formats" / file).read_bytes(), changes))
    check(path)


@bounded
@given(changes=damage())
def test_damaged_dicom(folder: Path, changes: list[tuple[str, float, bytes]]) -> None:
    from pydicom.data import get_testdata_file

    path = folder / "a.dcm"
    path.write_bytes(damaged(Path(str(get_testdata_file("waveform_ecg.dcm"))).read_bytes(), changes))
    check(path)


WFDB_HEADER = "\n".join(
    [
        "rec 12 500 1000 10:11:12 03/04/2021",
        *(f"rec.dat 16 1000.0(0)/mV 16 0 0 {int(row.sum()) % 65536} 0 {lead}" for lead, row in zip(
            LEADS, ecg_files.microvolts().astype(np.int64), strict=True)),
        "# Age: 81", "# Sex: female", "",
    ]
).encode()  # fmt: skip
WFDB_SIGNAL = ecg_files.microvolts().T.astype("<i2").tobytes()


@bounded
@given(changes=damage())
def test_damaged_wfdb_headers(folder: Path, changes: list[tuple[str, float, bytes]]) -> None:
    (folder / "rec.dat").write_bytes(WFDB_SIGNAL)
    (folder / "rec.hea").write_bytes(damaged(WFDB_HEADER, changes))
    check(folder / "rec.hea")


@bounded
@given(changes=damage())
def test_damaged_wfdb_signals_never_pass_for_whole(folder: Path, changes: list[tuple[str, float, bytes]]) -> None:
    (folder / "rec.hea").write_bytes(WFDB_HEADER)
    whole = ecg_files.microvolts() / 1000
    (folder / "rec.dat").write_bytes(damaged(WFDB_SIGNAL, changes))
    ecg = check(folder / "rec.hea")
    if ecg is not None and (folder / "rec.dat").stat().st_size <= len(WFDB_SIGNAL) + 4:
        # A 16-bit sum does not see two errors that cancel, nor a shift by whole frames of zeros.
        sums = np.nansum(
            np.round(ecg.signal_mv * 1000).astype(np.int64) - np.round(whole * 1000).astype(np.int64), axis=1
        )
        assert (sums % 65536 == 0).all()


@bounded
@given(changes=damage())
def test_damaged_tables(folder: Path, changes: list[tuple[str, float, bytes]]) -> None:
    path = ecg_files.write_csv(folder / "a.csv")
    path.write_bytes(damaged(path.read_bytes(), changes))
    check(path)


@bounded
@given(changes=damage())
def test_damaged_arrays(folder: Path, changes: list[tuple[str, float, bytes]]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, ecg_files.microvolts() / 1000)
    (folder / "a.npy").write_bytes(damaged(buffer.getvalue(), changes))
    check(folder / "a.npy", fs_hz=500.0, unit="mV")


@bounded
@given(
    content=st.binary(min_size=1, max_size=3000),
    suffix=st.sampled_from(["", ".xml", ".csv", ".dat", ".hea", ".scp"]),
)
def test_random_bytes(folder: Path, content: bytes, suffix: str) -> None:
    path = folder / f"random{suffix}"
    path.write_bytes(content)
    check(path)
    path.unlink()


@bounded
@given(text=st.text(max_size=2000), suffix=st.sampled_from(["", ".xml", ".csv", ".hea", ".json"]))
def test_random_text(folder: Path, text: str, suffix: str) -> None:
    path = folder / f"text{suffix}"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    check(path)
    path.unlink()
