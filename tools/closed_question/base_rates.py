"""How common each statement is among the ECGs that the statement network was trained on."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import yaml

#: A code that the table does not hold is rare.
_RARE: Final = 0.0002


def base_rate(code: str) -> float:
    """The share of records that carry an SCP-ECG code; its calibrated probability is weighed against this."""
    return _rates().get(code, _RARE)


@cache
def _rates() -> dict[str, float]:
    text = (files("calipers.tools.closed_question") / "base_rates.yaml").read_text("utf-8")
    loaded: dict[str, float] = yaml.safe_load(text)
    return loaded
