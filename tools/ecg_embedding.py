"""An ECG's place among ECGs and sentences, and how true free text is of it.

The signal encoder's trunk sees the signal; `models.mllm.alignment` brings it into one space with sentences, learned
on cardiologists' reports. Age and sex stay out of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput, UsageError
from calipers.knowledge.store.embedding import embedder
from calipers.models.mllm import alignment, encoder_tokens
from calipers.models.mllm.encoder_input import INPUT_HZ, encoder_input
from calipers.models.mllm.sentences import sentence_features

Float32 = NDArray[np.float32]

WINDOW_S: Final = 10.0
SHORTEST_S: Final = 2.0
#: Below this likeness to every sentence that was learned, a text is not about an ECG's findings.
LEAST_FAMILIAR: Final = 0.45
#: Near to what was learned in words, but in none of the records: a number for these would mislead.
_NEVER_SEEN: Final = re.compile(
    r"\bventricular (?:fibrillat|flutter|tachy)|\b(?:vf|vt|v-?fib|v-?tach)\b|torsade|asystol|brugada|hyperk[ae]l|hypercalc"
    r"|peri-?carditis|myocarditis|tamponade|pulmonary embol|dextrocardia|hypotherm|osborn|wellens|early repolari[sz]",
    re.IGNORECASE,
)
_DENIAL: Final = re.compile(
    r"^\s*(?:there (?:is|are) )?(?:no|not|without|absence of|absent|free of)(?: (?:evidence|signs?|any)(?: of)?)?\s+",
    re.IGNORECASE,
)


def embed_ecg(ecg: Ecg) -> Float32:
    """(256,) unit vector; the mean over windows of 10 s of a longer recording.

    Raises:
        UnreadableInput: no lead has two seconds of signal.
        MissingPart: the encoder's weights are not there.
    """
    longest_s = np.isfinite(ecg.signal_mv).sum(axis=1).max() / ecg.fs_hz
    if longest_s < SHORTEST_S:
        raise UnreadableInput(
            f"found no lead with more than {longest_s:.1f} s of signal; needed one lead of {SHORTEST_S:.0f} s"
        )
    whole = encoder_input(ecg.signal_mv, ecg.fs_hz)
    length = min(round(WINDOW_S * INPUT_HZ), whole.signal_mv.shape[1])
    count = max(round(whole.signal_mv.shape[1] / length), 1)
    starts = np.linspace(0, whole.signal_mv.shape[1] - length, count).round().astype(int)
    signal, present = (np.stack([rows[:, start : start + length] for start in starts]) for rows in whole)
    seen = present.any(axis=(1, 2))
    tokens = encoder_tokens.encode(signal[seen], present[seen])
    mean = alignment.place_ecgs(alignment.features_of(tokens)).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def truth_of(texts: Sequence[str], ecgs: Sequence[Ecg]) -> NDArray[np.float64]:
    """(ecgs, texts) how probable each text is of each ECG, 0–1; a denial counts as the rest of it not being so.

    Raises:
        UsageError: a text that is not about what an ECG shows, or names what no record that was learned from shows.
    """
    for text in texts:
        if unseen := _NEVER_SEEN.search(text):
            raise UsageError(
                f"found `{unseen.group()}` in `{text}`; needed a finding that the records learned from (PTB-XL) show"
            )
    plain = [_DENIAL.sub("", text).strip() for text in texts]
    denied = np.array([bool(_DENIAL.match(text)) for text in texts])
    placed = np.stack([embed_ecg(ecg) for ecg in ecgs])
    found = alignment.truth(placed, sentence_features(plain, embedder()(plain)))
    for text, familiar in zip(texts, found.familiar, strict=True):
        if not text.strip() or familiar < LEAST_FAMILIAR:
            raise UsageError(f"found the statement `{text}`; needed one about what an ECG shows, in English")
    return np.where(denied, 1.0 - found.chance, found.chance)
