"""A run as one file, `bundle.zip`: the input, the model's conversation, the report. Equal runs give equal bytes.

It holds samples, age, sex and the recorder's own measurements; no name, identifier, path or free text of the
file. Who is who among the priors is kept as `patient-1`, and dates only where the report compares by them.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from langchain_core.messages import AnyMessage, messages_from_dict, messages_to_dict
from pydantic import Field, ValidationError

from calipers.agent.audit.single_case import Finished
from calipers.digitisation import Digitisation
from calipers.ecg import Ecg, Patient, Sex, Source
from calipers.errors import UnreadableInput, UsageError
from calipers.evidence import Frozen
from calipers.leads import Lead
from calipers.report import Fault, Report

SCHEMA: Final = "calipers.bundle/1"
#: The earliest date that a ZIP archive can hold: no clock time gets into the bytes.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_LARGEST_BYTES: Final = 2 * 1024**3


class StoredEcg(Frozen):
    """What an ECG is beside its samples."""

    record: str
    fs_hz: float
    age: float | None
    sex: Sex | None
    patient: str | None
    recorded_at: str | None
    format: str
    sha256: str
    device_measurements: dict[str, float]
    digitised: bool
    digitisation: Digitisation | None = None
    unread: str | None = None
    synthetic: bool
    missing_leads: tuple[Lead, ...]
    derived_leads: tuple[Lead, ...]


class Bundle(Frozen):
    """Everything that one run took in and gave out.

    Attributes:
        inputs: the ECG, then its priors.
        mode: a full read, or the answer to one question.
        question: as it was asked.
        model: name and reason of the model that was chosen.
        steps: tool calls of the model, without their times.
        messages: its conversation as LangChain writes messages.
        history: how many of them were there before this run.
        opinion: keys that a published model named.
        faults: what the verifier says of the report.
        report: what left the program, with versions, weights' hashes, seed and prompts' hash in its provenance.
        signals: (12, n) millivolts of each input.
    """

    schema_: Literal["calipers.bundle/1"] = Field(default=SCHEMA, alias="schema")
    inputs: tuple[StoredEcg, ...]
    mode: Literal["interpret", "ask"]
    question: str | None
    model: str
    model_reason: str
    steps: tuple[dict[str, Any], ...]
    messages: tuple[dict[str, Any], ...]
    history: int = 0
    opinion: tuple[str, ...]
    faults: tuple[Fault, ...]
    report: Report
    signals: tuple[Any, ...] = Field(exclude=True)

    model_config = Frozen.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    def ecgs(self) -> list[Ecg]:
        """The ECG and its priors as they were read, but for what identifies the patient."""
        return [_ecg(stored, signal) for stored, signal in zip(self.inputs, self.signals, strict=True)]

    def conversation(self) -> list[AnyMessage]:
        """The model's messages."""
        return list(messages_from_dict(list(self.messages)))  # type: ignore[arg-type]


def save_bundle(
    path: Path,
    finished: Finished,
    ecg: Ecg,
    priors: Sequence[Ecg] = (),
    *,
    mode: Literal["interpret", "ask"] = "interpret",
) -> None:
    """Write the bundle of one run.

    Raises:
        UsageError: it cannot be written there.
    """
    from calipers.agent.verifier import verify

    report = finished.report
    everyone = [ecg, *priors]
    names = {who: f"patient-{n}" for n, who in enumerate(dict.fromkeys(one.patient.id for one in everyone), 1) if who}
    bundle = Bundle(
        inputs=tuple(_stored(one, names, dated=bool(priors)) for one in everyone),
        mode=mode,
        question=report.question,
        model=report.provenance.model,
        model_reason=report.provenance.model_reason,
        steps=tuple(step.model_dump(mode="json", exclude={"seconds"}) for step in finished.steps),
        messages=tuple(_without_ids(messages_to_dict(list(finished.messages)))),
        history=finished.history,
        opinion=finished.opinion,
        faults=tuple(verify(report)),
        report=report,
        signals=tuple(one.signal_mv for one in everyone),
    )
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            _put(archive, "bundle.json", bundle.model_dump_json(indent=1).encode())
            for number, signal in enumerate(bundle.signals):
                held = BytesIO()
                np.save(held, signal, allow_pickle=False)
                _put(archive, f"signal-{number}.npy", held.getvalue())
    except OSError as problem:
        raise UsageError(
            f"found `{path.name}`, which cannot be written: {problem.strerror}; needed a writable folder"
        ) from problem


def load_bundle(path: Path) -> Bundle:
    """Read a bundle.

    Raises:
        UnreadableInput: it is none, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_BYTES:
                raise UnreadableInput(f"found more than 2 GB in `{path.name}`; needed the bundle of one run")
            facts = json.loads(archive.read("bundle.json"))
            signals = [
                np.load(BytesIO(archive.read(f"signal-{number}.npy")), allow_pickle=False)
                for number in range(len(facts["inputs"]))
            ]
        for signal in signals:
            signal.setflags(write=False)
        return Bundle.model_validate({**facts, "signals": signals})
    except FileNotFoundError as absent:
        raise UnreadableInput(f"found no file `{path}`; needed a bundle.zip") from absent
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, TypeError, ValueError, EOFError) as damage:
        raise UnreadableInput(
            f"found `{path.name}`, which is no whole bundle ({type(damage).__name__}"
            f"{f', {damage.error_count()} fields' if isinstance(damage, ValidationError) else ''});"
            " needed a bundle.zip as `calipers interpret --out` and `calipers review` write it"
        ) from damage


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _without_ids(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Message ids are drawn at random; nothing refers to them."""
    return [{**message, "data": {**message["data"], "id": None}} for message in messages]


def _stored(ecg: Ecg, names: dict[str, str], *, dated: bool) -> StoredEcg:
    return StoredEcg(
        record=ecg.record,
        fs_hz=ecg.fs_hz,
        age=ecg.patient.age,
        sex=ecg.patient.sex,
        patient=names.get(ecg.patient.id or ""),
        recorded_at=ecg.recorded_at.isoformat() if dated and ecg.recorded_at else None,
        format=ecg.source.format,
        sha256=ecg.source.sha256,
        device_measurements=dict(ecg.source.device_measurements),
        digitised=ecg.source.digitised,
        digitisation=ecg.source.digitisation,
        unread=ecg.source.unread,
        synthetic=ecg.synthetic,
        missing_leads=ecg.missing_leads,
        derived_leads=ecg.derived_leads,
    )


def _ecg(stored: StoredEcg, signal_mv: Any) -> Ecg:
    return Ecg(
        signal_mv=signal_mv,
        fs_hz=stored.fs_hz,
        patient=Patient(age=stored.age, sex=stored.sex, id=stored.patient),
        recorded_at=datetime.fromisoformat(stored.recorded_at) if stored.recorded_at else None,
        source=Source(
            format=stored.format,
            sha256=stored.sha256,
            device_measurements=stored.device_measurements,
            digitised=stored.digitised,
            digitisation=stored.digitisation,
            unread=stored.unread,
        ),
        synthetic=stored.synthetic,
        missing_leads=stored.missing_leads,
        derived_leads=stored.derived_leads,
    )
