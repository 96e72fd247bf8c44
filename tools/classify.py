"""What trained models make of an ECG: a calibrated probability for each of PTB-XL's 71 statements.

Four networks see the signal, age and sex; on a whole 12-lead recording a forest sees its median beat as well. Their
word alone is never a diagnosis: it is released as "the model suggests", beside what was measured (DESIGN §3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, overload

import numpy as np
from scipy.signal import resample_poly

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.models.mllm import classifier
from calipers.models.mllm.beat_features import FEATURE_HZ, beat_features
from calipers.models.mllm.encoder_input import INPUT_HZ, EncoderInput, encoder_input, patient_vector

#: The networks were trained on stretches of 5 and 10 s and judge 10 s at a time.
WINDOW_S: Final = 10.0
SHORTEST_S: Final = 2.0
#: A median beat is looked for in a window of at least this length.
_SHORTEST_FOR_BEATS_S: Final = 8.0


@overload
def classify(ecg: Ecg, *, statements: Sequence[str] | None = None) -> dict[str, float]: ...


@overload
def classify(ecg: Sequence[Ecg], *, statements: Sequence[str] | None = None) -> list[dict[str, float]]: ...


def classify(
    ecg: Ecg | Sequence[Ecg], *, statements: Sequence[str] | None = None
) -> dict[str, float] | list[dict[str, float]]:
    """Probability of each statement, by SCP-ECG code; always all 71. Or of statements in one's own words.

    A longer recording is judged in windows of 10 s and their mean is given. Missing leads, and missing stretches of
    a lead, are masked. Age and sex are used where the ECG names them.

    Args:
        ecg: one ECG, or several; several at once are faster, and come back in the same order.
        statements: English phrases about what an ECG shows, judged instead of the 71 by their likeness to
            cardiologists' reports (`tools.ecg_embedding`); a rough number, worse than that of a trained statement.

    Raises:
        UnreadableInput: no lead has two seconds of signal.
        UsageError: a phrase that is not about what an ECG shows.

    Example:
        >>> chances = classify(ecg)
        >>> len(chances), max(chances, key=chances.get)
        (71, 'SR')
    """
    if isinstance(ecg, Ecg):
        return classify([ecg], statements=statements)[0]
    if statements is not None:
        from calipers.tools.ecg_embedding import truth_of

        return [
            {text: round(float(chance), 4) for text, chance in zip(statements, row, strict=True)}
            for row in truth_of(statements, ecg)
        ]
    windows = [list(_windows(one)) for one in ecg]
    chances = classifier.probabilities([window for group in windows for window in group])
    codes = classifier.codes()
    found, first = [], 0
    for group in windows:
        mean = chances[first : first + len(group)].mean(axis=0)
        first += len(group)
        found.append({code: round(float(chance), 6) for code, chance in zip(codes, mean, strict=True)})
    return found


def classify_page(page: bytes) -> dict[str, float]:
    """Probability of each statement by the look of a page alone: no measurement, no age and sex.

    Args:
        page: a picture file of a straight page in one of our own layouts.

    Raises:
        UnreadableInput: it is no such page.
        MissingPart: a weight file is not there.
    """
    from io import BytesIO

    from PIL import Image

    from calipers.models.mllm.image_encoder import read_page

    _, traces = read_page(np.asarray(Image.open(BytesIO(page)).convert("RGB")))
    seen = EncoderInput(traces.signal_mv, traces.present.astype(np.float32))
    (chances,) = classifier.probabilities([classifier.Window(seen, patient_vector(None, None), None)])
    return {code: round(float(chance), 6) for code, chance in zip(classifier.codes(), chances, strict=True)}


def _windows(ecg: Ecg) -> Iterator[classifier.Window]:
    """An ECG's windows of up to 10 s that hold any signal."""
    longest_s = np.isfinite(ecg.signal_mv).sum(axis=1).max() / ecg.fs_hz
    if longest_s < SHORTEST_S:
        raise UnreadableInput(
            f"found {ecg.duration_s:.1f} s, of which no lead has more than {longest_s:.1f} s of signal;"
            f" needed one lead of {SHORTEST_S:.0f} s"
        )
    whole = encoder_input(ecg.signal_mv, ecg.fs_hz)
    patient = patient_vector(ecg.patient.age, ecg.patient.sex)
    length = round(WINDOW_S * INPUT_HZ)
    samples = whole.signal_mv.shape[1]
    count = max(math.ceil(samples / length), 1)
    for start in np.linspace(0, max(samples - length, 0), count).round().astype(int):
        part = EncoderInput(*(rows[:, start : start + length] for rows in whole))
        if part.present.any():
            yield classifier.Window(part, patient, _beats(ecg, start / INPUT_HZ, part))


def _beats(ecg: Ecg, start_s: float, window: EncoderInput) -> classifier.Float32 | None:
    """Features of the window's median beat; None where a lead or a stretch is missing, or there are no two beats."""
    if not window.present.all() or window.signal_mv.shape[1] < _SHORTEST_FOR_BEATS_S * INPUT_HZ:
        return None
    first = round(start_s * ecg.fs_hz)
    stretch = ecg.signal_mv[:, first : first + round(WINDOW_S * ecg.fs_hz)]
    ratio = Fraction(FEATURE_HZ / ecg.fs_hz).limit_denominator(1000)
    features = beat_features(resample_poly(stretch, ratio.numerator, ratio.denominator, axis=1))
    return features if np.isfinite(features).all() else None
