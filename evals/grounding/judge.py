"""The published criteria put to a language model that the user names (`--judge`), in our own words.

`--judge embedded-unadapted` is the base of our own language model, on this machine. Remote judges see labels, measurements and our text only after `CALIPERS_ALLOW_REMOTE=true`, as everywhere else.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Final

from langchain_core.language_models import BaseChatModel

from calipers.agent.choice import choose
from calipers.errors import MissingPart, UsageError
from calipers.evals.readers import UNADAPTED
from calipers.settings import settings

Tally = tuple[float, float]

#: Key asked of the judge → (our name, the most that one entry scores, what the sum is divided by).
_SCALES: Final[dict[str, tuple[str, float, float | None]]] = {
    "DiagnosisAccuracy": ("diagnosis_accuracy", 2.0, None),
    "AnalysisCompleteness": ("analysis_completeness", 1.0, 1.0),
    "AnalysisRelevance": ("analysis_relevance", 2.0, 2.0),
    "LeadAssessmentCoverage": ("lead_coverage", 1.0, 12.0),
    "LeadAssessmentAccuracy": ("lead_accuracy", 2.0, 24.0),
    "ECGFeatureGrounding": ("feature_grounding", 100.0, 100.0),
    "EvidenceBasedReasoning": ("evidence_based_reasoning", 100.0, 100.0),
    "ClinicalDiagnosticFidelity": ("diagnostic_process", 100.0, 100.0),
}
INSTRUCTIONS: Final = """You grade an ECG interpretation against what cardiologists found on the same ECG. Be strict.

Give for each criterion a list of objects {"Score": number, "Explanation": "one short sentence"}:
DiagnosisAccuracy: one entry for each reference diagnosis: 2 if named with the ECG features that support it, 1 if named \
without them or nearly right, 0 if missed, vague or wrong.
AnalysisCompleteness: one entry for each key feature (rhythm, rate, PR, QRS duration, QT, axis, P, QRS shape, ST, T): \
1 if addressed correctly, 0 if left out or wrong.
AnalysisRelevance: one entry for each explanation given: 2 if it strongly supports a diagnosis with ECG evidence, 1 if \
it is relevant without being justified, 0 if unrelated or misleading.
LeadAssessmentCoverage: one entry for each of the 12 leads: 1 if assessed, 0 if not.
LeadAssessmentAccuracy: one entry for each of the 12 leads: 2 if what is said of it fits, 1 with minor differences, 0 \
if it contradicts or nothing is said.
ECGFeatureGrounding: one entry, 0 to 100: are actual waveform features and measurements cited, and tied to diagnoses?
EvidenceBasedReasoning: one entry, 0 to 100: does the diagnosis follow from the findings by clear steps?
ClinicalDiagnosticFidelity: one entry, 0 to 100: is it read in the structured way of a clinician?

Interpretation:
"""
ANSWER: Final = """{generated}

Cardiologists' reference:
{reference}

Answer with one JSON object that has these eight keys, and nothing else."""


def require_judge(name: str) -> None:
    """A judge that cannot or may not be asked is refused before anything runs.

    Raises:
        UsageError: it is remote and patient data may not leave this machine.
        MissingPart: it cannot run here.
    """
    if name == UNADAPTED:
        from calipers.evals.grounding.local_judge import local_judge

        local_judge()
        return
    choice = choose(name)
    if choice.chat is None:
        raise MissingPart(
            f"found judge `{name}`, for which {choice.reason}; needed a language model that answers freely"
        )
    if choice.remote and not settings().allow_remote:
        raise UsageError(
            f"found judge `{name}`, which is remote; needed CALIPERS_ALLOW_REMOTE=true to send it findings"
        )


def judged(name: str, generated: str, reference: str) -> tuple[dict[str, Tally], str]:
    """Criterion → (score, most) by the judge, and its raw answer; nothing for an answer that is not the JSON asked for."""
    answer = ANSWER.format(generated=generated, reference=reference)
    raw = _locally(answer, reference) if name == UNADAPTED else _chat(name).invoke(INSTRUCTIONS + answer).text
    return scores_of(raw), raw


def _locally(answer: str, reference: str) -> str:
    from calipers.evals.grounding.local_judge import local_judge

    return local_judge()(INSTRUCTIONS, answer, _form(reference))


def _form(reference: str) -> dict[str, tuple[int, str]]:
    """How many entries each criterion has, and what a score looks like."""
    diagnoses = max(1, reference.count(",") + 1)
    entries = dict.fromkeys(_SCALES, 1) | {
        "DiagnosisAccuracy": diagnoses,
        "AnalysisCompleteness": 10,
        "AnalysisRelevance": 3,
        "LeadAssessmentCoverage": 12,
        "LeadAssessmentAccuracy": 12,
    }
    digits = {1.0: "[01]", 2.0: "[012]", 100.0: "100|[1-9]?[0-9]"}
    return {key: (entries[key], digits[most]) for key, (_, most, _) in _SCALES.items()}


def scores_of(raw: str) -> dict[str, Tally]:
    """The judge's JSON read; a criterion that is missing, or scored out of its range, is left out."""
    found = re.search(r"\{.*\}", raw, re.DOTALL)
    try:
        answer: Any = json.loads(found[0]) if found else {}
    except ValueError:
        return {}
    if not isinstance(answer, dict):
        return {}
    scores: dict[str, Tally] = {}
    for key, (name, most, whole) in _SCALES.items():
        entries = answer.get(key)
        listed = entries if isinstance(entries, list) else []
        values: list[Any] = [entry.get("Score") for entry in listed if isinstance(entry, dict)]
        if values and all(isinstance(value, int | float) and 0 <= value <= most for value in values):
            scores[f"judge_{name}"] = (float(sum(values)), most * len(values) if whole is None else whole)
    return scores


@cache
def _chat(name: str) -> BaseChatModel:
    chat = choose(name).chat
    assert chat is not None
    return chat
