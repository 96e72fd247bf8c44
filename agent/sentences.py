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
    "no_ecg",
    "no_prior",
    "not_yet",
    "not_measurable",
    "not_assessable",
    "criteria_not_met",
    "indeterminate",
    "withheld",
    "model_failed",
    "picture",
]

SENTENCES: Final[dict[SentenceKey, str]] = {
    "greeting": "Hello. Ask about this ECG: an interval, a finding, the rhythm, or a full interpretation.",
    "thanks": "You are welcome.",
    "off_topic": "That is outside what an ECG can answer.",
    "treatment": "Calipers measures and describes the ECG; it does not recommend treatment.",
    "prognosis": "Calipers measures and describes the ECG; it does not predict outcomes.",
    "not_in_ecg": "That cannot be read from an ECG.",
    "not_understood": "The question names no measurement or statement that Calipers knows; ask for an interval, "
    "a lead's ST level, the axis, the rhythm, or a diagnosis by name.",
    "no_ecg": "No ECG is loaded in this conversation.",
    "no_prior": "No prior ECG is on file.",
    "not_yet": "This part of Calipers is not installed yet.",
    "not_measurable": "This could not be measured on this ECG.",
    "not_assessable": "This record cannot be assessed.",
    "criteria_not_met": "The criteria are not met.",
    "indeterminate": "The measurements do not decide it.",
    "withheld": "Something was drafted that did not pass its check; it is listed as withheld, with the reason.",
    "model_failed": "The language model did not give a usable answer; measurements and criteria answer instead.",
    "picture": "The picture is attached.",
}


def sentence(key: SentenceKey) -> str:
    """One fixed sentence."""
    return SENTENCES[key]
