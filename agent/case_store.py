"""Cases by content: signal, measurements and beat tables live here; the graph's state holds keys.

LangGraph's SQLite checkpoints rewrite the whole state at each step, so a state that carried waveforms or
thousands of measurements would write megabytes a step. A case is written once and read lazily.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from calipers.agent.case import Case
from calipers.agent.case_files import holds_case, read_ecg, read_examination, write_case
from calipers.agent.case_memory import CaseMemory
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.knowledge.table import judging_by
from calipers.tools.measure import examine


class CaseStore:
    """Cases in `CALIPERS_HOME/cases/<case_key>`: `signal.npz`, `case.json`, `measurements.parquet`, and of a long
    record `beats.parquet`.

    Safe for several threads and processes: files are written aside and moved into place, and equal
    content has an equal name.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        # Without a folder a case that is forgotten is gone.
        self._memory = CaseMemory() if folder is not None else CaseMemory(None)

    def put(self, ecg: Ecg) -> Case:
        """Measure an ECG, or find it measured, and keep it."""
        key = case_key(ecg)
        if (known := self._memory.get(key)) is not None:
            return known
        stored = read_examination(self.folder / key) if self.folder is not None else None
        with judging_by(None):  # what is stored is the same for every agent that shares the folder
            case = Case(ecg, stored or examine(ecg))
        if stored is None and self.folder is not None:
            write_case(self.folder / key, case)
        self._memory.keep(key, case)
        return case

    def get(self, key: str) -> Case:
        """The case of a key.

        Raises:
            UsageError: no such case is stored.
        """
        if (known := self._memory.get(key)) is not None:
            return known
        if self.folder is None or not holds_case(self.folder / key):
            raise UsageError(f"found case `{key}`; needed one that was loaded before")
        return self.put(read_ecg(self.folder / key))


def case_key(ecg: Ecg) -> str:
    """The record's key with the patient facts that change a verdict, and a digest of whose ECG it is and when it was
    taken, by which priors are told apart: the same trace of a woman of 40 and a man of 70 are two cases, and so are
    the same samples under two identities."""
    age = "x" if ecg.patient.age is None else f"{ecg.patient.age:g}"
    origin = f"{ecg.patient.id}|{ecg.recorded_at}|{ecg.synthetic}"
    digest = hashlib.sha256(origin.encode()).hexdigest()[:12]
    return f"{ecg.record}-{age}-{(ecg.patient.sex or 'x')[0]}-{digest}"
