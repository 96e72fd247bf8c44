"""Claims drafted by code from measurements and verdicts: what every run says at least, in any mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from calipers.agent import descriptions
from calipers.agent.case import Case
from calipers.agent.comparison import ChangeSentence
from calipers.ecg import Ecg
from calipers.evidence import DeviceEvidence, Evidence, Ledger, Measurement
from calipers.knowledge import Verdict, Verdicts, gravity, statements
from calipers.parameters import PARAMETERS
from calipers.printing import fill, printed, slots
from calipers.report import Certainty, Claim, Disagreement, Polarity, Side, Statement

#: Denied in a full read where the criteria show it; every other denial is there for the asking.
PERTINENT_NEGATIVES: Final = frozenset(
    [
        "st_elevation",
        "st_depression",
        "t_inversion",
        "pathological_q",
        "atrial_fibrillation",
        "first_degree_av_block",
        "lbbb",
        "rbbb",
        "lvh",
        "rvh",
        "long_qt",
        "atrial_premature_complex",
        "ventricular_premature_complex",
    ]
)
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
    if verdict.present is not None and verdict.certainty is not None:
        return make_claim(
            verdict.key,
            verdict.present.template,
            ledger,
            statement=statement,
            certainty=verdict.certainty,
            evidence=verdict.present.evidence,
            criteria=verdict.present.criteria,
        )
    if verdict.absent is not None:
        return make_claim(
            f"no_{verdict.key}",
            verdict.absent.template,
            ledger,
            statement=statement,
            polarity="absent",
            evidence=verdict.absent.evidence,
            criteria=verdict.absent.criteria,
        )
    return None


def measurement_claims(ledger: Mapping[str, Evidence]) -> Iterator[Claim]:
    """Rate, intervals and axes, as every reader expects them, measurable or not."""
    yield make_claim("rate", descriptions.RATE, ledger)
    yield make_claim("intervals", descriptions.INTERVALS, ledger)
    rate, qrs = _number(ledger, "hr"), _number(ledger, "qrs")
    usual_rate = rate is None or _BAZETT_RATES[0] <= rate <= _BAZETT_RATES[1]
    yield make_claim("qtc", descriptions.QTC if usual_rate else descriptions.QTC_BOTH, ledger)
    if qrs is not None and qrs >= _WIDE_QRS_MS and _number(ledger, "jtc") is not None:
        yield make_claim("jtc", descriptions.JTC, ledger)
    yield make_claim("axes", descriptions.AXES, ledger)


def single_measurement_claim(item: Measurement, ledger: Mapping[str, Evidence]) -> Claim:
    """One sentence for one measurement, named in words: `ST level at the J point in lead V3 0.12 mV.`"""
    return make_claim(f"m_{item.id}", descriptions.describing(item.id), ledger)


def full_read(verdicts: Verdicts, ledger: Mapping[str, Evidence], suggested: Iterable[Claim] = ()) -> tuple[Claim, ...]:
    """The claims of a full interpretation: gravest findings first, then what only the model suggests, then
    measurements, then pertinent negatives."""
    found = sorted(verdicts.asserted(), key=lambda verdict: gravity(verdict.key))
    findings = [claim for verdict in found if (claim := statement_claim(verdict, ledger))]
    denied = [verdict for verdict in verdicts.negatives() if verdict.key in PERTINENT_NEGATIVES]
    negatives = [claim for verdict in denied if (claim := statement_claim(verdict, ledger))]
    return (*findings, *suggested, *measurement_claims(ledger), *negatives)


def change_claim(said: ChangeSentence, ledger: Mapping[str, Evidence]) -> Claim:
    """A sentence about change as a claim."""
    return make_claim(
        said.key,
        said.template,
        ledger,
        statement=statements().noun(said.statement) if said.statement else None,
        polarity=said.polarity,
        certainty=said.certainty,
        evidence=said.evidence,
        criteria=said.criteria,
    )


def full_comparison(case: Case) -> tuple[Claim, ...]:
    """What a full read says of the nearest prior; nothing where there is none."""
    said = case.change_sentences
    return tuple(change_claim(sentence, case.ledger) for sentence in said.full_read()) if said else ()


def device_evidence(ecg: Ecg) -> tuple[DeviceEvidence, ...]:
    """What the recorder measured, as evidence of its own kind."""
    return tuple(
        DeviceEvidence(
            id=f"device:{name}", record=ecg.record, name=name, value=float(value), unit=_DEVICE_UNITS.get(name, "ms")
        )
        for name, value in ecg.source.device_measurements.items()
    )


def device_disagreements(ledger: Ledger) -> tuple[Disagreement, ...]:
    """Measurements where the recorder and Calipers differ by more than a reader would overlook."""
    found = []
    for item in ledger.entered:
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
                Side(who="Calipers", text=f"{PARAMETERS[item.name].phrase} {printed(ours)}", evidence=(ours.id,)),
                Side(who="recorder", text=f"{PARAMETERS[item.name].phrase} {printed(item)}", evidence=(item.id,)),
            )
            found.append(Disagreement(about=item.name, sides=sides))
    return tuple(found)


def _number(ledger: Mapping[str, Evidence], key: str) -> float | None:
    item = ledger.get(key)
    return item.number if isinstance(item, Measurement) else None
