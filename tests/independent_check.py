"""A second pair of eyes on a report: reads only `report.json` and the signal, and imports nothing of Calipers.

    python tests/independent_check.py report.json signal.npz

`signal.npz` holds `signal_mv` (12, n) in the order I II III aVR aVL aVF V1–V6 and `fs_hz`. Prints what is
wrong, a line each, and exits with 1; prints nothing and exits with 0 when nothing is. Numpy and the standard
library only: what it knows of ids, printing and leads is written here anew, from the contract.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
Item = dict[str, Any]

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
UNITS = {
    **dict.fromkeys(("hr", "atrial_rate"), "/min"),
    **dict.fromkeys(("rr_mean", "rr_sd", "rr", "p_dur", "pr", "qrs", "qt", "jtc", "pause_max"), "ms"),
    **dict.fromkeys(("qtc_bazett", "qtc_fridericia", "qtc_framingham", "qtc_hodges"), "ms"),
    **dict.fromkeys(("p_axis", "qrs_axis", "t_axis"), "deg"),
    **dict.fromkeys(("p_per_qrs", "rr_irregularity", "pvc_count", "pac_count", "paced_count"), ""),
    **dict.fromkeys(("p_amp", "q_amp", "r_amp", "s_amp", "rp_amp", "sp_amp", "t_amp", "st_j", "st_60", "st_80"), "mV"),
    **dict.fromkeys(("q_dur", "r_dur", "s_dur", "rp_dur", "r_peak_time"), "ms"),
    **dict.fromkeys(("qrs_pattern", "qrs_notch", "quality"), ""),
}
SHARES = ("p_per_qrs", "rr_irregularity", "quality")
ELSEWHERE = ("prior:", "case:", "guide:")
KINDS = {
    "criterion": "crit:",
    "device": "device:",
    "guideline": "guide:",
    "prior": "prior:",
    "case": "case:",
    "model": "model:",
    "tool": "tool:",
}
SLOT = re.compile(r"\{([A-Za-z][^{}\s]*)\}")
#: Digits that belong to a name: leads, recording sites, ratios, the kind of record.
FIXED = re.compile(r"(?<!\w)(?:V[1-9]R?|12-lead|[1-4]:1)(?!\w)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")

_TEXT, _LIST, _NUMBER_OR_NONE = (str,), (list,), (int, float, type(None))
_REQUIRED: dict[str, dict[str, tuple[type, ...]]] = {
    "report": {
        "schema": _TEXT, "record": _TEXT, "patient": (dict,), "quality": (dict,), "measurements": _LIST,
        "claims": _LIST, "withheld": _LIST, "disagreements": _LIST, "impression": _TEXT, "urgency": _TEXT,
        "evidence_table": _LIST, "provenance": (dict,),
    },
    "measurement": {
        "id": _TEXT, "record": _TEXT, "name": _TEXT, "value": (int, float, str, type(None)), "unit": _TEXT,
        "lead": (str, type(None)), "beat": (int, type(None)), "spans": _LIST, "uncertainty": _NUMBER_OR_NONE,
        "method": _TEXT, "status": _TEXT, "reason": (str, type(None)),
    },
    "claim": {
        "id": _TEXT, "template": _TEXT, "text": _TEXT, "statement": (dict, type(None)), "polarity": _TEXT,
        "certainty": _TEXT, "evidence": _LIST, "criteria": _LIST,
    },
    "statement": {"key": _TEXT, "aha": _LIST, "scp": _LIST, "snomed": _LIST, "label": _TEXT},
    "evidence": {"kind": _TEXT, "id": _TEXT, "record": _TEXT},
}  # fmt: skip


def check(report: dict[str, Any], signal_mv: Any, fs_hz: float) -> list[str]:
    """Everything that is wrong with a report, given the signal it speaks of; empty when nothing is.

    Args:
        report: `report.json` as loaded.
        signal_mv: (12, n) millivolts, NaN rows for leads that were not recorded.
        fs_hz: samples per second.
    """
    problems = list(_shape("report", report))
    if problems:
        return problems
    signal = np.asarray(signal_mv, dtype=np.float64)
    problems += [line for item in report["measurements"] for line in _shape("measurement", item)]
    problems += [line for claim in report["claims"] for line in _shape("claim", claim)]
    problems += [line for item in report["evidence_table"] for line in _shape("evidence", item)]
    if problems:
        return problems
    duration_s = signal.shape[1] / fs_hz
    for item in report["measurements"]:
        problems += _measurement(item, report["record"], duration_s)
    problems += _table(report)
    items = {item["id"]: item for item in (*report["measurements"], *report["evidence_table"])}
    for claim in report["claims"]:
        problems += [f"claim {claim['id']}: {line}" for line in _claim(claim, items, report["record"])]
    problems += _whole(report, items)
    return problems + list(against_signal(report, signal, fs_hz))


def _shape(kind: str, entry: Any) -> Iterator[str]:
    """Required fields and their types."""
    if not isinstance(entry, dict):
        yield f"{kind}: found {type(entry).__name__}, needed an object"
        return
    for field, types in _REQUIRED[kind].items():
        if field not in entry:
            yield f"{kind} {entry.get('id', '')}: no field `{field}`"
        elif not isinstance(entry[field], types) or (isinstance(entry[field], bool) and bool not in types):
            yield f"{kind} {entry.get('id', '')}: `{field}` is {type(entry[field]).__name__}"
    if kind == "claim" and isinstance(entry.get("statement"), dict):
        yield from _shape("statement", entry["statement"])


def _measurement(item: Item, record: str, duration_s: float) -> Iterator[str]:
    key = item["id"]
    spelled = f"{item['lead']}.{item['name']}" if item["lead"] else item["name"]
    spelled += "" if item["beat"] is None else f"#{item['beat']}"
    if key != spelled:
        yield f"{key}: its fields spell `{spelled}`"
    if item["lead"] not in (None, *LEADS):
        yield f"{key}: no lead is called `{item['lead']}`"
    if item["record"] != record:
        yield f"{key}: belongs to record {item['record']}"
    if item["unit"] != UNITS.get(item["name"], item["unit"]) or item["unit"] not in ("ms", "mV", "deg", "/min", ""):
        yield f"{key}: unit `{item['unit']}`"
    if item["status"] == "measured":
        if item["value"] is None:
            yield f"{key}: measured without a value"
        elif isinstance(item["value"], str) != item["name"].endswith("_pattern") or item["value"] != item["value"]:
            yield f"{key}: value {item['value']!r}"
    elif item["status"] != "not_measurable" or item["value"] is not None or not item["reason"]:
        yield f"{key}: status `{item['status']}`, value {item['value']!r}, reason {item['reason']!r}"
    if item["uncertainty"] is not None and not item["uncertainty"] >= 0:
        yield f"{key}: uncertainty {item['uncertainty']}"
    for lead, start_s, end_s in item["spans"]:
        if not 0.0 <= start_s <= end_s <= duration_s + 1e-3:
            yield f"{key}: span {start_s}–{end_s} s of a record of {duration_s:.3f} s"
        if lead not in (None, *LEADS) or (item["lead"] and lead != item["lead"]):
            yield f"{key}: a span in lead {lead}"
    if item["name"] in ("p_dur", "pr", "qrs", "qt") and isinstance(item["value"], int | float) and item["spans"]:
        drawn_ms = 1000.0 * (item["spans"][0][2] - item["spans"][0][1])
        if abs(drawn_ms - item["value"]) > (item["uncertainty"] or 0.0) + 1.0:
            yield f"{key}: {item['value']} ms, drawn over {drawn_ms:.0f} ms"


def _table(report: dict[str, Any]) -> Iterator[str]:
    """Ids once each; prefixes as the kinds have them; everything of this record, or said to be of another."""
    ids = Counter(item["id"] for item in (*report["measurements"], *report["evidence_table"]))
    yield from (f"{key}: stands {times} times" for key, times in ids.items() if times > 1)
    for item in report["evidence_table"]:
        if not item["id"].startswith(KINDS.get(item["kind"], "\0")):
            yield f"{item['id']}: is of kind `{item['kind']}`"
        if item["record"] != report["record"] and not item["id"].startswith(ELSEWHERE):
            yield f"{item['id']}: belongs to record {item['record']}"
        if item["kind"] == "criterion" and item.get("result") not in (
            "met",
            "not_met",
            "indeterminate",
            "not_applicable",
        ):
            yield f"{item['id']}: result `{item.get('result')}`"


def _claim(claim: Item, items: dict[str, Item], record: str) -> Iterator[str]:
    cited = [*claim["evidence"], *(f"crit:{key}" for key in claim["criteria"])]
    if not claim["evidence"]:
        yield "cites nothing"
    for key in cited:
        if key not in items:
            yield f"cites `{key}`, which is not in the report"
        elif items[key]["record"] != record and not key.startswith(ELSEWHERE):
            yield f"cites `{key}` of record {items[key]['record']}"
    for slot in SLOT.findall(claim["template"]):
        if slot not in cited:
            yield f"prints `{slot}`, which it does not cite"
    if any(slot not in items for slot in SLOT.findall(claim["template"])):
        return
    expected = SLOT.sub(lambda match: printed(items[match[1]]), claim["template"])
    if claim["text"] != expected:
        yield f"says `{claim['text']}`; its slots give `{expected}`"
    passages = " ".join(
        f"{items[key].get('text')} {items[key].get('year')}"
        for key in cited
        if key.startswith("guide:") and key in items
    )
    own = [
        number for number in NUMBER.findall(FIXED.sub(" ", SLOT.sub(" ", claim["template"]))) if number not in passages
    ]
    if own:
        yield f"`{own[0]}` stands outside slots"
    values = " ".join(printed(items[key]) for key in cited if key in items)
    known = set(NUMBER.findall(f"{values} {passages}"))
    yield from (
        f"says {number}, which is no cited value"
        for number in NUMBER.findall(FIXED.sub(" ", claim["text"]))
        if number not in known
    )
    if claim["polarity"] not in ("present", "absent") or claim["certainty"] not in ("definite", "probable", "possible"):
        yield f"is `{claim['polarity']}`, `{claim['certainty']}`"
    if claim["polarity"] == "absent":
        if claim["statement"] is None:
            yield "denies without a statement"
        blind = [key for key in claim["evidence"] if items.get(key, {}).get("status") == "not_measurable"]
        yield from (f"denies on `{key}`, which was not measurable" for key in blind)


def printed(item: Item) -> str:
    """A value as the contract prints it: `226 ms`, `-0.12 mV`, `52°`, `61/min`, `0.95`, `3`."""
    if item.get("kind") == "model":
        return f"{100 * item['probability']:.0f} %"
    if item.get("kind") == "tool":
        found = item["value"]
        return found if isinstance(found, str) else f"{found:.6g} {item['unit']}".strip()
    if item.get("kind") == "prior":
        if item["id"].endswith("/recorded_at"):
            return str(item["text"])
        return printed(item["measurement"]) if item.get("measurement") else ""
    value = item.get("threshold") if item.get("kind") == "criterion" else item.get("value")
    unit = item.get("unit", "")
    if item.get("status") == "not_measurable":
        return "not measurable"
    if value is None or isinstance(value, str):
        return value or ""
    share = item.get("name") in SHARES
    digits = {"ms": 0, "mV": 2, "deg": 0, "/min": 0}.get(unit, 2 if share or value != int(value) else 0)
    text = f"{value:.{digits}f}"
    text = text.lstrip("-") if float(text) == 0.0 else text
    return text + {"ms": " ms", "mV": " mV", "deg": "°", "/min": "/min"}.get(unit, "")


def _whole(report: dict[str, Any], items: dict[str, Item]) -> Iterator[str]:
    if report["schema"] != "calipers.report/1":
        yield f"schema `{report['schema']}`"
    claims = report["claims"]
    yield from (
        f"claim id `{key}` twice" for key, times in Counter(claim["id"] for claim in claims).items() if times > 1
    )
    if report["urgency"] not in ("critical", "urgent", "routine", "not_assessable"):
        yield f"urgency `{report['urgency']}`"
    if (report["urgency"] == "not_assessable") == bool(report["quality"].get("assessable")):
        yield f"urgency `{report['urgency']}`, assessable: {report['quality'].get('assessable')}"
    rest = report["impression"]
    for claim in claims:
        if claim["statement"] and claim["polarity"] == "present":
            if claim["statement"]["label"] not in report["impression"]:
                yield f"the impression leaves out `{claim['statement']['label']}`"
            rest = rest.replace(claim["statement"]["label"], " ", 1)
    rest = re.sub(r"\b(Probable|Possible):|Not assessable\.|No statement reached its criteria\.", " ", rest).strip(" .")
    if rest:
        yield f"the impression says `{rest}`, which no claim does"
    for disagreement in report["disagreements"]:
        if len({side["who"] for side in disagreement["sides"]}) < 2:
            yield f"disagreement about {disagreement['about']}: one side"
        for side in disagreement["sides"]:
            values = NUMBER.findall(" ".join(printed(items[key]) for key in side["evidence"] if key in items))
            if any(key not in items for key in side["evidence"]) or any(
                n not in values for n in NUMBER.findall(side["text"])
            ):
                yield f"disagreement about {disagreement['about']}: `{side['text']}` is not what it cites"
    yield from (
        f"withheld {entry['claim']['id']} without a reason" for entry in report["withheld"] if not entry["reason"]
    )
    said = set(NUMBER.findall(" ".join(claim["text"] for claim in claims)))
    answered = NUMBER.findall(FIXED.sub(" ", report.get("answer") or ""))
    yield from (f"the answer says {number}, which no claim does" for number in answered if number not in said)


def against_signal(report: dict[str, Any], signal: Signal, fs_hz: float) -> Iterator[str]:
    """What the signal itself contradicts, by simple means: only where those means are sure of themselves."""
    signal = signal[:, : int(300 * fs_hz)]
    items = {item["id"]: item for item in report["measurements"] if isinstance(item["value"], int | float)}
    for lead, row in zip(LEADS, signal, strict=True):
        known = row[np.isfinite(row)]
        reach = float(np.ptp(known)) if known.size else 0.0
        for name in ("p_amp", "q_amp", "r_amp", "s_amp", "rp_amp", "sp_amp", "t_amp", "st_j", "st_60", "st_80"):
            item = items.get(f"{lead}.{name}")
            if item and abs(item["value"]) > reach + 0.02:
                yield f"{item['id']}: {item['value']} mV in a lead that spans {reach:.2f} mV"
    peaks = beats(signal, fs_hz)
    if peaks is None:
        return
    rate = 60.0 * fs_hz * (len(peaks) - 1) / float(peaks[-1] - peaks[0])
    if "hr" in items and abs(items["hr"]["value"] - rate) > 0.10 * rate:
        yield f"hr: {items['hr']['value']}/min; the beats counted here give {rate:.0f}/min"
    if items.get("paced_count", {}).get("value"):
        return  # spikes belong to the range of the signal and to no wave
    for lead, row in zip(LEADS, signal, strict=True):
        if items.get(f"{lead}.quality", {}).get("value", 1.0) >= 0.7 and np.isfinite(row).all():
            # A pacing spike that went unnoticed belongs to the range of the signal and to no wave.
            found = _lead_against_signal(lead, row, peaks, items, fs_hz)
            spikeless = _lead_against_signal(lead, _without_spikes(row, fs_hz), peaks, items, fs_hz) if found else {}
            yield from (line for key, line in found.items() if key in spikeless)


def beats(signal: Signal, fs_hz: float) -> NDArray[np.int64] | None:
    """QRS complexes by the energy of the slope over all leads; None where the count hangs on the threshold."""
    rows = signal[np.isfinite(signal).all(axis=1)]
    if rows.shape[0] == 0 or rows.shape[1] < 3 * fs_hz:
        return None
    slope = np.abs([np.gradient(_without_spikes(row - np.median(row), fs_hz)) for row in rows])
    # Each lead counts alike, and the middle one decides: a jolt in one lead is no beat.
    share = np.minimum(slope / (np.percentile(slope, 98, axis=1, keepdims=True) + 1e-6), 1.5) ** 2
    width = np.ones(max(1, int(0.08 * fs_hz)))
    smooth = [np.convolve(row, width / width.size, "same") for row in share]
    energy = np.median(smooth, axis=0)
    counts = [_bursts(energy, part * float(np.percentile(energy, 98)), int(0.25 * fs_hz)) for part in (0.15, 0.25, 0.4)]
    if len({found.size for found in counts}) > 1 or counts[1].size < 4:
        return None
    return counts[1]


def _without_spikes(row: Signal, fs_hz: float) -> Signal:
    """The median over 14 ms: a pacing spike is gone, a QRS stays."""
    reach = max(1, int(0.007 * fs_hz))
    padded = np.pad(row, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    filtered: Signal = np.median(windows, axis=1)
    return filtered


def _bursts(energy: Signal, threshold: float, apart: int) -> NDArray[np.int64]:
    found: list[int] = []
    above = np.flatnonzero(energy > threshold)
    for start in above:
        if not found or start > found[-1] + apart:
            found.append(int(start + np.argmax(energy[start : start + apart // 2])))
    return np.array(found, dtype=np.int64)


def _lead_against_signal(
    lead: str, row: Signal, peaks: NDArray[np.int64], items: dict[str, Item], fs_hz: float
) -> dict[str, str]:
    """id → what is wrong: highest and lowest point of the QRS and the level after it, against the level before it."""
    found: dict[str, str] = {}
    half, before = int(0.09 * fs_hz), int(0.04 * fs_hz)
    inside = [peak for peak in peaks if peak - half - before >= 0 and peak + half < row.size]
    if len(inside) < 4:
        return found
    levels = [float(np.median(row[peak - half - before : peak - half])) for peak in inside]
    tops = np.array([row[peak - half : peak + half].max() - level for peak, level in zip(inside, levels, strict=True)])
    feet = np.array([row[peak - half : peak + half].min() - level for peak, level in zip(inside, levels, strict=True)])
    top, foot = max(float(np.median(tops)), 0.0), min(float(np.median(feet)), 0.0)
    height = top - foot
    scatter = float(np.median(np.abs(tops - np.median(tops))) + np.median(np.abs(feet - np.median(feet))))
    if scatter > 0.1 * height + 0.05:
        return found  # beats differ too much for a median to stand for them
    allowed = 0.25 + 0.2 * height
    for names, value in ((("r_amp", "rp_amp"), top), (("q_amp", "s_amp", "sp_amp"), foot)):
        held = [items[f"{lead}.{name}"] for name in names if f"{lead}.{name}" in items]
        if held:
            largest = max(held, key=lambda item: abs(item["value"]))
            if abs(largest["value"] - value) > allowed + (largest["uncertainty"] or 0.0):
                seen_mv = f"{largest['value']} mV; the beats measured here reach {value:.2f} mV"
                found[largest["id"]] = f"{largest['id']}: {seen_mv}"
    level = items.get(f"{lead}.st_j")
    if level is None or not level["spans"] or "qrs" not in items:
        return found
    _, start_s, end_s = level["spans"][0]
    after, onset = (round(at_s * fs_hz) for at_s in ((start_s + end_s) / 2.0, start_s - items["qrs"]["value"] / 1000.0))
    if 2 < after < row.size - 2:
        base = row[max(0, onset - before) : max(1, onset - before // 4)]
        seen = float(np.median(row[max(0, after - 2) : after + 3]) - np.median(base))
        if abs(level["value"] - seen) > allowed + (level["uncertainty"] or 0.0):
            found[level["id"]] = f"{level['id']}: {level['value']} mV; the trace there lies at {seen:.2f} mV"
    return found


def main(arguments: list[str]) -> int:
    """Check one report on disk."""
    if len(arguments) != 2:
        print("needed: report.json signal.npz", file=sys.stderr)
        return 2
    report = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    with np.load(arguments[1]) as packed:
        problems = check(report, packed["signal_mv"], float(packed["fs_hz"]))
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
