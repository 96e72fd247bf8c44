"""What the embedded model sees in an ECG: the encoder's tokens, read by the language model, written as SCP codes."""

from __future__ import annotations

from calipers.agent.case import Case
from calipers.agent.embedded.weights import WRITING, load_writer
from calipers.errors import MissingPart, ModelFailed


def seen(case: Case) -> tuple[str, ...]:
    """SCP codes that the language model writes from this ECG's tokens, the likeliest first.

    It never decides anything: what it names is said only where the statement head's probability reaches its
    threshold. Empty where there is no trained projector, or no tokens.
    """
    try:
        with WRITING:
            writer = load_writer()
            tokens = writer.project(case.signal_tokens, case.page_tokens)
            return writer.see(tokens).seen if tokens is not None else ()
    except (MissingPart, ModelFailed):
        return ()
