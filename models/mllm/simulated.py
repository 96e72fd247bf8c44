"""Simulated recordings of what PTB-XL has hardly any of, for the training of the encoder; never to judge it.

`models.simulator` draws them with known truth. A statement counts as known where the simulator decides it: each of
the thin classes is either drawn or left out, in every simulated record, and the look-alikes and usual rhythms among
them keep "simulated" from meaning "rare". All else stays unknown and is left out of the loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from calipers.ecg import Sex
from calipers.models.mllm.corpus import FILE_HZ, SAMPLES, Corpus
from calipers.models.mllm.encoder_input import INPUT_HZ, N_LEADS, patient_vector
from calipers.models.simulator import Ectopy, Morphology, Rhythm, Specification, simulate

#: PTB-XL's folds begin at 1.
FOLD: Final = 0


class Scene(NamedTuple):
    """What is drawn, which statements it is, and which it may be besides (left out of the loss)."""

    codes: tuple[str, ...]
    rhythm: Rhythm = "sinus"
    ectopy: tuple[Ectopy, ...] = ()
    morphologies: tuple[Morphology, ...] = ()
    perhaps: tuple[str, ...] = ()


#: The statements that are known of every scene, unless it says `perhaps`.
THIN: Final = (
    "3AVB", "2AVB", "AFLT", "WPW", "LPFB", "RVH", "SVTAC", "BIGU", "TRIGU", "RAO/RAE", "ILBBB", "LNGQT", "PACE",
    "AFIB", "1AVB", "PVC", "CLBBB", "CRBBB",
)  # fmt: skip
SCENES: Final = (
    Scene(("3AVB",), "third_degree_junctional"),
    Scene(("3AVB",), "third_degree_ventricular", perhaps=("CLBBB", "CRBBB")),
    Scene(("3AVB", "AFIB"), "af_third_degree"),
    Scene(("2AVB",), "wenckebach", perhaps=("1AVB",)),
    Scene(("2AVB",), "mobitz_2", perhaps=("1AVB", "CLBBB", "CRBBB")),
    Scene(("2AVB",), "av_block_2_1", perhaps=("1AVB", "CLBBB", "CRBBB")),
    Scene(("2AVB",), "high_grade_av_block", perhaps=("3AVB", "1AVB", "CLBBB", "CRBBB")),
    Scene(("AFLT",), "flutter_2_1"),
    Scene(("AFLT",), "flutter_4_1"),
    Scene(("AFLT",), "flutter_variable"),
    Scene(("SVTAC",), "svt"),
    Scene(("SVTAC",), "atrial_tachycardia"),
    Scene(("WPW",), morphologies=("preexcitation",), perhaps=("CLBBB", "CRBBB")),
    Scene(("LPFB",), morphologies=("lpfb",)),
    Scene(("RVH",), morphologies=("rvh",)),
    Scene(("RAO/RAE",), morphologies=("right_atrial_enlargement",)),
    Scene(("ILBBB",), morphologies=("incomplete_lbbb",)),
    Scene(("LNGQT",), morphologies=("long_qt",)),
    Scene(("PVC", "BIGU"), ectopy=("pvc_bigeminy",)),
    Scene(("PVC", "TRIGU"), ectopy=("pvc_trigeminy",)),
    Scene(("PACE",), "paced_ventricular", perhaps=("CLBBB",)),
    Scene(()),
    Scene((), "sinus_arrhythmia"),
    Scene((), "junctional"),
    Scene((), "ectopic_atrial"),
    Scene(("AFIB",), "atrial_fibrillation"),
    Scene(("1AVB",), "first_degree_av_block"),
    Scene(("PVC",), ectopy=("pvc",)),
    Scene(("CLBBB",), morphologies=("lbbb",)),
    Scene(("CRBBB",), morphologies=("rbbb",)),
    Scene((), morphologies=("lafb",)),
    Scene((), morphologies=("low_voltage",)),
)


def simulated(codes: tuple[str, ...], each: int, seed: int) -> Corpus:
    """So many recordings of each scene, in fold 0.

    Args:
        codes: the 71, in the corpus's order.
        each: recordings of a scene.
        seed: of the first; no two recordings share one.
    """
    drawn = list(_drawn(each, seed))
    known = np.zeros((len(drawn), len(codes)), dtype=np.float32)
    statements = known.copy()
    for row, (scene, _, _) in enumerate(drawn):
        known[row, [codes.index(code) for code in THIN if code not in scene.perhaps]] = 1.0
        statements[row, [codes.index(code) for code in scene.codes]] = 1.0
    count = len(drawn)
    return Corpus(
        ecg_id=-1 - np.arange(count),
        fold=np.full(count, FOLD),
        patient=-1 - np.arange(count),
        signal_mv=np.stack([signal for _, signal, _ in drawn]),
        present=np.ones((count, N_LEADS), dtype=np.bool_),
        patient_vector=np.stack([who for _, _, who in drawn]),
        report=("",) * count,
        statements=statements,
        known=known,
        millivolts=np.ones(count, dtype=np.bool_),
    )


def _drawn(each: int, seed: int) -> Iterator[tuple[Scene, NDArray[np.float16], NDArray[np.float32]]]:
    for place, scene in enumerate(SCENES):
        for number in range(each):
            chance = np.random.default_rng((seed, place, number))
            age = int(chance.integers(20, 90))
            sex: Sex = "female" if chance.integers(2) else "male"
            specification = Specification(
                scene.rhythm,
                scene.ectopy,
                scene.morphologies,
                age=age,
                sex=sex,
                fs_hz=FILE_HZ,
                noise=("light", "usual", "heavy")[int(chance.integers(3))],
            )
            ecg = simulate(specification, int(chance.integers(2**31))).ecg
            slow = resample_poly(np.nan_to_num(ecg.signal_mv), INPUT_HZ, FILE_HZ, axis=1)[:, :SAMPLES]
            signal = (slow - np.median(slow, axis=1, keepdims=True)).astype(np.float16)
            yield scene, signal, patient_vector(age, sex)
