"""Every morphology by name: those of P and QRS, then those of ST and T, each from a heart to a heart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from calipers.errors import UsageError
from calipers.models.simulator import chambers, conduction, ischaemia, repolarisation
from calipers.models.simulator.heart import Heart, with_axis
from calipers.models.simulator.patient import Patient, drawn_patient
from calipers.models.simulator.recorded_beats import RecordedBeat
from calipers.models.simulator.specification import Morphology, Specification, drawn

#: A heart, random numbers and a severity of 0 to 1 → the changed heart.
Change = Callable[[Heart, np.random.Generator, float], Heart]

#: Before the frontal axis is set: what makes the P wave and the QRS.
DEPOLARISATION: Final[dict[Morphology, Change]] = {
    "lbbb": conduction.lbbb,
    "incomplete_lbbb": conduction.incomplete_lbbb,
    "lafb": conduction.lafb,
    "lpfb": conduction.lpfb,
    "ivcd": conduction.ivcd,
    "lvh": chambers.lvh,
    "lvh_strain": chambers.lvh,
    "rvh": chambers.rvh,
    "left_atrial_enlargement": chambers.left_atrial_enlargement,
    "right_atrial_enlargement": chambers.right_atrial_enlargement,
}
#: After it, since late or early forces turn the axis by themselves.
LATE_OR_EARLY_FORCES: Final[dict[Morphology, Change]] = {
    "rbbb": conduction.rbbb,
    "incomplete_rbbb": conduction.incomplete_rbbb,
    "preexcitation": conduction.preexcitation,
}
#: Last: what is defined by levels in given leads.
REPOLARISATION: Final[dict[Morphology, Change]] = {
    "lvh_strain": chambers.strain,
    "low_voltage": chambers.low_voltage,
    **{name: partial(ischaemia.st_elevation, name=name) for name in ischaemia.TERRITORIES},
    "posterior_mi": ischaemia.posterior_mi,
    "subendocardial_ischaemia": ischaemia.subendocardial,
    "wellens_a": ischaemia.wellens_a,
    "wellens_b": ischaemia.wellens_b,
    "sgarbossa_concordant": partial(ischaemia.sgarbossa, name="sgarbossa_concordant"),
    "sgarbossa_v1_v3_depression": partial(ischaemia.sgarbossa, name="sgarbossa_v1_v3_depression"),
    "sgarbossa_discordant": partial(ischaemia.sgarbossa, name="sgarbossa_discordant"),
    "old_mi_anterior": partial(ischaemia.old_mi, name="old_mi_anterior"),
    "old_mi_inferior": partial(ischaemia.old_mi, name="old_mi_inferior"),
    "old_mi_lateral": partial(ischaemia.old_mi, name="old_mi_lateral"),
    "t_inversion_anterior": partial(ischaemia.t_inversion, name="t_inversion_anterior"),
    "t_inversion_inferior": partial(ischaemia.t_inversion, name="t_inversion_inferior"),
    "t_inversion_lateral": partial(ischaemia.t_inversion, name="t_inversion_lateral"),
    "pericarditis": repolarisation.pericarditis,
    "early_repolarisation": repolarisation.early_repolarisation,
    "brugada_1": repolarisation.brugada_1,
    "brugada_2": repolarisation.brugada_2,
    "hyperkalaemia_mild": repolarisation.hyperkalaemia_mild,
    "hyperkalaemia_moderate": repolarisation.hyperkalaemia_moderate,
    "hyperkalaemia_severe": repolarisation.hyperkalaemia_severe,
    "hypokalaemia": repolarisation.hypokalaemia,
    "hypercalcaemia": repolarisation.hypercalcaemia,
    "long_qt": repolarisation.long_qt,
    "short_qt": repolarisation.short_qt,
    "digitalis": repolarisation.digitalis,
}

#: What a recorded beat can bear: changes that replace it or are added to it, not those that reshape its lobes.
ON_RECORDED_BEATS: Final[frozenset[Morphology]] = frozenset(
    (
        "lbbb",
        "incomplete_lbbb",
        "rbbb",
        "incomplete_rbbb",
        "preexcitation",
        "left_atrial_enlargement",
        "right_atrial_enlargement",
        "posterior_mi",
        "wellens_a",
        "wellens_b",
        "pericarditis",
        "brugada_1",
        "brugada_2",
        "long_qt",
        "t_inversion_anterior",
        "t_inversion_inferior",
        "t_inversion_lateral",
        *ischaemia.TERRITORIES,
    )
)


def drawn_heart(
    spec: Specification, rng: np.random.Generator, shape_rng: np.random.Generator, recorded: RecordedBeat | None
) -> Heart:
    """The patient (or the recorded beat), then the changes of the QRS, its axis, then those of ST and T."""
    patient = drawn_patient(rng, spec.age, spec.sex)
    usual_axis = float(np.clip(rng.normal(42.0, 24.0), -22.0, 82.0))
    heart = Heart(patient, patient.p, patient.beat) if recorded is None else _lent(patient, recorded, spec)
    severity = drawn(spec.severity, (0.0, 1.0), shape_rng)

    def changed(heart: Heart, changes: Mapping[Morphology, Change]) -> Heart:
        for name in spec.morphologies:
            heart = changes[name](heart, shape_rng, severity) if name in changes else heart
        return heart

    heart = changed(heart, DEPOLARISATION)
    axis_deg = drawn(spec.axis_deg, heart.axis_deg or (usual_axis, usual_axis), shape_rng)
    if heart.beat.sampled is None:
        heart = replace(heart, beat=with_axis(heart.beat, axis_deg))
    heart = changed(heart, LATE_OR_EARLY_FORCES)
    if spec.qrs_ms is not None:
        heart = replace(heart, beat=replace(heart.beat, qrs_s=drawn(spec.qrs_ms, (80, 100), shape_rng) / 1000))
    return changed(heart, REPOLARISATION)


def _lent(patient: Patient, recorded: RecordedBeat, spec: Specification) -> Heart:
    """A heart that beats as the recorded one did."""
    refused = [name for name in spec.morphologies if name not in ON_RECORDED_BEATS]
    if refused:
        raise UsageError(f"found morphology `{refused[0]}` with a recorded beat; needed one that can be added to it")
    pr_s = None if recorded.pr_s is None else (recorded.pr_s, recorded.pr_s)
    return Heart(patient, recorded.p or patient.p, recorded.beat, pr_s, (recorded.qtc_s, recorded.qtc_s))
