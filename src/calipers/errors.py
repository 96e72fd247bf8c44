"""What Calipers raises on purpose.

    CalipersError
    ├── UnreadableInput         the file or array cannot be read as an ECG           exit 3
    │   ├── ImplausibleUnits    it reads, but not as millivolts of an ECG
    │   └── PictureNotDigitised it looks like an ECG page, but one step of reading it failed
    ├── UsageError              the request itself is wrong                          exit 2
    │   ├── UnknownLead         a lead name outside the twelve
    │   ├── UnknownEvidence     an id that is not in this record's ledger
    │   └── UnknownStatement    a statement name outside the table
    ├── MissingPart             a weight, an extra or a data folder is not there     exit 5
    └── ModelFailed             the language model did not answer usefully

Every message is one line: what was found, what was needed.
"""

from __future__ import annotations

from typing import Literal


class CalipersError(Exception):
    """Base of everything Calipers raises on purpose."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class UnreadableInput(CalipersError):
    """The input cannot be read as an ECG."""

    exit_code = 3


class ImplausibleUnits(UnreadableInput):
    """The samples are not plausible as millivolts of a surface ECG."""


class PictureNotDigitised(UnreadableInput):
    """A picture with an ECG's look whose traces could not be read; `part` says which step failed."""

    def __init__(self, message: str, part: Literal["page", "grid", "leads", "trace", "scale"]) -> None:
        super().__init__(message)
        self.part = part


class UsageError(CalipersError):
    """The request itself is wrong: an argument, a name, a combination."""

    exit_code = 2


class UnknownLead(UsageError):
    """A lead name outside the twelve standard leads."""


class UnknownEvidence(UsageError):
    """An evidence id that is not in this record's ledger."""


class UnknownStatement(UsageError):
    """A statement name or synonym outside the statement table."""


class MissingPart(CalipersError):
    """A weight, an optional package or a data folder is not there."""

    exit_code = 5


class ModelFailed(CalipersError):
    """The language model did not answer in a usable way."""
