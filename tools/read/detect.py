"""Which format a file is, from its first bytes; what is refused is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from calipers.errors import UnreadableInput
from calipers.tools.read.exchange import FORMATS, detect_exchange
from calipers.tools.read.files import shown
from calipers.tools.read.xml_safety import check_xml

Kind = Literal["npy", "table", "exchange", "picture"]

#: (offset, magic bytes, format)
_PICTURES: Final = (
    (0, b"\x89PNG", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (8, b"WEBP", "WebP"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (0, b"%PDF", "PDF"),
)
_PICTURE_FORMATS: Final = tuple(dict.fromkeys(name for _, _, name in _PICTURES))
READABLE: Final = ", ".join(["WFDB", "CSV", "NPY", *sorted(FORMATS.values()), *_PICTURE_FORMATS])
_ARCHIVES: Final = (
    (0, b"PK\x03\x04", "a ZIP archive (or NPZ, or an office document)"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x89HDF", "an HDF5 or MATLAB 7.3 file"),
)
#: Signal files of WFDB; on their own they say nothing about rate, gain or leads.
SIGNAL_SUFFIXES: Final = frozenset({".dat", ".mat"})
_NPY: Final = b"\x93NUMPY"
_EDF: Final = b"0       "
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_CONTROL: Final = bytes({*range(32)} - {0x09, 0x0A, 0x0C, 0x0D})


def detect(path: Path, head: bytes, size_bytes: int) -> tuple[Kind, str]:
    """How to read a file that is not WFDB, and its format's name.

    XML passes the safety check here, before any parser sees it.

    Raises:
        UnreadableInput: it is an archive, unsafe XML, or nothing we know.
    """
    name = shown(path.name)
    if head[128:132] == b"DICM":  # its preamble may be another format's mark, often TIFF
        return "exchange", _known_or_refuse(path, "broken DICOM")
    for offset, magic, picture_format in _PICTURES:
        if head[offset:].startswith(magic) and (magic != b"BM" or not _is_text(head)):
            return "picture", picture_format
    for offset, magic, what in _ARCHIVES:
        if head[offset:].startswith(magic):
            raise UnreadableInput(f"found {what}, `{name}`; needed the ECG file itself")
    if head.startswith(_NPY):
        return "npy", "NPY"
    if _is_xml(head):
        root = check_xml(path, size_bytes)
        return "exchange", _known_or_refuse(path, f"XML with root `{shown(root)}`" if root else "broken XML")
    if not _is_text(head) or head.startswith(_EDF):
        return "exchange", _known_or_refuse(path, "no format that is known")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "exchange", _known_or_refuse(path, "JSON of an unknown kind")
    return "table", "CSV"


def _known_or_refuse(path: Path, found: str) -> str:
    format_name = detect_exchange(path)
    if format_name is None and path.suffix.lower() in SIGNAL_SUFFIXES:
        raise UnreadableInput(
            f"found `{shown(path.name)}` without its WFDB header; needed `{shown(path.stem)}.hea` beside it"
        )
    if format_name is None:
        raise UnreadableInput(f"found {found} in `{shown(path.name)}`; needed one of {READABLE}")
    return format_name


def _is_xml(head: bytes) -> bool:
    if head.startswith(_UTF16):
        return head[2:].replace(b"\x00", b"").lstrip().startswith(b"<")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _is_text(head: bytes) -> bool:
    """No control characters: text in UTF-8 or any one-byte encoding."""
    return len(head.translate(None, _CONTROL)) == len(head)
