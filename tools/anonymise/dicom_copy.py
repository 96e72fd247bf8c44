"""A DICOM ECG written anew: the waveforms, the leads by standard codes, the device's numbers, and no text of the file.

Stricter than the Basic Application Level Confidentiality Profile (PS3.15 Annex E): that names what must go, here is
named what may stay. Code meanings are written from our own table, UIDs from a keyed hash.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.leads import Lead, standard_lead
from calipers.tools.anonymise.dicom_names import LEAD_CODES, MEASUREMENTS, UNITS
from calipers.tools.anonymise.rules import Rules

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Acquisition DateTime may not be empty (PS3.3 C.10.8): what is put where no date may be told.
_NO_DATE: Final = datetime(1900, 1, 1)
_LEAD_OF: Final = {code: lead for lead, code in LEAD_CODES.items()}
_ENCODINGS: Final = {("SS", 16): "<i2", ("SL", 32): "<i4", ("SB", 8): "i1", ("US", 16): "<u2", ("UB", 8): "u1"}
#: Of a group and of a channel: numbers, and words of a fixed list.
_GROUP_NUMBERS: Final = (
    "TriggerTimeOffset", "TriggerSamplePosition", "NumberOfWaveformSamples",
    "SamplingFrequency", "WaveformBitsAllocated",
)  # fmt: skip
_CHANNEL_NUMBERS: Final = (
    "ChannelSensitivity", "ChannelSensitivityCorrectionFactor", "ChannelBaseline", "ChannelTimeSkew",
    "ChannelSampleSkew", "ChannelOffset", "WaveformBitsStored", "FilterLowFrequency", "FilterHighFrequency",
    "NotchFilterFrequency",
)  # fmt: skip


def write_dicom(path: Path, ecg: Ecg, name: str, rules: Rules, folder: Path) -> list[Path]:
    """Write `NAME.dcm` from the waveforms of a DICOM ECG.

    Args:
        path: of the file whose samples are copied, bit for bit.
        ecg: as it was read from there.
        name: of the new file.
        rules: pseudonym, age, dates.
        folder: of the new file.

    Raises:
        UnreadableInput: samples are stored in a way that ECG objects do not use.
    """
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    old = pydicom.dcmread(str(path), stop_before_pixels=True)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(str(old.SOPClassUID))
    meta.MediaStorageSOPInstanceUID = UID(rules.uid("instance", ecg))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID("2.25.150119246424512346213587421659870413287")
    new = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    new.SOPClassUID, new.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    new.StudyInstanceUID, new.SeriesInstanceUID = UID(rules.uid("study", ecg)), UID(rules.uid("series", ecg))
    _identity(new, ecg, rules)
    new.Modality = "ECG"
    new.Manufacturer, new.AccessionNumber, new.ReferringPhysicianName, new.StudyID = "", "", "", "1"
    new.SeriesNumber = new.InstanceNumber = 1
    if ecg.synthetic:
        new.SyntheticData = "YES"
    new.AcquisitionContextSequence = []
    groups = [_group(group, old.file_meta.TransferSyntaxUID.is_little_endian) for group in old.WaveformSequence]
    new.WaveformSequence = [group for group in groups if group is not None]
    if notes := list(_measurements(old)):
        new.WaveformAnnotationSequence = notes
    target = folder / f"{name}.dcm"
    new.save_as(target, enforce_file_format=True)
    return [target]


def _identity(new: Dataset, ecg: Ecg, rules: Rules) -> None:
    when = rules.moved(ecg.recorded_at, ecg)
    new.PatientID = rules.patient(ecg)
    new.PatientName = f"{new.PatientID}^"
    new.PatientBirthDate = ""
    new.PatientSex = {"male": "M", "female": "F", None: ""}[ecg.patient.sex if rules.sex else None]
    age = rules.age_of(ecg.patient.age)
    if age is not None and age >= 1:
        new.PatientAge = f"{int(age):03d}Y"
    new.StudyDate = new.ContentDate = when.strftime("%Y%m%d") if when else ""
    new.StudyTime = new.ContentTime = when.strftime("%H%M%S") if when else ""
    if when is None:
        new.ContentDate, new.ContentTime = _NO_DATE.strftime("%Y%m%d"), _NO_DATE.strftime("%H%M%S")
    new.AcquisitionDateTime = (when or _NO_DATE).strftime("%Y%m%d%H%M%S")
    new.PatientIdentityRemoved = "YES"
    new.LongitudinalTemporalInformationModified = "MODIFIED" if when else "REMOVED"
    new.DeidentificationMethod = "Written anew by Calipers from waveforms, codes and numbers"
    new.DeidentificationMethodCodeSequence = [_code("113100", "DCM", "Basic Application Confidentiality Profile")]


def _group(old: Dataset, little: bool) -> Dataset | None:
    """A multiplex group with its standard leads alone; None where it has none."""
    from pydicom.dataset import Dataset

    channels = list(old.ChannelDefinitionSequence)
    leads = [_lead(channel) for channel in channels]
    kept = [at for at, lead in enumerate(leads) if lead is not None]
    encoding = _ENCODINGS.get((str(old.WaveformSampleInterpretation), int(old.WaveformBitsAllocated)))
    if encoding is None:
        raise UnreadableInput("found waveform samples in an encoding that no ECG object uses; needed SS, 16 bits")
    if not kept:
        return None
    new = Dataset()
    _copy_numbers(old, new, _GROUP_NUMBERS)
    new.WaveformOriginality = "DERIVED" if str(old.get("WaveformOriginality", "")) == "DERIVED" else "ORIGINAL"
    new.MultiplexGroupLabel = "MEDIAN BEAT" if "MEDIAN" in str(old.get("MultiplexGroupLabel", "")).upper() else "RHYTHM"
    new.WaveformSampleInterpretation = old.WaveformSampleInterpretation
    new.NumberOfWaveformChannels = len(kept)
    new.ChannelDefinitionSequence = [_channel(channels[at], leads[at]) for at in kept]
    stored = np.dtype(encoding if little else encoding.replace("<", ">"))
    samples = np.frombuffer(old.WaveformData, stored, len(channels) * int(old.NumberOfWaveformSamples))
    new.WaveformData = samples.reshape(-1, len(channels))[:, kept].astype(encoding).tobytes()
    new["WaveformData"].VR = "OB" if stored.itemsize == 1 else "OW"
    if "WaveformPaddingValue" in old:
        padding = bytes(old["WaveformPaddingValue"].value)[: stored.itemsize]
        new.add_new("WaveformPaddingValue", "OB" if stored.itemsize == 1 else "OW", padding)
    return new


def _channel(old: Dataset, lead: Lead | None) -> Dataset:
    from pydicom.dataset import Dataset

    new = Dataset()
    _copy_numbers(old, new, _CHANNEL_NUMBERS)
    if lead is not None:
        new.ChannelSourceSequence = [_code(LEAD_CODES[lead], "MDC", f"Lead {lead}")]
    unit = next((str(code.CodeValue) for code in old.get("ChannelSensitivityUnitsSequence", [])), "")
    if unit in UNITS:
        new.ChannelSensitivityUnitsSequence = [_code(unit, "UCUM", UNITS[unit])]
    return new


def _lead(channel: Dataset) -> Lead | None:
    """The standard lead of a channel, by its code, by the code's meaning, or by its label."""
    codes = list(channel.get("ChannelSourceSequence", []))
    for code in codes:
        number = str(code.get("CodeValue", "")).replace(":", "-").rpartition("-")[2]
        if str(code.get("CodingSchemeDesignator", "")) in ("MDC", "SCPECG") and f"2:{number}" in _LEAD_OF:
            return _LEAD_OF[f"2:{number}"]
    for label in (*(str(code.get("CodeMeaning", "")) for code in codes), str(channel.get("ChannelLabel", ""))):
        words = label.replace("(", " ").split()
        for word in (label, *(words[1:2] if words[:1] and words[0].casefold() == "lead" else words[:1])):
            if (lead := standard_lead(word)) is not None:
                return lead
    return None


