"""From words to a typed request; what cannot be is asked back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from calipers.errors import UsageError
from calipers.knowledge import statements
from calipers.tools.generate import Request, understand_request
from calipers.tools.generate.consistency import complete
from calipers.tools.generate.patterns import PATTERNS


def test_a_request_in_one_line() -> None:
    found = understand_request("AF with RBBB, rate about 110, 70-year-old woman")
    assert found.rhythm == "atrial_fibrillation"
    assert found.statements == ("atrial_fibrillation", "rbbb")
    assert (found.hr, found.age, found.sex) == (110.0, 70.0, "female")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("QTc 520, heart rate 62", "qtc", 520.0),
        ("sinus rhythm with a PR interval of exactly 164 ms", "pr", 164.0),
        ("LBBB, QRS 150 ms", "qrs", 150.0),
        ("an axis of -40 degrees", "qrs_axis", -40.0),
        ("electrical axis +45 degrees", "qrs_axis", 45.0),
        ("dual chamber pacing at 70", "hr", 70.0),
        ("sinus bradycardia of 46 with RBBB", "hr", 46.0),
        ("an old man of 84 with LBBB", "age", 84.0),
    ],
)
def test_numbers_are_read_with_what_they_belong_to(text: str, name: str, value: float) -> None:
    assert getattr(understand_request(text), name) == value


def test_a_number_does_not_take_the_word_before_it_away() -> None:
    assert understand_request("sinus bradycardia of 46 with RBBB").statements == ("sinus_bradycardia", "rbbb")


def test_st_levels_by_territory_lead_and_range_in_millimetres_or_millivolts() -> None:
    assert understand_request("ST elevation of 2 mm in V2 to V4").levels == {
        "V2.st_j": 0.2,
        "V3.st_j": 0.2,
        "V4.st_j": 0.2,
    }
    assert understand_request("0.15 mV ST depression in the inferior leads").levels == {
        "II.st_j": -0.15,
        "III.st_j": -0.15,
        "aVF.st_j": -0.15,
    }


def test_what_is_denied_must_be_absent() -> None:
    found = understand_request("sinus tachycardia 130 bpm without PVCs, no LBBB")
    assert set(found.absent) == {"ventricular_premature_complex", "lbbb"}
    assert found.statements == ("sinus_tachycardia",)


@pytest.mark.parametrize(
    "text",
    [
        "complete heart block with PR 160",
        "atrial fibrillation with a PR of 180 ms",
        "LBBB with RBBB",
        "a normal ECG with LVH",
        "sinus tachycardia at 80 bpm",
        "first degree AV block with PR 150",
        "AF and complete heart block",
        "LBBB with QRS 90 ms",
        "QTc 640 at 200 bpm",
        "left axis deviation with an axis of 100 degrees",
        "normal axis of -70 degrees",
    ],
)
def test_a_contradiction_is_asked_back_not_guessed(text: str) -> None:
    with pytest.raises(UsageError, match="needed"):
        understand_request(text)


@pytest.mark.parametrize("text", ["ventricular fibrillation", "hello", "heart rate 400", "asystole"])
def test_what_cannot_be_made_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="found"):
        understand_request(text)


def test_a_typed_request_is_held_to_the_same_rules() -> None:
    assert complete(Request(statements=("ventricular_bigeminy",))).ectopy == "pvc_bigeminy"
    with pytest.raises(UsageError, match="both wanted and not wanted"):
        complete(Request(statements=("lbbb",), absent=("lbbb",)))


@pytest.mark.parametrize(
    ("text", "rate"),
    [("AF with RBBB about 110", 110), ("LBBB, 72", 72), ("AFL with 2:1 conduction", 148), ("flutter 4:1, 75/min", 75)],
)
def test_a_rate_is_understood_without_its_name(text: str, rate: float) -> None:
    assert understand_request(text).hr == rate


def test_a_suppressed_axis_deviation_becomes_an_axis() -> None:
    request = understand_request("LBBB with left axis deviation")
    assert request.statements == ("lbbb",)
    assert request.qrs_axis is not None
    assert -60 < request.qrs_axis < -30


@pytest.mark.parametrize(
    ("text", "keys", "numbers"),
    [
        ("AF w/ RVR 140", ("atrial_fibrillation",), {"hr": 140}),
        ("AF with slow ventricular response", ("atrial_fibrillation",), {"hr": 48}),
        ("inf STEMI", ("stemi_inferior",), {}),
        ("acute lateral MI", ("stemi_lateral",), {}),
        ("old anterior MI", ("infarction_anterior",), {}),
        ("bifascicular block", ("rbbb", "lafb"), {}),
        ("Wenckebach", ("wenckebach",), {}),
        ("VT 180", ("wide_qrs_tachycardia",), {"hr": 180}),
        ("PSVT 170", ("supraventricular_tachycardia",), {"hr": 170}),
        ("sinus tach 150", ("sinus_tachycardia",), {"hr": 150}),
        ("LBBB QRS 160", ("lbbb",), {"qrs": 160}),
        ("peaked T / hyperkalaemia", ("hyperkalaemia_suspected",), {}),
        ("long QT 520", ("long_qt",), {"qtc": 520}),
        ("QT 400, rate 90", (), {"qtc": 490, "hr": 90}),
        ("QRS 0.12 s", (), {"qrs": 120}),
        ("WPW", ("pre_excitation",), {}),
        ("low voltage", ("low_voltage",), {}),
        ("LVH w/ strain", ("lvh", "t_inversion_lateral"), {}),
        ("T wave inversions in the anterior leads", ("t_inversion_anterior",), {}),
    ],
)
def test_clinicians_shorthand(text: str, keys: tuple[str, ...], numbers: dict[str, float]) -> None:
    found = understand_request(text)
    assert found.statements == keys
    assert {name: getattr(found, name) for name in numbers} == numbers


def test_a_plain_qt_needs_the_rate_beside_it() -> None:
    with pytest.raises(UsageError, match="without a rate"):
        understand_request("QT 480")


#: Descriptions of PTB-XL for which no record of the training folds, or no way of drawing them, is there.
_NO_DATA = frozenset({"IPLMI", "IPMI", "PMI", "SEHYP", "PRC(S)"})


def test_every_description_of_ptb_xl_is_understood_as_its_own_statement_or_said_to_have_no_data(data_dir: Path) -> None:
    with (data_dir / "ptbxl" / "scp_statements.csv").open(newline="") as table:
        rows = [row for row in csv.reader(table) if row[0]]
    assert len(rows) == 71
    for code, description, *_ in rows:
        if code in _NO_DATA:
            with pytest.raises(UsageError, match="no data"):
                understand_request(description)
            continue
        found = understand_request(description).statements
        assert any(code in (*statements()[key].scp, *PATTERNS[key].told) for key in found), (description, found)
