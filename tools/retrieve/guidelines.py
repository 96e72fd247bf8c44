"""What published recommendations say, in our words."""

from __future__ import annotations

from pathlib import Path

from calipers.knowledge.store.guideline_index import Hit, guideline_index


def search_guidelines(question: str, *, limit: int = 5, home: Path | None = None) -> list[Hit]:
    """The passages that answer a question, best first; empty when nothing in the corpus does.

    The index is built at the first search, in about a second, from vectors that come with the package.

    Raises:
        MissingPart: the sentence embedding weights are not there.
    """
    return guideline_index(home).search(question, limit) if question.strip() else []
