"""WFDB records: a `.hea` header and its signal files, through the wfdb package.

Nothing is assumed that the header does not say, nothing is fetched, signals with more than one sample
per frame are not averaged (the package's default), and the header's checksums are verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import UnreadableInput, UsageError
from calipers.leads import Lead, require_lead, standard_lead
from calipers.tools.read import demographics
from calipers.tools.read.files import shown
from calipers.tools.read.recording import Recording, check_rate, require_standard_lead, standard_rows
from calipers.tools.read.units import ACCEPTED, mv_per_unit
from calipers.tools.read.wfdb_files import check_given, check_lengths, locate, segment_headers, signal_files
from calipers.tools.read.wfdb_header import Header, SignalLine, read_header

#: Samples per lead that segments and the gaps between them may span: over a day at 1,000 Hz.
_LONGEST_JOINED: Final = 100_000_000
#: Frames that are decoded at a time.
_BLOCK_FRAMES: Final = 150_000
#: Comment keys that hold a reader's diagnosis; everything after `<diagnoses>:` in LUDB.
_DIAGNOSIS_KEYS: Final = frozenset(
    {"dx", "diagnosis", "diagnose", "diagnoses", "reason for admission", "acute infarction", "rhythm"}
)


def read_wfdb(header_path: Path, given: Sequence[Path], *, fs_hz: float | None, unit: str | None) -> Recording:
    """Read the WFDB record of a header.

    Args:
        header_path: the `.hea` file.
        given: every file the user named; each must belong to the record.
        fs_hz: used only where the header states no rate.
        unit: used only where the header states no gain: one count is one `unit`.

    Raises:
        UnreadableInput: a file is missing, short, damaged or not calibrated.
        UsageError: `fs_hz` or `unit` contradicts what the header states.
    """
    header_path = locate(header_path)
    if "::" in str(header_path) or "://" in str(header_path):
        raise UnreadableInput(f"found `{shown(header_path)}`; needed a local path without `::` or `://`")
    header = read_header(header_path)
    parts = [header, *segment_headers(header)]
    signals = [part.signals for part in parts if part.signals]
    files = signal_files(parts)
    check_given(given, parts)
    if header.fs_hz is not None and fs_hz is not None and fs_hz != header.fs_hz:
        raise UsageError(f"found {header.fs_hz:g} Hz in `{shown(header_path.name)}`; needed no other `fs_hz`")
    frame_rate = header.fs_hz if header.fs_hz is not None else fs_hz
    if frame_rate is None:
        raise UnreadableInput(f"found no sampling rate in `{shown(header_path.name)}`; needed one, or `fs_hz`")
    calibrated = all(s.gain for lines in signals for s in lines if standard_lead(s.label))
    if calibrated and unit is not None:
        raise UsageError(f"found a gain in `{shown(header_path.name)}`; needed no `unit`")
    if not calibrated and (unit is None or header.segments):
        raise UnreadableInput(f"found no gain in `{shown(header_path.name)}`; needed counts per mV, or `unit`")
    signals_read = _segmented(header, unit) if header.segments else _single(header, unit)
    about = demographics.from_comments(header.comments)
    return Recording(
        format="WFDB",
        files=tuple({part.path for part in parts} | files),
        fs_hz=check_rate(frame_rate * signals_read.per_frame, header_path.name),
        rows_mv=standard_rows(signals_read.labelled, header_path.name),
        gain=_gains(signals[-1]),
        age=about.age,
        sex=about.sex,
        recorded_at=header.recorded_at,
        device_statements=_statements(header.comments),
        synthetic=demographics.says_synthetic(header.comments),
        digitised=demographics.says_digitised(header.comments),
    )


class _Signals(NamedTuple):
    """The standard leads as (label, (n,) millivolts), and their samples per frame."""

    labelled: Sequence[tuple[str, NDArray[np.floating]]]
    per_frame: int


def _single(header: Header, unit: str | None) -> _Signals:
    """The standard leads of a plain record."""
    lines = header.signals
    wanted = [i for i, line in enumerate(lines) if standard_lead(line.label)]
    standard = {lead: i for i in wanted if (lead := standard_lead(lines[i].label))}
    require_standard_lead(standard, [line.label for line in lines], header.path.name)
    per_frame = _common_samples_per_frame([lines[i] for i in wanted], header.path.name)
    longer = check_lengths(header, wanted)
    skewed = any(lines[i].skew for i in wanted)
    stated = [lines[i].unit if lines[i].gain is not None else unit or "" for i in wanted]
    factors = [_factor(word, lines[i].label, header) for word, i in zip(stated, wanted, strict=True)]
    pieces: list[list[NDArray[np.float32]]] = [[] for _ in wanted]
    sums = np.zeros(len(wanted), dtype=np.int64)
    for record in _blocks(header, wanted, whole=skewed):
        sums += record.calc_checksum(expanded=True)
        for position, i in enumerate(wanted):
            if lines[i].gain is None:
                record.adc_gain[position] = 1.0
        for row, samples, factor in zip(pieces, record.dac(expanded=True), factors, strict=True):
            with np.errstate(over="ignore"):  # beyond float32 it becomes infinite, and is refused as impossible
                row.append((samples * factor).astype(np.float32))
    if not longer and not skewed:
        _verify_checksums(header, wanted, sums % 65536)
    labelled = []
    for row, i in zip(pieces, wanted, strict=True):
        labelled.append((lines[i].label, np.concatenate(row)))
        row.clear()
    return _Signals(labelled, per_frame)


def _blocks(header: Header, wanted: Sequence[int], *, whole: bool) -> Iterator[Any]:
    """The record as the package reads it, a few minutes at a time: it needs ten bytes for each it returns."""
    import wfdb

    stem, frames = str(header.path)[: -len(".hea")], header.frames
    spans: list[tuple[int, int | None]] = [(0, None)]
    if frames is not None and not whole:
        spans = [(first, min(first + _BLOCK_FRAMES, frames)) for first in range(0, frames, _BLOCK_FRAMES)]
    for first, stop in spans:
        with redirect_stdout(StringIO()):
            yield wfdb.rdrecord(
                stem, sampfrom=first, sampto=stop, channels=list(wanted), physical=False, smooth_frames=False
            )


def _segmented(header: Header, unit: str | None) -> _Signals:
    """The leads of a record in segments, joined in time; stretches without a segment are NaN."""
    name = shown(header.path.name)
    parts = {part.path.stem: part for part in segment_headers(header)}
    with_leads = [part for part in parts.values() if any(standard_lead(s.label) for s in part.signals)]
    if not with_leads:
        raise UnreadableInput(f"found no standard lead in the segments of `{name}`; needed one")
    lines = [line for part in with_leads for line in part.signals if standard_lead(line.label)]
    per_frame = _common_samples_per_frame(lines, name)
    total = sum(frames for _, frames in header.segments)
    if header.frames not in (None, total):
        raise UnreadableInput(f"found segments of {total:,} samples in `{name}`; needed {header.frames:,}")
    if total * per_frame > _LONGEST_JOINED:
        raise UnreadableInput(f"found {total:,} samples with gaps in `{name}`; needed at most {_LONGEST_JOINED:,}")
    rows: dict[Lead, NDArray[np.float32]] = {}
    start = 0
    for segment, frames in header.segments:
        part = parts.get(segment)
        if part in with_leads and frames:  # a segment of length 0 only lists the signals
            if part.fs_hz not in (None, header.fs_hz):
                raise UnreadableInput(f"found another rate in segment `{shown(segment)}` of `{name}`; needed one")
            for label, samples in _single(part, unit).labelled:
                if samples.size != frames * per_frame:
                    raise UnreadableInput(
                        f"found {samples.size:,} samples in segment `{shown(segment)}` of `{name}`;"
                        f" needed {frames * per_frame:,}"
                    )
                row = rows.setdefault(require_lead(label), np.full(total * per_frame, np.nan, np.float32))
                row[start * per_frame :][: samples.size] = samples
        start += frames
    return _Signals(list(rows.items()), per_frame)


def _common_samples_per_frame(lines: Sequence[SignalLine], name: str) -> int:
    rates = {line.samples_per_frame for line in lines}
    if len(rates) > 1 or 0 in rates:
        raise UnreadableInput(
            f"found {' and '.join(map(str, sorted(rates)))} samples per frame in `{shown(name)}`;"
            " needed the same rate in every lead"
        )
    return rates.pop()


def _verify_checksums(header: Header, wanted: Sequence[int], sums: NDArray[np.int64]) -> None:
    """Compare the header's 16-bit sums with the samples'; a header with only zeros states none."""
    import wfdb

    written = wfdb.rdheader(str(header.path)[: -len(".hea")]).checksum
    stated: list[int | None] = [written[i] for i in wanted]
    if not any(stated):
        return
    labels = [header.signals[i].label for i in wanted]
    for label, promised, found in zip(labels, stated, sums, strict=True):
        if promised is not None and promised % 65536 != found:
            raise UnreadableInput(
                f"found checksum {found} in lead {shown(label)}, `{shown(header.path.name)}` promises"
                f" {promised % 65536}; needed an undamaged signal file"
            )


def _factor(unit: str, label: str, header: Header) -> float:
    factor = mv_per_unit(unit)
    if factor is None:
        raise UnreadableInput(
            f"found `{shown(unit)}` for lead {shown(label)} in `{shown(header.path.name)}`; needed {ACCEPTED}"
        )
    return factor


def _gains(lines: Sequence[SignalLine]) -> dict[str, str]:
    named: dict[str, str] = {}
    for line in lines:
        lead: Lead | None = standard_lead(line.label)
        if lead is not None:
            named[lead] = f"{line.gain:g} counts/{line.unit}" if line.gain is not None else "not stated"
    return named


def _statements(comments: Sequence[str]) -> tuple[str, ...]:
    """Diagnoses in the comments, verbatim; other comments may identify the patient and stay in the file."""
    statements: list[str] = []
    in_diagnoses = False
    for comment in comments:
        pair = demographics.keyed(comment)
        if pair is not None and pair[0] == "diagnoses":
            in_diagnoses = True
            statements += [pair[1]] if pair[1] else []
        elif in_diagnoses or (pair is not None and pair[0] in _DIAGNOSIS_KEYS):
            statements += [comment.strip()] if comment.strip() else []
    return tuple(statements)
