"""Sentences that assert nothing about a patient. They come from here and hold no number."""

from __future__ import annotations

from typing import Final, Literal

SentenceKey = Literal[
    "greeting",
    "thanks",
    "off_topic",
    "treatment",
    "prognosis",
    "not_in_ecg",
    "not_understood",
    "no_prior",
    "not_assessable",
    "indeterminate",
    "withheld",
    "model_failed",
    "picture",
]

#: What a language model may choose: nothing among them says anything about this ECG.
ModelSentence = Literal["greeting", "thanks", "off_topic", "treatment", "prognosis", "not_in_ecg", "no_prior"]

SENTENCES: Final[dict[SentenceKey, str]] = {
    "greeting": "Hello. Ask about this ECG: an interval, a finding, the rhythm, or a full interpretation.",
    "thanks": "You are welcome.",
    "off_topic": "That is outside what an ECG can answer.",
    "treatment": "Calipers measures and describes the ECG; it does not recommend treatment.",
    "prognosis": "Calipers measures and describes the ECG; it does not predict outcomes.",
    "not_in_ecg": "That cannot be read from an ECG.",
    "not_understood": "The question names no measurement or statement that Calipers knows; ask for an interval, "
    "a lead's ST level, the axis, the rhythm, or a diagnosis by name.",
    "no_prior": "No prior ECG is on file.",
    "not_assessable": "This record cannot be assessed.",
    "indeterminate": "The measurements do not decide it.",
    "withheld": "Something was drafted that did not pass its check; it is listed as withheld, with the reason.",
    "model_failed": "The language model did not give a usable answer; measurements and criteria answer instead.",
    "picture": "The picture is attached.",
}


def sentence(key: SentenceKey) -> str:
    """One fixed sentence."""
    return SENTENCES[key]
