"""What is kept of a person and how: a pseudonym by keyed hash, the age up to 89, and dates moved or left out."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from calipers.ecg import Ecg
from calipers.errors import UsageError

AgeRule = Literal["keep", "decade", "remove"]
DateRule = Literal["remove", "shift"]

#: Ages over 89 are given as 90, as the Safe Harbor method of the HIPAA Privacy Rule asks, 45 CFR 164.514(b)(2).
_OLDEST: Final = 90.0
_SHORTEST_KEY_BYTES: Final = 16
#: Dates go back by between a month and ten years.
_SHIFT_S: Final = (30 * 86_400, 3_650 * 86_400)


@dataclass(frozen=True)
class Rules:
    """How patients are called and what is said of them.

    Equal keys give equal pseudonyms, so that a patient's ECGs stay together; without the key nobody computes them.

    Attributes:
        key: secret bytes.
        age: kept up to 89 years, given as the decade, or left out.
        dates: left out, or moved back by a stretch of the patient's own, which keeps intervals.
        sex: whether it is kept.
    """

    key: bytes
    age: AgeRule = "keep"
    dates: DateRule = "remove"
    sex: bool = True

    def patient(self, ecg: Ecg) -> str:
        """The patient's pseudonym; without an identifier, one of this record alone."""
        return f"p-{self._digest('patient', ecg)[:16]}"

    def record(self, ecg: Ecg) -> str:
        """The name of the new files."""
        return f"ecg-{self._hash('record', f'{ecg.patient.id}|{ecg.record}|{ecg.recorded_at}')[:16]}"

    def uid(self, kind: str, ecg: Ecg) -> str:
        """A DICOM UID in the place of an old one, under 2.25."""
        return f"2.25.{int(self._hash(kind, f'{ecg.patient.id}|{ecg.record}|{ecg.recorded_at}')[:32], 16)}"

    def moved(self, moment: datetime | None, ecg: Ecg) -> datetime | None:
        """A date as it may be told."""
        if moment is None or self.dates == "remove":
            return None
        low, high = _SHIFT_S
        return moment.replace(microsecond=0, tzinfo=None) - timedelta(
            seconds=low + int(self._digest("dates", ecg), 16) % (high - low)
        )

    def age_of(self, years: float | None) -> float | None:
        """An age as it may be told."""
        if years is None or self.age == "remove":
            return None
        told = min(years, _OLDEST)
        return told // 10 * 10 if self.age == "decade" else told

    def _digest(self, kind: str, ecg: Ecg) -> str:
        return self._hash(kind, ecg.patient.id or f"record {ecg.record}")

    def _hash(self, kind: str, text: str) -> str:
        return hmac.new(self.key, f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()


def load_key(path: Path) -> bytes:
    """The secret of the pseudonyms, made at the first use; only its owner can read it.

    Raises:
        UsageError: the file is too short for a key, or cannot be read or made.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_hex(32).encode())
        key = path.read_bytes().strip()
    except OSError as problem:
        raise UsageError(f"found no usable key at `{path}` ({problem.strerror}); needed a file of a key") from problem
    if len(key) < _SHORTEST_KEY_BYTES:
        raise UsageError(f"found a key of {len(key)} bytes at `{path}`; needed at least {_SHORTEST_KEY_BYTES}")
    return key
