"""The statement benchmark: PTB-XL's cardiologists against the criteria, without a language model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from calipers.evals.framework import Document, Estimate, Options, Outcome, Result, Section, Table
from calipers.evals.framework.result import point_values
from calipers.evals.measurement.ptbxl import TEST_FOLD
from calipers.evals.statements.agreement import HEADLINE, Agreement
from calipers.evals.statements.judged import Judged, judge

NAME: Final = "statements"
_METHOD: Final = (
    "A label counts whatever its likelihood. A statement counts as found when it is met or, being open, leans that"
    " way: what a forced yes/no would answer; `said` counts only what a sentence would say. Where several statements"
    " carry one SCP-ECG code, any of them counts. Criteria were chosen on folds 1–8; fold 9 judges. Labels are"
    " incomplete: a cardiologist who saw a paced rhythm or an infarction often wrote nothing else. Beside: the statement"
    " network at its thresholds, openecg's report and NeuroKit2's numbers with plain limits (lead II); what a peer does"
    " not name counts as not found. Controls: the next record's findings, and everything said of every record."
)


class StatementsTask:
    """Sensitivity, PPV and F1 of every statement with enough labels; macro F1 over twelve."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; `--split training` takes folds 1–8, `validation` fold 9."""
        started = time.perf_counter()
        records = judge(options, beside="peers")
        parts = {name: Agreement(members) for name, members in _parts(records).items()}
        agreement = parts.get("fold9") or parts["folds1-8"]
        scores: dict[str, Estimate | None] = {
            "macro_f1": agreement.macro_f1(),
            "macro_f1_asserted": agreement.macro_f1("asserted"),
        }
        for code in HEADLINE:
            scores |= {f"{code.lower()}_{name}": found for name, found in agreement.scores(code).items()}
        groups = {
            f"{part}.{code}": _group(members, code) for part, members in parts.items() for code in members.codes()
        }
        groups |= {f"reader {reader}": _reader(agreement, reader) for reader in agreement.readers()}
        seconds = time.perf_counter() - started
        result = Result.of(NAME, len(agreement.records), scores, groups, seconds)
        return Outcome(result, _report(parts, seconds))


def _parts(records: list[Judged]) -> dict[str, list[Judged]]:
    parts = {
        "folds1-8": [record for record in records if record.row.fold != TEST_FOLD],
        "fold9": [record for record in records if record.row.fold == TEST_FOLD],
    }
    return {name: members for name, members in parts.items() if members}


def _group(agreement: Agreement, code: str) -> dict[str, float]:
    said = {f"{name}_asserted": found for name, found in agreement.scores(code, "asserted").items()}
    return {"n": agreement.labels(code), **point_values(agreement.scores(code)), **point_values(said)}


def _reader(agreement: Agreement, reader: str) -> dict[str, float]:
    """Macro F1 of somebody else over the same twelve, and each F1."""
    macro = agreement.macro_f1(reader)
    each = {f"{code.lower()}_f1": found.value for code in HEADLINE if (found := agreement.scores(code, reader)["f1"])}
    return {"n": len(agreement.records), "macro_f1": macro.value if macro else 0.0, **each}


def _report(parts: Mapping[str, Agreement], seconds: float) -> Document:
    sections = [Section("How it was judged", (_METHOD,))]
    for name, agreement in parts.items():
        macro = agreement.macro_f1()
        caption = f"{len(agreement.records)} records" + (
            f"; macro F1 over the twelve {macro.value:.3f}" if macro else ""
        )
        sections.append(Section(name, (_table(agreement, caption),)))
    return Document("Statements against cardiologists", f"PTB-XL; {seconds:.0f} s.", tuple(sections))


def _table(agreement: Agreement, caption: str) -> Table:
    header = ("statement", "labels", "sensitivity", "PPV", "F1", "said: sensitivity", "PPV", "F1")
    rows = []
    for code in agreement.codes():
        cells = [*agreement.scores(code).values(), *agreement.scores(code, "asserted").values()]
        rows.append((code, str(agreement.labels(code)), *(_cell(cell) for cell in cells)))
    return Table(header, tuple(rows), caption)


def _cell(estimate: Estimate | None) -> str:
    return "–" if estimate is None else f"{estimate.value:.2f}"
