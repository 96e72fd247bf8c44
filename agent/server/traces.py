"""What the viewer draws: samples, the waves of each beat, the median beats, and where a citation lies."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Final

import numpy as np

from calipers.agent.case import Case
from calipers.agent.report_page.citations import facts, words
from calipers.agent.report_page.superimposed import BEFORE_S, RATE_HZ, beats_at, onsets_s
from calipers.agent.server.messages import Beat, EvidenceItem, Fiducials, MedianBeats, Trace
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import CriterionEvidence, Evidence, Measurement, Measurements
from calipers.leads import LEADS
from calipers.parameters import PARAMETERS
from calipers.printing import printed
from calipers.report import Report
from calipers.tools.render.spans import beat_spans

#: One answer holds at most this; a longer record is asked for piece by piece.
MOST_S: Final = 600.0
#: Where the viewer is told of beats at once.
_MOST_BEATS: Final = 2000
_MOST_SIBLINGS: Final = 12


def window(ecg: Ecg, start_s: float, end_s: float | None) -> tuple[int, int]:
    """First sample and the one after the last of a stretch.

    Raises:
        UsageError: the stretch is not inside the record, or too long for one answer.
    """
    stop_s = min(ecg.duration_s, start_s + MOST_S) if end_s is None else min(end_s, ecg.duration_s)
    if not (math.isfinite(start_s) and math.isfinite(stop_s) and 0 <= start_s < stop_s <= start_s + MOST_S):
        raise UsageError(
            f"found {start_s:g} to {stop_s:g} s; needed a stretch of at most {MOST_S:g} s within"
            f" 0 to {ecg.duration_s:g} s"
        )
    return round(start_s * ecg.fs_hz), max(round(stop_s * ecg.fs_hz), round(start_s * ecg.fs_hz) + 1)


def trace_json(ecg: Ecg, first: int, stop: int) -> Trace:
    """A stretch as JSON, to the microvolt; null where nothing was recorded."""
    samples = [[None if v != v else v for v in row.tolist()] for row in ecg.signal_mv[:, first:stop].round(4)]
    return Trace(
        record=ecg.record,
        fs_hz=ecg.fs_hz,
        start_s=first / ecg.fs_hz,
        duration_s=ecg.duration_s,
        leads=list(LEADS),
        signal_mv=samples,
    )


def trace_binary(ecg: Ecg, first: int, stop: int) -> bytes:
    """A stretch as bytes: little-endian length of a JSON head, the head, then (12, n) float32 in mV, NaN for none.

    The head is padded so that the samples start at a multiple of four bytes.
    """
    head = json.dumps(
        {
            "record": ecg.record,
            "fs_hz": ecg.fs_hz,
            "start_s": first / ecg.fs_hz,
            "duration_s": ecg.duration_s,
            "leads": LEADS,
            "samples": stop - first,
        }
    ).encode()
    head += b" " * (-len(head) % 4)
    samples = np.ascontiguousarray(ecg.signal_mv[:, first:stop], dtype="<f4")
    return len(head).to_bytes(4, "little") + head + samples.tobytes()


def fiducials(case: Case, start_s: float = 0.0) -> Fiducials:
    """P, QRS and T of each beat from `start_s` on, and the median beats."""
    beats = []
    items = case.measurements
    for number in _beat_numbers(items):
        qrs = _stretch(items, f"qrs#{number}")
        if qrs is None or qrs[0] < start_s:
            continue
        qt = _stretch(items, f"qt#{number}")
        beats.append(Beat(p=_stretch(items, f"p_dur#{number}"), qrs=qrs, t_end=qt[1] if qt else None))
        if len(beats) == _MOST_BEATS:
            break
    return Fiducials(beats=beats, median=_median(case))


def evidence_item(item: Evidence, measurements: Measurements) -> EvidenceItem:
    """One item as the page shows it."""
    measured = item if isinstance(item, Measurement) else None
    own = list(measured.spans) if measured else []
    beats = beat_spans(measured, measurements)[:_MOST_SIBLINGS] if measured else []
    return EvidenceItem(
        label=words(item),
        value=_value(item),
        unit=measured.unit if measured else "",
        number=measured.number if measured else None,
        lead=measured.lead if measured else None,
        name=measured.name if measured else "",
        phrase=PARAMETERS[measured.name].phrase if measured else "",
        kind="measurement" if measured else str(getattr(item, "kind", "")),
        measurable=measured is None or measured.status == "measured",
        facts=facts(item),
        spans=own,
        beats=beats,
        about=list(item.measurements) if isinstance(item, CriterionEvidence) else [],
    )


def _value(item: Evidence) -> str:
    """As it stands in a sentence; empty for what holds no value, a passage or a case."""
    try:
        return printed(item)
    except ValueError:
        return ""


def evidence_of(case: Case, extra: Iterable[str] = ()) -> dict[str, EvidenceItem]:
    """Every item of a case that a claim may cite, single beats only where `extra` names them."""
    items: dict[str, Evidence] = {item.id: item for item in case.ledger.entered if "#" not in item.id}
    items |= {key: case.measurements[key] for key in extra if key in case.measurements}
    return {key: evidence_item(item, case.measurements) for key, item in items.items()}


def evidence_of_report(report: Report, measurements: Measurements) -> dict[str, EvidenceItem]:
    """What one answer cites beyond the measurements: criteria, passages, priors, probabilities, single beats."""
    cited: list[Evidence] = [*report.evidence_table, *(item for item in report.measurements if item.beat is not None)]
    return {item.id: evidence_item(item, measurements) for item in cited}


def place_on_picture(case: Case, key: str) -> tuple[float, float] | None:
    """Where a measurement begins on the picture that the ECG was read from, as shares of its width and height."""
    how, item = case.ecg.source.digitisation, case.measurements[key]
    if how is None or not item.spans:
        return None
    begin_s = item.spans[0].start_s
    for lead in (item.lead,) if item.lead is not None else (*how.strips, *LEADS):
        if (at := how.pixel(lead, begin_s, 0.0)) is not None:
            return at[0] / how.width_px, at[1] / how.height_px
    return None


def _stretch(items: Measurements, key: str) -> tuple[float, float] | None:
    """Begin and end of a beat's item in seconds; None where it was not measured."""
    if key not in items or not items[key].spans:
        return None
    return items[key].spans[0].start_s, items[key].spans[0].end_s


def _beat_numbers(items: Measurements) -> list[int]:
    keys = (key for key in items if key.startswith("qrs#"))
    return sorted(int(key.partition("#")[2]) for key in keys)


def _median(case: Case) -> MedianBeats | None:
    beats = beats_at(case.ecg, onsets_s(case.measurements))
    if beats is None:
        return None
    rows: dict[str, list[float | None]] = {
        lead: [None if v != v else round(v, 4) for v in row.tolist()] for lead, row in zip(LEADS, beats, strict=True)
    }
    return MedianBeats(fs_hz=RATE_HZ, before_s=BEFORE_S, signal_mv=rows)
