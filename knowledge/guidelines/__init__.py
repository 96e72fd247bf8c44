"""Published recommendations in our own words: a corpus as data, checked when it is read."""

from calipers.knowledge.guidelines.corpus import (
    Corpus,
    Document,
    GuidelineError,
    Passage,
    citing_from,
    corpus,
    corpus_sha256,
    installed,
    passages,
    with_folders,
)

__all__ = [
    "Corpus",
    "Document",
    "GuidelineError",
    "Passage",
    "citing_from",
    "corpus",
    "corpus_sha256",
    "installed",
    "passages",
    "with_folders",
]
