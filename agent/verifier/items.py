"""(a) Whether each item of a report is what its id says, has a sound value, and belongs to this record."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.evidence import (
    CriterionEvidence,
    DeviceEvidence,
    Evidence,
    GuidelinePassage,
    Measurement,
    ModelProbability,
    PriorEvidence,
    SimilarCase,
    ToolEvidence,
    measurement_id,
)
from calipers.models.mllm.classifier import codes
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS, PARAMETERS, WAVE_SHAPES, WORDS
from calipers.report import Report

#: Measurements that exist for single beats only.
_BEAT_UNITS: Final = {"rr": "ms"}
_UNITS: Final = frozenset(parameter.unit for parameter in PARAMETERS.values())
#: What a textual value may look like: `qRs`, `QS`, `rSR'`. Anything longer would be prose.
_PATTERN: Final = re.compile(r"[QRSqrs'′]{1,8}|none")


def item_flaws(report: Report) -> dict[str, tuple[Flaw, ...]]:
    """Everything wrong with the items of a report, by id; a sound item is not listed."""
    found: dict[str, list[Flaw]] = defaultdict(list)
    seen: set[str] = set()
    items: Iterable[Evidence] = (*report.measurements, *report.evidence_table)
    for item in items:
        if item.id in seen:
            found[item.id].append(Flaw("unknown_id", f"found `{item.id}` twice; needed one meaning for an id"))
        seen.add(item.id)
        found[item.id] += _flaws(item, report.record)
    return {key: tuple(flaws) for key, flaws in found.items() if flaws}


def _flaws(item: Evidence, record: str) -> Flaws:
    expected = _expected_id(item)
    if item.id != expected:
        yield Flaw("unknown_id", f"`{item.id}` is entered as {type(item).__name__} `{expected}`")
    match item:
        case PriorEvidence() | SimilarCase():
            if item.record == record:
                yield Flaw("foreign_record", f"`{item.id}` claims to be another ECG and carries this record's key")
        case GuidelinePassage():
            pass
        case _:
            if item.record != record:
                yield Flaw("foreign_record", f"`{item.id}` belongs to record {item.record}, not to {record}")
    if isinstance(item, Measurement):
        yield from measurement_flaws(item)
    elif isinstance(item, PriorEvidence) and item.measurement is not None:
        if item.measurement.record != item.record:
            yield Flaw("foreign_record", f"`{item.id}` holds a measurement of record {item.measurement.record}")
        yield from measurement_flaws(item.measurement)
    elif isinstance(item, DeviceEvidence) and (item.unit not in _UNITS or not isinstance(item.value, float)):
        yield Flaw("unit", f"found `{item.id}` = {item.value!r} in `{item.unit}`; needed a number in a known unit")
    elif isinstance(item, CriterionEvidence) and item.unit not in _UNITS:
        yield Flaw("unit", f"found `{item.id}` in `{item.unit}`; needed a unit that measurements have")
    elif isinstance(item, ModelProbability):
        if not 0.0 <= item.probability <= 1.0:
            yield Flaw("measurement", f"found `{item.id}` of {item.probability:g}; needed a probability")
        if item.statement not in codes():
            yield Flaw("unknown_id", f"found `{item.id}`; needed one of the network's {len(codes())} codes")


def _expected_id(item: Evidence) -> str:
    """The id that an item's own fields spell; prefixes say what kind of item it is."""
    match item:
        case Measurement():
            return measurement_id(item.name, item.lead, item.beat)
        case DeviceEvidence():
            return f"device:{item.name}"
        case ModelProbability():
            return f"model:{item.statement}"
        case CriterionEvidence():
            return _prefixed(item.id, f"crit:{item.statement}.")
        case GuidelinePassage():
            return _prefixed(item.id, "guide:")
        case ToolEvidence():
            return f"tool:{item.tool}/{item.key}"
        case SimilarCase():
            return _prefixed(item.id, "case:")
        case PriorEvidence(measurement=Measurement() as earlier):
            return f"prior:{item.record}/{measurement_id(earlier.name, earlier.lead, earlier.beat)}"
        case PriorEvidence():
            return _prefixed(item.id, f"prior:{item.record}/")


def _prefixed(key: str, prefix: str) -> str:
    return key if key.startswith(prefix) else f"{prefix}…"


def measurement_flaws(item: Measurement) -> Flaws:
    """Whether name, lead, unit, value and status of one measurement fit together."""
    unit = LEAD_UNITS.get(item.name) if item.lead else GLOBAL_UNITS.get(item.name, _BEAT_UNITS.get(item.name))
    if item.name in (GLOBAL_UNITS if item.lead else LEAD_UNITS):
        yield Flaw("lead", f"`{item.id}` is entered for lead {item.lead}, which {item.name} does not go with")
    if item.unit not in _UNITS or (unit is not None and item.unit != unit):
        yield Flaw("unit", f"found `{item.id}` in `{item.unit}`; needed `{unit or 'a known unit'}`")
    if item.status == "not_measurable":
        if item.value is not None or not item.reason:
            yield Flaw("measurement", f"`{item.id}` is not measurable; needed a reason and no value")
        return
    if item.value is None:
        yield Flaw("measurement", f"`{item.id}` is measured without a value")
    elif item.name in WORDS:
        known = WAVE_SHAPES.__contains__ if item.name != "qrs_pattern" else _PATTERN.fullmatch
        if not (isinstance(item.value, str) and known(item.value)):
            yield Flaw("measurement", f"found `{item.id}` = {item.value!r}; needed a shape such as `qRs` or `notched`")
    elif isinstance(item.value, str):
        yield Flaw("measurement", f"found `{item.id}` = {item.value!r}; needed a number")
    if item.uncertainty is not None and item.uncertainty < 0:
        yield Flaw("measurement", f"found `{item.id}` ± {item.uncertainty:g}; needed an uncertainty of at least zero")
    if any(not 0.0 <= span.start_s <= span.end_s for span in item.spans):
        yield Flaw("measurement", f"`{item.id}` points outside the recording")
