"""The codec there and back: how much of a real recording it keeps, in microvolts and in measured intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.evals.framework import Options, each
from calipers.leads import LEADS
from calipers.models.generator.generator import generator
from calipers.models.generator.marks import CODEC_HZ, eight_leads, twelve_leads
from calipers.tools.generate.marking import mark
from calipers.tools.measure import measure

INTERVALS: Final = ("pr", "qrs", "qt")
WITHIN_MS: Final = 10.0


class Kept(NamedTuple):
    """RMS error of the eight leads, microvolts, and what each interval that was measured before changed by, ms."""

    error_uv: float
    changed_ms: dict[str, float]


def there_and_back(ecgs: Sequence[Ecg], options: Options) -> dict[str, dict[str, float]]:
    """RMS error over the recordings, and per interval the share that comes back within ten milliseconds."""
    kept = [one for one in each(_kept, ecgs, len(ecgs), "codec", options) if one is not None]
    errors = np.array([one.error_uv for one in kept])
    out = {
        "RMS error, µV": {"n": float(len(kept)), "median": float(np.median(errors)), "most": float(errors.max())},
    }
    for name in INTERVALS:
        changed = np.array([one.changed_ms[name] for one in kept if name in one.changed_ms])
        out[f"{name}, ms"] = {
            "n": float(len(changed)), "median": float(np.median(np.abs(changed))), "most": float(np.abs(changed).max()),
            "within_10_ms": float((np.abs(changed) <= WITHIN_MS).mean()),
        }  # fmt: skip
    return out


def _kept(ecg: Ecg) -> Kept | None:
    try:
        marks, before = mark(ecg), measure(ecg)
    except UnreadableInput:
        return None
    eight, codec = eight_leads(ecg.signal_mv), generator().codec
    again = codec.decode(codec.encode(eight, marks))
    error = again - eight[:, : again.shape[1]]
    after = measure(Ecg.from_array(twelve_leads(again), CODEC_HZ, LEADS))
    changed = {}
    for name in INTERVALS:
        was, now = before[name].number, after[name].number
        if was is not None:
            # An interval that cannot be measured any more has changed beyond every limit.
            changed[name] = 1000.0 if now is None else now - was
    return Kept(1000.0 * float(np.sqrt((error**2).mean())), changed)
