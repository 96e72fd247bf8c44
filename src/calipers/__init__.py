"""Calipers: an ECG agent whose every claim is measured, cited and re-checked by code.

    >>> import calipers
    >>> ecg = calipers.read_ecg(path)                      # WFDB, DICOM, MUSE XML, aECG, SCP, CSV, NPY, …
    >>> report = calipers.Agent(model="none").interpret(ecg)
    >>> for claim in report.claims[1:3]:
    ...     print(claim.text, claim.evidence)
    Ventricular rate 61/min. ('hr',)
    PR interval 149 ms, QRS duration 90 ms, QT interval 380 ms. ('pr', 'qrs', 'qt')
    >>> calipers.verify(report, ecg)                       # every id, number, unit, lead and criterion, measured again
    []

Read and measure: `read_ecg`, `measure`, `explain`, `classify`, `compare`, `render`. Interpret and ask: `Agent`, whose
`interpret`, `ask` and `stream` return `Report`, `Answer` and `Event`s; `verify` checks any report. What a user adds:
`ToolFinding` of a tool, `Veto` and `Note` of a hook, files of criteria and folders of guidelines. Every error raised on
purpose is a `CalipersError`, one line that says what was found and what was needed. More in docs/api.md.

Names are loaded on first use, so that `import calipers` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calipers.agent.api import Agent as Agent
    from calipers.agent.events import Answer as Answer
    from calipers.agent.events import Event as Event
    from calipers.agent.events import Step as Step
    from calipers.agent.hooks import Veto as Veto
    from calipers.agent.verifier import verify as verify
    from calipers.ecg import Ecg as Ecg
    from calipers.ecg import Patient as Patient
    from calipers.ecg import Source as Source
    from calipers.errors import CalipersError as CalipersError
    from calipers.errors import ImplausibleUnits as ImplausibleUnits
    from calipers.errors import MissingPart as MissingPart
    from calipers.errors import ModelFailed as ModelFailed
    from calipers.errors import UnknownEvidence as UnknownEvidence
    from calipers.errors import UnknownLead as UnknownLead
    from calipers.errors import UnknownStatement as UnknownStatement
    from calipers.errors import UnreadableInput as UnreadableInput
    from calipers.errors import UsageError as UsageError
    from calipers.evidence import Evidence as Evidence
    from calipers.evidence import Ledger as Ledger
    from calipers.evidence import Measurement as Measurement
    from calipers.evidence import Measurements as Measurements
    from calipers.evidence import Span as Span
    from calipers.evidence import ToolFinding as ToolFinding
    from calipers.report import Changes as Changes
    from calipers.report import Claim as Claim
    from calipers.report import Fault as Fault
    from calipers.report import Note as Note
    from calipers.report import Report as Report
    from calipers.report import Statement as Statement
    from calipers.tools.classify import classify as classify
    from calipers.tools.compare import compare as compare
    from calipers.tools.explain import Chain as Chain
    from calipers.tools.explain import explain as explain
    from calipers.tools.generate import Synthesis as Synthesis
    from calipers.tools.measure import measure as measure
    from calipers.tools.read import read_ecg as read_ecg
    from calipers.tools.render import render as render

_HOME = {
    "Agent": "calipers.agent.api",
    "Answer": "calipers.agent.events",
    "CalipersError": "calipers.errors",
    "ImplausibleUnits": "calipers.errors",
    "MissingPart": "calipers.errors",
    "ModelFailed": "calipers.errors",
    "UnknownEvidence": "calipers.errors",
    "UnknownLead": "calipers.errors",
    "UnknownStatement": "calipers.errors",
    "UnreadableInput": "calipers.errors",
    "UsageError": "calipers.errors",
    "Chain": "calipers.tools.explain",
    "Changes": "calipers.report",
    "Claim": "calipers.report",
    "Ecg": "calipers.ecg",
    "Event": "calipers.agent.events",
    "Evidence": "calipers.evidence",
    "Fault": "calipers.report",
    "Ledger": "calipers.evidence",
    "Measurement": "calipers.evidence",
    "Measurements": "calipers.evidence",
    "Note": "calipers.report",
    "Patient": "calipers.ecg",
    "Report": "calipers.report",
    "Source": "calipers.ecg",
    "Span": "calipers.evidence",
    "Statement": "calipers.report",
    "Step": "calipers.agent.events",
    "Synthesis": "calipers.tools.generate",
    "ToolFinding": "calipers.evidence",
    "Veto": "calipers.agent.hooks",
    "classify": "calipers.tools.classify",
    "compare": "calipers.tools.compare",
    "explain": "calipers.tools.explain",
    "measure": "calipers.tools.measure",
    "read_ecg": "calipers.tools.read",
    "render": "calipers.tools.render",
    "verify": "calipers.agent.verifier",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from calipers.settings import version

        return version()
    if name not in _HOME:
        raise AttributeError(f"module `calipers` has no attribute `{name}`")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
