"""WFDB headers, checked before the wfdb package acts on them.

The package fills what a header leaves out (200 counts per millivolt, 250 Hz) and opens whatever file
name it finds. Here a header must say these things itself, and name only files beside it. Syntax:
PhysioNet, WFDB Applications Guide, header(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from calipers.errors import UnreadableInput
from calipers.tools.read.files import shown

#: The package's regular expressions take quadratic time on one endless word.
_LONGEST_LINE: Final = 1000
_LARGEST_HEADER_BYTES: Final = 4 * 1024 * 1024

_FILE_NAME: Final = re.compile(r"~?[-\w]*(\.\w+)?", re.ASCII)
_SEGMENT_NAME: Final = re.compile(r"[-\w]+|~", re.ASCII)
_FORMAT: Final = re.compile(r"(?P<fmt>\d+)(?:x(?P<spf>\d+))?(?::(?P<skew>\d+))?(?:\+(?P<offset>\d+))?", re.ASCII)
_GAIN: Final = re.compile(
    r"(?P<gain>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\(-?\d+\))?(?:/(?P<unit>\S+))?", re.ASCII
)


@dataclass(frozen=True)
class SignalLine:
    """One signal as its header describes it.

    Attributes:
        file: the signal file beside the header; `~` in a layout segment, which has none.
        fmt: the storage format number.
        samples_per_frame: more than one where this signal is sampled faster than the frame rate.
        skew: samples by which this signal lags.
        offset: bytes before the first sample.
        gain: stored units per physical unit; None when the header gives none, or 0.
        unit: of the physical value; WFDB's default is mV.
        label: the description, usually the lead.
    """

    file: str
    fmt: str
    samples_per_frame: int
    skew: int
    offset: int
    gain: float | None
    unit: str
    label: str


@dataclass(frozen=True)
class Header:
    """A checked header.

    Attributes:
        path: the `.hea` file.
        fs_hz: frames per second; None when the header does not say.
        frames: samples per signal at the frame rate; None when the header does not say.
        signals: one per signal; empty for a record in segments.
        segments: (name, frames) of each segment; empty for a plain record.
        recorded_at: date and time of the first sample, when the header has both.
        comments: the comment lines without their `#`.
    """

    path: Path
    fs_hz: float | None
    frames: int | None
    signals: tuple[SignalLine, ...]
    segments: tuple[tuple[str, int], ...]
    recorded_at: datetime | None
    comments: tuple[str, ...]


def read_header(path: Path) -> Header:
    """Read and check one `.hea` file.

    Raises:
        UnreadableInput: it is not a header, or names files outside its own folder.
    """
    name = shown(path.name)
    raw = path.read_bytes()
    if len(raw) > _LARGEST_HEADER_BYTES:
        raise UnreadableInput(f"found {len(raw):,} bytes in the header `{name}`; needed a WFDB header")
    lines = [line.strip() for line in _text(raw).splitlines()]
    comments = tuple(line.lstrip("# \t") for line in lines if line.startswith("#"))
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines or any(len(line) > _LONGEST_LINE for line in lines):
        raise UnreadableInput(f"found no WFDB record line in `{name}`; needed `NAME SIGNALS RATE SAMPLES`")
    words = lines[0].split()
    record, _, segment_count = words[0].partition("/")
    if len(words) < 2 or not words[1].isdecimal() or not _SEGMENT_NAME.fullmatch(record):
        raise UnreadableInput(f"found `{shown(lines[0])}` in `{name}`; needed a WFDB record line")
    fs_hz = _frequency(words[2], name) if len(words) > 2 else None
    frames = int(words[3]) or None if len(words) > 3 and words[3].isdecimal() else None
    started = _recorded_at(words[4:6])
    if segment_count:
        segments = tuple(_segment(line, name) for line in lines[1:])
        _check_count(len(segments), segment_count, "segments", name)
        return Header(path, fs_hz, frames, (), segments, started, comments)
    signals = tuple(_signal(line, name) for line in lines[1:])
    _check_count(len(signals), words[1], "signals", name)
    if not signals:
        raise UnreadableInput(f"found no signal in `{name}`; needed at least one lead")
    return Header(path, fs_hz, frames, signals, (), started, comments)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _recorded_at(words: list[str]) -> datetime | None:
    """`10:11:12 03/04/2021`; None unless both are there and make sense."""
    for layout in ("%H:%M:%S %d/%m/%Y", "%H:%M:%S.%f %d/%m/%Y"):
        try:
            return datetime.strptime(" ".join(words), layout)
        except ValueError:
            continue
    return None


def _check_count(found: int, promised: str, what: str, name: str) -> None:
    if not promised.isdecimal() or found != int(promised):
        raise UnreadableInput(f"found {found} {what} described in `{name}`; needed the {shown(promised)} it promises")


def _frequency(word: str, name: str) -> float:
    try:
        return float(word.partition("/")[0])
    except ValueError as broken:
        raise UnreadableInput(f"found `{shown(word)}` as sampling rate in `{name}`; needed hertz") from broken


def _segment(line: str, name: str) -> tuple[str, int]:
    words = line.split()
    if len(words) < 2 or not words[1].isdecimal():
        raise UnreadableInput(f"found `{shown(line)}` in `{name}`; needed a segment's name and length")
    if not _SEGMENT_NAME.fullmatch(words[0]):
        raise UnreadableInput(f"found a segment named `{shown(words[0])}` in `{name}`; needed a record beside it")
    return words[0], int(words[1])


def _signal(line: str, name: str) -> SignalLine:
    words = line.split(None, 8)
    if not _FILE_NAME.fullmatch(words[0]):
        raise UnreadableInput(
            f"found a signal file named `{shown(words[0])}` in `{name}`; needed a file beside the header"
        )
    storage = _FORMAT.fullmatch(words[1]) if len(words) > 1 else None
    calibration = _GAIN.fullmatch(words[2]) if len(words) > 2 else None
    if storage is None or (len(words) > 2 and calibration is None):
        raise UnreadableInput(f"found `{shown(line)}` in `{name}`; needed a WFDB signal line")
    gain = float(calibration["gain"]) if calibration else 0.0
    return SignalLine(
        file=words[0],
        fmt=storage["fmt"],
        samples_per_frame=int(storage["spf"] or 1),
        skew=int(storage["skew"] or 0),
        offset=int(storage["offset"] or 0),
        gain=gain or None,
        unit=(calibration["unit"] if calibration else None) or "mV",
        label=words[8] if len(words) > 8 else "",
    )
