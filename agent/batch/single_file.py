"""One case from its files to its folder. Whatever a case does wrong becomes its own line, never the review's end."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from calipers.agent.audit import Finished, SingleCase, save_bundle
from calipers.agent.batch.case_input import CaseInput
from calipers.agent.batch.journal import Line
from calipers.agent.batch.own_parts import OwnParts
from calipers.agent.choice import choose
from calipers.agent.graph import build_graph
from calipers.agent.output import write_case
from calipers.ecg import Ecg
from calipers.errors import CalipersError, UnreadableInput, UsageError
from calipers.evidence import Frozen
from calipers.tools.read import read_ecg

REPORTS: Final = "reports"
#: With the embedded model a worker holds 1.1 GB on ECGs of ten seconds; the rest is for long ones.
WORKER_MEMORY_GB: Final = 2.5
_THUMBNAIL_PX: Final = (480, 340)


class Setup(Frozen):
    """What every case of a review shares.

    Attributes:
        out: the folder of the review.
        begin_at: the folder at which relative paths begin.
        model: as `Agent` takes it, by name.
        questions: asked of each case beside its own.
        home: where guidelines and history are looked up.
        memory_gb: the most that a worker's process may hold.
        own: the user's own criteria, guidelines, tools and hooks.
    """

    out: str
    begin_at: str = "."
    model: str | None = None
    questions: tuple[str, ...] = ()
    home: str | None = None
    memory_gb: float = WORKER_MEMORY_GB
    own: OwnParts = OwnParts()


class Outcome(Frozen):
    """What became of one case; `stop` is why no other case can succeed either."""

    line: Line
    stop: str | None = None


class _NoRoom(CalipersError):
    """No other case can be written either."""


class _Interpreted(NamedTuple):
    """One case, all but written."""

    ecg: Ecg
    priors: Sequence[Ecg]
    key: str
    finished: Finished
    answers: Sequence[Finished]
    seconds: float


class CaseReader:
    """Reads cases one after the other; the model and the networks are loaded once."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._choice = choose(setup.model)
        self._graph = build_graph()
        self._home = Path(setup.home) if setup.home else None
        self._library, self._tools, self._hooks = setup.own.library(), setup.own.made_tools(), setup.own.hooks()

    def read(self, given: CaseInput) -> Outcome:
        """Interpret one case and write its folder."""
        try:
            with self._library.in_use():
                self._write(given, self._interpreted(given))
        except _NoRoom as full:
            return Outcome(line=_failed(given, str(full)).line, stop=str(full))
        except CalipersError as problem:
            return _failed(given, str(problem))
        except MemoryError:
            most = f"{self._setup.memory_gb:g} GB"
            return _failed(given, f"found an ECG that needs more than {most} of memory; needed a shorter one")
        # The boundary of one case: a defect that one record brings to light must not cost the others theirs.
        except Exception as defect:  # noqa: BLE001
            traceback.print_exc()
            return _failed(given, f"internal error, {type(defect).__name__}: {' '.join(str(defect).split())[:200]}")
        report = f"{REPORTS}/{given.folder}/report.json"
        return Outcome(line=Line(case=given.case, path=given.paths[0], status="done", report=report))

    def _interpreted(self, given: CaseInput) -> _Interpreted:
        started = time.perf_counter()
        ecg = self._ecg(given)
        priors = [_prior(path, given.patient) for path in given.priors]
        case = SingleCase(self._graph, self._choice, ecg, priors, self._home, tools=self._tools, hooks=self._hooks)
        finished = case.interpret(given.question)
        answers = [case.answer(question) for question in self._setup.questions]
        return _Interpreted(ecg, priors, case.key, finished, answers, time.perf_counter() - started)

    def _write(self, given: CaseInput, case: _Interpreted) -> None:
        """Every file aside, onto the disk, and then the folder in its place: it is whole, or not there."""
        target = Path(self._setup.out, REPORTS, given.folder)
        run = {
            "case": given.case,
            "input": list(given.paths),
            "asked": given.digest,
            "key": case.key,
            "seconds": round(case.seconds, 3),
        }
        aside = None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(prefix=f".{given.folder[:60]}-", dir=target.parent))
            aside.chmod(0o755)
            write_case(aside, case.ecg, case.finished.report, run, case.priors)
            save_bundle(aside / "bundle.zip", case.finished, case.ecg, case.priors)
            _write_answers(aside, case)
            _thumbnail(aside)
            _put_in_place(aside, target)
        except (OSError, UsageError) as problem:
            out, why = self._setup.out, _why(problem)
            raise _NoRoom(f"found `{out}`, where nothing can be written ({why}); needed room and rights") from problem
        finally:
            if aside is not None:
                shutil.rmtree(aside, ignore_errors=True)

    def _ecg(self, given: CaseInput) -> Ecg:
        ecg = read_ecg(given.paths[0] if len(given.paths) == 1 else given.paths, age=given.age, sex=given.sex)
        if ecg.synthetic:
            raise UsageError("found a synthetic ECG, not recorded from a person; a review reads recorded ones only")
        return _with_patient(ecg, given.patient)


def _prior(path: str, patient: str | None) -> Ecg:
    try:
        return _with_patient(read_ecg(path), patient)
    except CalipersError as problem:
        raise UnreadableInput(f"an earlier ECG: {problem}") from problem


def _with_patient(ecg: Ecg, patient: str | None) -> Ecg:
    """The ECG under the identifier that the manifest gives, unless the file has its own."""
    if patient is None or ecg.patient.id is not None:
        return ecg
    return replace(ecg, patient=replace(ecg.patient, id=patient))


def _failed(given: CaseInput, reason: str) -> Outcome:
    return Outcome(line=Line(case=given.case, path=given.paths[0], status="failed", error=reason))


def _why(problem: Exception) -> str:
    cause = problem if isinstance(problem, OSError) else problem.__cause__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(problem)


def _write_answers(folder: Path, case: _Interpreted) -> None:
    """`answers.json`, and a bundle of each run that answered a question."""
    if not case.answers:
        return
    for number, answer in enumerate(case.answers, 1):
        save_bundle(folder / f"question-{number}.bundle.zip", answer, case.ecg, case.priors, mode="ask")
    told = {"question", "answer", "claims"}
    kept = [answer.report.model_dump(mode="json", include=told) for answer in case.answers]
    (folder / "answers.json").write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def _thumbnail(folder: Path) -> None:
    from PIL import Image

    with Image.open(folder / "trace.png") as picture:
        # Whole pixels first: that leaves a ninth of them for the finer filter.
        small = picture.convert("RGB").reduce(3)
        small.thumbnail(_THUMBNAIL_PX)
        small.save(folder / "thumbnail.jpg", quality=70)


def _put_in_place(aside: Path, target: Path) -> None:
    for path in aside.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    if target.exists():
        shutil.rmtree(target)
    aside.rename(target)
