"""Files full of planted identifiers, of every format that is read: none is in any byte of the copies."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calipers import Ecg, UsageError, read_ecg
from calipers.leads import LEADS
from calipers.tools.anonymise import Rules, anonymise_ecg, known_words, leaked, load_key
from tests.tools.ecg_files import edf_bytes, ishne_bytes, kardia_json, mfer_bytes, microvolts, philips_xml, scp_bytes

#: A surname, a given name, a record number, a hospital, an address, a telephone number, a date of birth.
PLANTS = ("Quartermain", "Zebulonia", "MRN90817263", "Sainte-Ursule", "Larkspur Lane", "5550142776", "1951-05-02")
ALL = " ".join(PLANTS)
RULES = Rules(key=b"a key of the tests, secret to nobody")


def traces(folder: Path, words: tuple[str, ...] = PLANTS) -> list[str]:
    """Every planted word that stands in a byte or a name of the folder, in any usual encoding."""
    found = []
    for path in folder.rglob("*"):
        content = str(path.relative_to(folder)).encode() + (path.read_bytes() if path.is_file() else b"")
        for word in words:
            forms = [word.encode(form) for form in ("utf-8", "utf-16-le", "utf-16-be")]
            forms += [word.lower().encode(), word.upper().encode(), word[::-1].encode()]
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + word.encode()).rstrip(b"=")
                forms.append(coded[(0, 2, 3)[shift] : -1])
            found += [f"{word} in {path.name}" for form in forms if form in content]
    return found


def planted_wfdb(folder: Path) -> Path:
    stem, signal = "Quartermain_MRN90817263", microvolts()
    lines = [f"{stem} 12 500 1000 10:11:12 02/05/1951"]
    for lead, row in zip(LEADS, signal.astype(np.int64), strict=True):
        lines.append(f"{stem}.dat 16 1000/mV 16 0 {row[0]} {int(row.sum()) % 65536} 0 {lead}")
    lines += ["# age: 69", "# sex: Female", f"# name: {ALL}", "# Reason for admission: seen by Zebulonia", f"# {ALL}"]
    _put(folder / f"{stem}.dat", signal.T.astype("<i2").tobytes())
    return _put(folder / f"{stem}.hea", "\n".join(lines).encode())


def planted_dicom(folder: Path) -> Path:
    """The real cart's file with every text element filled, at every depth, and with elements that it lacked."""
    import pydicom
    from pydicom.data import get_testdata_file
    from pydicom.dataset import Dataset

    dataset = pydicom.dcmread(str(get_testdata_file("waveform_ecg.dcm", download=False)))
    for element in dataset.iterall():
        if element.VR in _PLANTED and element.keyword not in _TECHNICAL and element.value:
            element.value = _PLANTED[element.VR]
    for keyword in (
        "PatientName", "PatientID", "OtherPatientNames", "PatientAddress", "PatientTelephoneNumbers", "PatientComments",
        "PatientMotherBirthName", "InstitutionName", "InstitutionAddress", "ReferringPhysicianName", "OperatorsName",
        "StationName", "StudyDescription", "SeriesDescription", "AccessionNumber", "DeviceSerialNumber", "AdmissionID",
        "EthnicGroup", "Occupation", "AdditionalPatientHistory", "RequestingPhysician", "VisitComments",
    ):  # fmt: skip
        setattr(dataset, keyword, "Quartermain")
    dataset.PatientBirthDate = "19510502"
    inner = Dataset()
    inner.PatientName, inner.TextValue = "Quartermain^Zebulonia", ALL
    dataset.RequestAttributesSequence = [inner]
    block = dataset.private_block(0x0099, "Sainte-Ursule", create=True)
    block.add_new(0x01, "LT", ALL)
    block.add_new(0x02, "OB", ALL.encode("utf-16-le") + b"\0\0")
    dataset.WaveformSequence[0].ChannelDefinitionSequence[0].ChannelLabel = "Zebulonia"
    dataset.WaveformAnnotationSequence[0].UnformattedTextValue = ALL
    path = folder / "Quartermain.dcm"
    dataset.preamble = ALL.encode().ljust(128, b"\0")[:128]
    dataset.save_as(path)
    return path


_PLANTED = {
    "SH": "MRN90817263",
    "LO": ALL[:60],
    "PN": "Quartermain^Zebulonia",
    **dict.fromkeys(("LT", "ST", "UT"), ALL),
}
_TECHNICAL = ("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning")


