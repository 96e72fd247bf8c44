"""The eight criteria by code, in the units in which they were published (Lan et al. 2025, arXiv 2503.06073, A.2, A.3).

Where a judge reads two texts, code compares with the cardiologists' labels and with values that a second program
measures; what counts as right is therefore narrower, and the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from calipers.evals.citations.joint import Confirmed
from calipers.evals.grounding.reading import Point, Reading
from calipers.leads import LEADS

Tally = tuple[float, float]

#: The key features of an ECG, by the measurements that speak of them.
_FEATURES: Final[dict[str, Callable[[str], bool]]] = {
    "rate": lambda name: name == "hr",
    "rhythm": lambda name: name in ("rr_irregularity", "p_per_qrs", "rr_sd", "rr_mean", "atrial_rate", "flutter_rate"),
    "PR": lambda name: name == "pr",
    "QRS duration": lambda name: name == "qrs",
    "QT": lambda name: name.startswith(("qt", "jtc")),
    "axis": lambda name: name.endswith("_axis"),
    "P wave": lambda name: name.startswith("p_") and name not in ("p_axis", "p_per_qrs"),
    "QRS shape": lambda name: name.split("_")[0] in ("q", "r", "s", "rp", "sp", "delta") or name.startswith("qrs_"),
    "ST segment": lambda name: name.startswith(("st_", "j_wave")),
    "T wave": lambda name: name.startswith("t_") and name != "t_axis",
}
#: A lead described with this share of confirmed values is right but for minor differences.
_MINOR: Final = 0.8
#: A rhythm's name speaks of the rhythm even where it cites only the rate.
_RHYTHM_CODES: Final = frozenset(("SR", "AFIB", "AFLT", "PACE", "STACH", "SBRAD", "SARRH", "SVTAC", "SVARR"))


def criteria(reading: Reading, labels: frozenset[str], confirmed: Sequence[Confirmed]) -> dict[str, Tally]:
    """Criterion → (score, most) of one interpretation.

    Args:
        reading: what was said.
        labels: SCP-ECG codes of the cardiologists that some statement can carry.
        confirmed: the values that it cites and a second program measured.
    """
    inside = {one.id: one.inside for one in confirmed}
    return {
        "diagnosis_accuracy": _diagnosis(reading, labels),
        "analysis_completeness": _completeness(reading, inside),
        "analysis_relevance": _relevance(reading, labels, inside),
        "lead_coverage": (float(len(_leads(reading))), float(len(LEADS))),
        "lead_accuracy": _lead_accuracy(reading, inside),
        "feature_grounding": _grounding(reading),
        "evidence_based_reasoning": _reasoning(reading, inside),
        "diagnostic_process": _process(reading),
    }


def _diagnosis(reading: Reading, labels: frozenset[str]) -> Tally:
    """Two for a label said with measured evidence, one for one that is only suggested."""
    score = 0.0
    for label in labels:
        said = [point for point in reading.points if label in point.codes and point.present]
        score += 2.0 if any(_supported(point, reading) for point in said) else 1.0 if said else 0.0
    return score, 2.0 * len(labels)


def _completeness(reading: Reading, inside: dict[str, bool]) -> Tally:
    """How many of the ten features are spoken of, none of their values contradicted by most of what is measured again."""
    return float(len(_features_right(reading, inside))), 1.0


def _features_right(reading: Reading, inside: dict[str, bool]) -> list[str]:
    found = []
    names = {key: key.rpartition(".")[2] for point in reading.points for key in point.ids}
    rhythm_named = any(point.codes & _RHYTHM_CODES for point in reading.points)
    for feature, about in _FEATURES.items():
        ids = [key for key, name in names.items() if about(name)]
        judged = [inside[key] for key in ids if key in inside]
        spoken = bool(ids) or (feature == "rhythm" and rhythm_named)
        if spoken and (not judged or sum(judged) * 2 > len(judged)):
            found.append(feature)
    return found


def _relevance(reading: Reading, labels: frozenset[str], inside: dict[str, bool]) -> Tally:
    """How many points support a label with evidence that holds: its own statement, or for a normal ECG a denial."""
    normal = "NORM" in labels
    points = [
        point
        for point in reading.points
        if point.codes
        and point.decided
        and point.ids
        and _holds(point, inside)
        and ((point.present and point.codes & labels) or (normal and not point.present))
    ]
    return float(len(points)), 1.0


def _leads(reading: Reading) -> set[str]:
    return {
        key.partition(".")[0] for point in reading.points for key in point.ids if "." in key and ".quality" not in key
    }


def _lead_accuracy(reading: Reading, inside: dict[str, bool]) -> Tally:
    """Two for a lead all of whose values are confirmed, one for most, of two for each of twelve leads."""
    score = 0.0
    for lead in _leads(reading):
        judged = [right for key, right in inside.items() if key.startswith(f"{lead}.")]
        share = sum(judged) / len(judged) if judged else 0.0
        score += 2.0 if share == 1.0 else 1.0 if share >= _MINOR else 0.0
    return score, 2.0 * len(LEADS)


def _grounding(reading: Reading) -> Tally:
    """The share of points that print or cite a measured value of this ECG."""
    return float(sum(_supported(point, reading) for point in reading.points)), float(max(1, len(reading.points)))


def _reasoning(reading: Reading, inside: dict[str, bool]) -> Tally:
    """Of the statements, those whose criteria came out as they say, on values that hold when measured again."""
    stated = [point for point in reading.points if point.codes and not point.suggested]
    sound = [point for point in stated if point.ids and point.decided and _holds(point, inside)]
    return float(len(sound)), float(max(1, len(stated)))


def _process(reading: Reading) -> Tally:
    """Of a clinician's six steps those taken: quality, rate and rhythm, intervals and axis, waves by lead, what is not there, conclusion."""
    features = set(_features_right(reading, {}))
    denials = any(point.codes and not point.present for point in reading.points)
    steps = (
        reading.quality,
        {"rate", "rhythm"} <= features,
        {"QRS duration", "QT", "axis"} <= features,
        bool({"ST segment", "T wave", "QRS shape"} & features) and len(_leads(reading)) > 1,
        denials,
        reading.conclusion,
    )
    return float(sum(steps)), float(len(steps))


def _supported(point: Point, reading: Reading) -> bool:
    return not point.suggested and any(key in reading.values for key in point.ids)


def _holds(point: Point, inside: dict[str, bool]) -> bool:
    """Most of what is measured again agrees; a claim over many leads does not fall with one wave of one of them."""
    judged = [inside[key] for key in point.ids if key in inside]
    return not judged or sum(judged) >= 0.9 * len(judged)
