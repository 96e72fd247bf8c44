"""One case to review, as a folder, a pattern or a manifest names it."""

from __future__ import annotations

import os
import re
from hashlib import sha256

from calipers.ecg import Sex
from calipers.evidence import Frozen


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

    case: str
    paths: tuple[str, ...]
    patient: str | None = None
    age: float | None = None
    sex: Sex | None = None
    question: str | None = None
    priors: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The name of its folder: safe on every file system, and its own."""
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", self.case).lstrip(".")[:100]
        if safe == self.case:
            return safe
        return f"{safe or 'case'}-{sha256(os.fsencode(self.case)).hexdigest()[:8]}"

    @property
    def digest(self) -> str:
        """Equal for cases of which the same is asked about the same files."""
        return sha256(self.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()
