"""What cannot be read is refused: one line that says what was found and what was needed."""

from __future__ import annotations

import base64
import os
import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calipers.errors import CalipersError, ImplausibleUnits, UnreadableInput, UsageError
from calipers.leads import LEADS
from calipers.tools.read import read_ecg
from tests.tools import ecg_files


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reading reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def refusal(path: Path | str | list[Path], error: type[CalipersError] = UnreadableInput, **arguments: object) -> str:
    """The one line with which reading `path` is refused."""
    with pytest.raises(error) as caught:
        read_ecg(path, **arguments)  # type: ignore[arg-type]
    message = str(caught.value)
    assert caught.value.exit_code == (2 if error is UsageError else 3)
    assert message.startswith("found ")
    assert "needed" in message
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.fixture
def wfdb_record(tmp_path: Path) -> Path:
    """A header with its signal file beside it."""
    import wfdb

    wfdb.wrsamp(
        "rec", fs=500, units=["mV"] * 12, sig_name=list(LEADS), p_signal=ecg_files.microvolts().T / 1000,
        fmt=["16"] * 12, adc_gain=[1000.0] * 12, baseline=[0] * 12, write_dir=str(tmp_path),
    )  # fmt: skip
    return tmp_path / "rec.hea"


def _cart_dicom() -> Path:
    from pydicom.data import get_testdata_file

    return Path(str(get_testdata_file("waveform_ecg.dcm")))


# Files that are not there, not files, or not small enough


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    assert "found no file" in refusal(tmp_path / "absent.xml")


def test_a_web_address_is_not_fetched() -> None:
    assert "found no file" in refusal("https://physionet.org/files/ptb-xl/1.0.3/records500/00000/00001_hr.hea")


def test_a_directory(tmp_path: Path) -> None:
    assert "found a directory" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").touch()
    assert "0 bytes" in refusal(tmp_path / "a.dcm")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert "pipe" in refusal(tmp_path / "a.csv")


def test_a_null_byte_in_the_name() -> None:
    assert "cannot be opened" in refusal("a\0b.xml")


def test_a_two_gigabyte_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.edf").open("wb") as stream:
        stream.truncate(2 * 1024**3)
    message = refusal(tmp_path / "a.edf")
    assert "2,048 MB" in message
    assert "1,024 MB" in message


def test_the_size_limit_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALIPERS_MAX_INPUT_MB", "1")
    (tmp_path / "a.npy").write_bytes(bytes(2 * 1024**2))
    assert "CALIPERS_MAX_INPUT_MB" in refusal(tmp_path / "a.npy")


def test_a_file_without_read_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.scp"
    path.write_bytes(ecg_files.scp_bytes())
    opened = Path.open

    def denied(self: Path, *arguments: object, **keywords: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(self, *arguments, **keywords)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", denied)  # the tests may run as root, for whom nothing is forbidden
    assert "permission" in refusal(path)


def test_no_path_at_all_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        read_ecg([])


# Things that are not ECG files


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"II*\x00" + bytes(100),
        b"%PDF-1.7\n",
    ],
)
def test_a_damaged_picture_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ecg.xml").write_bytes(content)
    assert "found a damaged or unsupported picture, `ecg.xml`" in refusal(tmp_path / "ecg.xml")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04" + bytes(100), "ZIP"),
        (b"\x1f\x8b" + bytes(100), "gzip"),
        (bytes(range(256)) * 4, "no format that is known"),
        (b"Jane Doe, born 1951,\nplease find the ECG attached.\n", "no lead labels"),
        (b"time,EEG Fp1\n0,1\n", "`EEG Fp1`"),
        (b"<html><body>404</body></html>", "XML with root `html`"),
        (b"<!DOCTYPE html><p>404", "broken XML"),
        (b'{"resourceType": "Observation"}', "JSON"),
        (b"\n\n\n", "no rows"),
        (b"1,2,3\n4,5,6\n", "no lead labels"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "ecg").write_bytes(content)
    message = refusal(tmp_path / "ecg")
    assert what in message
    assert "Jane" not in message


