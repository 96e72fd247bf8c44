"""A textbook ECG as a table of measurements, with any of them changed: what a claim is checked against in tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from calipers import Claim, Ecg, Fault, Report
from calipers.agent.case import Case
from calipers.agent.drafting import full_read
from calipers.agent.reporting import assemble, provisional
from calipers.agent.suggestions import suggested_claims
from calipers.agent.verifier import Checker
from calipers.evidence import Citable, Measurement, Measurements, ModelProbability, Span, measurement_id
from calipers.knowledge import statements
from calipers.leads import LEADS, Lead
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS
from calipers.printing import fill, printed, slots
from calipers.report import Certainty, Polarity, Quality
from calipers.tools.measure import Examination

Values = Mapping[str, float | str | None]

#: 95 % half-widths by unit: small, so that a textbook value is not borderline.
_UNCERTAINTY = {"ms": 4.0, "mV": 0.02, "deg": 3.0, "/min": 0.5, "": 0.01}
_GLOBAL: dict[str, float] = {
    "hr": 70.0, "rr_sd": 20.0, "pause_max": 900.0, "rr_irregularity": 0.02, "p_dur": 100.0, "pr": 160.0, "qrs": 90.0,
    "qt": 390.0, "p_axis": 50.0, "rr_range": 40.0, "pr_range": 6.0, "qrs_axis": 45.0, "t_axis": 40.0, "p_per_qrs": 1.0, "atrial_rate": 70.0,
    "qrs_count": 12.0, "qrs_similarity": 0.98, "rest_share": 0.8,
}  # fmt: skip
_LEAD: dict[str, float | str] = {
    "p_amp": 0.1, "q_amp": -0.05, "r_amp": 0.8, "s_amp": -0.2, "t_amp": 0.3, "st_j": 0.01, "st_60": 0.02, "st_80": 0.03,
    "q_dur": 10.0, "r_dur": 40.0, "s_dur": 20.0, "r_peak_time": 35.0, "qrs_pattern": "qRs", "quality": 1.0,
    "p_pattern": "upright", "t_pattern": "upright", "t_width": 120.0,
}  # fmt: skip
_OWN: dict[str, float | str] = {
    "aVR.p_amp": -0.1, "aVR.t_amp": -0.3, "aVR.r_amp": 0.1, "aVR.q_amp": -0.8, "aVR.s_amp": 0.0,
    "aVR.qrs_pattern": "Qr", "aVR.p_pattern": "inverted", "aVR.t_pattern": "inverted",
    "V1.r_amp": 0.2, "V1.s_amp": -0.8, "V1.q_amp": 0.0, "V1.q_dur": 0.0, "V1.qrs_pattern": "rS", "V2.qrs_pattern": "rS",
    "V2.q_amp": 0.0, "V2.q_dur": 0.0, "V3.q_amp": 0.0, "V3.q_dur": 0.0, "V3.qrs_pattern": "RS",
}  # fmt: skip


#: Cases already evaluated, kept alive so that their identity stays theirs.
_KNOWN: dict[int, tuple[Case, Checker]] = {}


def textbook_ecg() -> Ecg:
    """Ten seconds that no engine looks at; its hash is the record of the table."""
    wave = 0.5 * np.sin(np.linspace(0.0, 60.0, 5000))
    return Ecg.from_array(np.tile(wave, (8, 1)), 500, ("I", "II", *LEADS[6:]), age=60, sex="male")


def textbook_case(
    changes: Values | None = None, ecg: Ecg | None = None, probabilities: Mapping[str, float] | None = None
) -> Case:
    """The textbook table with some values changed; None makes one not measurable. What follows from them follows.

    `probabilities` are what the statement network gives, by SCP-ECG code; here it gives nothing else.
    """
    ecg = ecg or textbook_ecg()
    values: dict[str, float | str | None] = {
        f"{lead}.{name}": _LEAD.get(name, 0.0) for lead in LEADS for name in LEAD_UNITS
    }
    values |= {name: _GLOBAL.get(name, 0.0) for name in GLOBAL_UNITS}
    values |= _OWN
    values |= changes or {}
    values |= _computed(values) | {key: value for key, value in (changes or {}).items() if value is None}
    items = (_measurement(key, value, ecg.record) for key, value in values.items())
    case = Case(ecg, Examination(Measurements(items), Quality(score=1.0, assessable=True)))
    vars(case)["probabilities"] = tuple(probability(ecg, code, p) for code, p in (probabilities or {}).items())
    return case


def probability(ecg: Ecg, code: str, share: float) -> ModelProbability:
    """What a network of no name gives one statement."""
    return ModelProbability(id=f"model:{code}", record=ecg.record, statement=code, probability=share, model="textbook")


def _computed(values: Values) -> dict[str, float | None]:
    rate, qt, qrs = (value if isinstance(value := values[key], float) else None for key in ("hr", "qt", "qrs"))
    rr_s = 60.0 / rate if rate else None
    found: dict[str, float | None] = {"rr_mean": 1000.0 * rr_s if rr_s else None}
    if rr_s is None or qt is None:
        return found | dict.fromkeys(("qtc_bazett", "qtc_fridericia", "qtc_framingham", "qtc_hodges", "jtc"))
    bazett = qt / rr_s**0.5
    return found | {
        "qtc_bazett": bazett,
        "qtc_fridericia": qt / rr_s ** (1.0 / 3.0),
        "qtc_framingham": qt + 154.0 * (1.0 - rr_s),
        "qtc_hodges": qt + 1.75 * (60.0 / rr_s - 60.0),
        "jtc": bazett - qrs if qrs is not None else None,
    }


def _measurement(key: str, value: float | str | None, record: str) -> Measurement:
    head, _, name = key.rpartition(".")
    lead: Lead | None = next((lead for lead in LEADS if lead == head), None)
    unit = LEAD_UNITS[name] if lead else GLOBAL_UNITS[name]
    length_s = value / 1000.0 if isinstance(value, float) and unit == "ms" else 0.1
    return Measurement(
        id=measurement_id(name, lead),
        record=record,
        name=name,
        value=value,
        unit=unit,
        lead=lead,
        spans=() if value is None else (Span(lead, 2.0, 2.0 + max(length_s, 0.0)),),
        uncertainty=_UNCERTAINTY[unit] if isinstance(value, float) and not name.endswith("_count") else None,
        method="textbook",
        status="not_measurable" if value is None else "measured",
        reason="the wave was not found" if value is None else None,
    )


def textbook_report(
    changes: Values | None = None, ecg: Ecg | None = None, probabilities: Mapping[str, float] | None = None
) -> Report:
    """A whole report on a textbook table, as the program would write it."""
    case = textbook_case(changes, ecg, probabilities)
    return assemble(
        case,
        claims=full_read(case.verdicts, case.ledger, suggested_claims(case.suggestions, case.ledger)),
        answer=(),
        withheld=(),
        sentences=(),
        question=None,
        model_name="none",
        model_note="",
    )


def faults_of(
    case: Case,
    template: str,
    *,
    statement: str | None = None,
    polarity: Polarity = "present",
    certainty: Certainty | None = None,
    evidence: Iterable[str] | None = None,
    criteria: Iterable[str] | None = None,
    further: Iterable[Citable] = (),
) -> list[Fault]:
    """What the verifier says of one sentence. Evidence and criteria are by default the verdict's own and the slots."""
    checker = checker_of(case, tuple(further))
    cited = [slot for slot in slots(template) if not slot.startswith("crit:")]
    said = None
    if statement is not None:
        verdict = case.verdicts[statement]
        said = verdict.present if polarity == "present" else verdict.absent
        certainty = certainty or (verdict.certainty if polarity == "present" else None)
    given = evidence if evidence is not None else (*cited, *(said.evidence if said else ()))
    named = criteria if criteria is not None else (said.criteria if said else ())
    items = checker.grounds.items
    claim = Claim(
        id="claim",
        template=template,
        text=fill(template, lambda slot: printed(items[slot]) if slot in items else f"{{{slot}}}"),
        statement=statements().noun(statement) if statement else None,
        polarity=polarity,
        certainty=certainty or "definite",
        evidence=tuple(dict.fromkeys(given)),
        criteria=tuple(named),
    )
    return checker.claim_faults(claim)


def checker_of(case: Case, further: tuple[Citable, ...] = ()) -> Checker:
    """The verifier on a case's whole ledger; the same case is evaluated once."""
    if not further and id(case) in _KNOWN:
        return _KNOWN[id(case)][1]
    report = provisional(case)
    checker = Checker(report.model_copy(update={"evidence_table": (*report.evidence_table, *further)}))
    if not further:
        _KNOWN[id(case)] = (case, checker)
    return checker


def kinds(faults: Iterable[Fault]) -> set[str]:
    """The kinds of faults found."""
    return {fault.kind for fault in faults}