def _measurements(old: Dataset) -> Iterator[Dataset]:
    """The device's own numbers, of the codes that our table knows."""
    from pydicom.dataset import Dataset

    for note in old.get("WaveformAnnotationSequence", []):
        for concept in note.get("ConceptNameCodeSequence", [])[:1]:
            known = MEASUREMENTS.get(
                (str(concept.get("CodingSchemeDesignator", "")), str(concept.get("CodeValue", "")))
            )
            value = note.get("NumericValue")
            if known is None or value is None:
                continue
            name, unit = known
            new = Dataset()
            new.ConceptNameCodeSequence = [_code(str(concept.CodeValue), str(concept.CodingSchemeDesignator), name)]
            new.MeasurementUnitsCodeSequence = [_code(unit, "UCUM", UNITS[unit])]
            new.NumericValue = f"{float(value):.6g}"
            new.ReferencedWaveformChannels = [1, 0]
            new.AnnotationGroupNumber = 1
            yield new


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    if scheme == "SCPECG":
        code.CodingSchemeVersion = "1.3"
    return code


def _copy_numbers(old: Dataset, new: Dataset, keywords: tuple[str, ...]) -> None:
    """Numbers pass through `float`, so that no text comes with them."""
    for keyword in keywords:
        value: Any = old.get(keyword)
        if value is None:
            continue
        if old[keyword].VR in ("US", "UL"):
            setattr(new, keyword, int(value))
        else:
            setattr(new, keyword, f"{float(value):.12g}"[:16])
