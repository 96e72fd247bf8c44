"""A manifest: a CSV, JSONL or Parquet table with a row a case."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, Final

from calipers.agent.batch.case_input import CaseInput
from calipers.ecg import Sex
from calipers.errors import UnreadableInput, UsageError
from calipers.leads import standard_lead

SUFFIXES: Final = frozenset({".csv", ".jsonl", ".parquet"})
COLUMNS: Final = ("case", "path", "patient", "age", "sex", "question", "priors")
_SEXES: Final[dict[str, Sex]] = {"male": "male", "m": "male", "female": "female", "f": "female"}
#: Names that databases use and that are like none of ours.
_MEANT: Final = {"gender": "sex", "patient_id": "patient"}
_Row = dict[str, Any]


def read_manifest(path: Path) -> list[CaseInput] | None:
    """The cases of a manifest; None for a CSV that is an ECG in itself.

    Raises:
        UnreadableInput: it is no such table.
        UsageError: it has no column `path`, one that is spelled nearly as ours, a row without a path, or a wrong value.
    """
    rows = _table(path)
    if rows is None:
        return None
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for name in columns:
        meant = _MEANT.get(name) or next(iter(get_close_matches(name, COLUMNS, 1, 0.88)), name)
        if name not in COLUMNS and meant != name and meant not in columns:
            raise UsageError(f"found the column `{name}` in `{path.name}`; needed `{meant}`, or a name unlike it")
    cases = [_case(row, path, number) for number, row in enumerate(rows, 1)]
    if not cases:
        raise UsageError(f"found no row in `{path.name}`; needed one a case")
    times: Counter[str] = Counter()
    named = []
    for one in cases:
        times[one.case] += 1
        named.append(one if times[one.case] == 1 else one.model_copy(update={"case": f"{one.case}-{times[one.case]}"}))
    return named


def _table(path: Path) -> list[_Row] | None:
    if path.suffix.lower() == ".csv":
        return _csv(path)
    try:
        if path.suffix.lower() == ".parquet":
            import pandas as pd  # a third of a second that each worker would pay for nothing

            return [_named(row) for row in pd.read_parquet(path).to_dict("records")]
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as damage:
        raise UnreadableInput(f"found `{path.name}`, which is no table ({type(damage).__name__})") from damage
    return [_json(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]


def _json(line: str, path: Path, number: int) -> _Row:
    try:
        row = json.loads(line)
    except ValueError as damage:
        raise UnreadableInput(f"found line {number} of `{path.name}`, which is no JSON; needed an object") from damage
    if not isinstance(row, dict):
        raise UsageError(f"found line {number} of `{path.name}`, which is no object; needed one with `path`")
    return _named(row)


def _csv(path: Path) -> list[_Row] | None:
    """Comma, semicolon or tab between columns, as spreadsheets write them; None where the first row names no path."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None  # reading it as an ECG will say why
    content = raw.decode("utf-8-sig", "replace").lstrip()
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    header = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=separator), [])]
    if "path" not in header:
        meant = {"file", "filename", *COLUMNS} & set(header)
        if meant and not any(standard_lead(cell) for cell in header):
            raise UsageError(f"found the columns {_listed(header)} in `{path.name}`; needed `path` among them")
        return None
    if "\ufffd" in content:
        raise UnreadableInput(f"found `{path.name}`, which is not in UTF-8; needed it saved so")
    try:
        return [_named(row) for row in csv.DictReader(StringIO(content, newline=""), delimiter=separator, strict=True)]
    except csv.Error as damage:
        raise UnreadableInput(f"found `{path.name}`, which is no table ({damage})") from damage


def _named(row: Mapping[Any, Any]) -> _Row:
    """A row by lower-case column names."""
    return {str(name).strip().lower(): value for name, value in row.items() if name is not None}


def _case(row: _Row, manifest: Path, number: int) -> CaseInput:
    known = {name: _value(row.get(name)) for name in COLUMNS}
    path, priors = known["path"], known["priors"] or []
    if path is None:
        raise UsageError(f"found no `path` in row {number} of `{manifest.name}`; needed one in each")
    several = priors.split(";") if isinstance(priors, str) else list(priors)
    paths = [str(one).strip() for one in (path if isinstance(path, list) else [path])]
    where = f"in row {number} of `{manifest.name}`"
    return CaseInput(
        case=str(known["case"] or Path(paths[0]).with_suffix("").as_posix()),
        paths=_beside(manifest, paths),
        patient=None if known["patient"] is None else str(known["patient"]),
        age=_age(known["age"], where),
        sex=_sex(known["sex"], where),
        question=None if known["question"] is None else str(known["question"]),
        priors=_beside(manifest, [str(one).strip() for one in several if str(one).strip()]),
    )


def _beside(manifest: Path, paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(manifest.parent / one) for one in paths)


def _age(value: Any, where: str) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError) as wrong:
        raise UsageError(f"found the age `{value}` {where}; needed years, as a number") from wrong


def _sex(value: Any, where: str) -> Sex | None:
    if value is None:
        return None
    sex = _SEXES.get(str(value).strip().lower())
    if sex is None:
        raise UsageError(f"found the sex `{value}` {where}; needed male, female, M, F, or nothing")
    return sex


def _value(value: Any) -> Any:
    """What a cell holds; None for an empty one."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str):
        value = value.strip()
    return None if value is None or value == "" or (isinstance(value, float) and value != value) else value


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:8])
