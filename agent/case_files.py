"""A case on disk: `signal.npz`, `case.json`, `measurements.parquet`, `page.jpg` of a picture, `beats.parquet` of a long
record. Each file is written aside and moved into place; `case.json` comes last and says that the case is whole.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from calipers.agent.beat_store import read_beats, write_beats
from calipers.agent.case import Case
from calipers.beat_table import BeatTable
from calipers.digitisation import Digitisation
from calipers.ecg import Ecg, Patient, Source
from calipers.evidence import Measurement, Measurements
from calipers.report import Quality
from calipers.settings import version
from calipers.tools.measure import Examination, Timeline

_FACTS: Final = "case.json"


def holds_case(folder: Path) -> bool:
    """Whether a folder holds a whole case."""
    return (folder / _FACTS).exists()


def write_case(target: Path, case: Case) -> None:
    """Write a case to a folder, made where there is none."""
    import pyarrow as pa
    from pyarrow import parquet

    target.mkdir(parents=True, exist_ok=True)
    ecg = case.ecg
    how = ecg.source.digitisation
    source = asdict(replace(ecg.source, digitisation=None, picture=None)) | {"path": None}
    course, beats = case.examination.timeline, case.measurements.beats
    facts = {
        "calipers": version(),
        "fs_hz": ecg.fs_hz,
        "patient": asdict(ecg.patient),
        "recorded_at": ecg.recorded_at.isoformat() if ecg.recorded_at else None,
        "source": source | {"digitisation": how.model_dump(mode="json") if how is not None else None},
        "synthetic": ecg.synthetic,
        "missing_leads": ecg.missing_leads,
        "derived_leads": ecg.derived_leads,
        "quality": case.quality.model_dump(mode="json"),
        "timeline": course.model_dump(mode="json") if course is not None else None,
    }
    rows = [{"id": item.id, "json": item.model_dump_json()} for item in case.measurements.held]
    with _Aside(target / "signal.npz") as path:
        np.savez_compressed(path, signal_mv=ecg.signal_mv)
    if ecg.source.picture is not None:
        with _Aside(target / "page.jpg") as path:
            path.write_bytes(ecg.source.picture)
    with _Aside(target / "measurements.parquet") as path:
        parquet.write_table(pa.Table.from_pylist(rows), path)
    if isinstance(beats, BeatTable):
        with _Aside(target / "beats.parquet") as path:
            write_beats(path, beats)
    with _Aside(target / _FACTS) as path:
        path.write_text(json.dumps(facts, indent=1), "utf-8")


def read_examination(folder: Path) -> Examination | None:
    """What was measured on the case of a folder; None where there is none, or another version measured it."""
    if not holds_case(folder):
        return None
    facts = json.loads((folder / _FACTS).read_text("utf-8"))
    if facts["calipers"] != version():
        return None
    course = facts.get("timeline")
    return Examination(
        _read_measurements(folder),
        Quality.model_validate(facts["quality"]),
        timeline=Timeline.model_validate(course) if course is not None else None,
    )


def _read_measurements(folder: Path) -> Measurements:
    from pyarrow import parquet

    table = parquet.read_table(folder / "measurements.parquet", columns=["json"])
    held = (Measurement.model_validate_json(text.as_py()) for text in table["json"])
    beats = folder / "beats.parquet"
    return Measurements(held, read_beats(beats) if beats.exists() else None)


def read_ecg(folder: Path) -> Ecg:
    """The ECG of the case of a folder."""
    facts = json.loads((folder / _FACTS).read_text("utf-8"))
    with np.load(folder / "signal.npz") as packed:
        signal = packed["signal_mv"]
    signal.setflags(write=False)
    source = Source(**facts["source"])
    how, page = facts["source"].get("digitisation"), folder / "page.jpg"
    return Ecg(
        signal_mv=signal,
        fs_hz=facts["fs_hz"],
        patient=Patient(**facts["patient"]),
        recorded_at=datetime.fromisoformat(facts["recorded_at"]) if facts["recorded_at"] else None,
        source=replace(
            source,
            device_statements=tuple(source.device_statements),
            digitisation=Digitisation.model_validate(how) if how is not None else None,
            picture=page.read_bytes() if page.exists() else None,
        ),
        synthetic=facts["synthetic"],
        missing_leads=tuple(facts["missing_leads"]),
        derived_leads=tuple(facts["derived_leads"]),
    )


class _Aside:
    """Write a file under a temporary name in its folder, then move it into place."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __enter__(self) -> Path:
        handle, name = tempfile.mkstemp(dir=self.target.parent, suffix=self.target.suffix)
        os.close(handle)
        self.path = Path(name)
        return self.path

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        if kind is None:
            os.replace(self.path, self.target)
        else:
            self.path.unlink(missing_ok=True)
