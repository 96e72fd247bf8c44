"""How the text of a CSV table is cut into named columns of numbers."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from calipers.errors import UnreadableInput
from calipers.leads import standard_lead
from calipers.tools.read.files import shown
from calipers.tools.read.timebase import TIME_NAMES

_LONGEST_HEADER: Final = 64 * 1024
_LONGEST_NAME: Final = 60
_DELIMITERS: Final = (";", "\t", ",", "|")
#: What tables write for a missing value, folded.
EMPTY: Final = frozenset({"", "nan", "na", "n/a", "null", "none"})

#: `I (mV)`, `I [uV]`
_BRACKETED: Final = re.compile(r"^(?P<name>.*?)\s*[(\[]\s*(?P<unit>[^)\]]*?)\s*[)\]]$")
#: `I_mV`, `time_ms`, `V1 uV`
_SUFFIXED: Final = re.compile(r"^(?P<name>.+)[\s_./-]+(?P<unit>[A-Za-zµμ]+)$")
_DECIMAL_COMMA: Final = re.compile(r"^\s*[-+]?\d+,\d+\s*$")


@dataclass(frozen=True)
class Column:
    """A header cell: where it stands, the name in it, the unit in it."""

    index: int
    name: str
    unit: str | None

    @property
    def is_lead(self) -> bool:
        """Whether the name is one of the twelve leads."""
        return standard_lead(self.name) is not None


@dataclass(frozen=True)
class Layout:
    """How the text is cut into numbers.

    Attributes:
        encoding: of the text.
        delimiter: between cells; None for white space.
        first_row: how many lines come before the first row of numbers.
        decimal_comma: `0,12` is a number.
        columns: one per cell of the header, or of the first row where there is none.
        has_header: the columns have names.
        is_table: numbers follow; the first line of other text is not quoted, it may name a patient.
    """

    encoding: str
    delimiter: str | None
    first_row: int
    decimal_comma: bool
    columns: tuple[Column, ...]
    has_header: bool
    is_table: bool


def read_layout(path: Path) -> Layout:
    """Look at the first lines of a table.

    The header may be a comment line directly above the numbers, as `numpy.savetxt` writes it.

    Raises:
        UnreadableInput: there is no line of cells.
    """
    encoding = _encoding(path)
    name = shown(path.name)
    with path.open(encoding=encoding, newline="") as stream:
        comment, before = "", 0
        while (line := stream.readline(_LONGEST_HEADER)) and _is_comment(line):
            comment, before = line.lstrip("# \t") or comment, before + 1
        following = stream.readline(_LONGEST_HEADER)
    if not line:
        raise UnreadableInput(f"found no rows in `{name}`; needed a header naming the leads, then numbers")
    if len(line) >= _LONGEST_HEADER:
        raise UnreadableInput(f"found a first line of over {_LONGEST_HEADER:,} characters in `{name}`; needed a table")
    delimiter = next((mark for mark in _DELIMITERS if mark in line), None)
    cells = split_cells(line, delimiter)
    if delimiter is None and len(following.split()) == 1:
        cells = [line.strip()]  # one column, whose name may hold a space: `I (mV)`
    has_header = not all(is_number(cell.replace(",", ".")) for cell in cells)
    sample = split_cells(following if has_header else line, delimiter)
    above = split_cells(comment, delimiter)
    if not has_header and len(above) == len(cells) and any(_column(0, cell).is_lead for cell in above):
        cells, has_header, before = above, True, before - 1
    decimal_comma = delimiter != "," and any(_DECIMAL_COMMA.match(cell) for cell in sample)
    columns = tuple(_column(i, cell) if has_header else Column(i, "", None) for i, cell in enumerate(cells))
    is_table = any(is_number(cell.replace(",", ".")) and cell.casefold() not in EMPTY for cell in sample)
    return Layout(encoding, delimiter, before + int(has_header), decimal_comma, columns, has_header, is_table)


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _encoding(path: Path) -> str:
    """UTF-8 (with or without a mark), else one byte per character."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def split_cells(line: str, delimiter: str | None) -> list[str]:
    """The cells of one line, without their quotes and the white space around them."""
    if delimiter is None:
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _column(index: int, cell: str) -> Column:
    if len(cell) > _LONGEST_NAME:
        return Column(index, cell, None)
    if standard_lead(cell) or cell.casefold() in TIME_NAMES:
        return Column(index, cell, None)
    found = _BRACKETED.match(cell) or _SUFFIXED.match(cell)
    if found and (standard_lead(found["name"]) or found["name"].strip().casefold() in TIME_NAMES):
        return Column(index, found["name"].strip(), found["unit"] or None)
    return Column(index, cell, None)


def is_number(cell: str) -> bool:
    """Whether a cell is a number or stands for a missing one."""
    if cell.casefold() in EMPTY:
        return True
    if "_" in cell:  # Python's float takes `1_000`
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True
