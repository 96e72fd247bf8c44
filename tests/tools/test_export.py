"""What leaves for other programs is read back by theirs, not by ours."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import calipers
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import Measurements
from calipers.frame import measurements_frame
from calipers.report import Note, Report
from calipers.tools.export import encapsulated_pdf, fhir_bundle, write_annotations


@pytest.fixture(scope="module")
def measured(demo_ecg: Ecg) -> Measurements:
    return calipers.measure(demo_ecg)


@pytest.fixture(scope="module")
def report(demo_ecg: Ecg) -> Report:
    return calipers.Agent(model="none").interpret(demo_ecg)


def test_a_table_of_measurements_comes_back_from_parquet_as_it_was(measured: Measurements, tmp_path: Path) -> None:
    from pyarrow import parquet

    frame = measurements_frame(measured.values())
    frame.to_parquet(tmp_path / "m.parquet", index=False)
    back = parquet.read_table(tmp_path / "m.parquet").to_pydict()
    at = back["id"].index("pr")
    assert back["value"][at] == measured["pr"].value
    assert back["unit"][at] == "ms"
    assert len(back["id"]) == len(measured)


def test_measurements_are_a_pandas_table_by_themselves(measured: Measurements) -> None:
    frame = measured.to_frame()
    assert frame.set_index("id").loc["pr", "value"] == measured["pr"].value
    assert len(frame) == len(measured)


def test_an_empty_table_has_the_same_columns_and_types(measured: Measurements) -> None:
    full, empty = measurements_frame(measured.values()), measurements_frame([])
    assert list(full.dtypes.items()) == list(empty.dtypes.items())


def test_wfdb_reads_our_onsets_within_a_sample(demo_ecg: Ecg, measured: Measurements, tmp_path: Path) -> None:
    import wfdb

    written = write_annotations(demo_ecg, measured, tmp_path / "demo")
    read = wfdb.rdann(str(written.with_suffix("")), "cal")
    first = next(item for item in measured.values() if item.name == "qrs" and item.beat is not None)
    onset = round(first.spans[0].start_s * demo_ecg.fs_hz)
    assert onset in read.sample
    beats = sum(item.name == "qrs" and item.beat is not None for item in measured.values())
    assert read.symbol.count("N") == beats
    assert read.fs == demo_ecg.fs_hz
    assert (np.diff(read.sample) >= 0).all()


def test_a_record_name_that_wfdb_does_not_take_is_refused(
    demo_ecg: Ecg, measured: Measurements, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="record name"):
        write_annotations(demo_ecg, measured, tmp_path / "a name")


def test_the_fhir_models_accept_the_report_and_find_the_pr(report: Report) -> None:
    pytest.importorskip("fhir.resources")
    from fhir.resources.R4B.bundle import Bundle

    document = fhir_bundle(report, effective="2026-11-21T10:00:00Z")
    read = json.loads(Bundle.model_validate_json(document).model_dump_json())
    first, *observations = [entry["resource"] for entry in read["entry"]]
    pr = next(one for one in observations if "8625-6" in json.dumps(one["code"]))
    ours = next(item for item in report.measurements if item.id == "pr")
    assert pr["valueQuantity"]["value"] == pytest.approx(ours.value, abs=0.05)
    assert pr["valueQuantity"]["code"] == "ms"
    assert first["conclusion"].startswith(report.impression)
    urls = {entry["fullUrl"] for entry in read["entry"]}
    assert all(link["reference"] in urls for link in first["result"])
    assert len(urls) == len(read["entry"])


def test_a_second_foreign_model_of_fhir_takes_the_report_strictly(report: Report) -> None:
    pytest.importorskip("fhir.resources")
    pytest.importorskip("fhirclient")
    from fhirclient.models.bundle import Bundle

    written = json.loads(fhir_bundle(report))
    assert Bundle(written, strict=True).as_json() == written


def test_every_loinc_code_ends_in_its_check_digit(report: Report) -> None:
    """LOINC numbers carry a mod-10 check digit (LOINC Users' Guide, appendix C); a mistyped one does not fit."""
    pytest.importorskip("fhir.resources")
    bundle = json.loads(fhir_bundle(report))
    codings = [coding for entry in bundle["entry"] for coding in entry["resource"]["code"].get("coding", [])]
    codes = {coding["code"] for coding in codings if coding["system"] == "http://loinc.org"}
    assert len(codes) == 10
    for code in codes:
        number, _, check = code.partition("-")
        doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number))]
        assert (10 - sum(value // 10 + value % 10 for value in doubled) % 10) % 10 == int(check), code


def test_what_was_not_measurable_has_a_reason_and_no_value_in_fhir(report: Report) -> None:
    pytest.importorskip("fhir.resources")
    without = [
        item.model_copy(update={"value": None, "status": "not_measurable", "reason": "no P wave"})
        if item.id == "pr"
        else item
        for item in report.measurements
    ]
    bundle = json.loads(fhir_bundle(report.model_copy(update={"measurements": tuple(without)})))
    pr = next(e["resource"] for e in bundle["entry"] if "8625-6" in json.dumps(e["resource"]["code"]))
    assert "valueQuantity" not in pr
    assert pr["dataAbsentReason"]["text"] == "no P wave"


def test_pydicom_takes_the_pdf_out_as_it_went_in_and_finds_no_identity(demo_ecg: Ecg, report: Report) -> None:
    from pydicom import dcmread

    from calipers.agent.report_pdf import report_pdf

    pdf = report_pdf(report, demo_ecg)
    read = dcmread(BytesIO(encapsulated_pdf(pdf, demo_ecg)))
    assert read.EncapsulatedDocument[: read.EncapsulatedDocumentLength] == pdf
    assert read.file_meta.MediaStorageSOPClassUID.name == "Encapsulated PDF Storage"
    assert read.PatientID == read.StudyDate == str(read.PatientName) == ""
    assert encapsulated_pdf(pdf, demo_ecg) == encapsulated_pdf(pdf, demo_ecg)


def test_the_pdf_shows_the_users_note_with_its_author(demo_ecg: Ecg, report: Report) -> None:
    import pypdfium2

    from calipers.agent.report_pdf import report_pdf

    note = Note(claim_id=report.claims[0].id, text="agrees with the monitor", author="ward seven")
    pages = pypdfium2.PdfDocument(report_pdf(report.model_copy(update={"notes": (note,)}), demo_ecg))
    assert "Note by ward seven: agrees with the monitor" in pages[1].get_textpage().get_text_bounded()
