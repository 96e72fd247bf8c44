"""One case to review, as a folder, a pattern or a manifest names it."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator

from calipers.ecg import Sex
from calipers.evidence import Frozen


def _readable(text: str) -> str:
    """Text that can be written; a file name that is not UTF-8 is spelled out, and fails as a file that is not there."""
    return text.encode("utf-8", "backslashreplace").decode()


Text = Annotated[str, AfterValidator(_readable)]


class CaseInput(Frozen):
    """One case to review.

    Attributes:
        case: its name, unique within the review; names its folder too.
        paths: its file, or all files of a record.
        patient: the patient's identifier, where the file does not say it.
        age, sex: as well.
        question: asked of this case.
        priors: earlier ECGs of the same patient.
    """

    case: Text
    paths: tuple[Text, ...]
    patient: Text | None = None
    age: float | None = None
    sex: Sex | None = None
    question: Text | None = None
    priors: tuple[Text, ...] = ()

    @property
    def folder(self) -> str:
        """The name of its folder: safe on every file system, and its own."""
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", self.case).lstrip(".")[:100]
        if safe == self.case:
            return safe
        return f"{safe or 'case'}-{sha256(self.case.encode()).hexdigest()[:8]}"

    @property
    def digest(self) -> str:
        """Equal for cases of which the same is asked about the same files."""
        return sha256(self.model_dump_json().encode()).hexdigest()
