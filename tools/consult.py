"""A second reading by a published model in a process of its own: its words, unchecked, for code to read.

Nothing of it may be shown as it is. `calipers.agent.opinions` takes from it which statements it names.
"""

from __future__ import annotations

from calipers.ecg import Ecg
from calipers.models.workers import published, worker_for
from calipers.models.workers.inputs import time_series
from calipers.tools.render import render

#: Fine enough for the largest page that a model takes; what is drawn is scaled down, never up.
_DPI = 200


def consult(ecg: Ecg, name: str) -> str:
    """What a published model writes when it is asked for a full read as it was trained to be asked.

    Args:
        ecg: the record; its first ten seconds are shown. Neither name, id nor date is drawn.
        name: `ecg-r1-8b`, `gem-7b` or `pulse-7b`.

    Raises:
        UsageError: no published model is called that.
        MissingPart: its weights, a package or the GPU are not there.
        ModelFailed: it took too long or too much memory, or it failed.
    """
    series = time_series(ecg.signal_mv, ecg.fs_hz)
    return worker_for(name).ask(published(name).question, render(ecg, dpi=_DPI).data, series)
