"""Calipers: an ECG agent whose every claim is measured, cited and re-checked by code.

    >>> import calipers
    >>> ecg = calipers.read_ecg("record.hea")            # doctest: +SKIP
    >>> calipers.measure(ecg)["pr"].value                # doctest: +SKIP
    161.0

Names are loaded on first use, so that `import calipers` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calipers.agent.api import Agent, Answer
    from calipers.agent.verifier import verify
    from calipers.ecg import Ecg, Patient, Source
    from calipers.errors import CalipersError
    from calipers.evidence import Evidence, Ledger, Measurement, Measurements, Span
    from calipers.tools.explain import Chain, explain
    from calipers.report import Claim, Fault, Report, Statement
    from calipers.tools.measure import measure
    from calipers.tools.read import read_ecg
    from calipers.tools.render import render

_HOME = {
    "Agent": "calipers.agent.api",
    "Answer": "calipers.agent.api",
    "CalipersError": "calipers.errors",
    "Chain": "calipers.tools.explain",
    "Claim": "calipers.report",
    "Ecg": "calipers.ecg",
    "Evidence": "calipers.evidence",
    "Fault": "calipers.report",
    "Ledger": "calipers.evidence",
    "Measurement": "calipers.evidence",
    "Measurements": "calipers.evidence",
    "Patient": "calipers.ecg",
    "Report": "calipers.report",
    "Source": "calipers.ecg",
    "Span": "calipers.evidence",
    "Statement": "calipers.report",
    "explain": "calipers.tools.explain",
    "measure": "calipers.tools.measure",
    "read_ecg": "calipers.tools.read",
    "render": "calipers.tools.render",
    "verify": "calipers.agent.verifier",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


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
