"""Cases on disk by content: signal, measurements and beat tables live here; the graph's state holds keys.

LangGraph's SQLite checkpoints rewrite the whole state at each step, so a state that carried waveforms or
thousands of measurements would write megabytes a step. A case is written once and read lazily.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from calipers.agent.beat_store import read_beats, write_beats
from calipers.agent.case_memory import CaseMemory
from calipers.beat_table import BeatTable
from calipers.digitisation import Digitisation
from calipers.ecg import Ecg, Patient, Source
from calipers.errors import MissingPart, UnreadableInput, UsageError
from calipers.evidence import Ledger, Measurement, Measurements, ModelProbability
from calipers.knowledge import Verdicts, evaluate
from calipers.knowledge.table import judging_by
from calipers.report import Changes, Demographics, Quality
from calipers.settings import version
from calipers.tools.compare import changes_between, in_order, recording, recording_limits, require_comparable
from calipers.tools.measure import Examination, Timeline, examine

if TYPE_CHECKING:
    from calipers.agent.comparison import ChangeSentences
    from calipers.agent.suggestions import Suggestion

#: What a language model sees of a recording.
_SEEN_S: Final = 10.0


@dataclass(frozen=True)
class Case:
    """One ECG under review with everything derived from it, each computed once.

    `priors` are other ECGs of the same patient, to be compared with.
    """

    ecg: Ecg
    examination: Examination
    priors: tuple[Case, ...] = ()

    @property
    def record(self) -> str:
        """The record's key."""
        return self.ecg.record

    @property
    def measurements(self) -> Measurements:
        """id → Measurement."""
        return self.examination.measurements

    @property
    def quality(self) -> Quality:
        """How readable the record is."""
        return self.examination.quality

    @property
    def demographics(self) -> Demographics:
        """Age and sex, as the criteria need them."""
        return Demographics(age=self.ecg.patient.age, sex=self.ecg.patient.sex)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Every statement evaluated on this ECG."""
        return evaluate(self.measurements, self.demographics)

    @cached_property
    def changes(self) -> tuple[Changes, ...]:
        """What changed against each prior, the nearest in date first.

        Raises:
            UsageError: a prior is another patient's, or synthetic.
        """
        return in_order(self._compared_with(one) for one in self.priors)

    def _compared_with(self, prior: Case) -> Changes:
        require_comparable(self.ecg, prior.ecg)
        limits = recording_limits(self.ecg, self.quality, prior.ecg, prior.quality)
        now = recording(self.ecg, self.examination, self.verdicts)
        return changes_between(now, recording(prior.ecg, prior.examination, prior.verdicts), limits)

    @cached_property
    def change_sentences(self) -> ChangeSentences | None:
        """What may be said of the nearest prior; None where there is none that can be compared."""
        from calipers.agent.comparison import ChangeSentences, comparable

        nearest = comparable(self.changes)
        if nearest is None:
            return None
        then = next(one for one in self.priors if one.record == nearest.prior_record)
        return ChangeSentences(nearest, self.verdicts, then.verdicts)

    @cached_property
    def probabilities(self) -> tuple[ModelProbability, ...]:
        """What the statement network gives each statement; empty where it cannot read the record."""
        from calipers.agent.probabilities import model_probabilities

        return model_probabilities(self.ecg)

    @cached_property
    def signal_tokens(self) -> NDArray[np.float32] | None:
        """(t, width) what the signal encoder makes of the first ten seconds; None where its weights are not there."""
        from calipers.models.mllm.encoder_input import encoder_input
        from calipers.models.mllm.encoder_tokens import encode

        first = encoder_input(self.ecg.signal_mv[:, : round(_SEEN_S * self.ecg.fs_hz)], self.ecg.fs_hz)
        try:
            tokens: NDArray[np.float32] = encode(first.signal_mv[None], first.present[None]).sequence[0]
        except MissingPart:
            return None
        return tokens

    @cached_property
    def page_tokens(self) -> NDArray[np.float32] | None:
        """(t, width) what the image encoder makes of the ECG's page; None where it cannot read it, or is not there."""
        from PIL import Image

        from calipers.models.mllm.image_encoder import encode_page
        from calipers.tools.render import render

        page = Image.open(BytesIO(render(self.ecg).data)).convert("RGB")
        try:
            return encode_page(np.asarray(page), layout="3x4+1").sequence
        except (MissingPart, UnreadableInput):
            return None

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What only the statement network finds, of the probabilities in the ledger."""
        from calipers.agent.suggestions import suggestions

        if not self.quality.assessable and self.ecg.source.unread is None:
            return ()
        return suggestions(self.verdicts, self.ledger.entered, self.demographics)

    def enter_probabilities(self) -> None:
        """Enter the probabilities in the ledger; of a long record they are entered only when asked for."""
        for item in self.probabilities:
            self.ledger.add(item)

    @cached_property
    def ledger(self) -> Ledger:
        """Measurements, the recorder's own values, the criteria as evaluated, the nearest prior, the probabilities."""
        from calipers.agent.comparison import prior_evidence
        from calipers.agent.drafting import device_evidence

        ledger = Ledger(self.record, self.measurements.held, self.measurements.beats)
        for device in device_evidence(self.ecg):
            ledger.add(device)
        for criterion in self.verdicts.ledger():
            ledger.add(criterion)
        if self.change_sentences is not None:
            for earlier in prior_evidence(self.change_sentences.changes):
                ledger.add(earlier)
        unread = self.ecg.source.unread is not None
        if self.examination.timeline is None and (self.quality.assessable or unread):
            for item in self.probabilities:
                ledger.add(item)
        return ledger


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
        stored = self._examination(key)
        with judging_by(None):  # what is stored is the same for every agent that shares the folder
            case = Case(ecg, stored or examine(ecg))
        if stored is None:
            self._write(key, case)
        self._memory.keep(key, case)
        return case

    def get(self, key: str) -> Case:
        """The case of a key.

        Raises:
            UsageError: no such case is stored.
        """
        if (known := self._memory.get(key)) is not None:
            return known
        if self.folder is None or not (self.folder / key / "case.json").exists():
            raise UsageError(f"found case `{key}`; needed one that was loaded before")
        return self.put(_read_ecg(self.folder / key))

    def _examination(self, key: str) -> Examination | None:
        if self.folder is None or not (self.folder / key / "case.json").exists():
            return None
        facts = json.loads((self.folder / key / "case.json").read_text("utf-8"))
        if facts["calipers"] != version():
            return None  # measured by another version: measure again
        course = facts.get("timeline")
        return Examination(
            _read_measurements(self.folder / key),
            Quality.model_validate(facts["quality"]),
            timeline=Timeline.model_validate(course) if course is not None else None,
        )

    def _write(self, key: str, case: Case) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        if self.folder is None:
            return
        target = self.folder / key
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
        # Written last: its presence says that the case is whole.
        with _Aside(target / "case.json") as path:
            path.write_text(json.dumps(facts, indent=1), "utf-8")


def case_key(ecg: Ecg) -> str:
    """The record's key with the patient facts that change a verdict, and a digest of whose ECG it is and when it was
    taken, by which priors are told apart: the same trace of a woman of 40 and a man of 70 are two cases, and so are
    the same samples under two identities."""
    age = "x" if ecg.patient.age is None else f"{ecg.patient.age:g}"
    origin = f"{ecg.patient.id}|{ecg.recorded_at}|{ecg.synthetic}"
    digest = hashlib.sha256(origin.encode()).hexdigest()[:12]
    return f"{ecg.record}-{age}-{(ecg.patient.sex or 'x')[0]}-{digest}"


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


def _read_measurements(folder: Path) -> Measurements:
    from pyarrow import parquet

    table = parquet.read_table(folder / "measurements.parquet", columns=["json"])
    held = (Measurement.model_validate_json(text.as_py()) for text in table["json"])
    beats = folder / "beats.parquet"
    return Measurements(held, read_beats(beats) if beats.exists() else None)


def _read_ecg(folder: Path) -> Ecg:
    facts = json.loads((folder / "case.json").read_text("utf-8"))
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
