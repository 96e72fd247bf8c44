"""Published recommendations in our own words: a corpus as data, checked when it is read."""

from calipers.knowledge.guidelines.corpus import Document, GuidelineError, Passage, corpus_sha256, passages

__all__ = ["Document", "GuidelineError", "Passage", "corpus_sha256", "passages"]
