"""One user's desk: the agent with its own home, the cases, and the full reading of each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from calipers.agent.server.config import LOCAL_USER
from calipers.agent.server.messages import CaseSummary
from calipers.agent.server.records import Records
from calipers.agent.server.rows import CaseRow
from calipers.agent.server.uploads import ReadUpload, Upload, read_uploads
from calipers.ecg import Ecg, Sex
from calipers.report import Report

if TYPE_CHECKING:
    from calipers.agent.api import Agent
    from calipers.agent.case import Case
    from calipers.agent.choice import Choice
    from calipers.agent.graph import Graph

_REPORTS_KEPT: Final = 32


class Workspace:
    """What one user works with; two users share nothing but the model.

    Args:
        home: `CALIPERS_HOME`. The user `local` works in it, as the command line does; every other user has
            a folder of his own below it, with his own case store, conversations and history.
        records: this user's rows.
        choice: the model that answers.
    """

    def __init__(self, home: Path, records: Records, choice: Choice) -> None:
        self.home = home if records.owner == LOCAL_USER else home / "users" / records.owner
        self.records = records
        self._choice = choice
        self._reports: OrderedDict[tuple[str, ...], Report] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def agent(self) -> Agent:
        """The agent with the chosen model."""
        from calipers.agent.api import Agent

        return Agent(self._choice, home=self.home)

    @cached_property
    def plain_agent(self) -> Agent:
        """The agent that needs no language model: what every failure falls back to."""
        from calipers.agent.api import Agent
        from calipers.agent.choice import Choice

        agent = Agent(Choice("none", "the language model did not answer in time"), home=self.home)
        agent.store = self.agent.store
        return agent

    @cached_property
    def _graph(self) -> Graph:
        from calipers.agent.graph import build_graph

        return build_graph()

    def upload(
        self, files: Sequence[Upload], age: float | None, sex: Sex | None
    ) -> list[tuple[ReadUpload, str | None]]:
        """Read, measure and keep each ECG of an upload; with the id of its case where it could be read."""
        read = read_uploads(files, self.home / "incoming", age=age, sex=sex)
        return [(one, self.add(one.ecg, one.name).id if one.ecg is not None else None) for one in read]

    def add(self, ecg: Ecg, name: str) -> CaseRow:
        """Keep one ECG as a case; it is read in full at once, so that the list can say what is urgent."""
        from calipers.agent.case_store import case_key

        self.agent.store.put(ecg)
        key = case_key(ecg)
        return self.records.add_case(
            key, name, ecg.patient.id, _summary(ecg, self._read(key, ())).model_dump(mode="json")
        )

    def describe(self, row: CaseRow, age: float | None, sex: Sex | None) -> CaseRow:
        """Add what the file did not say of the patient, and read the ECG again with it."""
        from calipers.agent.case_store import case_key

        ecg = self.case(row).ecg
        said = ecg.patient
        patient = replace(said, age=age if said.age is None else said.age, sex=said.sex or sex)
        known = replace(ecg, patient=patient)
        self.agent.store.put(known)
        key = case_key(known)
        return self.records.change_case(row.id, key, _summary(known, self._read(key, ())).model_dump(mode="json"))

    def case(self, row: CaseRow) -> Case:
        """The case behind a row."""
        return self.agent.store.get(row.store_key)

    def report(self, row: CaseRow, priors: Sequence[CaseRow] = ()) -> Report:
        """The full reading by measurements and criteria, compared with the priors given.

        Raises:
            UsageError: a prior is another patient's, or generated.
        """
        return self._read(row.store_key, [prior.store_key for prior in priors])

    def priors_of(self, row: CaseRow) -> list[CaseRow]:
        """The earlier ECGs of the same patient, each recording once: the nearest in time first, the undated last."""
        if row.patient_id is None:
            return []
        others = {
            one.store_key: one
            for one in self.records.cases_of_patient(row.patient_id)
            if one.store_key != row.store_key and not one.summary["synthetic"]
        }
        since = ((_seconds_between(one, row), one) for one in others.values())
        earlier = [(seconds, one) for seconds, one in since if seconds is None or seconds >= 0]
        return [one for _, one in sorted(earlier, key=lambda pair: (pair[0] is None, pair[0] or 0.0))]

    def close(self) -> None:
        """Close what is open."""
        for name in ("agent", "plain_agent"):
            if name in vars(self):
                vars(self)[name].close()

    def _read(self, key: str, priors: Sequence[str]) -> Report:
        from calipers.agent.choice import Choice
        from calipers.agent.context import RunContext
        from calipers.agent.state import fresh_run

        wanted = (key, *priors)
        with self._lock:
            if wanted in self._reports:
                self._reports.move_to_end(wanted)
                return self._reports[wanted]
        context = RunContext(self.agent.store, Choice("none", "the full reading of a case"), home=self.home)
        self._graph.invoke(fresh_run(key, "interpret", None, priors), context=context)
        if context.report is None:
            raise RuntimeError("the graph ended without a report")
        with self._lock:
            self._reports[wanted] = context.report
            while len(self._reports) > _REPORTS_KEPT:
                self._reports.popitem(last=False)
        return context.report


def _seconds_between(then: CaseRow, now: CaseRow) -> float | None:
    """From one recording to another; None where one of them has no date. A time without a zone counts as UTC."""
    texts = [row.summary["recorded_at"] for row in (then, now)]
    if None in texts:
        return None
    moments = [datetime.fromisoformat(text) for text in texts]
    begin, end = (one if one.tzinfo is not None else one.replace(tzinfo=UTC) for one in moments)
    return (end - begin).total_seconds()


def _summary(ecg: Ecg, report: Report) -> CaseSummary:
    return CaseSummary(
        record=ecg.record,
        format=ecg.source.format,
        age=ecg.patient.age,
        sex=ecg.patient.sex,
        recorded_at=ecg.recorded_at.isoformat() if ecg.recorded_at else None,
        duration_s=round(ecg.duration_s, 4),
        fs_hz=ecg.fs_hz,
        missing_leads=list(ecg.missing_leads),
        derived_leads=list(ecg.derived_leads),
        synthetic=ecg.synthetic,
        digitised=ecg.source.digitised,
        urgency=report.urgency,
        urgency_reasons=list(report.urgency_reasons),
        impression=report.impression,
    )