def planted_edf(folder: Path) -> Path:
    content = bytearray(edf_bytes())
    content[8:88] = b"MRN90817263 F 02-MAY-1951 Quartermain_Zebulonia".ljust(80)
    content[88:168] = b"Startdate 03-APR-2021 5550142776 Zebulonia Sainte-Ursule".ljust(80)
    return _put(folder / "Quartermain.edf", bytes(content))


def planted_ishne(folder: Path) -> Path:
    content = bytearray(ishne_bytes())
    content[28:68], content[68:108], content[108:128] = (
        word.encode().ljust(size, b"\0") for word, size in (("Zebulonia", 40), ("Quartermain", 40), ("MRN90817263", 20))
    )
    content[282:322] = b"Sainte-Ursule 5550142776".ljust(40, b"\0")
    return _put(folder / "Quartermain.ecg", bytes(content))


def planted_mfer(folder: Path) -> Path:
    def tlv(tag: int, text: str) -> bytes:
        return bytes([tag, len(text)]) + text.encode()

    extra = tlv(0x81, "Quartermain Zebulonia") + tlv(0x82, "MRN90817263") + tlv(0x16, "Sainte-Ursule 5550142776")
    content = mfer_bytes()
    return _put(folder / "Zebulonia.mwf", content[:10] + extra + content[10:])


def planted_philips(folder: Path) -> Path:
    text = philips_xml().decode().replace("P-77", "MRN90817263").replace("Doe", "Quartermain")
    text = text.replace("Sinus rhythm", ALL).replace("normal P axis", "Zebulonia").replace("?>", f"?><!-- {ALL} -->", 1)
    return _put(folder / "Quartermain.xml", text.encode())


def planted_kardia(folder: Path) -> Path:
    document = json.loads(kardia_json())
    document |= {"id": "MRN90817263", "note": ALL, "patient": {"name": "Zebulonia Quartermain", "mrn": "MRN90817263"}}
    return _put(folder / "Zebulonia.json", json.dumps(document).encode())


def planted_csv(folder: Path) -> Path:
    rows = [",".join(["time_s", "Quartermain", *(f"{lead}_mV" for lead in LEADS)])]
    for k, column in enumerate(microvolts().T):
        rows.append(",".join([f"{k / 500:.3f}", "5550142776", *(f"{value / 1000:.3f}" for value in column)]))
    return _put(folder / "Quartermain.csv", "\n".join(rows).encode())


def planted_npy(folder: Path) -> Path:
    np.save(folder / "Zebulonia.npy", (microvolts() / 1000).astype(np.float32))
    return folder / "Zebulonia.npy"


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "make",
    [
        planted_wfdb,
        planted_dicom,
        planted_edf,
        planted_ishne,
        planted_mfer,
        planted_philips,
        planted_kardia,
        planted_csv,
        planted_npy,
    ],
    ids=lambda make: make.__name__.removeprefix("planted_"),
)
def test_no_planted_identifier_is_in_any_byte_of_the_copy(make: Callable[[Path], Path], tmp_path: Path) -> None:
    given = make(_folder(tmp_path, "in"))
    assert traces(given.parent), "the original holds none itself"
    how: dict[str, Any] = {"fs_hz": 500, "unit": "mV"} if given.suffix == ".npy" else {}
    copy = anonymise_ecg(given, tmp_path / "out", RULES, **how)
    assert traces(tmp_path / "out") == []
    original = read_ecg(given, **how)
    np.testing.assert_allclose(copy.ecg.signal_mv, original.signal_mv, atol=2e-6)
    assert copy.ecg.fs_hz == original.fs_hz
    assert (copy.ecg.patient.age, copy.ecg.patient.sex) == (original.patient.age, original.patient.sex)
    assert copy.ecg.recorded_at is None


def test_scp_copies_hold_neither_name_nor_identifier(tmp_path: Path) -> None:
    given = _put(_folder(tmp_path, "in") / "Doe.scp", scp_bytes())
    copy = anonymise_ecg(given, tmp_path / "out", RULES)
    assert traces(tmp_path / "out", ("Jane\0", "P-77", "Sinus rhythm")) == []
    np.testing.assert_allclose(copy.ecg.signal_mv, read_ecg(given).signal_mv, atol=2e-6)


@pytest.mark.parametrize("name", ["muse-1.xml", "aecg-1.xml"])
def test_planted_xml_of_real_carts_comes_out_clean(name: str, data_dir: Path, tmp_path: Path) -> None:
    text = (data_dir / "formats" / name).read_text("utf-8", "replace")
    named = r"<(\w*(?:Name|Text|ID|Comment|Date|family|given|Diagnosis|text)\w*)(?<!LeadID)>[^<]*<"
    text = re.sub(named, lambda found: f"<{found[1]}>{ALL}<", text)
    text = re.sub(r'extension="[^"]*"', 'extension="MRN90817263"', text).replace("?>", f"?><!-- {ALL} -->", 1)
    given = _put(_folder(tmp_path, "in") / "Quartermain.xml", text.encode())
    copy = anonymise_ecg(given, tmp_path / "out", RULES)
    assert traces(tmp_path / "out") == []
    np.testing.assert_allclose(copy.ecg.signal_mv, read_ecg(given).signal_mv, atol=2e-6)


