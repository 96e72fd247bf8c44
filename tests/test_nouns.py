"""The nouns: what others build against."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calipers import (
    Ecg,
    ImplausibleUnits,
    Ledger,
    Measurement,
    Report,
    UnknownEvidence,
    UnknownLead,
    UnreadableInput,
    UsageError,
)
from calipers.evidence import measurement_id
from calipers.leads import LEADS, standard_lead
from calipers.printing import fill, printed, printed_value, slots

ROOT = Path(__file__).parents[1]


def measurement(key: str = "pr", record: str = "r") -> Measurement:
    return Measurement(id=key, record=record, name="pr", value=226.4, unit="ms", method="m", status="measured")


def test_the_exported_schema_is_current() -> None:
    """Rewrite with: python -c "import json, calipers; print(json.dumps(calipers.Report.model_json_schema(mode='serialization'), indent=1))"."""
    stored = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
    assert stored == Report.model_json_schema(mode="serialization")


def test_two_limb_leads_give_the_other_four() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(2, 1000))
    whole = Ecg.from_array([one, two], 500, ["I", "II"])
    assert whole.derived_leads == ("III", "aVR", "aVL", "aVF")
    assert np.allclose(whole.lead("III"), two - one, atol=1e-6)
    assert np.allclose(whole.lead("aVR"), -(one + two) / 2, atol=1e-6)
    other = Ecg.from_array([whole.lead("aVL"), whole.lead("aVF")], 500, ["aVL", "aVF"])
    assert np.allclose(other.lead("I"), one, atol=1e-5)
    assert np.allclose(other.lead("II"), two, atol=1e-5)


def test_given_leads_are_kept_as_given_even_against_einthoven() -> None:
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(3, 1000))
    kept = Ecg.from_array(signal, 500, ["I", "II", "III"])
    assert np.allclose(kept.signal_mv[:3], signal, atol=1e-6)


def test_leads_are_placed_by_name_not_by_position() -> None:
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(12, 1000))
    order = rng.permutation(12)
    shuffled = Ecg.from_array(signal[order], 500, [LEADS[k] for k in order])
    assert np.allclose(shuffled.signal_mv, signal, atol=1e-6)
    assert shuffled.record == Ecg.from_array(signal, 500, LEADS).record


def test_one_sample_changes_the_record_key() -> None:
    signal = np.random.default_rng(0).normal(size=(12, 1000))
    before = Ecg.from_array(signal, 500, LEADS).record
    signal[3, 77] += 0.001
    assert Ecg.from_array(signal, 500, LEADS).record != before


def test_a_missing_lead_is_nan_and_named() -> None:
    partial = Ecg.from_array(np.random.default_rng(0).normal(size=(1, 1000)), 500, ["V2"])
    assert "V1" in partial.missing_leads
    assert np.isnan(partial.lead("V1")).all()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((np.zeros((2, 10)), 500, ["I"]), UsageError),
        ((np.zeros((1, 10)), 0, ["I"]), UsageError),
        ((np.zeros((1, 0)), 500, ["I"]), UnreadableInput),
        ((np.zeros((2, 10)), 500, ["I", "I"]), UsageError),
        ((np.zeros((1, 10)), 500, ["X9"]), UnknownLead),
        ((np.full((1, 10), np.nan), 500, ["I"]), UnreadableInput),
        ((np.random.default_rng(0).normal(size=(12, 1000)) * 1000, 500, LEADS), ImplausibleUnits),
        ((np.random.default_rng(0).normal(size=(12, 1000)) / 1000, 500, LEADS), ImplausibleUnits),
    ],
)
def test_what_cannot_be_an_ecg_is_refused_in_one_line(arguments: tuple[object, ...], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        Ecg.from_array(*arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert "needed" in str(caught.value) or "is the signal" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "lead"),
    [
        ("AVR", "aVR"),
        ("lead ii", "II"),
        ("MDC_ECG_LEAD_aVL", "aVL"),
        ("v3", "V3"),
        ("MLII", "II"),
        ("V7", None),
        ("-aVR", None),
    ],
)
def test_lead_names_as_recorders_write_them(name: str, lead: str | None) -> None:
    assert standard_lead(name) == lead


def test_a_ledger_refuses_another_record() -> None:
    ledger = Ledger("r", [measurement()])
    assert ledger["pr"].id == "pr"
    with pytest.raises(UnknownEvidence):
        ledger.add(measurement(record="other"))
    with pytest.raises(UnknownEvidence):
        ledger["V3.st_j"]


def test_ids_are_spelt_as_the_contract_says() -> None:
    assert measurement_id("pr") == "pr"
    assert measurement_id("st_j", "V3") == "V3.st_j"
    assert measurement_id("qrs", beat=4) == "qrs#4"
    assert measurement_id("st_j", "V3", 4) == "V3.st_j#4"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (226.4, "ms", "226 ms"),
        (-0.004, "mV", "0.00 mV"),
        (-0.124, "mV", "-0.12 mV"),
        (52.4, "deg", "52°"),
        (61.1, "/min", "61/min"),
        (3.0, "", "3"),
        (None, "ms", "not measurable"),
        ("rS", "", "rS"),
    ],
)
def test_values_print_one_way(value: float | str | None, unit: str, text: str) -> None:
    assert printed_value(value, unit) == text


def test_a_template_is_filled_by_code() -> None:
    assert slots("PR {pr} in {V3.st_j}") == ("pr", "V3.st_j")
    assert fill("PR {pr}.", lambda key: printed(measurement(key))) == "PR 226 ms."


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_measurements_round_trip_exactly(value: float) -> None:
    item = measurement().model_copy(update={"value": value})
    assert Measurement.model_validate_json(item.model_dump_json()) == item
