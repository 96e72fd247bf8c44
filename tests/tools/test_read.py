"""Reading real files: what is in them arrives unchanged, and the device's word stays the device's."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.leads import LEADS, standard_lead
from calipers.tools.read import read_ecg
from tests.tools import ecg_files

#: float32 at 5 mV.
EXACT_MV = 5e-7


@pytest.fixture(scope="module")
def cart_dicom() -> Path:
    """The Mortara ELI 250 ECG that pydicom ships."""
    from pydicom.data import get_testdata_file

    return Path(str(get_testdata_file("waveform_ecg.dcm")))


def test_the_cart_dicom_holds_what_pydicom_decodes(cart_dicom: Path) -> None:
    import pydicom

    ecg = read_ecg(cart_dicom)
    dataset = pydicom.dcmread(cart_dicom)
    physical = dataset.waveform_array(0)  # microvolts, (n, channels)
    names = [c.ChannelSourceSequence[0].CodeMeaning for c in dataset.WaveformSequence[0].ChannelDefinitionSequence]
    assert ecg.fs_hz == 1000
    assert ecg.signal_mv.shape == (12, 10_000)
    for channel, name in enumerate(names):
        lead = standard_lead(name.removeprefix("Lead ").split(" (")[0])
        assert lead is not None
        np.testing.assert_allclose(ecg.lead(lead), physical[:, channel] / 1000, atol=EXACT_MV)


def test_the_cart_dicom_keeps_the_devices_own_measurements(cart_dicom: Path) -> None:
    ecg = read_ecg(cart_dicom)
    assert ecg.source.format == "DICOM"
    assert dict(ecg.source.device_measurements) == {
        "rr_mean": 982, "pr": 161, "qrs": 75, "qt": 368, "p_axis": 74, "qrs_axis": 52, "t_axis": 57,
    }  # fmt: skip
    assert ecg.source.device_statements == ("RITMO SINUSALE", "ECG NORMALE")
    assert (ecg.patient.age, ecg.patient.sex) == (42, "female")
    assert ecg.recorded_at == datetime(2013, 1, 25, 10, 59, 19)


def test_a_qtc_of_unstated_formula_is_not_given_one(cart_dicom: Path) -> None:
    assert not any(name.startswith("qtc") for name in read_ecg(cart_dicom).source.device_measurements)


def test_a_heart_rate_is_not_made_from_a_stored_rr(cart_dicom: Path) -> None:
    assert "hr" not in read_ecg(cart_dicom).source.device_measurements


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "muse-1.xml",
            {
                "hr": 48, "atrial_rate": 48, "rr_mean": 1242, "pr": 138, "qrs": 96, "qt": 452,
                "qtc_bazett": 403, "qtc_fridericia": 419, "p_axis": 51, "qrs_axis": 20, "t_axis": 40,
            },
        ),
        (
            "muse-2.xml",
            {
                "hr": 65, "atrial_rate": 65, "rr_mean": 922, "pr": 184, "qrs": 100, "qt": 420,
                "qtc_bazett": 437, "qtc_fridericia": 431, "p_axis": 42, "qrs_axis": -2, "t_axis": 12,
            },
        ),
        (
            "aecg-1.xml",
            {
                "pr": 148, "qrs": 120, "qt": 420, "qtc_bazett": 443, "p_dur": 102, "p_axis": 44,
                "qrs_axis": -61, "t_axis": 86,
            },
        ),
    ],
)  # fmt: skip
def test_a_carts_measurements_arrive_under_our_names(data_dir: Path, file: str, expected: dict[str, float]) -> None:
    assert dict(read_ecg(data_dir / "formats" / file).source.device_measurements) == expected


def test_muse_counts_are_decoded_as_by_hand(data_dir: Path) -> None:
    path = data_dir / "formats" / "muse-1.xml"
    ecg = read_ecg(path)
    root = ElementTree.parse(path).getroot()
    rhythm = next(w for w in root.iter("Waveform") if w.findtext("WaveformType") == "Rhythm")
    stored = {
        str(lead.findtext("LeadID")): np.frombuffer(base64.b64decode(str(lead.findtext("WaveFormData"))), "<i2")
        for lead in rhythm.iter("LeadData")
    }
    assert list(stored) == ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]
    for name, counts in stored.items():
        np.testing.assert_allclose(ecg.lead(standard_lead(name) or "I"), counts * 4.88e-3, atol=EXACT_MV)
    np.testing.assert_allclose(ecg.lead("III"), (stored["II"] - stored["I"]) * 4.88e-3, atol=1e-5)
    assert ecg.derived_leads == ("III", "aVR", "aVL", "aVF")
    assert ecg.missing_leads == ()
    assert ecg.source.gain["V3"] == "4.88 uV/count"


def test_aecg_leads_go_by_name_not_by_their_place_in_the_file(data_dir: Path) -> None:
    path = data_dir / "formats" / "aecg-1.xml"
    ecg = read_ecg(path)
    text = path.read_text(encoding="utf-8")
    assert text.index("MDC_ECG_LEAD_V6") < text.index("MDC_ECG_LEAD_III")  # not our order
    for lead in LEADS:
        found = re.search(rf'code="MDC_ECG_LEAD_{lead}".*?<digits>(.*?)</digits>', text, re.DOTALL | re.I)
        assert found is not None
        np.testing.assert_allclose(
            ecg.lead(lead), np.array(found.group(1).split(), dtype=float) * 2.5e-3, atol=EXACT_MV
        )


def test_aecg_says_who_when_and_which_rhythm(data_dir: Path) -> None:
    ecg = read_ecg(data_dir / "formats" / "aecg-1.xml")
    assert (ecg.patient.age, ecg.patient.sex) == (46, "male")
    assert ecg.recorded_at == datetime(2002, 11, 22, 9, 10)
    assert ecg.source.device_statements == ("Sinus Rhythm",)


@pytest.mark.parametrize("named", ["stem", "hea", "dat", "both", "dat first"])
def test_a_wfdb_record_reads_by_any_of_its_names(data_dir: Path, named: str) -> None:
    stem = data_dir / "ludb" / "data" / "1"
    hea, dat = stem.with_suffix(".hea"), stem.with_suffix(".dat")
    names: dict[str, Path | list[Path]] = {
        "stem": stem,
        "hea": hea,
        "dat": dat,
        "both": [hea, dat],
        "dat first": [dat, hea],
    }
    ecg = read_ecg(names[named])
    counts = np.fromfile(dat, dtype="<i2").reshape(-1, 12)
    for channel, line in enumerate(hea.read_text().splitlines()[1:13]):
        words = line.split()
        gain, baseline = re.fullmatch(r"(\d+)\((-?\d+)\)/mV", words[2]).groups()  # type: ignore[union-attr]
        lead = standard_lead(words[-1])
        assert lead == LEADS[channel]
        expected = (counts[:, channel].astype(float) - int(baseline)) / int(gain)
        np.testing.assert_allclose(ecg.lead(LEADS[channel]), expected, atol=EXACT_MV)
    assert ecg.source.sha256 == hashlib.sha256(dat.read_bytes() + hea.read_bytes()).hexdigest()


def test_ludb_comments_give_age_sex_and_the_cardiologists_words(data_dir: Path) -> None:
    ecg = read_ecg(data_dir / "ludb" / "data" / "1")
    assert (ecg.patient.age, ecg.patient.sex) == (51, "female")
    assert ecg.source.device_statements[:2] == (
        "Rhythm: Sinus bradycardia.",
        "Electric axis of the heart: left axis deviation.",
    )
    assert not ecg.source.device_measurements


def test_all_of_ludb_reads_with_age_and_sex(data_dir: Path) -> None:
    headers = sorted((data_dir / "ludb" / "data").glob("*.hea"))
    assert len(headers) == 200
    for header in headers[::10]:
        ecg = read_ecg(header)
        assert ecg.present_leads == LEADS
        assert ecg.patient.age is not None
        assert ecg.patient.sex is not None
        assert 0.1 < np.nanmax(np.ptp(ecg.signal_mv, axis=1)) < 15


def _made(tmp_path: Path, name: str, content: bytes) -> Ecg:
    path = tmp_path / name
    path.write_bytes(content)
    return read_ecg(path)


@pytest.mark.parametrize(
    ("name", "content", "format_name"),
    [
        ("a.edf", ecg_files.edf_bytes(), "EDF"),
        ("a.ecg", ecg_files.ishne_bytes(), "ISHNE"),
        ("a.scp", ecg_files.scp_bytes(), "SCP-ECG"),
        ("a.mwf", ecg_files.mfer_bytes(), "MFER"),
        ("a.xml", ecg_files.philips_xml(), "Philips XML"),
    ],
)
def test_the_same_signal_reads_the_same_from_every_format(
    tmp_path: Path, name: str, content: bytes, format_name: str
) -> None:
    ecg = _made(tmp_path, name, content)
    assert ecg.source.format == format_name
    np.testing.assert_allclose(ecg.signal_mv, ecg_files.microvolts() / 1000, atol=EXACT_MV)
    assert ecg.record == read_ecg(ecg_files.write_csv(tmp_path / "a.csv")).record
    assert (ecg.patient.age, ecg.patient.sex) == (69, "female")
    assert ecg.recorded_at == (None if format_name == "MFER" else datetime(2021, 4, 3, 10, 11, 12))
    assert "Doe" not in repr(ecg) + repr(ecg.source) + repr(ecg.patient)
    assert "P-77" not in repr(ecg) + repr(ecg.source) + repr(ecg.patient)


def test_the_content_not_the_suffix_decides(tmp_path: Path) -> None:
    assert _made(tmp_path, "ecg.pdf", ecg_files.scp_bytes()).source.format == "SCP-ECG"


def test_scp_placeholders_are_not_measurements(tmp_path: Path) -> None:
    ecg = _made(tmp_path, "a.scp", ecg_files.scp_bytes())
    assert dict(ecg.source.device_measurements) == {
        "hr": 60, "atrial_rate": 61, "rr_mean": 1000, "qtc_bazett": 411, "qrs_axis": -30, "t_axis": 45,
    }  # fmt: skip
    assert ecg.source.device_statements == ("Sinus rhythm",)


def test_philips_words_that_are_not_numbers_are_left_out(tmp_path: Path) -> None:
    ecg = _made(tmp_path, "a.xml", ecg_files.philips_xml())
    assert dict(ecg.source.device_measurements) == {
        "hr": 60, "pr": 150, "qt": 400, "qtc_bazett": 400, "qrs_axis": -30, "p_dur": 110,
    }  # fmt: skip
    assert ecg.source.device_statements == ("Sinus rhythm normal P axis",)


def test_zero_and_sentinel_values_are_not_measurements(data_dir: Path, tmp_path: Path) -> None:
    text = (data_dir / "formats" / "muse-1.xml").read_text(encoding="latin-1")
    for tag, value in {
        "PRInterval": "0",
        "QTInterval": "65535",
        "VentricularRate": "-1",
        "PAxis": "32767",
    }.items():
        text = re.sub(rf"<{tag}>\d+</{tag}>", f"<{tag}>{value}</{tag}>", text)
    measured = _made(tmp_path, "a.xml", text.encode("latin-1")).source.device_measurements
    assert not {"pr", "qt", "hr", "p_axis"} & set(measured)
    assert measured["qrs_axis"] == 20


def test_ishne_lead_faults_are_nan_not_minus_32_mv(tmp_path: Path) -> None:
    ecg = _made(tmp_path, "a.ecg", ecg_files.ishne_bytes(fault_at=100))
    assert np.flatnonzero(np.isnan(ecg.lead("V1"))).tolist() == [100]
    assert np.isfinite(ecg.lead("V2")).all()


def test_one_lead_is_enough(tmp_path: Path) -> None:
    ecg = _made(tmp_path, "k.json", ecg_files.kardia_json())
    assert ecg.present_leads == ("I",)
    assert len(ecg.missing_leads) == 11


def test_dicom_takes_the_rhythm_even_when_an_unnamed_median_beat_comes_first(cart_dicom: Path, tmp_path: Path) -> None:
    import pydicom

    dataset = pydicom.dcmread(cart_dicom)
    rhythm, median = dataset.WaveformSequence
    median.MultiplexGroupLabel = ""
    dataset.WaveformSequence = [median, rhythm]
    dataset.save_as(tmp_path / "swapped.dcm")
    ecg = read_ecg(tmp_path / "swapped.dcm")
    assert ecg.record == read_ecg(cart_dicom).record
    assert ecg.source.device_measurements["pr"] == 161
    assert ecg.source.sha256 == hashlib.sha256((tmp_path / "swapped.dcm").read_bytes()).hexdigest()


def test_an_inverted_avr_is_not_avr() -> None:
    assert standard_lead("-aVR") is None
    assert standard_lead("MDC_ECG_LEAD_aVR") == "aVR"
    assert standard_lead("ECG Lead II") == "II"


def _write_wfdb(folder: Path, **changes: object) -> Path:
    import wfdb

    signal = ecg_files.microvolts().T / 1000
    arguments: dict[str, object] = {
        "fs": 500, "units": ["mV"] * 12, "sig_name": list(LEADS), "p_signal": signal, "fmt": ["16"] * 12,
        "adc_gain": [1000.0] * 12, "baseline": [0] * 12, "comments": [], "write_dir": str(folder),
    }  # fmt: skip
    wfdb.wrsamp("rec", **(arguments | changes))
    return folder / "rec.hea"


@pytest.mark.parametrize(
    ("comments", "age", "sex"),
    [
        (["Age: 81", "Sex: female"], 81, "female"),
        (["age: 58", "sex: male", "ECG date: 10/08/1990"], 58, "male"),
        (["<age>: 51", "<sex>: F", "<diagnoses>:"], 51, "female"),
        (["69 M 1085 1629 x1", "Aldomet, Inderal"], 69, "male"),
        (["Age: 300", "Sex: Unknown"], 90, None),
        (["Age: NaN", "Sex: 1"], None, None),
        (["Age: >89"], 90, None),
        (["Age: -1", "Gender: F"], None, "female"),
    ],
)
def test_age_and_sex_are_found_in_wfdb_comments(
    tmp_path: Path, comments: list[str], age: float | None, sex: str | None
) -> None:
    ecg = read_ecg(_write_wfdb(tmp_path, comments=comments))
    assert (ecg.patient.age, ecg.patient.sex) == (age, sex)


def test_wfdb_comments_that_are_not_diagnoses_stay_in_the_file(tmp_path: Path) -> None:
    path = _write_wfdb(tmp_path, comments=["Patient: Jane Doe", "Reason for admission: Myocardial infarction"])
    assert read_ecg(path).source.device_statements == ("Reason for admission: Myocardial infarction",)


def test_wfdb_microvolts_are_scaled(tmp_path: Path) -> None:
    ecg = read_ecg(
        _write_wfdb(tmp_path, units=["uV"] * 12, adc_gain=[1.0] * 12, p_signal=ecg_files.microvolts().T * 1.0)
    )
    np.testing.assert_allclose(ecg.signal_mv, ecg_files.microvolts() / 1000, atol=EXACT_MV)


def test_wfdb_without_a_gain_reads_only_with_a_unit(tmp_path: Path) -> None:
    header = _write_wfdb(tmp_path)
    header.write_text(header.read_text().replace("1000.0(0)/mV", "0(0)/mV"))
    ecg = read_ecg(header, unit="uV")
    np.testing.assert_allclose(ecg.signal_mv, ecg_files.microvolts() / 1000, atol=EXACT_MV)
    assert ecg.source.gain["II"] == "not stated"


def test_wfdb_lead_off_samples_are_nan(tmp_path: Path) -> None:
    signal = ecg_files.microvolts().T / 1000
    signal[200:300, 3] = np.nan
    ecg = read_ecg(_write_wfdb(tmp_path, p_signal=signal))
    assert np.isnan(ecg.lead("aVR")[200:300]).all()
    assert np.isfinite(ecg.lead("aVR")[300:]).all()


def test_wfdb_frames_of_several_samples_are_not_averaged(tmp_path: Path) -> None:
    header = _write_wfdb(tmp_path)
    lines = header.read_text().splitlines()
    # The same file read as frames of two: half the rate, two samples a frame, signal by signal.
    stored = np.fromfile(tmp_path / "rec.dat", dtype="<i2").reshape(-1, 2, 12)
    stored.transpose(0, 2, 1).tofile(tmp_path / "rec.dat")
    lines[0] = lines[0].replace(" 500 1000", " 250 500")
    header.write_text("\n".join(line.replace("rec.dat 16 ", "rec.dat 16x2 ") for line in lines) + "\n")
    ecg = read_ecg(header)
    assert ecg.fs_hz == 500
    np.testing.assert_allclose(ecg.signal_mv, ecg_files.microvolts() / 1000, atol=EXACT_MV)


def test_a_link_to_a_header_finds_the_record_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    header = _write_wfdb(tmp_path / "there")
    (tmp_path / "case.hea").symlink_to(header)
    ecg = read_ecg(tmp_path / "case.hea")
    assert ecg.record == read_ecg(header).record
    assert ecg.source.path == str(tmp_path / "case.hea")


def test_wfdb_segments_are_joined_and_gaps_are_nan(tmp_path: Path) -> None:
    header = _write_wfdb(tmp_path)
    master = tmp_path / "whole.hea"
    master.write_text("whole/3 12 500 2500\nrec 1000\n~ 500\nrec 1000\n# Age: 40\n")
    ecg = read_ecg(master)
    assert ecg.signal_mv.shape == (12, 2500)
    assert np.isnan(ecg.signal_mv[:, 1000:1500]).all()
    np.testing.assert_allclose(ecg.signal_mv[:, 1500:], read_ecg(header).signal_mv, atol=EXACT_MV)
    assert ecg.patient.age == 40


def test_a_cropped_header_reads_the_start_of_its_signal_file(tmp_path: Path) -> None:
    header = _write_wfdb(tmp_path)
    header.write_text(header.read_text().replace(" 500 1000", " 500 500"))
    np.testing.assert_allclose(read_ecg(header).signal_mv, ecg_files.microvolts()[:, :500] / 1000, atol=EXACT_MV)


@pytest.mark.parametrize("unit", ["_mV", " (mV)", "[mV]", "_uV", " (µV)"])
def test_csv_units_come_from_the_header(tmp_path: Path, unit: str) -> None:
    path = ecg_files.write_csv(tmp_path / "a.csv", unit=unit)
    factor = 1000 if unit in ("_uV", " (µV)") else 1
    if factor == 1000:
        rows = path.read_text(encoding="utf-8").splitlines()
        scaled = [",".join([t, *(f"{float(v) * 1000:.0f}" for v in vs)]) for t, *vs in (r.split(",") for r in rows[1:])]
        path.write_text("\n".join([rows[0], *scaled]), encoding="utf-8")
    ecg = read_ecg(path)
    assert ecg.fs_hz == 500
    np.testing.assert_allclose(ecg.signal_mv, ecg_files.microvolts() / 1000, atol=EXACT_MV)


def test_csv_with_semicolons_decimal_commas_and_missing_cells(tmp_path: Path) -> None:
    lines = ecg_files.write_csv(tmp_path / "a.csv", unit=" (mV)").read_text().splitlines()
    lines = [line.replace(",", ";").replace(".", ",") for line in lines]
    cells = lines[11].split(";")
    lines[11] = ";".join([cells[0], "", *cells[2:]])
    (tmp_path / "b.csv").write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    ecg = read_ecg(tmp_path / "b.csv")
    assert np.flatnonzero(np.isnan(ecg.lead("I"))).tolist() == [10]
    np.testing.assert_allclose(ecg.lead("V6"), ecg_files.microvolts()[11] / 1000, atol=EXACT_MV)


def test_csv_columns_go_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("V1,pulse,ii,avl\n" + "".join(f"{k / 1e3},70,{k / 1e2},0\n" for k in range(200)))
    ecg = read_ecg(tmp_path / "a.csv", fs_hz=250, unit="mV", age=50, sex="male")
    assert ecg.lead("V1")[100] == pytest.approx(0.1)
    assert ecg.lead("II")[100] == pytest.approx(1.0)
    assert (ecg.patient.age, ecg.patient.sex) == (50, "male")


def test_csv_as_numpy_saves_it(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "a.csv", ecg_files.microvolts().T, delimiter=",", header=",".join(LEADS), fmt="%d")
    ecg = read_ecg(tmp_path / "a.csv", fs_hz=500, unit="uV")
    np.testing.assert_allclose(ecg.signal_mv, ecg_files.microvolts() / 1000, atol=EXACT_MV)


def test_rounded_times_still_give_the_true_rate(tmp_path: Path) -> None:
    rows = "".join(f"{k / 360:.3f},{np.sin(k / 20):.4f}\n" for k in range(3600))
    (tmp_path / "a.csv").write_text("time,II_mV\n" + rows)
    assert read_ecg(tmp_path / "a.csv").fs_hz == 360


@pytest.mark.parametrize("by_row", [True, False])
def test_npy_of_twelve_rows_or_columns_is_in_standard_order(tmp_path: Path, by_row: bool) -> None:
    signal = ecg_files.microvolts()
    np.save(tmp_path / "a.npy", signal if by_row else signal.T)
    ecg = read_ecg(tmp_path / "a.npy", fs_hz=500, unit="uV")
    np.testing.assert_allclose(ecg.signal_mv, signal / 1000, atol=EXACT_MV)


def test_npy_leads_go_by_the_names_given(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", ecg_files.microvolts()[[7, 1, 0]] / 1000)
    ecg = read_ecg(tmp_path / "a.npy", fs_hz=500, unit="mV", leads=["V2", "II", "I"])
    np.testing.assert_allclose(ecg.lead("V2"), ecg_files.microvolts()[7] / 1000, atol=EXACT_MV)
    assert "V1" in ecg.missing_leads


def test_the_callers_age_and_sex_take_the_place_of_the_files(cart_dicom: Path) -> None:
    patient = read_ecg(cart_dicom, age=30, sex="male").patient
    assert (patient.age, patient.sex) == (30, "male")


@pytest.mark.parametrize(
    "arguments",
    [{"fs_hz": 500.0}, {"unit": "mV"}, {"leads": ["I"]}, {"unit": "mmHg"}, {"age": 200}, {"sex": "M"}],
)
def test_what_the_file_states_cannot_be_overruled(cart_dicom: Path, arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="needed"):
        read_ecg(cart_dicom, **arguments)  # type: ignore[arg-type]


def test_one_second_of_signal_reads(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", ecg_files.microvolts(500))
    assert read_ecg(tmp_path / "a.npy", fs_hz=500, unit="uV").duration_s == 1.0


def test_html_in_a_patients_name_is_only_a_name(data_dir: Path, tmp_path: Path) -> None:
    text = (data_dir / "formats" / "aecg-1.xml").read_text(encoding="utf-8")
    hostile = text.replace("<name>Clark</name>", "<name>&lt;script&gt;alert(1)&lt;/script&gt;</name>")
    assert hostile != text
    ecg = _made(tmp_path, "a.xml", hostile.encode())
    assert "script" not in repr(ecg) + repr(ecg.source) + repr(ecg.patient)


def test_importing_the_reader_imports_no_parser() -> None:
    script = (
        "import sys, calipers.tools.read;"
        "print([m for m in ('wfdb', 'pydicom', 'ecgdatakit', 'pandas', 'defusedxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
