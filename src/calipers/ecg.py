"""One 12-lead ECG: the signal in millivolts, who and when, and where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calipers.errors import ImplausibleUnits, UnreadableInput, UsageError
from calipers.leads import INDEX, LEADS, LIMB, LIMB_FROM_I_AND_II, Lead, require_lead

if TYPE_CHECKING:
    from calipers.digitisation import Digitisation

Sex = Literal["male", "female"]

#: Beyond this a "millivolt" signal is counts or microvolts: no surface QRS exceeds 15 mV peak to peak.
MAX_PEAK_TO_PEAK_MV = 40.0
#: Below this in every lead it is volts, or nothing was connected.
MIN_PEAK_TO_PEAK_MV = 0.02
FS_RANGE_HZ = (50.0, 20_000.0)
#: Samples of each lead that the unit check looks at.
_SAMPLES_FOR_UNITS = 200_000


@dataclass(frozen=True, slots=True)
class Patient:
    """Who the ECG belongs to. `age` in years; `sex` None when the file does not say.

    The identifier is kept out of the representation, so that no log or traceback shows it.
    """

    age: float | None = None
    sex: Sex | None = None
    id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an ECG came from, and the device's own word, kept apart from ours.

    Attributes:
        format: `WFDB`, `DICOM`, `GE MUSE XML`, `HL7 aECG`, `CSV`, `NPY`, `array`, …
        path: the file as named by the user; never written into a report.
        sha256: of the file's bytes (all files of a pair), or of the signal for arrays.
        gain: the stored resolution, as text per lead, e.g. `{"I": "1.25 uV/count"}`.
        device_measurements: our measurement name → the device's value (ms, /min, degrees).
        device_statements: the interpretation printed by the device or a reader, verbatim.
        digitised: read from paper or a picture.
        digitisation: how, if it was.
        picture: the page that it was read from, a small JPEG; it may show a name and leaves this machine nowhere.
        unread: why the picture could not become a signal; then there is no lead, and only a model can look at the page.
    """

    format: str
    path: str | None = None
    sha256: str = ""
    gain: Mapping[str, str] = field(default_factory=dict)
    device_measurements: Mapping[str, float] = field(default_factory=dict)
    device_statements: tuple[str, ...] = ()
    digitised: bool = False
    digitisation: Digitisation | None = None
    picture: bytes | None = field(default=None, repr=False)
    unread: str | None = None


@dataclass(frozen=True, eq=False)
class Ecg:
    """A 12-lead ECG.

    Attributes:
        signal_mv: (12, n) float32, millivolts, rows I II III aVR aVL aVF V1–V6; a lead that is
            neither given nor derivable is a row of NaN and named in `missing_leads`.
        fs_hz: samples per second, as stored; the signal is never resampled.
        patient, recorded_at, source: who, when, where from.
        synthetic: made by a generator, not recorded from a person.
        derived_leads: limb leads computed from two others because the file lacks them.
        confidence: (12, n) float32, 0 to 1, how surely each sample was read; None for what was recorded.
    """

    signal_mv: NDArray[np.float32]
    fs_hz: float
    patient: Patient = field(default_factory=Patient)
    recorded_at: datetime | None = None
    source: Source = field(default_factory=lambda: Source(format="array"))
    synthetic: bool = False
    missing_leads: tuple[Lead, ...] = ()
    derived_leads: tuple[Lead, ...] = ()
    confidence: NDArray[np.float32] | None = None

    @classmethod
    def from_array(
        cls,
        signal_mv: ArrayLike,
        fs_hz: float,
        leads: Sequence[str],
        *,
        age: float | None = None,
        sex: Sex | None = None,
        patient_id: str | None = None,
        recorded_at: datetime | None = None,
        source: Source | None = None,
        synthetic: bool = False,
    ) -> Ecg:
        """Build an ECG from samples in millivolts.

        Args:
            signal_mv: (len(leads), n), millivolts.
            fs_hz: sampling rate in hertz, 50 to 20,000.
            leads: the name of each row; order does not matter.
            age: years.
            sex: `"male"`, `"female"` or None when unknown.
            patient_id: any identifier; stays on this machine.
            recorded_at: when the ECG was taken.
            source: where it came from; an array by default.
            synthetic: made by a generator.

        Raises:
            UsageError: shape, lead names, rate, age or sex are not usable.
            ImplausibleUnits: the amplitudes cannot be millivolts of a surface ECG.

        Example:
            >>> two = Ecg.from_array(ecg.signal_mv[:2], 1000, ["I", "II"], age=42)
            >>> two.derived_leads
            ('III', 'aVR', 'aVL', 'aVF')
            >>> two.missing_leads
            ('V1', 'V2', 'V3', 'V4', 'V5', 'V6')
        """
        given = np.atleast_2d(np.asarray(signal_mv, dtype=np.float32))
        _check_shape(given, fs_hz, leads, age, sex)
        rows = np.full((12, given.shape[1]), np.nan, dtype=np.float32)
        names = [require_lead(name) for name in leads]
        if len(set(names)) != len(names):
            raise UsageError(f"found leads {', '.join(names)}; needed each lead at most once")
        for name, row in zip(names, given, strict=True):
            rows[INDEX[name]] = np.where(np.isfinite(row), row, np.nan)
        _check_units(rows)
        derived = _derive_limb_leads(rows)
        missing = tuple(lead for lead in LEADS if np.isnan(rows[INDEX[lead]]).all())
        rows.setflags(write=False)
        if source is None:
            source = Source(format="array", sha256=hashlib.sha256(rows.data).hexdigest())
        return cls(
            signal_mv=rows,
            fs_hz=float(fs_hz),
            patient=Patient(age=age, sex=sex, id=patient_id),
            recorded_at=recorded_at,
            source=source,
            synthetic=synthetic,
            missing_leads=missing,
            derived_leads=derived,
        )

    @cached_property
    def record(self) -> str:
        """Sixteen hex digits that name this signal: sha256 over rate, given leads and samples.

        The same samples read from another file format have the same record. A picture that could not be read has
        the record of its bytes.
        """
        digest = hashlib.sha256(f"{self.fs_hz:.6g}".encode())
        if not self.present_leads:
            digest.update(self.source.sha256.encode())
        for lead in LEADS:
            if lead not in self.missing_leads and lead not in self.derived_leads:
                digest.update(lead.encode())
                digest.update(np.ascontiguousarray(self.signal_mv[INDEX[lead]], dtype="<f4").tobytes())
        return digest.hexdigest()[:16]

    @property
    def duration_s(self) -> float:
        """Length of the record in seconds."""
        return float(self.signal_mv.shape[1]) / self.fs_hz

    @property
    def present_leads(self) -> tuple[Lead, ...]:
        """Leads with at least one sample, given or derived."""
        return tuple(lead for lead in LEADS if lead not in self.missing_leads)

    def lead(self, name: Lead) -> NDArray[np.float32]:
        """The samples of one lead: (n,) float32, millivolts; NaN where not recorded."""
        row: NDArray[np.float32] = self.signal_mv[INDEX[name]]
        return row

    def __repr__(self) -> str:
        who = f"{self.patient.age or '?'} y, {self.patient.sex or 'sex unknown'}"
        return (
            f"Ecg({self.record}, {len(self.present_leads)} leads, {self.duration_s:.1f} s at "
            f"{self.fs_hz:g} Hz, {who}, {self.source.format})"
        )


