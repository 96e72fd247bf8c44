"""The peer: openecg lead by lead, fused by the rule that makes the reference.

openecg (Apache-2.0) was trained on the same 159 LUDB records that it is compared on here.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.consensus import Bounds, LeadWaves
from calipers.models.delineator.inference import INPUT_HZ

if TYPE_CHECKING:
    from openecg.deploy import OnnxCodec

#: openecg's frame classes that count as P, QRS (conducted and paced) and T.
_CLASSES = ((1,), (2, 4), (3,))
_SHORTEST_S = 0.02


class OpenEcg:
    """openecg's bundled int8 codec, one lead after the other."""

    @cached_property
    def _codec(self) -> OnnxCodec:
        from openecg.deploy import OnnxCodec

        return OnnxCodec()

    def lead_waves(self, signal: NDArray[np.float32]) -> list[LeadWaves]:
        """(leads, n) at 500 Hz, at most 10 s -> the waves of every lead; flickers under 20 ms dropped."""
        return [self._waves(self._codec.encode(lead, fs=500).frame) for lead in signal]

    def _waves(self, frame: NDArray[np.uint8]) -> LeadWaves:
        found: list[Bounds] = []
        for classes in _CLASSES:
            inside = np.concatenate([[False], np.isin(frame, classes), [False]])
            edges = np.flatnonzero(np.diff(inside.astype(np.int8)))
            bounds = edges.reshape(-1, 2) / INPUT_HZ
            found.append(bounds[np.diff(bounds, axis=1)[:, 0] >= _SHORTEST_S])
        return LeadWaves(*found)
