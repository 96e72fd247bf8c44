"""Claims drafted by code from measurements and verdicts: what every run says at least, in any mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from calipers.ecg import Ecg
from calipers.evidence import DeviceEvidence, Evidence, Measurement
from calipers.knowledge import Verdict, Verdicts, statements
from calipers.printing import fill, printed, slots
from calipers.report import Certainty, Claim, Disagreement, Polarity, Side, Statement

#: Descriptive sentences: id, template, and the condition under which a reader needs it.
_RATE: Final = "Ventricular rate {hr}"
_INTERVALS: Final = "PR interval {pr}, QRS duration {qrs}, QT interval {qt}"
_QTC: Final = "QTc (Bazett) {qtc_bazett}"
_QTC_BOTH: Final = "QTc (Bazett) {qtc_bazett}, QTc (Fridericia) {qtc_fridericia}"
_JTC: Final = "The wide QRS lengthens QTc: JTc {jtc} with QRS duration {qrs}"
_AXES: Final = "P axis {p_axis}, QRS axis {qrs_axis}, T axis {t_axis}"
#: Fridericia stands beside Bazett outside this range of rates (DESIGN §3).
_BAZETT_RATES: Final = (60.0, 90.0)
_WIDE_QRS_MS: Final = 120.0
_DEVICE_UNITS: Final = {"hr": "/min", "p_axis": "deg", "qrs_axis": "deg", "t_axis": "deg", "atrial_rate": "/min"}
#: Beyond these differences a device's value and ours are shown as a disagreement.
_DEVICE_TOLERANCE: Final = {"/min": 5.0, "ms": 20.0, "deg": 20.0}


def make_claim(
    key: str,
    template: str,
    ledger: Mapping[str, Evidence],
    *,
    statement: Statement | None = None,
    polarity: Polarity = "present",
    certainty: Certainty = "definite",
    evidence: Iterable[str] = (),
    criteria: Iterable[str] = (),
) -> Claim:
    """Fill a template from the ledger; ids in slots are cited in order of appearance, then the others.

    Raises:
        UnknownEvidence: a slot's id is not in the ledger.
        ValueError: a slot names an item without a printable value.
    """
    in_slots = [slot for slot in slots(template) if not slot.startswith("crit:")]
    return Claim(
        id=key,
        template=template,
        text=fill(template, lambda slot: printed(ledger[slot])),
        statement=statement,
        polarity=polarity,
        certainty=certainty,
        evidence=tuple(dict.fromkeys([*in_slots, *evidence])),
        criteria=tuple(dict.fromkeys(criteria)),
    )


def statement_claim(verdict: Verdict, ledger: Mapping[str, Evidence]) -> Claim | None:
    """The claim that a verdict supports, present or absent; None where it supports neither."""
    statement = statements().noun(verdict.key)
    if verdict.template is not None and verdict.certainty is not None:
        return make_claim(
            verdict.key,
            verdict.template,
            ledger,
            statement=statement,
            certainty=verdict.certainty,
            evidence=verdict.evidence,
            criteria=verdict.criteria,
        )
    if verdict.absent_template is not None:
        return make_claim(
            f"no_{verdict.key}",
            verdict.absent_template,
            ledger,
            statement=statement,
            polarity="absent",
            evidence=verdict.absent_evidence,
            criteria=verdict.absent_criteria,
        )
    return None


def measurement_claims(ledger: Mapping[str, Evidence]) -> Iterator[Claim]:
    """Rate, intervals and axes, as every reader expects them, measurable or not."""
    yield make_claim("rate", _RATE, ledger)
    yield make_claim("intervals", _INTERVALS, ledger)
    rate, qrs = _number(ledger, "hr"), _number(ledger, "qrs")
    usual_rate = rate is None or _BAZETT_RATES[0] <= rate <= _BAZETT_RATES[1]
    yield make_claim("qtc", _QTC if usual_rate else _QTC_BOTH, ledger)
    if qrs is not None and qrs >= _WIDE_QRS_MS and _number(ledger, "jtc") is not None:
        yield make_claim("jtc", _JTC, ledger)
    yield make_claim("axes", _AXES, ledger)


def single_measurement_claim(item: Measurement, ledger: Mapping[str, Evidence]) -> Claim:
    """One sentence for one measurement, named in words: `ST level at J in lead V3 0.12 mV`."""
    words = PHRASES[item.name]
    where = f" in lead {item.lead}" if item.lead else ""
    when = " of one beat" if item.beat is not None else ""
    return make_claim(f"m_{item.id}", f"{words}{where}{when} {{{item.id}}}", ledger)


def full_read(verdicts: Verdicts, ledger: Mapping[str, Evidence]) -> tuple[Claim, ...]:
    """The claims of a full interpretation: findings first, then measurements, then pertinent negatives."""
    findings = [claim for verdict in verdicts.asserted() if (claim := statement_claim(verdict, ledger))]
    negatives = [claim for verdict in verdicts.negatives() if (claim := statement_claim(verdict, ledger))]
    return (*findings, *measurement_claims(ledger), *negatives)


def device_evidence(ecg: Ecg) -> tuple[DeviceEvidence, ...]:
    """What the recorder measured, as evidence of its own kind."""
    return tuple(
        DeviceEvidence(id=f"device:{name}", record=ecg.record, name=name, value=float(value), unit=_DEVICE_UNITS.get(name, "ms"))
        for name, value in ecg.source.device_measurements.items()
    )


def device_disagreements(ledger: Mapping[str, Evidence]) -> tuple[Disagreement, ...]:
    """Measurements where the recorder and Calipers differ by more than a reader would overlook."""
    found = []
    for item in ledger.values():
        if not isinstance(item, DeviceEvidence) or not isinstance(item.value, float):
            continue
        ours = ledger.get(item.name)
        if not isinstance(ours, Measurement) or ours.number is None:
            continue
        gap = abs(ours.number - item.value)
        if item.unit == "deg":
            gap = min(gap, 360.0 - gap)
        if gap > _DEVICE_TOLERANCE[item.unit]:
            sides = (
                Side(who="Calipers", text=f"{PHRASES[item.name]} {printed(ours)}", evidence=(ours.id,)),
                Side(who="recorder", text=f"{PHRASES[item.name]} {printed(item)}", evidence=(item.id,)),
            )
            found.append(Disagreement(about=item.name, sides=sides))
    return tuple(found)


def _number(ledger: Mapping[str, Evidence], key: str) -> float | None:
    item = ledger.get(key)
    return item.number if isinstance(item, Measurement) else None


#: What each measurement is called in a sentence.
PHRASES: Final[dict[str, str]] = {
    "hr": "Ventricular rate",
    "rr_mean": "Mean RR interval",
    "rr_sd": "RR interval deviation",
    "rr": "RR interval",
    "p_dur": "P-wave duration",
    "pr": "PR interval",
    "qrs": "QRS duration",
    "qt": "QT interval",
    "qtc_bazett": "QTc (Bazett)",
    "qtc_fridericia": "QTc (Fridericia)",
    "qtc_framingham": "QTc (Framingham)",
    "qtc_hodges": "QTc (Hodges)",
    "jtc": "JTc",
    "p_axis": "P axis",
    "qrs_axis": "QRS axis",
    "t_axis": "T axis",
    "atrial_rate": "Atrial rate",
    "p_per_qrs": "Share of QRS complexes preceded by a coupled P wave",
    "rr_irregularity": "RR irregularity index",
    "pvc_count": "Number of premature ventricular beats",
    "pac_count": "Number of premature atrial beats",
    "paced_count": "Number of paced beats",
    "pause_max": "Longest pause",
    "p_amp": "P amplitude",
    "q_amp": "Q amplitude",
    "r_amp": "R amplitude",
    "s_amp": "S amplitude",
    "rp_amp": "Second R amplitude",
    "sp_amp": "Second S amplitude",
    "t_amp": "T amplitude",
    "q_dur": "Q duration",
    "r_dur": "R duration",
    "s_dur": "S duration",
    "rp_dur": "Second R duration",
    "r_peak_time": "R-peak time",
    "st_j": "ST level at the J point",
    "st_60": "ST level after the J point, early",
    "st_80": "ST level after the J point, late",
    "qrs_pattern": "QRS pattern",
    "qrs_notch": "Notched QRS",
    "quality": "Signal quality",
}