def test_a_format_whose_layout_is_guessed_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecgdatakit import FileParser

    known = {"name": "Norav XLE", "parser": "XLEParser"}
    monkeypatch.setattr(FileParser, "detect_format", staticmethod(lambda _: known))
    (tmp_path / "a.xle").write_bytes(bytes(range(256)))
    assert "without a published layout" in refusal(tmp_path / "a.xle")


def test_every_parser_of_ecgdatakit_was_judged() -> None:
    from ecgdatakit import FileParser

    from calipers.tools.read.exchange import FORMATS

    ours_or_guessed = {"WFDBParser", "EDANARCHolterParser", "XLEParser"}
    assert {parser.__name__ for parser in FileParser().parsers} == set(FORMATS) | ours_or_guessed


def test_a_hostile_file_name_stays_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\n\x1b[31m<script>.bin"
    path.write_bytes(bytes(range(256)))
    message = refusal(path)
    assert "\x1b" not in message


# WFDB


def test_a_header_without_its_signal_file_names_it(wfdb_record: Path) -> None:
    wfdb_record.with_suffix(".dat").unlink()
    assert "`rec.dat`" in refusal(wfdb_record)


def test_a_signal_file_without_its_header_names_it(wfdb_record: Path) -> None:
    wfdb_record.unlink()
    assert "`rec.hea`" in refusal(wfdb_record.with_suffix(".dat"))


def test_a_truncated_signal_file_says_how_much_is_there(wfdb_record: Path) -> None:
    dat = wfdb_record.with_suffix(".dat")
    dat.write_bytes(dat.read_bytes()[: 12 * 2 * 600 + 5])
    message = refusal(wfdb_record)
    assert "600 of 1,000 samples" in message


def test_a_changed_sample_fails_the_headers_checksum(wfdb_record: Path) -> None:
    dat = wfdb_record.with_suffix(".dat")
    content = bytearray(dat.read_bytes())
    content[1000] ^= 0x10
    dat.write_bytes(content)
    assert "checksum" in refusal(wfdb_record)


def _edit(header: Path, old: str, new: str) -> Path:
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))
    return header


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("rec.dat 16", "../../etc/passwd 16", "../../etc/passwd"),
        ("rec.dat 16", "/etc/passwd 16", "/etc/passwd"),
        ("rec.dat 16", "s3://bucket/rec.dat 16", "s3://bucket"),
        ("rec.dat 16", "http::rec.dat 16", "http::rec.dat"),
        ("1000.0(0)/mV", "0(0)/mV", "no gain"),
        ("1000.0(0)/mV", "gain", "WFDB signal line"),
        ("1000.0(0)/mV", "1000.0(0)/mmHg", "mmHg"),
        ("0 V2", "0 V1", "V1 twice"),
        ("rec 12 500", "rec 11 500", "12 signals described"),
        ("rec 12 500", "rec 12 5", "5 Hz"),
        ("rec 12 500", "rec 12 fast", "`fast`"),
        ("rec 12 500 1000", "rec 12", "no sampling rate"),
        ("rec 12 500 1000", "rec 12 500 999999999999", "999,999,999,999"),
        ("rec 12 500", "../rec 12 500", "record line"),
        ("rec.dat 16 ", "rec.dat 16:5000 ", "skew"),
        ("rec.dat 16 ", "rec.dat 99 ", "damaged or unsupported"),
    ],
)
def test_a_header_that_cannot_be_trusted(wfdb_record: Path, old: str, new: str, what: str) -> None:
    assert what in refusal(_edit(wfdb_record, old, new))


def test_leads_at_different_rates(wfdb_record: Path) -> None:
    lines = wfdb_record.read_text().splitlines()
    lines[3] = lines[3].replace("rec.dat 16", "rec.dat 16x2")
    wfdb_record.write_text("\n".join(lines))
    wfdb_record.with_suffix(".dat").write_bytes(bytes(13 * 2 * 1000))
    assert "samples per frame" in refusal(wfdb_record)


