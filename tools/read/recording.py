"""What a reader found in a file, before it becomes an `Ecg`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import FS_RANGE_HZ, Ecg, Sex, Source
from calipers.errors import ImplausibleUnits, UnreadableInput
from calipers.leads import LEADS, Lead, standard_lead
from calipers.tools.read.files import sha256_of, shown

#: No ECG amplifier reaches 5 V at the electrodes; a sample beyond it is damage, not signal.
MAX_SAMPLE_MV: Final = 5000.0


@dataclass(frozen=True)
class Recording:
    """The content of one ECG file.

    Attributes:
        format: as it will stand in `Source.format`.
        files: every file that was read.
        fs_hz: samples per second as stored.
        rows_mv: lead → (n,) float32, millivolts; standard leads only, all the same length.
        gain: lead → the stored resolution as text.
        age, sex, patient_id, recorded_at: what the file says; None where it does not.
        device_measurements: our measurement name → the device's value.
        device_statements: the printed interpretation, verbatim.
        synthetic: the file says that it was made by a generator.
        digitised: the file says that its signal was read from a picture.
    """

    format: str
    files: tuple[Path, ...]
    fs_hz: float
    rows_mv: Mapping[Lead, NDArray[np.float32]]
    gain: Mapping[str, str] = field(default_factory=dict)
    age: float | None = None
    sex: Sex | None = None
    patient_id: str | None = None
    recorded_at: datetime | None = None
    device_measurements: Mapping[str, float] = field(default_factory=dict)
    device_statements: tuple[str, ...] = ()
    synthetic: bool = False
    digitised: bool = False

    def to_ecg(self, path: str, age: float | None, sex: Sex | None) -> Ecg:
        """The ECG, with the caller's age and sex where given, else the file's.

        Raises:
            ImplausibleUnits: the samples cannot be millivolts.
            UsageError: the caller's age or sex is not usable.
        """
        source = Source(
            format=self.format,
            path=path,
            sha256=sha256_of(self.files),
            gain=dict(self.gain),
            device_measurements=dict(self.device_measurements),
            device_statements=self.device_statements,
            digitised=self.digitised,
        )
        leads = list(self.rows_mv)
        ecg = Ecg.from_array(
            [self.rows_mv[lead] for lead in leads],
            self.fs_hz,
            leads,
            age=self.age if age is None else age,
            sex=self.sex if sex is None else sex,
            patient_id=self.patient_id,
            recorded_at=self.recorded_at,
            source=source,
            synthetic=self.synthetic,
        )
        _refuse_impossible_samples(self.rows_mv, self.fs_hz)
        return ecg


def _refuse_impossible_samples(rows_mv: Mapping[Lead, NDArray[np.float32]], fs_hz: float) -> None:
    for lead, row in rows_mv.items():
        beyond = np.flatnonzero(np.abs(row) > MAX_SAMPLE_MV)  # NaN compares false, infinity true
        if beyond.size:
            at = int(beyond[0])
            raise ImplausibleUnits(
                f"found {row[at]:.3g} mV in {lead} at {at / fs_hz:.3f} s;"
                f" needed samples within ±{MAX_SAMPLE_MV:,.0f} mV"
            )


def standard_rows(labelled: Iterable[tuple[str, NDArray[np.floating]]], name: str) -> dict[Lead, NDArray[np.float32]]:
    """The rows that carry the name of one of the twelve leads, in millivolts.

    Other channels (X, V7, respiration, …) are left out.

    Args:
        labelled: (label in the file, samples in millivolts).
        name: of the file, for the message.

    Raises:
        UnreadableInput: no standard lead, one twice, or rows of different lengths.
    """
    rows: dict[Lead, NDArray[np.float32]] = {}
    labels: list[str] = []
    for label, samples in labelled:
        labels.append(label)
        lead = standard_lead(label)
        if lead is None:
            continue
        if lead in rows:
            raise UnreadableInput(f"found lead {lead} twice in `{shown(name)}`; needed each lead at most once")
        with np.errstate(over="ignore"):  # beyond float32 it becomes infinite, and is refused as impossible
            rows[lead] = np.asarray(samples, dtype=np.float32)
    require_standard_lead(rows, labels, name)
    lengths = {lead: row.size for lead, row in rows.items()}
    if len(set(lengths.values())) > 1:
        short, long = min(lengths, key=lambda k: lengths[k]), max(lengths, key=lambda k: lengths[k])
        raise UnreadableInput(
            f"found {lengths[short]:,} samples in {short} and {lengths[long]:,} in {long} of `{shown(name)}`;"
            " needed the same length in every lead"
        )
    if not next(iter(lengths.values())):
        raise UnreadableInput(f"found no samples in `{shown(name)}`; needed a signal")
    return rows


def require_standard_lead(standard: Mapping[Lead, object], labels: Sequence[str], name: str) -> None:
    """Refuse a file none of whose labels is one of the twelve leads, naming the labels found.

    Raises:
        UnreadableInput: `standard` is empty.
    """
    if standard:
        return
    written = [label for label in labels if label.strip()]
    found = ", ".join(f"`{shown(label)}`" for label in written[:8]) + (", …" if len(written) > 8 else "")
    raise UnreadableInput(
        f"found {'labels ' + found if written else 'no lead labels'} in `{shown(name)}`;"
        f" needed at least one of {', '.join(LEADS)}"
    )


def check_rate(fs_hz: float, name: str) -> float:
    """The sampling rate a file states, if it is one.

    Raises:
        UnreadableInput: it is outside 50 to 20,000 Hz.
    """
    low, high = FS_RANGE_HZ
    if not low <= fs_hz <= high:  # also false for NaN
        raise UnreadableInput(
            f"found a sampling rate of {fs_hz:g} Hz in `{shown(name)}`; needed {low:g} to {high:g} Hz"
        )
    return float(fs_hz)
