"""Earlier reports come in from every format, duplicates and synthetic ones stay out; similar ECGs need an archive."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from calipers import Ecg
from calipers.knowledge.store import history as history_store
from calipers.tools.retrieve import add_cases, add_history, cases, search_history, similar_cases
from calipers.tools.retrieve.cases import LabelledEcg
from calipers.tools.retrieve.report_files import Defaults


@pytest.fixture(autouse=True)
def _words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the embedding, so that these tests need no weights and take no second."""
    monkeypatch.setattr(history_store, "weights_folder", lambda: None)


def a_structured_report(path: Path, *, verified: bool) -> Path:
    title = Dataset()
    title.CodeMeaning = "Conclusion"
    finding = Dataset()
    finding.ValueType = "TEXT"
    finding.ConceptNameCodeSequence = [title]
    finding.TextValue = "Left bundle branch block."
    report = Dataset()
    report.file_meta = FileMetaDataset()
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    report.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.88.33")
    report.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID
    report.SOPInstanceUID = report.file_meta.MediaStorageSOPInstanceUID
    report.Modality = "SR"
    report.PatientID = "p1"
    report.ContentDate = "20240301"
    report.VerificationFlag = "VERIFIED" if verified else "UNVERIFIED"
    report.ContentSequence = [finding]
    pydicom.dcmwrite(path, report, enforce_file_format=True)
    return path


FHIR = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "subject": {"identifier": {"value": "p1"}},
    "effectiveDateTime": "2024-03-01",
    "performer": [{"reference": "Practitioner/7"}],
    "conclusion": "Left bundle branch block.",
}


def files_of_every_kind(folder: Path) -> list[Path]:
    (folder / "a.txt").write_text(
        "Patient: p1\nDate: 2024-03-01\nAuthor: clinician\n\nSinus rhythm.\nNew LBBB.\n", "utf-8"
    )
    (folder / "b.csv").write_text("patient_id,date,author,report\np1,01.03.2023,device,Sinus rhythm\n", "utf-8")
    (folder / "c.json").write_text(json.dumps([{"patient": "p1", "text": "AF", "author": "clinician"}]), "utf-8")
    (folder / "d.json").write_text(json.dumps(FHIR), "utf-8")
    return [*sorted(folder.iterdir()), a_structured_report(folder / "e.dcm", verified=True)]


def test_every_format_comes_in(tmp_path: Path) -> None:
    source, home = tmp_path / "in", tmp_path / "home"
    source.mkdir()
    intake = add_history(files_of_every_kind(source), home=home)
    assert intake.failures == ()
    assert [entry.format for entry in intake.added] == ["text", "csv", "json", "fhir", "dicom-sr"]
    assert [entry.supports_claims for entry in intake.added] == [True, False, True, True, True]
    assert [entry.recorded_at for entry in search_history("p1", home=home)][-1] is None
    assert intake.added[0].text == "Sinus rhythm. New LBBB."


def test_a_report_that_is_there_already_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Sinus  rhythm.", "utf-8")
    copy = tmp_path / "copy.txt"
    copy.write_text("sinus rhythm.\n", "utf-8")
    given = Defaults("p1", "clinician", "2024-03-01")
    assert len(add_history([path], given, home=tmp_path / "home").added) == 1
    again = add_history([path, copy], given, home=tmp_path / "home")
    assert (len(again.added), len(again.duplicates)) == (0, 2)


