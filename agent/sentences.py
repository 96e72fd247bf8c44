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
    "prior_not_earlier",
    "not_assessable",
    "indeterminate",
    "leans_yes",
    "leans_no",
    "none_turned",
    "withheld",
    "model_failed",
    "picture",
    "unread",
    "no_guideline",
    "no_archive",
    "unconfirmed_reports",
    "search_not_installed",
    "no_generator",
    "no_classifier",
    "generated",
    "generation_unclear",
]

#: What a language model may choose: nothing among them says anything about this ECG.
ModelSentence = Literal[
    "greeting",
    "thanks",
    "off_topic",
    "treatment",
    "prognosis",
    "not_in_ecg",
    "no_prior",
    "no_guideline",
    "no_archive",
    "no_generator",
    "no_classifier",
    "generated",
    "generation_unclear",
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
    "no_prior": "No prior ECG is on file.",
    "prior_not_earlier": "The other ECG on file is this very recording or was recorded later; no earlier one is on file.",
    "not_assessable": "This record cannot be assessed.",
    "indeterminate": "The measurements do not decide it.",
    "leans_yes": "If it must be yes or no: yes. The evidence leans that way; this is not a finding.",
    "leans_no": "If it must be yes or no: no. The evidence leans that way; this is not a finding.",
    "none_turned": "Of the intervals that both ECGs allow to be measured, none did.",
    "withheld": "Something was drafted that did not pass its check; it is listed as withheld, with the reason.",
    "model_failed": "The language model did not give a usable answer; measurements and criteria answer instead.",
    "picture": "The picture is attached.",
    "unread": "The picture could not be turned into a signal: nothing was measured, and what is said is a model's view "
    "of the page alone.",
    "no_guideline": "No guideline passage on file answers that.",
    "no_archive": "No archive of labelled ECGs was added, so there is no similar case to show.",
    "unconfirmed_reports": "Reports that no clinician wrote or confirmed are on file; they support no claim.",
    "search_not_installed": "The guideline search is not installed: run `calipers fetch`.",
    "no_generator": "This version has no weights for the generator of ECGs.",
    "no_classifier": "No model here gives a probability for that.",
    "generation_unclear": "That ECG cannot be made as asked; name a rhythm, rate, intervals or findings that go together.",
    "generated": "A generated ECG is attached, with what was asked for beside what was measured on it.",
}


def sentence(key: SentenceKey) -> str:
    """One fixed sentence."""
    return SENTENCES[key]
