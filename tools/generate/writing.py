"""Write a synthetic ECG to files, each of which says that nobody was recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.leads import LEADS
from calipers.tools.generate.synthesis import Synthesis

#: Counts per millivolt: one microvolt a step.
_GAIN: Final = 1000
_SEX_DICOM: Final = {"male": "M", "female": "F"}
#: MDC codes of the leads (ISO 11073-10102), as DICOM waveforms name them.
_MDC: Final = {
    "I": "2:1", "II": "2:2", "III": "2:61", "aVR": "2:62", "aVL": "2:63", "aVF": "2:64",
    "V1": "2:3", "V2": "2:4", "V3": "2:5", "V4": "2:6", "V5": "2:7", "V6": "2:8",
}  # fmt: skip


def write(made: Synthesis, path: Path) -> list[Path]:
    """Write the ECG by the ending of `path`, with `.json` beside it that holds what was asked and obtained.

    `.hea` or no ending: WFDB (`.hea` and `.dat`); `.dcm`: DICOM; `.png` or `.svg`: a picture.

    Raises:
        UsageError: another ending.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in ("", ".hea", ".dat"):
        files = write_wfdb(made.ecg, path.with_suffix(""))
    elif path.suffix == ".dcm":
        files = [write_dicom(made.ecg, path)]
    elif path.suffix in (".png", ".svg"):
        from calipers.tools.render import render

        render(made.ecg, format="png" if path.suffix == ".png" else "svg").save(path)
        files = [path]
    else:
        raise UsageError(f"found output `{path.name}`; needed a name ending in .hea, .dcm, .png or .svg")
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(described(made), indent=1) + "\n", encoding="utf-8")
    return [*files, beside]


def described(made: Synthesis) -> dict[str, Any]:
    """A synthesis as JSON, without samples."""
    return {
        "synthetic": True,
        "record": made.ecg.record,
        "met": made.met,
        "items": [item.model_dump() for item in made.items],
        "request": made.request.model_dump(exclude_defaults=True),
        "inferred_leads": list(made.inferred_leads),
        "uncertainty_mv": made.uncertainty_mv,
        "provenance": made.provenance,
    }


def write_wfdb(ecg: Ecg, stem: Path) -> list[Path]:
    """`stem.hea` and `stem.dat`, format 16, one microvolt a count; the comments say that it is synthetic."""
    counts = np.round(np.nan_to_num(ecg.signal_mv) * _GAIN).astype("<i2")
    lines = [f"{stem.name} 12 {ecg.fs_hz:g} {counts.shape[1]}"]
    for lead, row in zip(LEADS, counts, strict=True):
        checksum = int(row.sum(dtype=np.int64)) & 0xFFFF
        lines.append(
            f"{stem.name}.dat 16 {_GAIN}(0)/mV 16 0 {row[0]} {checksum - 0x10000 if checksum > 0x7FFF else checksum} 0 {lead}"
        )
    lines.append("# synthetic: true")
    if ecg.patient.age is not None:
        lines.append(f"# <age>: {ecg.patient.age:g}")
    if ecg.patient.sex is not None:
        lines.append(f"# <sex>: {ecg.patient.sex}")
    header, samples = stem.with_name(f"{stem.name}.hea"), stem.with_name(f"{stem.name}.dat")
    header.write_text("\n".join(lines) + "\n", encoding="ascii")
    samples.write_bytes(counts.T.tobytes())
    return [header, samples]


def write_dicom(ecg: Ecg, path: Path) -> Path:
    """A DICOM 12-lead ECG with Synthetic Data (0008,001C) YES."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage, generate_uid

    entropy = [ecg.record]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = TwelveLeadECGWaveformStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=entropy)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID = generate_uid(entropy_srcs=[*entropy, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[*entropy, "series"])
    data.SyntheticData = "YES"
    data.Modality = "ECG"
    data.PatientName, data.PatientID = "SYNTHETIC", "SYNTHETIC"
    data.PatientComments = "Synthetic: not recorded from a person"
    if ecg.patient.age is not None:
        data.PatientAge = f"{ecg.patient.age:03.0f}Y"
    data.PatientSex = _SEX_DICOM.get(ecg.patient.sex or "", "O")
    data.WaveformSequence = [_group(ecg)]
    data.save_as(path, enforce_file_format=True)
    return path


def _group(ecg: Ecg) -> Any:
    from pydicom.dataset import Dataset

    group = Dataset()
    group.MultiplexGroupLabel, group.WaveformOriginality = "RHYTHM", "DERIVED"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = 12, ecg.signal_mv.shape[1]
    group.SamplingFrequency = str(ecg.fs_hz)
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.ChannelDefinitionSequence = [_channel(lead) for lead in LEADS]
    group.WaveformData = np.round(np.nan_to_num(ecg.signal_mv) * _GAIN).astype("<i2").T.tobytes()
    return group


def _channel(lead: str) -> Any:
    from pydicom.dataset import Dataset

    source, unit, channel = Dataset(), Dataset(), Dataset()
    source.CodeValue, source.CodingSchemeDesignator, source.CodeMeaning = _MDC[lead], "MDC", f"Lead {lead}"
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "uV", "UCUM", "microvolt"
    channel.ChannelSourceSequence, channel.ChannelSensitivityUnitsSequence = [source], [unit]
    channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = "1", "1"
    channel.ChannelBaseline, channel.WaveformBitsStored = "0", 16
    return channel