def test_confirming_a_device_report_makes_it_support_claims(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Atrial fibrillation.", "utf-8")
    add_history([path], Defaults("p1", "device"), home=tmp_path)
    assert not search_history("p1", home=tmp_path)[0].supports_claims
    add_history([path], Defaults("p1", "device", confirmed=True), home=tmp_path)
    assert [entry.supports_claims for entry in search_history("p1", home=tmp_path)] == [True]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "empty"),
        ("nobody.txt", b"Sinus rhythm.", "patient identifier"),
        ("broken.json", b'{"text": ', "broken JSON"),
        ("columns.csv", b"a,b\n1,2\n", "needed one named text"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0", "UTF-8"),
        ("other.json", b'{"resourceType": "Patient"}', "DiagnosticReport"),
        ("dated.txt", b"Patient: p1\nAuthor: clinician\nDate: yesterday\nText of it.", "date"),
        ("who.txt", b"Patient: p1\nAuthor: nurse bot\nText of it.", "author"),
    ],
)
def test_a_bad_file_is_one_clear_line_and_the_rest_goes_on(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "z.txt").write_text("Patient: p1\nAuthor: clinician\nSinus rhythm.", "utf-8")
    intake = add_history([tmp_path / name, tmp_path / "z.txt"], home=tmp_path / "home")
    assert len(intake.added) == 1
    (line,) = intake.failures
    assert line.startswith(f"{name}: ")
    assert said in line
    assert "\n" not in line


def test_nothing_synthetic_enters(tmp_path: Path) -> None:
    report = {"schema": "calipers.report/1", "impression": "Sinus rhythm.", "provenance": {"synthetic": True}}
    (tmp_path / "report.json").write_text(json.dumps(report), "utf-8")
    intake = add_history([tmp_path / "report.json"], Defaults("p1"), home=tmp_path)
    assert intake.added == ()
    assert "synthetic" in intake.failures[0]


def test_a_slot_in_a_report_is_no_slot(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("PR {pr} and more.", "utf-8")
    (entry,) = add_history([tmp_path / "a.txt"], Defaults("p1", "clinician"), home=tmp_path).added
    assert entry.text == "PR (pr) and more."


def test_patients_do_not_see_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Sinus rhythm.", "utf-8")
    add_history([tmp_path / "a.txt"], Defaults("p1", "clinician"), home=tmp_path)
    assert search_history("p2", home=tmp_path) == []
    assert search_history("../p1", home=tmp_path) == []


def test_words_bring_the_right_report_first(tmp_path: Path) -> None:
    for number, text in enumerate(
        ("Sinus rhythm, normal axis.", "Atrial fibrillation with rapid rate.", "Paced rhythm.")
    ):
        (tmp_path / f"{number}.txt").write_text(text, "utf-8")
    add_history([tmp_path / f"{k}.txt" for k in range(3)], Defaults("p1", "clinician"), home=tmp_path)
    assert "fibrillation" in search_history("p1", "was there AF before", home=tmp_path)[0].text


def test_without_an_archive_nothing_is_similar(demo_ecg: Ecg, tmp_path: Path) -> None:
    assert similar_cases(demo_ecg, home=tmp_path) == []


def test_the_nearest_case_comes_with_its_labels(demo_ecg: Ecg, other_ecg: Ecg, tmp_path: Path) -> None:
    other = LabelledEcg(other_ecg, ("NORM",))
    assert add_cases([other], home=tmp_path) == 1
    assert add_cases([other], home=tmp_path) == 0
    (case,) = similar_cases(demo_ecg, home=tmp_path)
    assert (case.record, case.labels) == (other_ecg.record, ("NORM",))
    assert -1.0 <= case.similarity <= 1.0


def test_an_ecg_is_not_similar_to_itself(demo_ecg: Ecg, tmp_path: Path) -> None:
    assert add_cases([LabelledEcg(demo_ecg, ("NORM",))], home=tmp_path) == 1
    assert similar_cases(demo_ecg, home=tmp_path) == []


def test_an_archive_of_another_embedding_is_not_searched_but_added_anew(
    demo_ecg: Ecg, other_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = LabelledEcg(other_ecg, ("NORM",))
    assert add_cases([other], home=tmp_path) == 1
    with monkeypatch.context() as patched:
        patched.setattr(cases, "embedding_id", lambda: "ecg-reports-of-other-weights")
        assert similar_cases(demo_ecg, home=tmp_path) == []
        assert add_cases([other], home=tmp_path) == 1
    assert len(similar_cases(demo_ecg, home=tmp_path)) == 1
