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
    """
    from calipers.tools.measure import measure

    row = statements().find(statement)
    measurements = measure(ecg)
    patient = Demographics(age=ecg.patient.age, sex=ecg.patient.sex)
    return chain(row.key, evaluate(measurements, patient), measurements, patient)
