"""Where P, QRS and T are in each lead: one small interface, and the delineators behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from calipers.leads import INDEX, Lead
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal

P, QRS, T = 0, 1, 2
WAVE_NAMES: Final[tuple[Literal["P", "QRS", "T"], ...]] = ("P", "QRS", "T")
Probability = NDArray[np.float32]

#: Two limb leads and the six chest leads carry all the information of the twelve.
_INDEPENDENT: Final[tuple[Lead, ...]] = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


@dataclass(frozen=True)
class Waves:
    """What a delineator saw.

    Attributes:
        per_lead: (12, n, 3) probability of P, QRS, T at each 500 Hz sample; NaN for leads not examined.
        all_leads: (n, 3) the same for the heart as a whole (earliest onset to latest offset of any
            lead), or None when the delineator works lead by lead.
        method: name and version, as it stands in each measurement.
    """

    per_lead: Probability
    all_leads: Probability | None
    method: str


class Delineator(Protocol):
    """Anything that marks P, QRS and T."""

    def __call__(self, signal: AnalysisSignal, usable: NDArray[np.bool_]) -> Waves:
        """Delineate the leads that `usable` (12,) names."""
        ...


class TwelveLead:
    """Our own network, which sees all leads at once (`calipers.models.delineator`, card beside it)."""

    def __init__(self, weights: Path | None = None) -> None:
        from calipers.models.delineator import Delineator as Network

        self._network = Network() if weights is None else Network(weights)

    def __call__(self, signal: AnalysisSignal, usable: NDArray[np.bool_]) -> Waves:
        """See `Delineator`."""
        seen = np.where(usable[:, None], signal.raw_mv, np.nan).astype(np.float32)
        waves = self._network.probabilities(seen)
        return Waves(waves.per_lead, waves.global_, "calipers delineator")


class OpenEcg:
    """openecg's int8 codec v6 on the eight independent leads.

    Apache-2.0; trained on LUDB, QTDB and ISP. On LUDB's 41 validation records, per lead: QRS onset
    sensitivity 0.995, SD 14.5 ms; T end 0.978, 28 ms (tolerance 150 ms; DESIGN §6). One lead costs
    about 35 ms on two cores, so limb leads that Einthoven's law repeats are not examined again.
    """

    WINDOW: Final = 5000
    HOP: Final = 3000

    def __call__(self, signal: AnalysisSignal, usable: NDArray[np.bool_]) -> Waves:
        """See `Delineator`."""
        per_lead = np.full((12, signal.n, 3), np.nan, dtype=np.float32)
        for row in self._rows(usable):
            per_lead[row] = self._lead(signal.level_mv[row])
        return Waves(per_lead, None, "openecg codec_v6 int8")

    @staticmethod
    def _rows(usable: NDArray[np.bool_]) -> list[int]:
        rows = [INDEX[lead] for lead in _INDEPENDENT if usable[INDEX[lead]]]
        return rows or [int(row) for row in np.flatnonzero(usable)]

    def _lead(self, mv: NDArray[np.float64]) -> Probability:
        """(n,) millivolts → (n, 3); long signals in overlapping windows, centre parts kept."""
        n = mv.size
        out = np.zeros((n, 3), dtype=np.float32)
        margin = (self.WINDOW - self.HOP) // 2
        start = 0
        while True:
            stop = min(start + self.WINDOW, n)
            begin = max(0, stop - self.WINDOW)
            window = self._window(mv[begin:stop])
            keep = 0 if begin == 0 else margin
            out[begin + keep : stop] = window[keep:]
            if stop == n:
                return out
            start += self.HOP

    @staticmethod
    def _window(mv: NDArray[np.float64]) -> Probability:
        from openecg.dsp import rank_normalize

        padded = np.zeros(OpenEcg.WINDOW, dtype=np.float32)
        padded[: mv.size] = rank_normalize(mv.astype(np.float32))
        session = _openecg_session()
        logits = session.run(["frame_logits"], {session.get_inputs()[0].name: padded[None]})[0][0, : mv.size]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probability: Probability = (odds / odds.sum(axis=1, keepdims=True))[:, 1:4].astype(np.float32)
        return probability


@cache
def _openecg_session() -> Any:
    import onnxruntime
    from openecg.deploy import bundled_codec_onnx_path

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(bundled_codec_onnx_path("v6")), options, providers=["CPUExecutionProvider"])


@cache
def weights_sha256() -> dict[str, str]:
    """The weights of the delineator in use, by file name, for provenance."""
    import hashlib

    from calipers.models.delineator.inference import WEIGHTS

    return {WEIGHTS.name: hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()}


def runs(active: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) booleans → (k, 2) start (inclusive) and stop (exclusive) of each run of True."""
    padded = np.concatenate(([False], active, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded))
    return edges.reshape(-1, 2).astype(np.int64)


def wave_segments(probability: Probability, wave: int) -> NDArray[np.float64]:
    """(n,) probability of one wave → (k, 2) onsets and offsets in fractional samples."""
    from calipers.models.delineator import segments

    found = segments(probability, ANALYSIS_HZ, WAVE_NAMES[wave])
    return np.array([(item.onset_s, item.offset_s) for item in found]).reshape(-1, 2) * ANALYSIS_HZ