def test_a_copy_of_a_digitised_ecg_says_so(tmp_path: Path) -> None:
    given = planted_wfdb(_folder(tmp_path, "in"))
    given.write_text(given.read_text() + "\n# digitised: true\n")
    assert anonymise_ecg(given, tmp_path / "out", RULES).ecg.source.digitised


def test_the_sidecar_names_what_was_left_behind_and_tells_no_value(tmp_path: Path) -> None:
    copy = anonymise_ecg(planted_dicom(_folder(tmp_path, "in")), tmp_path / "out", RULES)
    told = json.loads(copy.sidecar.read_text())
    assert {"PatientName", "PatientAddress", "UnformattedTextValue", "private elements", "file name"} <= set(
        told["left_behind"]
    )
    assert traces(tmp_path / "out") == []


def test_a_dicom_copy_keeps_the_devices_numbers_and_the_median_beat(tmp_path: Path) -> None:
    import pydicom

    given = planted_dicom(_folder(tmp_path, "in"))
    copy = anonymise_ecg(given, tmp_path / "out", RULES)
    old, new = pydicom.dcmread(given), pydicom.dcmread(copy.files[0])
    assert [group.WaveformData for group in new.WaveformSequence] == [
        group.WaveformData for group in old.WaveformSequence
    ]
    assert copy.ecg.source.device_measurements["pr"] == 161
    assert new.PatientIdentityRemoved == "YES"
    assert not any(element.tag.is_private for element in new.iterall())
    shared = {str(one.value) for one in old.iterall() if one.VR == "UI"} & {
        str(one.value) for one in new.iterall() if one.VR == "UI"
    }
    assert shared == {old.SOPClassUID}


def test_one_patient_has_one_pseudonym_and_nobody_computes_it_without_the_key(demo_ecg: Ecg, other_ecg: Ecg) -> None:
    again = replace(demo_ecg, recorded_at=datetime(2030, 1, 1))
    assert RULES.patient(demo_ecg) == RULES.patient(again) != RULES.patient(other_ecg)
    assert RULES.record(demo_ecg) != RULES.record(again)
    assert replace(RULES, key=b"another key of sixteen").patient(demo_ecg) != RULES.patient(demo_ecg)


def test_shifted_dates_keep_the_time_between_two_ecgs_of_a_patient(demo_ecg: Ecg, other_ecg: Ecg) -> None:
    rules = replace(RULES, dates="shift")
    first = datetime(2021, 4, 3, 10, 11, 12)
    later = first + timedelta(days=40, minutes=3)
    moved, moved_later = (rules.moved(when, demo_ecg) for when in (first, later))
    assert moved is not None
    assert moved_later is not None
    assert moved_later - moved == later - first
    assert first - moved >= timedelta(days=30)
    assert rules.moved(first, other_ecg) != moved
    assert RULES.moved(first, demo_ecg) is None


@pytest.mark.parametrize(
    ("rule", "years", "told"),
    [("keep", 94.0, 90.0), ("keep", 42.0, 42.0), ("decade", 47.0, 40.0), ("remove", 42.0, None)],
)
def test_ages_over_89_are_never_told(rule: Any, years: float, told: float | None) -> None:
    assert replace(RULES, age=rule).age_of(years) == told


def test_the_last_look_finds_a_word_in_any_encoding() -> None:
    words = known_words(["Quartermain^Zebulonia", "MRN90817263", "5550142776"])
    hidden = [
        b"..QUARTERMAIN..",
        "x Zebulonia y".encode("utf-16-le"),
        base64.b64encode(b"name=Quartermain;"),
        b"\x00MRN90817263\x00",
        b"5550142776",
    ]
    assert all(leaked(content, words) for content in hidden)
    assert not leaked(b"quarter main, 555014 2776", words)


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "home" / "anonymise.key"
    first = load_key(path)
    assert load_key(path) == first
    assert path.stat().st_mode & 0o077 == 0
    (tmp_path / "short").write_text("abc")
    with pytest.raises(UsageError, match="at least 16"):
        load_key(tmp_path / "short")


def _folder(place: Path, name: str) -> Path:
    made = place / name
    made.mkdir()
    return made
