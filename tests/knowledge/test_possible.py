"""A lead that met beside one that could not be measured makes a finding possible, and is the one that is cited."""

from __future__ import annotations

from calipers.evidence import Measurement
from calipers.knowledge import evaluate
from calipers.leads import LEADS
from calipers.report import Demographics


def st_level(lead: str, value: float | None) -> Measurement:
    return Measurement(
        id=f"{lead}.st_j",
        record="r",
        name="st_j",
        value=value,
        unit="mV",
        lead=lead,  # type: ignore[arg-type]
        uncertainty=None if value is None else 0.01,
        method="handmade",
        status="not_measurable" if value is None else "measured",
        reason="lead not usable" if value is None else None,
    )


def test_the_measured_neighbour_of_an_unreadable_lead_is_named() -> None:
    levels = dict.fromkeys(LEADS, 0.0) | {"V3": None, "V4": 0.3}
    verdict = evaluate(
        {f"{lead}.st_j": st_level(lead, value) for lead, value in levels.items()}, Demographics(age=60, sex="male")
    )["stemi_anterior"]
    assert verdict.certainty == "possible"
    assert verdict.present is not None
    assert "V4 {V4.st_j}" in verdict.present.template
    assert verdict.present.evidence == ("V4.st_j",)
    assert verdict.present.criteria == ("stemi_anterior.st_elevation",)
