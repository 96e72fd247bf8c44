"""The beat items of a long record as one Parquet file: a row a beat, five columns a kind of item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np

from calipers.beat_table import BeatTable, Column

_NUMBERS: Final = ("value", "uncertainty", "start_s", "end_s")


def write_beats(path: Path, table: BeatTable) -> None:
    """Write a beat table."""
    import pyarrow as pa
    from pyarrow import parquet

    about = {"record": table.record, "method": table.method, "columns": table.columns, "texts": table.texts}
    columns = {"peak_s": table.peak_s}
    for at, column in enumerate(table.columns):
        columns |= {f"{column.stem} {name}": np.ascontiguousarray(getattr(table, name)[:, at]) for name in _NUMBERS}
        columns[f"{column.stem} text"] = np.ascontiguousarray(table.text[:, at])
    stored = pa.table(columns).replace_schema_metadata({"beats": json.dumps(about)})
    parquet.write_table(stored, path, compression="zstd")


def read_beats(path: Path) -> BeatTable:
    """Read a beat table back; it resolves to the same measurements."""
    from pyarrow import parquet

    stored = parquet.read_table(path)
    about = json.loads(stored.schema.metadata[b"beats"])
    columns = tuple(Column(*column) for column in about["columns"])

    def block(name: str, dtype: type[np.generic]) -> np.ndarray:
        pieces = [stored[f"{column.stem} {name}"].to_numpy() for column in columns]
        return np.stack(pieces, axis=1).astype(dtype) if pieces else np.empty((stored.num_rows, 0), dtype)

    value, uncertainty, start_s, end_s = (block(name, np.float32) for name in _NUMBERS)
    return BeatTable(
        record=about["record"],
        method=about["method"],
        columns=columns,
        peak_s=stored["peak_s"].to_numpy(),
        value=value,
        uncertainty=uncertainty,
        start_s=start_s,
        end_s=end_s,
        text=block("text", np.uint16),
        texts=tuple(about["texts"]),
    )
