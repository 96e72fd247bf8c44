"""The statement network's probabilities as evidence: `model:CODE`, by PTB-XL's SCP-ECG codes."""

from __future__ import annotations

from functools import cache
from typing import Final

from calipers.ecg import Ecg
from calipers.errors import MissingPart, UnreadableInput
from calipers.evidence import ModelProbability
from calipers.models.mllm import classifier
from calipers.tools.classify import classify, classify_page

#: The name that the network's weights go by in provenance.
STATEMENTS: Final = "statements"
#: What the model suggests is at least as likely as not, however low the threshold of the best F1.
_EVEN: Final = 0.5


def model_probabilities(ecg: Ecg) -> tuple[ModelProbability, ...]:
    """Every statement's calibrated probability on one ECG; empty where the network cannot read it, or is not there."""
    page = ecg.source.picture if ecg.source.unread is not None else None
    try:
        found = classify(ecg) if page is None else classify_page(page)
    except (UnreadableInput, MissingPart):
        return ()
    seen = "" if page is None else " behind the page reader"
    made_by = f"statement network{seen}, sha256 {statement_weights_sha256()[:16]}"
    return tuple(
        ModelProbability(id=f"model:{code}", record=ecg.record, statement=code, probability=probability, model=made_by)
        for code, probability in found.items()
    )


def threshold(code: str) -> float:
    """The probability from which the model is said to suggest a statement: the fitted one, and never below even."""
    return max(_EVEN, _thresholds().get(code, _EVEN))


def statement_weights_sha256() -> str:
    """Hash of the network's weights, for provenance; empty where they are not there."""
    return classifier.weights_sha256()


@cache
def _thresholds() -> dict[str, float]:
    return classifier.thresholds()
