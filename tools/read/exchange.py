"""Exchange formats of carts and archives, through ecgdatakit.

The package detects by content and parses; here its result is held to our rules: only formats whose
layout is published, every standard lead calibrated in volts, nothing truncated, joined across gaps or
failing its checksum, the exact sampling rate where the package rounds it.
"""

from __future__ import annotations

import re
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import UnreadableInput
from calipers.leads import Lead, standard_lead
from calipers.tools.read import demographics, device_word
from calipers.tools.read.dicom import rhythm_first, says_synthetic, says_undated
from calipers.tools.read.files import shown
from calipers.tools.read.recording import Recording, check_rate, standard_rows
from calipers.tools.read.units import ACCEPTED, mv_per_unit

if TYPE_CHECKING:
    from ecgdatakit import ECGRecord
    from ecgdatakit import Lead as FileLead

#: ecgdatakit's parser → the format's name in `Source.format`. Its other parsers (EDAN .arc, XLE) read
#: layouts that were guessed from samples, scale and lead order included.
FORMATS: Final[dict[str, str]] = {
    "AliveCorKardiaParser": "AliveCor JSON",
    "DICOMWaveformParser": "DICOM",
    "EDFParser": "EDF",
    "GEMuseXMLParser": "GE MUSE XML",
    "HL7aECGParser": "HL7 aECG",
    "ISHNEHolterParser": "ISHNE",
    "MFERParser": "MFER",
    "MortaraEL250Parser": "Mortara XML",
    "SCPECGParser": "SCP-ECG",
    "SierraXMLParser": "Philips XML",
}


class _Fault(NamedTuple):
    """A parser warning that makes a recording unusable, and how we say it."""

    pattern: re.Pattern[str]
    found: str
    needed: str


_FAULTS: Final = (
    _Fault(
        re.compile("truncated|shorter than the frame|no waveform data", re.I),
        "a truncated signal",
        "all samples",
    ),
    _Fault(
        re.compile("gaps between data records|without a gap|redefine the channels"),
        "a recording with gaps or changes of layout",
        "one continuous recording",
    ),
    _Fault(re.compile("no sampling interval"), "no sampling rate", "a stated rate"),
)

#: Where a lead starts later than the record (SCP-ECG, MUSE).
_START_KEYS: Final = ("start_sample", "LeadTimeOffset")
#: ISHNE marks lead faults with the lowest 16-bit count.
_ISHNE_FAULT_COUNT: Final = -32768
_REPEATED: Final = re.compile(r"^(.+)_\d+$")


def detect_exchange(path: Path) -> str | None:
    """The exchange format of a file, from its content; None when ecgdatakit does not know it.

    Raises:
        UnreadableInput: the format is known, but only by guesswork.
    """
    from ecgdatakit import FileParser

    found = FileParser.detect_format(path)
    if found is None or found["parser"] == "WFDBParser":
        return None
    if found["parser"] not in FORMATS:
        raise UnreadableInput(
            f"found {found['name']}, a format without a published layout, in `{shown(path.name)}`;"
            f" needed one of {', '.join(sorted(FORMATS.values()))}"
        )
    return FORMATS[found["parser"]]


def read_exchange(path: Path, format_name: str) -> Recording:
    """Read a file that `detect_exchange` recognised.

    Raises:
        UnreadableInput: it is damaged, uncalibrated, or holds no ECG.
    """
    name = path.name
    with rhythm_first(path) if format_name == "DICOM" else nullcontext(path) as readable:
        record = _parse(readable, format_name, name)
    if not record.leads:
        raise UnreadableInput(f"found no rhythm in `{shown(name)}`; needed the samples of at least one lead")
    leads = [lead for lead in record.leads if _standard(lead.label, record.leads, name) is not None]
    _refuse_staggered(leads, name)
    rows = standard_rows(((lead.label, _millivolts(lead, format_name, name)) for lead in (leads or record.leads)), name)
    return Recording(
        format=format_name,
        files=(path,),
        fs_hz=_common_rate(record, leads, name),
        rows_mv=rows,
        gain={
            standard_lead(lead.label) or lead.label: f"{lead.resolution:g} {lead.resolution_unit}/count"
            for lead in leads
        },
        age=demographics.age_in_years(record.patient.age),
        sex=demographics.sex_of(record.patient.sex),
        patient_id=record.patient.patient_id or None,
        recorded_at=None if format_name == "DICOM" and says_undated(path) else record.recording.date,
        device_measurements=device_word.device_measurements(record),
        device_statements=device_word.device_statements(record),
        synthetic=format_name == "DICOM" and says_synthetic(path),
    )


