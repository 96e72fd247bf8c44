"""Simulated records for classes of which PTB-XL's folds 1-8 hold few: flutter, pre-excitation, VT, pacing, infarction.

Infarctions, potassium and QT patterns are laid on real beats of the training folds; the others are drawn by the
simulator. They teach the flows the class; none is ever returned.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from calipers.errors import UsageError
from calipers.models.generator.anatomy import baseline
from calipers.models.generator.marked import Marked
from calipers.models.generator.marks import CODEC_HZ, MS, Floats, Marks, eight_leads
from calipers.models.simulator import (
    MarkedBeat,
    Morphology,
    Noise,
    Rhythm,
    Simulated,
    Specification,
    cut_beat,
    simulate,
)

#: Rhythms and shapes drawn by the simulator alone, each with its share.
_WHOLE: Final[tuple[tuple[Rhythm, tuple[Morphology, ...], float], ...]] = (
    ("flutter_2_1", (), 1.0), ("flutter_3_1", (), 1.0), ("flutter_4_1", (), 1.0), ("flutter_variable", (), 1.0),
    ("sinus", ("preexcitation",), 1.5), ("vt", (), 1.5), ("paced_ventricular", (), 1.0), ("paced_dual", (), 1.0),
    ("third_degree_ventricular", (), 0.5), ("sinus", ("rvh",), 0.5), ("sinus", ("lpfb",), 0.5),
)  # fmt: skip
#: ST, T and QT shapes laid on real sinus beats.
_ON_REAL: Final[tuple[Morphology, ...]] = (
    "stemi_anterior", "stemi_septal", "stemi_extensive_anterior", "stemi_inferior_rca", "stemi_inferior_lcx",
    "stemi_lateral", "subendocardial_ischaemia", "pericarditis", "hyperkalaemia_moderate", "long_qt", "wellens_b",
)  # fmt: skip
#: PTB-XL's code of what the simulator calls otherwise.
_CODES: Final[dict[str, str]] = {
    "atrial_flutter": "AFLT", "preexcitation": "WPW", "paced_rhythm": "PACE", "long_qt": "LNGQT", "rvh": "RVH",
    "lpfb": "LPFB", "third_degree_av_block": "3AVB",
}  # fmt: skip


def simulated_records(real: list[Marked], data: Path, count: int) -> Iterator[tuple[Marked, Floats]]:
    """About `count` records, two fifths of them on real beats of `real`."""
    shares = sum(share for *_, share in _WHOLE)
    seed = 0
    for rhythm, morphologies, share in _WHOLE:
        for _ in range(round(0.6 * count * share / shares)):
            seed += 1
            noise: Noise = "light" if seed % 2 else "usual"
            yield taken(
                simulate(Specification(rhythm, morphologies=morphologies, noise=noise), seed), seed, morphologies
            )
    yield from _on_real_beats(real, data, round(0.4 * count), seed)


def _on_real_beats(real: list[Marked], data: Path, count: int, seed: int) -> Iterator[tuple[Marked, Floats]]:
    from calipers.models.generator.corpus import signals

    plain = {
        one.id: one for one in real if "SR" in one.statements and one.marks.p_on.size and not one.marks.ectopic.any()
    }
    chosen = frozenset(list(plain)[:: max(len(plain) // count, 1)])
    for key, eight in signals(data, chosen):
        seed += 1
        morphology = _ON_REAL[seed % len(_ON_REAL)]
        marks = plain[key].marks
        try:
            beat = cut_beat(eight - baseline(eight, marks.qrs_on), CODEC_HZ, _marked_beats(marks))
            made = simulate(Specification("sinus", morphologies=(morphology,), noise="light"), seed, beat)
        except UsageError:
            continue
        yield taken(made, seed, (morphology,))


def _marked_beats(marks: Marks) -> list[MarkedBeat]:
    beats = []
    for on, off, t_off in zip(marks.qrs_on, marks.qrs_off, marks.t_off, strict=True):
        led = np.flatnonzero((marks.p_on < on) & (marks.p_on > on - 0.4 * CODEC_HZ))
        p = (marks.p_on[led[-1]], marks.p_off[led[-1]]) if led.size else (np.nan, np.nan)
        beats.append(MarkedBeat(*(float(value) / CODEC_HZ for value in (*p, on, off, t_off))))
    return beats


def taken(made: Simulated, seed: int, morphologies: tuple[str, ...]) -> tuple[Marked, Floats]:
    """A simulated record with its true marks; `morphologies` are added to its statements."""
    beats = [event for event in made.ventricular if event.kind not in ("pvc", "fusion")]
    on = np.array([event.onset_s for event in beats]) * CODEC_HZ
    off = np.array([event.offset_s for event in beats]) * CODEC_HZ
    t_off = np.array([event.t_offset_s for event in beats]) * CODEC_HZ
    waves = [event for event in made.atrial if event.kind not in ("flutter", "fibrillation")]
    flutter = made.truth.get("flutter_rate", 0.0) if "atrial_flutter" in made.statements else 0.0
    marks = Marks(
        qrs_on=on, qrs_off=off, t_off=np.maximum(t_off, off + 40), ectopic=np.zeros(len(on), dtype=np.bool_),
        p_on=np.array([event.onset_s for event in waves]) * CODEC_HZ,
        p_off=np.array([event.offset_s for event in waves]) * CODEC_HZ,
        spikes=np.array([round(spike.time_s * CODEC_HZ) for spike in made.spikes], dtype=np.int64),
        flutter_period=60_000.0 / flutter / MS if flutter else 0.0,
    )  # fmt: skip
    names = sorted(made.statements | set(morphologies))
    patient = made.ecg.patient
    statements = (*names, *(_CODES[name] for name in names if name in _CODES))
    record = Marked(f"simulated-{seed}", 0, marks, statements, patient.age, patient.sex)
    return record, eight_leads(made.ecg.signal_mv)
