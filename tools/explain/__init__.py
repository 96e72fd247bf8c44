"""Why a statement holds or not: its criteria walked step by step, with values, leads and places on the trace."""

from __future__ import annotations

from calipers.ecg import Ecg
from calipers.knowledge import evaluate, statements
from calipers.report import Demographics
from calipers.tools.explain.chain import Chain, ChainStep, chain
from calipers.tools.explain.stepwise import BeatFinding, LeadFinding, StepFinding

__all__ = ["BeatFinding", "Chain", "ChainStep", "LeadFinding", "StepFinding", "chain", "explain"]


def explain(ecg: Ecg, statement: str) -> Chain:
    """Walk through one statement on one ECG.

    Args:
        ecg: the ECG.
        statement: key, SCP code, label or synonym: `1AVB`, `first degree heart block`.

    Raises:
        UnknownStatement: nothing in the table is called that.

    Example:
        >>> for step in explain(ecg, "1AVB").steps:
        ...     print(step.looks_for, "→", step.result, [value.id for value in step.values])
        A consistently coupled P wave precedes at least 0.7 of the QRS complexes → met ['p_per_qrs']
        The PR interval is longer than 200 ms → not_met ['pr']
    """
    from calipers.tools.measure import measure

    row = statements().find(statement)
    measurements = measure(ecg)
    patient = Demographics(age=ecg.patient.age, sex=ecg.patient.sex)
    return chain(row.key, evaluate(measurements, patient), measurements, patient)
