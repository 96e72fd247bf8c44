"""The files of a WFDB record: all there, in one folder, and as long as the header promises."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from calipers.errors import UnreadableInput
from calipers.leads import standard_lead
from calipers.tools.read.files import check_file, shown
from calipers.tools.read.wfdb_header import Header, read_header

#: Bytes per sample of the uncompressed storage formats (signal(5)).
_BYTES_PER_SAMPLE: Final[dict[str, float]] = {
    "8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 1.5, "310": 4 / 3, "311": 4 / 3,
}  # fmt: skip


def locate(header_path: Path) -> Path:
    """The header itself, or what it links to when its record lies there."""
    header = read_header(header_path)
    beside = [header_path.with_name(line.file) for line in header.signals]
    beside += [header_path.with_name(f"{name}.hea") for name, _ in header.segments if name != "~"]
    if header_path.is_symlink() and not any(path.exists() for path in beside):
        return header_path.resolve()
    return header_path


def segment_headers(header: Header) -> list[Header]:
    """The headers of the segments, each once."""
    names = dict.fromkeys(name for name, _ in header.segments if name != "~")
    parts = []
    for name in names:
        path = header.path.with_name(f"{name}.hea")
        if not path.is_file():
            raise UnreadableInput(f"found no `{shown(path.name)}`, a segment of `{shown(header.path.name)}`; needed it")
        check_file(path)
        part = read_header(path)
        if part.segments:
            raise UnreadableInput(f"found segments within the segment `{shown(path.name)}`; needed one level")
        parts.append(part)
    return parts


def signal_files(parts: Sequence[Header]) -> set[Path]:
    """The signal files of the standard leads; each exists, is readable and not too large."""
    files = set()
    for part in parts:
        for line in part.signals:
            path = part.path.with_name(line.file)
            if line.file == "~" or path in files or standard_lead(line.label) is None:
                continue
            if not path.exists():
                raise UnreadableInput(
                    f"found `{shown(part.path.name)}` without its signals; needed `{shown(line.file)}`"
                )
            check_file(path)
            files.add(path)
    return files


def check_given(given: Sequence[Path], parts: Sequence[Header]) -> None:
    """Every file the user named is part of this record, links followed."""
    known = {part.path.resolve() for part in parts}
    known |= {part.path.with_name(line.file).resolve() for part in parts for line in part.signals}
    for path in given:
        if path.resolve() not in known:
            raise UnreadableInput(
                f"found `{shown(path.name)}`, which `{shown(parts[0].path.name)}` does not name beside it;"
                " needed the files of one record, in one folder"
            )


def check_lengths(header: Header, wanted: Sequence[int]) -> bool:
    """Refuse a signal file with fewer samples than promised; True when one holds more."""
    longer = False
    for file in dict.fromkeys(header.signals[i].file for i in wanted if header.signals[i].file != "~"):
        lines = [line for line in header.signals if line.file == file]
        bytes_per_sample = _BYTES_PER_SAMPLE.get(lines[0].fmt)
        per_frame = sum(line.samples_per_frame for line in lines)
        if bytes_per_sample is None or header.frames is None or not per_frame:
            continue  # compressed, or of a length that only the file itself tells
        available = header.path.with_name(file).stat().st_size - lines[0].offset
        if available < math.floor(header.frames * per_frame * bytes_per_sample):
            found = max(0, int(available / (per_frame * bytes_per_sample)))
            raise UnreadableInput(
                f"found {found:,} of {header.frames:,} samples per lead in `{shown(file)}`; needed all"
            )
        if any(line.skew > header.frames for line in lines):
            raise UnreadableInput(f"found a skew longer than the record in `{shown(header.path.name)}`; needed less")
        longer = longer or available > math.ceil(header.frames * per_frame * bytes_per_sample) + 4
    return longer
