"""What a report says of the doubt in a reading that came from a picture."""

from __future__ import annotations

from collections.abc import Iterable

from calipers.digitisation import DOUBT


def doubt(remarks: Iterable[str]) -> str | None:
    """The doubts among a report's remarks on quality, in one line that says what to do; None where there is none."""
    doubts = [remark.removeprefix(DOUBT) for remark in remarks if remark.startswith(DOUBT)]
    return f"IN DOUBT: {'; '.join(doubts)}. Compare the trace with the picture." if doubts else None


def undoubted(remarks: Iterable[str]) -> list[str]:
    """The other remarks."""
    return [remark for remark in remarks if not remark.startswith(DOUBT)]
