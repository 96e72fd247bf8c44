"""The statement network's probabilities as evidence: `model:CODE`, by PTB-XL's SCP-ECG codes."""

from __future__ import annotations

import hashlib
from functools import cache

from calipers.ecg import Ecg
from calipers.errors import MissingPart, UnreadableInput
from calipers.evidence import ModelProbability
from calipers.models.mllm import classifier
from calipers.tools.classify import classify

#: The name that the network's weights go by in provenance.
STATEMENTS = "statements"
#: What a statement without a fitted threshold must reach before the model is said to suggest it.
_UNFITTED = 0.5


def model_probabilities(ecg: Ecg) -> tuple[ModelProbability, ...]:
    """Every statement's calibrated probability on one ECG; empty where the network cannot read it, or is not there."""
    try:
        found = classify(ecg)
    except (UnreadableInput, MissingPart):
        return ()
    made_by = f"statement network, sha256 {statement_weights_sha256()[:16]}"
    return tuple(
        ModelProbability(id=f"model:{code}", record=ecg.record, statement=code, probability=probability, model=made_by)
        for code, probability in found.items()
    )


def threshold(code: str) -> float:
    """The probability from which the model is said to suggest a statement; fitted on folds it had not seen."""
    return _thresholds().get(code, _UNFITTED)


@cache
def statement_weights_sha256() -> str:
    """Hash of the network's weights, for provenance; empty where they are not there."""
    weights = classifier.WEIGHTS
    return hashlib.sha256(weights.read_bytes()).hexdigest() if weights.is_file() else ""


@cache
def _thresholds() -> dict[str, float]:
    import json

    stored = json.loads(classifier.CALIBRATION.read_text(encoding="utf-8"))
    fitted = stored.get("threshold")
    return dict(zip(stored["codes"], fitted, strict=True)) if fitted else {}
