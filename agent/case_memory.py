"""The cases that stay in memory: as many as fit into a number of bytes, the longest unused go first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from calipers.beat_table import BeatTable

if TYPE_CHECKING:
    from calipers.agent.case import Case

#: Some 45 ECGs of ten seconds with all that is derived from them (4 MB each); an hour of 12 leads is 90 MB.
MOST_BYTES: Final = 192 * 1024 * 1024
#: One measurement as an object, with its part in verdicts and ledger.
_ITEM_BYTES: Final = 2500


class CaseMemory:
    """Safe for several threads.

    Args:
        most_bytes: what is kept at the most, beside the case that was used last; None where a forgotten case
            could not be read again.
    """

    def __init__(self, most_bytes: int | None = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._cases: OrderedDict[str, Case] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Case | None:
        """The case of a key, if it is still here."""
        with self._lock:
            if key not in self._cases:
                return None
            self._cases.move_to_end(key)
            return self._cases[key]

    def keep(self, key: str, case: Case) -> None:
        """Keep a case, and let go of others where it gets too much."""
        with self._lock:
            self._cases[key] = case
            self._cases.move_to_end(key)
            if self._most_bytes is None:
                return
            while len(self._cases) > 1 and sum(map(weight_bytes, self._cases.values())) > self._most_bytes:
                self._cases.popitem(last=False)

    def __len__(self) -> int:
        return len(self._cases)


def weight_bytes(case: Case) -> int:
    """About what a case takes in memory: samples, measurements, and of a long record its beats."""
    beats = case.measurements.beats
    table = beats.value.nbytes * 4 + beats.text.nbytes if isinstance(beats, BeatTable) else 0
    return case.ecg.signal_mv.nbytes + _ITEM_BYTES * len(case.measurements.held) + table