def _parse(path: Path, format_name: str, name: str) -> ECGRecord:
    """Run the parser; its errors and its telling warnings become one line."""
    from ecgdatakit import ChecksumWarning, ECGDataKitError, FileParser

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            record = FileParser.parse(path)
        except ECGDataKitError as damage:
            raise UnreadableInput(
                f"found a damaged {format_name} file, `{shown(name)}`{_own_words(damage, path)}; needed a whole one"
            ) from damage
    for warning in caught:
        text = str(warning.message)
        if issubclass(warning.category, ChecksumWarning) and not text.endswith("mismatch in: record"):
            raise UnreadableInput(f"found a checksum that does not fit in `{shown(name)}`; needed an undamaged file")
        for fault in _FAULTS:
            if fault.pattern.search(text):
                raise UnreadableInput(f"found {fault.found} in `{shown(name)}`; needed {fault.needed}")
    return record


def _own_words(damage: Exception, path: Path) -> str:
    """The parser's own explanation, without what it quotes: quotes may hold the patient's name."""
    if damage.__cause__ is not None:
        return ""
    text = re.sub(r"\s*b?'[^']*'", "", str(damage).replace(str(path), ""))
    text = re.sub(r"\s+(?:in|of|from)\s*$", "", text).strip()
    return f" ({shown(text)})" if text else ""


def _standard(label: str, leads: list[FileLead], name: str) -> Lead | None:
    """The standard lead of a label. ecgdatakit renames a repeated label `II` to `II_2`."""
    repeated = _REPEATED.match(label)
    if repeated and standard_lead(repeated[1]) and any(lead.label == repeated[1] for lead in leads):
        raise UnreadableInput(
            f"found lead {standard_lead(repeated[1])} twice in `{shown(name)}`; needed each lead at most once"
        )
    return standard_lead(label)


def _refuse_staggered(leads: list[FileLead], name: str) -> None:
    for key in _START_KEYS:
        starts = {lead.annotations.get(key) for lead in leads}
        if len(starts) > 1:
            raise UnreadableInput(
                f"found leads that start at different times in `{shown(name)}`; needed simultaneous leads"
            )


def _millivolts(lead: FileLead, format_name: str, name: str) -> NDArray[np.float64]:
    """The samples of one lead; it must be calibrated if it is a standard lead."""
    samples = np.asarray(lead.samples, dtype=np.float64)
    if standard_lead(lead.label) is None:
        return samples
    if lead.is_raw or not lead.units:
        raise UnreadableInput(
            f"found lead {shown(lead.label)} in uncalibrated counts in `{shown(name)}`; needed a stated gain"
        )
    factor = mv_per_unit(lead.units)
    if factor is None:
        raise UnreadableInput(
            f"found lead {shown(lead.label)} in `{shown(lead.units)}` in `{shown(name)}`; needed {ACCEPTED}"
        )
    if format_name == "ISHNE":
        fault_mv = _ISHNE_FAULT_COUNT * lead.resolution * (mv_per_unit(lead.resolution_unit) or 0.0)
        samples = np.where(np.isclose(samples, fault_mv, rtol=1e-9, atol=0.0), np.nan, samples)
    return samples * factor


def _common_rate(record: ECGRecord, leads: list[FileLead], name: str) -> float:
    """The rate of the standard leads, exact where the parser keeps it beside its rounded one."""
    rates = {_exact_rate(record, lead) for lead in leads}
    if len(rates) > 1:
        listed = " and ".join(f"{rate:g}" for rate in sorted(rates))
        raise UnreadableInput(f"found leads at {listed} Hz in `{shown(name)}`; needed one rate for every lead")
    return check_rate(rates.pop(), name)


def _exact_rate(record: ECGRecord, lead: FileLead) -> float:
    meta: dict[str, Any] = record.raw_metadata
    candidates = [
        meta.get("exact_sampling_rates", {}).get(lead.label),  # EDF
        meta.get("rhythm_time", {}).get("sampling_rate_exact"),  # aECG
        *(group["sampling_frequency"] for group in meta.get("multiplex_groups", ())),  # DICOM
        *meta.get("sampling_rates", ()),  # MFER
    ]
    for exact in candidates:
        if exact is not None and round(exact) == lead.sampling_rate:
            return float(exact)
    return float(lead.sampling_rate)