def test_one_endless_word_in_a_header_is_refused_at_once(wfdb_record: Path) -> None:
    wfdb_record.write_text("rec 1 500 1000\n" + "a" * 1_000_000 + "\n")
    refusal(wfdb_record)


def test_labels_that_are_no_leads_are_named(wfdb_record: Path) -> None:
    text = wfdb_record.read_text()
    for lead in sorted(LEADS, key=len, reverse=True):
        text = re.sub(rf" 0 {lead}$", f" 0 EEG-{lead}x", text, flags=re.M)
    wfdb_record.write_text(text)
    assert "`EEG-Ix`" in refusal(wfdb_record)


def test_files_of_two_records(wfdb_record: Path, tmp_path: Path) -> None:
    (tmp_path / "other.dat").write_bytes(b"1234")
    assert "other.dat" in refusal([wfdb_record, tmp_path / "other.dat"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "rec.dat").write_bytes(wfdb_record.with_suffix(".dat").read_bytes())
    assert "one folder" in refusal([wfdb_record, elsewhere / "rec.dat"])
    (tmp_path / "other.hea").write_text(wfdb_record.read_text())
    assert "2 WFDB headers" in refusal([wfdb_record, tmp_path / "other.hea"])


def test_segments_that_are_not_there(wfdb_record: Path, tmp_path: Path) -> None:
    (tmp_path / "whole.hea").write_text("whole/2 12 500 2000\nrec 1000\nabsent 1000\n")
    assert "`absent.hea`" in refusal(tmp_path / "whole.hea")


def test_a_gap_of_a_million_hours_is_not_allocated(wfdb_record: Path, tmp_path: Path) -> None:
    (tmp_path / "whole.hea").write_text("whole/2 12 500\nrec 1000\n~ 999999999999\n")
    assert "samples with gaps" in refusal(tmp_path / "whole.hea")


def test_a_gain_that_is_stated_cannot_be_overruled(wfdb_record: Path) -> None:
    refusal(wfdb_record, UsageError, unit="uV")
    refusal(wfdb_record, UsageError, fs_hz=250.0)
    refusal(wfdb_record, UsageError, leads=LEADS)


def test_microvolts_read_as_millivolts(wfdb_record: Path) -> None:
    assert "microvolts" in refusal(_edit(wfdb_record, "1000.0(0)/mV", "1(0)/mV"), ImplausibleUnits)


def test_volts_read_as_millivolts(wfdb_record: Path) -> None:
    assert "in volts" in refusal(_edit(wfdb_record, "1000.0(0)/mV", "1000000(0)/mV"), ImplausibleUnits)


# DICOM


def test_a_picture_in_dicom_says_its_kind() -> None:
    from pydicom.data import get_testdata_file

    message = refusal(Path(str(get_testdata_file("CT_small.dcm"))))
    assert "CT Image Storage" in message
    assert "without a waveform" in message


def test_a_chest_x_ray_says_its_kind(tmp_path: Path) -> None:
    import pydicom
    from pydicom.uid import DigitalXRayImageStorageForPresentation

    dataset = pydicom.dcmread(_cart_dicom())
    del dataset.WaveformSequence
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.Modality = "DX"
    dataset.save_as(tmp_path / "chest.dcm")
    message = refusal(tmp_path / "chest.dcm")
    assert "X-Ray" in message
    assert "(DX)" in message


def _changed_dicom(folder: Path, change: Callable[..., None]) -> Path:
    import pydicom

    dataset = pydicom.dcmread(_cart_dicom())
    change(dataset)
    dataset.save_as(folder / "changed.dcm")
    return folder / "changed.dcm"


def test_a_pressure_waveform_is_not_an_ecg(tmp_path: Path) -> None:
    def change(dataset: object) -> None:
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.9.2.1"  # type: ignore[attr-defined]

    assert "Hemodynamic" in refusal(_changed_dicom(tmp_path, change))


def test_dicom_channels_without_a_unit(tmp_path: Path) -> None:
    def change(dataset: object) -> None:
        for channel in dataset.WaveformSequence[0].ChannelDefinitionSequence:  # type: ignore[attr-defined]
            del channel.ChannelSensitivityUnitsSequence

    assert "uncalibrated" in refusal(_changed_dicom(tmp_path, change))


def test_dicom_with_one_lead_twice(tmp_path: Path) -> None:
    def change(dataset: object) -> None:
        channels = dataset.WaveformSequence[0].ChannelDefinitionSequence  # type: ignore[attr-defined]
        channels[7].ChannelSourceSequence = channels[6].ChannelSourceSequence

    assert "twice" in refusal(_changed_dicom(tmp_path, change))


def test_dicom_with_only_a_median_beat(tmp_path: Path) -> None:
    def change(dataset: object) -> None:
        dataset.WaveformSequence = [dataset.WaveformSequence[1]]  # type: ignore[attr-defined]

    assert "median" in refusal(_changed_dicom(tmp_path, change))


def test_a_truncated_dicom(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(_cart_dicom().read_bytes()[:150_000])
    assert "ends too early" in refusal(tmp_path / "a.dcm")


# XML

_BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
<RestingECG><PatientDemographics><PatientID>&lol3;</PatientID></PatientDemographics></RestingECG>"""
_EXTERNAL = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>
<AnnotatedECG><id>&xxe;</id></AnnotatedECG>"""
_PARAMETER = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY % remote SYSTEM "http://x.org/x.dtd"> %remote;]>
<restingecgdata/>"""


@pytest.mark.parametrize("text", [_BOMB, _EXTERNAL, _PARAMETER])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_any_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, encoding: str
) -> None:
    from ecgdatakit import FileParser

    def parsed(*_: object, **__: object) -> None:
        raise AssertionError("a parser saw the file")

    monkeypatch.setattr(FileParser, "parse", parsed)
    monkeypatch.setattr(FileParser, "detect_format", parsed)
    (tmp_path / "a.xml").write_bytes(text.encode(encoding))
    message = refusal(tmp_path / "a.xml")
    assert "entities" in message
    assert "root:" not in message


def test_absurdly_nested_xml(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<RestingECG>" * 100_000)
    assert "nested" in refusal(tmp_path / "a.xml")


def _muse(data_dir: Path, tmp_path: Path, old: str, new: str) -> Path:
    text = (data_dir / "formats" / "muse-1.xml").read_text(encoding="latin-1")
    assert re.search(old, text, re.S)
    (tmp_path / "muse.xml").write_text(re.sub(old, new, text, flags=re.S), encoding="latin-1")
    return tmp_path / "muse.xml"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("MICROVOLTS", "MMHG", "uncalibrated"),
        ("<LeadID>V2</LeadID>", "<LeadID>V1</LeadID>", "V1 twice"),
        ("<SampleBase>500</SampleBase>", "<SampleBase>5</SampleBase>", "5 Hz"),
        ("<LeadSampleCountTotal>5000", "<LeadSampleCountTotal>4000", "4000"),
        ("<LeadDataCRC32>\\d", "<LeadDataCRC32>0", "checksum"),
        ("</RestingECG>", "", "damaged"),
    ],
)
def test_a_muse_file_that_contradicts_itself(data_dir: Path, tmp_path: Path, old: str, new: str, what: str) -> None:
    assert what in refusal(_muse(data_dir, tmp_path, old, new))


def test_muse_microvolts_called_millivolts(data_dir: Path, tmp_path: Path) -> None:
    assert "mV" in refusal(_muse(data_dir, tmp_path, "MICROVOLTS", "MILLIVOLTS"), ImplausibleUnits)


def test_a_parsers_words_do_not_carry_the_patients_name(tmp_path: Path) -> None:
    import pydicom

    dataset = pydicom.dcmread(_cart_dicom())
    dataset.PatientName = "Doe^Jane"
    dataset.save_as(tmp_path / "a.dcm")
    content = bytearray((tmp_path / "a.dcm").read_bytes())
    at = content.index(struct.pack("<HH", 0x003A, 0x001A))  # Sampling Frequency
    content[at + 8 : at + 12] = b"Doe^"
    (tmp_path / "a.dcm").write_bytes(content)
    assert "Doe" not in refusal(tmp_path / "a.dcm")


# EDF, ISHNE, MFER, SCP-ECG


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("cut.edf", ecg_files.edf_bytes(records=3)[:-400], "truncated"),
        ("unit.edf", ecg_files.edf_bytes(unit="mmHg"), "mmHg"),
        ("none.edf", ecg_files.edf_bytes(unit=""), "uncalibrated"),
        ("twice.edf", ecg_files.edf_bytes(labels=("I", "II", "II")), "II twice"),
        ("eeg.edf", ecg_files.edf_bytes(labels=("EEG Fp1", "EEG Fp2")), "EEG Fp1"),
        ("bdf.bdf", b"\xffBIOSEMI" + ecg_files.edf_bytes()[8:], "BDF"),
        ("cut.ecg", ecg_files.ishne_bytes()[:-7], "truncated"),
        ("head.ecg", ecg_files.ishne_bytes()[:300], "too small"),
        ("cut.scp", ecg_files.scp_bytes()[:-100], "declares"),
        ("cut.mwf", ecg_files.mfer_bytes()[:-100], "declares"),
        ("rate.mwf", ecg_files.mfer_bytes(interval=False), "no sampling rate"),
        ("unit.mwf", ecg_files.mfer_bytes(unit_code=1), "uncalibrated"),
    ],
)
def test_binary_formats_say_what_is_wrong(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert what in refusal(tmp_path / name)


def test_scp_with_a_changed_sample_fails_its_checksum(tmp_path: Path) -> None:
    content = bytearray(ecg_files.scp_bytes())
    content[12_000] ^= 1
    (tmp_path / "a.scp").write_bytes(content)
    assert "checksum" in refusal(tmp_path / "a.scp")


def test_edf_records_with_a_gap_between_them(tmp_path: Path) -> None:
    labels = ("I", "EDF Annotations")
    content = bytearray(ecg_files.edf_bytes(labels=labels))
    content[192:236] = b"EDF+D".ljust(44)
    block = 2 * ecg_files.FS_HZ
    for record, onset in enumerate((b"+0\x14\x14\x00", b"+9\x14\x14\x00")):
        start = 256 * 3 + (2 * record + 1) * block
        content[start : start + block] = onset.ljust(block, b"\x00")
    (tmp_path / "a.edf").write_bytes(content)
    assert "gaps" in refusal(tmp_path / "a.edf")


def test_philips_samples_that_are_missing(tmp_path: Path) -> None:
    text = ecg_files.philips_xml().decode()
    short = base64.b64encode(ecg_files.microvolts()[:, :900].tobytes()).decode()
    (tmp_path / "a.xml").write_text(re.sub(r">[A-Za-z0-9+/=]{1000,}<", f">{short}<", text))
    assert "expected" in refusal(tmp_path / "a.xml")


# CSV and NPY


@pytest.mark.parametrize(
    ("text", "arguments", "error", "what"),
    [
        ("I,II\n1,2\n", {"unit": "mV"}, UsageError, "`fs_hz`"),
        ("I,II\n1,2\n", {"fs_hz": 500.0}, UsageError, "`unit`"),
        ("I,II\n1,2\n", {"fs_hz": 500.0, "unit": "counts"}, UsageError, "counts"),
        ("I_mV,II_uV\n1,2\n", {"fs_hz": 500.0, "unit": "mV"}, UsageError, "agree"),
        ("I (mmHg)\n1\n", {"fs_hz": 500.0}, UnreadableInput, "mmHg"),
        ("I,I\n1,2\n", {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "I twice"),
        ("I,II\n1,2\n3\n", {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "line 3"),
        ("I,II\n1,2\n3,x\n", {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "`x`"),
        ("I,II\n", {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "no samples"),
        ("1,2\n3,4\n", {"fs_hz": 500.0, "unit": "mV", "leads": ["I"]}, UsageError, "2 columns"),
        ("1,2\n3,4\n", {"fs_hz": 500.0, "unit": "mV", "leads": ["I", "X"]}, UsageError, "`X`"),
        ("I,II\n1,2\n", {"fs_hz": 500.0, "unit": "mV", "leads": ["II", "I"]}, UsageError, "agree"),
        ("time,I_mV\n0,1\n0.002,2\n0.5,3\n0.502,3\n0.504,2\n", {}, UnreadableInput, "uneven"),
        ("time,I_mV\n0,1\n2,2\n4,3\n", {}, UnreadableInput, "0.5 Hz"),
        ("time_h,I_mV\n0,1\n2,2\n4,3\n", {}, UnreadableInput, "`h`"),
        ("time,I_mV\n10:11:12,1\n10:11:13,2\n", {}, UnreadableInput, "10:11:12"),
        ("time_ms,I_mV\n0,1\n2,2\n4,3\n", {"fs_hz": 250.0}, UsageError, "500 Hz"),
        ("I_mV\n" + "1\n2\n" * 999 + "1e30\n", {"fs_hz": 500.0}, ImplausibleUnits, "1e+30 mV in I"),
        ("I_mV\n" + "1\n2\n" * 999 + "1e300\n", {"fs_hz": 500.0}, ImplausibleUnits, "inf mV"),
        ("I_mV\n" + "nan\n" * 9, {"fs_hz": 500.0}, UnreadableInput, "no finite sample"),
        ("I_mV\n" + "900\n-900\n" * 99, {"fs_hz": 500.0}, ImplausibleUnits, "microvolts"),
    ],
)
def test_csv_tables_that_do_not_say_enough(
    tmp_path: Path, text: str, arguments: dict[str, object], error: type[CalipersError], what: str
) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert what in refusal(tmp_path / "a.csv", error, **arguments)


@pytest.mark.parametrize(
    ("array", "arguments", "error", "what"),
    [
        (np.zeros((12, 500)), {"unit": "mV"}, UsageError, "`fs_hz`"),
        (np.zeros((12, 500)), {"fs_hz": 500.0}, UsageError, "`unit`"),
        (np.zeros((8, 500)), {"fs_hz": 500.0, "unit": "mV"}, UsageError, "12 rows, or `leads`"),
        (np.zeros((12, 12)), {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "more samples"),
        (np.zeros(5000), {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "shape"),
        (np.zeros((12, 0)), {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "shape"),
        (np.zeros((12, 500), complex), {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "complex"),
        (np.array([{}] * 12), {"fs_hz": 500.0, "unit": "mV"}, UnreadableInput, "object"),
        (np.zeros((12, 500)), {"fs_hz": 5.0, "unit": "mV"}, UsageError, "5 Hz"),
        (np.zeros((2, 500)), {"fs_hz": 500.0, "unit": "mV", "leads": ["I", "I"]}, UnreadableInput, "twice"),
    ],
)
def test_arrays_that_do_not_say_enough(
    tmp_path: Path, array: np.ndarray, arguments: dict[str, object], error: type[CalipersError], what: str
) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    assert what in refusal(tmp_path / "a.npy", error, **arguments)


def test_a_truncated_array_says_how_much_is_there(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((12, 500), np.int16))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:-200])
    assert "5,900 of 6,000 samples" in refusal(tmp_path / "a.npy", fs_hz=500.0, unit="uV")