def _check_shape(
    given: NDArray[np.float32], fs_hz: float, leads: Sequence[str], age: float | None, sex: str | None
) -> None:
    if given.ndim != 2 or given.shape[0] != len(leads):
        raise UsageError(f"found an array of shape {given.shape}; needed ({len(leads)}, n) for {len(leads)} leads")
    if not np.isfinite(fs_hz) or not FS_RANGE_HZ[0] <= fs_hz <= FS_RANGE_HZ[1]:
        raise UsageError(f"found a sampling rate of {fs_hz:g} Hz; needed {FS_RANGE_HZ[0]:g} to {FS_RANGE_HZ[1]:g} Hz")
    if not leads or given.shape[1] == 0:
        raise UnreadableInput(f"found {len(leads)} leads with {given.shape[1]} samples; needed at least one sample")
    if age is not None and not 0 <= age <= 130:
        raise UsageError(f"found age {age:g}; needed years between 0 and 130, or None")
    if sex not in (None, "male", "female"):
        raise UsageError(f"found sex `{sex}`; needed `male`, `female` or None")


def _check_units(rows: NDArray[np.float32]) -> None:
    """Refuse what cannot be millivolts. A flat lead is a quality finding, not a unit error."""
    # Row by row: a mask of all leads of a day would be a quarter of a gigabyte.
    recorded = [row for row in rows if np.isfinite(row).any()]
    if not recorded:
        raise UnreadableInput("found no finite sample in any lead; needed a signal")
    # The 0.5–99.5 % range, so that a single spike or a pacing artefact does not decide.
    # A day of signal is thinned: the range of every k-th sample is as telling and takes a second, not thirty.
    step = -(-rows.shape[1] // _SAMPLES_FOR_UNITS)
    spans = [float(np.subtract(*np.percentile(row[np.isfinite(row)][::step], [99.5, 0.5]))) for row in recorded]
    typical, largest = float(np.median(spans)), max(spans)
    if typical > MAX_PEAK_TO_PEAK_MV:
        raise ImplausibleUnits(
            f"found a typical peak-to-peak of {typical:.0f} mV; needed millivolts below {MAX_PEAK_TO_PEAK_MV:g}"
            " (is the signal in microvolts or raw counts?)"
        )
    if 0 < largest < MIN_PEAK_TO_PEAK_MV:
        raise ImplausibleUnits(
            f"found at most {largest * 1000:.2g} µV peak-to-peak in any lead; needed at least"
            f" {MIN_PEAK_TO_PEAK_MV * 1000:g} µV (is the signal in volts?)"
        )


def _derive_limb_leads(rows: NDArray[np.float32]) -> tuple[Lead, ...]:
    """Fill absent limb leads in place where two others determine them; return which."""
    absent = [lead for lead in LIMB if np.isnan(rows[INDEX[lead]]).all()]
    known = [lead for lead in LIMB if lead not in absent]
    if not absent or len(known) < 2:
        return ()
    first, second = known[0], known[1]
    # Any two distinct limb leads fix I and II, since no two of the six are multiples of one another.
    weights = np.array([LIMB_FROM_I_AND_II[first], LIMB_FROM_I_AND_II[second]])
    i_and_ii = np.linalg.solve(weights, rows[[INDEX[first], INDEX[second]]].astype(np.float64))
    for lead in absent:
        rows[INDEX[lead]] = np.array(LIMB_FROM_I_AND_II[lead]) @ i_and_ii
    return tuple(absent)
