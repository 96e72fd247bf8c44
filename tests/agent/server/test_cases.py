"""Cases: what is uploaded is measured, listed, drawn, compared and exported."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calipers import Ecg, Report, measure, read_ecg, verify
from calipers.agent.choice import Choice
from calipers.agent.server.database import Database
from calipers.agent.server.records import Records
from calipers.agent.server.rows import CaseRow
from calipers.agent.server.workspace import Workspace
from calipers.leads import LEADS
from tests.agent.server.desk import DICOM, Client, dicom, earlier_dicom, serving
from tests.tools.digitised_page import read_back


def test_an_upload_becomes_a_case_with_its_facts(client: Client, case_id: str) -> None:
    case = client.get(f"/api/cases/{case_id}")
    assert case["patient_id"] == "642341"
    assert case["summary"]["format"] == "DICOM"
    assert case["summary"]["urgency"] == "routine"
    assert case["device_statements"] == ["RITMO SINUSALE", "ECG NORMALE"]


def test_the_trace_is_the_signal_in_json_and_in_binary(client: Client, case_id: str, demo_ecg: Ecg) -> None:
    path = f"/api/cases/{case_id}/trace"
    plain = client.get(path, params={"start_s": 1, "end_s": 2})
    assert plain["leads"] == list(LEADS)
    np.testing.assert_allclose(plain["signal_mv"], demo_ecg.signal_mv[:, 1000:2000], atol=1e-4)
    packed = client.get(path, headers={"Accept": "application/octet-stream"}).content
    (size,) = struct.unpack("<I", packed[:4])
    head = json.loads(packed[4 : 4 + size])
    assert (4 + size) % 4 == 0
    samples = np.frombuffer(packed[4 + size :], dtype="<f4").reshape(12, head["samples"])
    np.testing.assert_array_equal(samples, demo_ecg.signal_mv)


@pytest.mark.parametrize("window", [{"start_s": -1}, {"start_s": 10.5}, {"start_s": 3, "end_s": 2}])
def test_a_stretch_outside_the_record_is_refused_in_one_line(
    client: Client, case_id: str, window: dict[str, float]
) -> None:
    assert "needed a stretch" in client.get(f"/api/cases/{case_id}/trace", 400, params=window)["error"]


def test_a_missing_lead_is_null_in_json(client: Client) -> None:
    rng = np.random.default_rng(1)
    rows = "\n".join(f"{0.002 * i:.3f},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(rng.normal(0, 0.3, (2000, 2))))
    made = client.upload(("two.csv", f"time_s,I_mV,V2_mV\n{rows}\n".encode()))
    trace = client.get(f"/api/cases/{made['case_id']}/trace")
    assert trace["signal_mv"][LEADS.index("V3")] == [None] * 2000
    assert client.get(f"/api/cases/{made['case_id']}")["summary"]["missing_leads"][-1] == "V6"


def test_age_and_sex_are_told_where_the_file_does_not_and_change_the_verdicts(client: Client) -> None:
    case = client.case(dicom(PatientAge="", PatientSex="", PatientBirthDate="", PatientID="unknown"))
    assert client.get(f"/api/cases/{case}")["summary"]["age"] is None
    path = f"/api/cases/{case}/patient"
    told = client.http.put(path, json={"age": 7, "sex": "female"}).json()["summary"]
    assert (told["age"], told["sex"]) == (7, "female")
    chain = client.get(f"/api/cases/{case}/explain", params={"statement": "1AVB"})
    assert chain["result"] == "not_applicable", "no adult limits at seven"
    again = client.http.put(path, json={"age": 70}).json()["summary"]
    assert again["age"] == 7, "what is known stays"
    assert client.http.put(path, json={"age": 700}).status_code == 422


def test_fiducials_are_the_measured_spans_of_each_beat(client: Client, case_id: str, demo_ecg: Ecg) -> None:
    found = client.get(f"/api/cases/{case_id}/fiducials")
    measured = measure(demo_ecg)
    assert len(found["beats"]) == 10
    for number, beat in enumerate(found["beats"]):
        span = measured[f"qrs#{number}"].spans[0]
        assert beat["qrs"] == [span.start_s, span.end_s]
    assert set(found["median"]["signal_mv"]) == set(LEADS)


def test_evidence_says_value_place_and_method(client: Client, case_id: str) -> None:
    items = client.get(f"/api/cases/{case_id}/evidence", params={"ids": "qrs#4"})["items"]
    assert items["pr"]["value"] == "149 ms"
    assert items["pr"]["spans"][0][0] is None
    assert items["V3.st_j"]["beats"], "single beats that show the same value"
    assert items["qrs#4"]["label"].startswith("QRS#4")
    assert items["crit:first_degree_av_block.pr_long"]["about"] == ["pr"]


def test_the_reading_is_a_report_that_verifies(client: Client, case_id: str, demo_ecg: Ecg) -> None:
    report = Report.model_validate(client.get(f"/api/cases/{case_id}/report"))
    assert report.impression == "Normal ECG."
    assert verify(report, demo_ecg) == []


def test_explain_walks_the_criteria(client: Client, case_id: str) -> None:
    chain = client.get(f"/api/cases/{case_id}/explain", params={"statement": "1AVB"})
    assert chain["result"] == "not_met"
    assert (
        "found statement `nonsense`"
        in client.get(f"/api/cases/{case_id}/explain", 400, params={"statement": "nonsense"})["error"]
    )


def test_the_patients_other_ecg_is_offered_and_compared(home: Path) -> None:
    with serving(home) as http:
        client = Client(http)
        now, then, stranger = (
            client.case(),
            client.case(earlier_dicom()),
            client.case(dicom(PatientID="7", AcquisitionDateTime="20100101")),
        )
        assert client.get(f"/api/cases/{now}")["prior_case_ids"] == [then]
        assert client.get(f"/api/cases/{then}")["prior_case_ids"] == [], "a later ECG is no prior"
        changes = client.get(f"/api/cases/{now}/report", params={"prior": then})["changes"]
        rate = next(row for row in changes[0]["measurements"] if row["id"] == "hr")
        assert rate["value"] > rate["prior_value"]
        assert rate["exceeds"]
        refused = client.get(f"/api/cases/{now}/report", 400, params={"prior": stranger})
        assert "another patient" in refused["error"]


def test_the_nearest_earlier_ecg_comes_first_in_whatever_order_they_were_added(tmp_path: Path) -> None:
    records = Records(Database(tmp_path), "local")
    desk = Workspace(tmp_path, records, Choice("none", "asked for"))

    def case(name: str, recorded_at: str | None) -> CaseRow:
        return records.add_case(name, name, "642341", {"recorded_at": recorded_at, "synthetic": False})

    for name, recorded_at in (
        ("old", "1999-01-01T08:00:00"),
        ("undated", None),
        ("recent", "2013-01-24T10:59:19+01:00"),
        ("later", "2014-01-01T08:00:00"),
        ("same day", "2013-01-25T09:00:00"),
    ):
        case(name, recorded_at)
    now = case("now", "2013-01-25T10:59:19")
    assert [row.name for row in desk.priors_of(now)] == ["same day", "recent", "old", "undated"]


def test_both_files_of_a_wfdb_pair_make_one_case_and_several_ecgs_several(
    client: Client, tmp_path: Path, demo_ecg: Ecg
) -> None:
    import wfdb

    wfdb.wrsamp(
        "rec",
        demo_ecg.fs_hz,
        ["mV"] * 12,
        list(LEADS),
        p_signal=demo_ecg.signal_mv.T.astype(float),
        fmt=["16"] * 12,
        write_dir=str(tmp_path),
    )
    pair = [(name, (tmp_path / name).read_bytes()) for name in ("rec.dat", "rec.hea")]
    made = client.upload(*pair, ("other.dcm", DICOM.read_bytes()), ("readme.txt", b"not an ECG"))
    assert [one["name"] for one in made["cases"]] == ["rec.hea", "other.dcm", "readme.txt"]
    assert [bool(one["case_id"]) for one in made["cases"]] == [True, True, False]
    assert made["cases"][2]["error"].startswith("found ")
    assert client.get(f"/api/cases/{made['case_id']}")["summary"]["format"] == "WFDB"


def test_half_a_wfdb_pair_is_refused_with_the_name_of_the_other_half(client: Client, tmp_path: Path) -> None:
    header = b"rec 1 500 1000\nrec.dat 16 200/mV 16 0 0 0 0 II\n"
    assert "rec.dat" in client.upload(("rec.hea", header), status=422)["error"]


def test_exports_hold_the_report_and_the_corrections(client: Client) -> None:
    case = client.case(dicom(PatientID="export"))
    claim = client.get(f"/api/cases/{case}/report")["claims"][1]
    remark = {
        "template": claim["template"],
        "claim_text": claim["text"],
        "kind": "correction",
        "text": "It is 62 <b>bpm</b>.",
    }
    client.post(f"/api/cases/{case}/remarks", remark, status=201)
    document = client.get(f"/api/cases/{case}/export.json")
    Report.model_validate(document["report"])
    assert document["remarks"][0]["author"] == "local"
    page = client.get(f"/api/cases/{case}/export.html")
    assert "It is 62 &lt;b&gt;bpm&lt;/b&gt;." in page.text
    assert "attachment" in page.headers["content-disposition"]
    assert client.get(f"/api/cases/{case}/export.pdf").content.startswith(b"%PDF-1")


@pytest.mark.parametrize(
    ("kind", "starts", "name"),
    [("fhir", b"{", ".fhir.json"), ("dicom", b"\0" * 128 + b"DICM", ".dcm"), ("csv", b"record,id,", ".csv")],
)
def test_other_systems_get_the_report_in_their_own_format(
    client: Client, case_id: str, kind: str, starts: bytes, name: str
) -> None:
    answer = client.http.get(f"/api/cases/{case_id}/export.{kind}")
    assert answer.content.startswith(starts)
    assert answer.headers["content-disposition"].endswith(f'{name}"')
    assert b"642341" not in answer.content, "no identity"


def test_the_wfdb_export_reads_as_the_same_signal_with_its_beats(
    client: Client, case_id: str, demo_ecg: Ecg, tmp_path: Path
) -> None:
    import wfdb

    with zipfile.ZipFile(io.BytesIO(client.get(f"/api/cases/{case_id}/export.wfdb").content)) as archive:
        archive.extractall(tmp_path)
    (header,) = tmp_path.glob("*.hea")
    again = read_ecg(header)
    np.testing.assert_allclose(again.signal_mv, demo_ecg.signal_mv, atol=1e-3)
    assert (again.patient.age, again.patient.sex) == (42, "female")
    marks = wfdb.rdann(str(header.with_suffix("")), "cal")
    assert marks.symbol.count("N") == 10


def test_a_generated_ecg_becomes_no_patients_report(home: Path, demo_ecg: Ecg) -> None:
    with serving(home) as http:
        client = Client(http)
        desk = http.app.state.desks.of("local")  # type: ignore[attr-defined]
        case = desk.add(replace(demo_ecg, synthetic=True), "made").id
        assert client.get(f"/api/cases/{case}")["summary"]["synthetic"]
        for kind in ("fhir", "dicom"):
            assert "synthetic" in client.get(f"/api/cases/{case}/export.{kind}", 400)["error"]
        assert "SYNTHETIC" in client.get(f"/api/cases/{case}/export.html").text
        (claim,) = (one.data for one in client.ask(client.thread(case), "what is the PR?") if one.event == "claim")
        assert claim["synthetic"], "it may be spoken of, and every claim says what it is"


def test_an_ecg_that_was_recorded_has_no_picture_to_show(client: Client, case_id: str) -> None:
    assert not client.get(f"/api/cases/{case_id}")["picture"]
    assert "needed one that was read from a picture" in client.get(f"/api/cases/{case_id}/picture", 404)["error"]


def test_the_picture_that_an_ecg_was_read_from_is_shown_with_calipers_on_it(home: Path, demo_ecg: Ecg) -> None:
    with serving(home) as http:
        client = Client(http)
        case = http.app.state.desks.of("local").add(read_back(demo_ecg), "page.png").id  # type: ignore[attr-defined]
        detail = client.get(f"/api/cases/{case}")
        assert detail["picture"]
        assert detail["summary"]["digitised"]
        assert any("calibration" in line for line in detail["read_from_picture"])
        bare = client.get(f"/api/cases/{case}/picture")
        assert bare.headers["content-type"] == "image/jpeg"
        marked = client.get(f"/api/cases/{case}/picture", params={"ids": ["pr", "unheard_of"]})
        assert marked.content != bare.content
        across, down = map(float, marked.headers["x-place"].split())
        assert 0 < across < 1
        assert down > 0.6, "on the rhythm strip at the foot of the page"


def test_a_correction_is_kept_dated_and_signed(client: Client) -> None:
    case = client.case(dicom(PatientID="corrected"))
    said = {"template": "PR interval {pr}.", "claim_text": "PR interval 149 ms."}
    client.post(f"/api/cases/{case}/remarks", said | {"kind": "agree"}, status=201)
    client.post(f"/api/cases/{case}/remarks", said | {"kind": "correction", "text": " "}, status=422)
    (kept,) = client.get(f"/api/cases/{case}")["remarks"]
    assert (kept["kind"], kept["author"]) == ("agree", "local")
    assert kept["made_at"].startswith("20")


def test_a_case_taken_off_the_list_is_gone_with_its_conversation(client: Client) -> None:
    case = client.case(dicom(PatientID="removed"))
    thread = client.thread(case)
    client.http.delete(f"/api/cases/{case}").raise_for_status()
    client.get(f"/api/cases/{case}", 404)
    client.get(f"/api/threads/{thread}", 404)
