"""Which fields of a file held something that its copy leaves behind: by name, and never by value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from calipers.tools.anonymise.leaks import known_words
from calipers.tools.read.exchange import FORMATS

_EXCHANGE: Final = ("patient", "recording", "device", "interpretation", "filters", "annotations", "raw_metadata")
#: What is kept of the patient, under the rules.
_KEPT: Final = ("patient.age", "patient.sex", "recording.sample_rate", "recording.duration")


class Left(NamedTuple):
    """What a file held beyond its signal.

    Attributes:
        fields: names from the format's own vocabulary, not from the file.
        words: what they said, to be looked for in the copy and forgotten.
    """

    fields: tuple[str, ...]
    words: frozenset[str]


#: Fields whose words say who somebody is. Others speak of the heart, as a copy may.
_IDENTIFYING: Final = (
    "patient", "name", "physician", "technician", "operator", "institution", "department", "address", "accession",
    "admission", "serial", "comments", "private", "record line", "birth", "telephone", "location",
)  # fmt: skip
#: DICOM value representations of names, dates, words and identifiers; codes and numbers are looked up one by one.
_SAYS_SOMETHING: Final = ("AE", "AS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT", "UN")
_CODED: Final = ("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "PatientAge")
#: Words that the copies themselves are made of.
_OURS: Final = frozenset(["female", "synthetic", "calipers", "patient", "anonymous", "rhythm", "median", "waveform"])


def left_behind(paths: list[Path], format_name: str) -> Left:
    """What the files of one ECG hold that its copy does not."""
    found = dict(_named(paths, format_name))
    who = [value for name, value in found.items() if any(word in name.casefold() for word in _IDENTIFYING)]
    words = known_words([*(path.stem for path in paths), *_texts(who)])
    return Left(("file name", *found), frozenset(word for word in words if word.casefold() not in _OURS))


def _named(paths: list[Path], format_name: str) -> Iterator[tuple[str, Any]]:
    if format_name == "WFDB":
        yield from _of_wfdb(paths)
    elif format_name == "DICOM":
        yield from _of_dicom(paths[0])
    elif format_name == "CSV":
        yield "lines and columns beside the leads", ""
    elif format_name in FORMATS.values():
        yield from _of_exchange(paths[0])
    elif format_name != "NPY":
        yield "the picture, with whatever is written on it", ""


def _of_wfdb(paths: list[Path]) -> Iterator[tuple[str, Any]]:
    for header in (path for path in paths if path.suffix == ".hea"):
        lines = [line.strip() for line in header.read_text("utf-8", "replace").splitlines() if line.strip()]
        comments = [line.lstrip("# \t") for line in lines if line.startswith("#")]
        if comments:
            yield "comments", [comment.partition(":")[2] or comment for comment in comments]
        records = [line.split() for line in lines if not line.startswith("#")]
        if records:
            yield "record line: name, date, time", [records[0][0], *records[0][4:]]
            yield "signal lines: file names, descriptions", [line[0] for line in records[1:]]


def _of_dicom(path: Path) -> Iterator[tuple[str, Any]]:
    import pydicom

    dataset = pydicom.dcmread(str(path), stop_before_pixels=True)
    private = 0
    for element in dataset.iterall():
        if element.tag.is_private:
            private += 1
        elif element.VR in _SAYS_SOMETHING and element.keyword not in _CODED and element.value:
            yield element.keyword or f"{element.tag}", str(element.value)
    if private:
        yield "private elements", [str(one.value) for one in dataset.iterall() if one.tag.is_private]


def _of_exchange(path: Path) -> Iterator[tuple[str, Any]]:
    from ecgdatakit import ECGDataKitError, FileParser

    try:
        record = FileParser.parse(path)
    except ECGDataKitError:  # it was read a moment ago; what cannot be named is still not carried over
        return
    for part in _EXCHANGE:
        held = getattr(record, part, None)
        if dataclasses.is_dataclass(held):
            for field in dataclasses.fields(held):
                name, value = f"{part}.{field.name}", getattr(held, field.name)
                if name not in _KEPT and value not in (None, "", [], {}):
                    yield name, value
        elif held:
            yield part, held


def _texts(values: list[Any]) -> Iterator[str]:
    """Every text in nested values."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(list(value.values()))
        elif isinstance(value, list | tuple):
            yield from _texts(list(value))
