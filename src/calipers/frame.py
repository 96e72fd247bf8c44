"""Measurements as a table: one row an item, one set of columns whatever was measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from calipers.evidence import Measurement

_TEXT: Final = ("record", "id", "name", "lead", "text", "unit", "status", "reason", "method")


def measurements_frame(items: Iterable[Measurement]) -> pd.DataFrame:
    """A row a measurement, in the order given.

    Columns: `record id name lead beat value text unit uncertainty onset_s offset_s status reason method`. `value` is
    the number, NaN where there is none; words such as a QRS pattern are in `text`. `onset_s` and `offset_s` are those
    of the first span.
    """
    rows = [
        {
            "record": item.record,
            "id": item.id,
            "name": item.name,
            "lead": item.lead,
            "beat": item.beat,
            "value": item.number,
            "text": item.value if isinstance(item.value, str) else None,
            "unit": item.unit,
            "uncertainty": item.uncertainty,
            "onset_s": item.spans[0].start_s if item.spans else None,
            "offset_s": item.spans[0].end_s if item.spans else None,
            "status": item.status,
            "reason": item.reason,
            "method": item.method,
        }
        for item in items
    ]
    columns = ["record", "id", "name", "lead", "beat", "value", "text", "unit", "uncertainty", "onset_s", "offset_s"]
    frame = pd.DataFrame(rows, columns=[*columns, "status", "reason", "method"])
    # Fixed types, so that the tables of many records can be put under one another.
    kinds = dict.fromkeys(("value", "uncertainty", "onset_s", "offset_s"), "float64") | dict.fromkeys(_TEXT, "string")
    return frame.astype(kinds | {"beat": "Int64"})
