"""What the MCP server offers: each tool reads files below one folder, and answers with ids, values, criteria, claims."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from calipers.agent.audit import SingleCase
from calipers.agent.choice import choose
from calipers.agent.generator import require_recorded
from calipers.agent.graph import build_graph
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import Measurement
from calipers.printing import printed
from calipers.report import Report
from calipers.tools.read import read_ecg

_KEPT: Final = 8

RecordPath = Annotated[str, Field(description="ECG file, relative to the folder that the server was started for")]
Ids = Annotated[list[str] | None, Field(description="`pr`, `V3.st_j`, `qrs#4`; all global measurements if left out")]


class FolderTools:
    """The tools over the ECGs below one folder; no path leads out of it.

    Args:
        folder: of the ECGs.

    Raises:
        UsageError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(f"found no folder `{folder}`; needed the folder of the ECGs to serve")
        self._folder = folder.resolve()
        self._graph, self._choice = build_graph(), choose("none")

    def interpret(self, record: RecordPath, question: str | None = None, prior: str | None = None) -> dict[str, Any]:
        """Read an ECG in full: impression, urgency, and claims with the evidence and criteria that each cites."""
        priors = [self._ecg(prior)] if prior else []
        finished = SingleCase(self._graph, self._choice, self._recorded(record), priors).interpret(question)
        return _told(finished.report)

    def ask(self, record: RecordPath, question: str) -> dict[str, Any]:
        """Answer one question about an ECG by rule, from measurements and published criteria."""
        return _told(SingleCase(self._graph, self._choice, self._recorded(record)).answer(question).report)

    def measure(
        self,
        record: RecordPath,
        ids: Annotated[
            list[str] | None, Field(description="`pr`, `V3.st_j`, `qrs#4`; all global ones if left out")
        ] = None,
    ) -> list[dict[str, Any]]:
        """Measurements by id: value, unit, half-width of the 95 % interval, or why it could not be measured."""
        from calipers.tools.measure import measure as measure_ecg

        measured = measure_ecg(self._ecg(record))
        chosen = [measured[key] for key in ids] if ids else [item for item in measured.whole if item.lead is None]
        return [_item(item) for item in chosen]

    def explain(self, record: RecordPath, statement: str) -> dict[str, Any]:
        """Walk through the published criteria of one diagnostic statement, with values and sources."""
        from calipers.tools.explain import explain as explain_ecg

        return explain_ecg(self._ecg(record), statement).model_dump(mode="json", exclude={"stepwise"})

    def classify(self, record: RecordPath) -> dict[str, float]:
        """The trained network's calibrated probability of each SCP statement; suggestions, not findings."""
        from calipers.tools.classify import classify as classify_ecg

        return classify_ecg(self._ecg(record))

    def compare(self, record: RecordPath, prior: str) -> dict[str, Any]:
        """What changed against an earlier ECG of the same patient, each value beside its earlier one."""
        from calipers.tools.compare import compare as compare_ecgs

        changes = compare_ecgs(self._ecg(record), self._ecg(prior))
        return changes.model_dump(mode="json", exclude={"prior_measurements"})

    def search_guidelines(self, question: str) -> list[dict[str, Any]]:
        """Paraphrased guideline passages with society and year; empty when none of ours answers."""
        from calipers.tools.retrieve import search_guidelines as search

        return [
            hit.passage.evidence("").model_dump(mode="json", exclude={"record", "seen_at"}) for hit in search(question)
        ]

    def render(self, record: RecordPath, evidence: list[str] | None = None) -> Any:
        """A picture of the ECG on paper, with calipers on the measurements named by id in `evidence`."""
        from fastmcp.utilities.types import Image

        from calipers.tools.measure import measure as measure_ecg
        from calipers.tools.render import render as draw

        ecg = self._ecg(record)
        return Image(data=draw(ecg, measurements=measure_ecg(ecg), evidence=evidence or ()).data, format="png")

    def _recorded(self, record: str) -> Ecg:
        ecg = self._ecg(record)
        require_recorded(ecg, allow_synthetic=False)
        return ecg

    def _ecg(self, record: str) -> Ecg:
        path = (self._folder / record).resolve()
        if not path.is_relative_to(self._folder):
            raise UsageError(f"found `{record}`, which lies outside the served folder; needed a path inside it")
        return _read(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=_KEPT)
def _read(path: Path, _changed_ns: int) -> Ecg:
    """An ECG read once for as long as its file stays as it is."""
    return read_ecg(path)


def _told(report: Report) -> dict[str, Any]:
    """What a client needs to repeat the report: claims, all that they cite, and what was kept back."""
    cited = {key for claim in report.claims for key in claim.evidence}
    return {
        "record": report.record,
        "impression": report.impression,
        "urgency": report.urgency,
        "urgency_reasons": list(report.urgency_reasons),
        "answer": report.answer,
        "claims": [claim.model_dump(mode="json", exclude={"template"}) for claim in report.claims],
        "evidence": [_item(item) for item in report.measurements if item.id in cited],
        "other_evidence": [item.model_dump(mode="json") for item in report.evidence_table],
        "withheld": [{"text": item.claim.text, "reason": item.reason} for item in report.withheld],
        "disagreements": [item.model_dump(mode="json") for item in report.disagreements],
        "notice": "Research use, not a medical device.",
    }


def _item(item: Measurement) -> dict[str, Any]:
    facts = item.model_dump(mode="json", include={"id", "value", "unit", "uncertainty", "status", "reason", "method"})
    return facts | {"printed": printed(item)}
