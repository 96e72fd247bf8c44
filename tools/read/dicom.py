"""Is this DICOM file an ECG, and which of its waveform groups is the rhythm?

A 12-lead ECG object holds up to five multiplex groups (PS3.3 A.34.3): the rhythm, often a median beat,
sometimes strips. The rhythm is the group with the most channels, then the most samples, that does not
call itself a median or representative beat.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from calipers.errors import UnreadableInput
from calipers.tools.read.files import shown

#: 12-lead, general, ambulatory and 32-bit ECG; the siblings are pressure, electrophysiology, sound.
_ECG_CLASSES: Final = "1.2.840.10008.5.1.4.1.1.9.1."
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_MEDIAN_WORDS: Final = ("MEDIAN", "REPRESENTATIVE", "AVERAGE")


@contextmanager
def rhythm_first(path: Path) -> Iterator[Path]:
    """A DICOM file whose first waveform group that is not a median beat is the rhythm.

    Usually that is `path` itself; otherwise a reordered copy that is deleted afterwards.

    Raises:
        UnreadableInput: it holds no ECG waveform; says what it holds.
    """
    import pydicom
    from pydicom.errors import InvalidDicomError

    name = shown(path.name)
    try:
        meta = pydicom.filereader.read_file_meta_info(str(path))
        if str(meta.get("TransferSyntaxUID", "")) == _DEFLATED:  # unpacks without a limit
            raise UnreadableInput(f"found a deflated DICOM, `{name}`; needed an uncompressed one")
        dataset = pydicom.dcmread(str(path), stop_before_pixels=True)
        sop_class = dataset.get("SOPClassUID", "")
        groups = list(dataset.get("WaveformSequence") or [])
    except InvalidDicomError as broken:
        raise UnreadableInput(f"found `{name}`, which starts like DICOM and is not; needed an ECG") from broken
    except (EOFError, OSError) as short:
        raise UnreadableInput(f"found a DICOM that ends too early, `{name}`; needed a whole file") from short
    what = shown(getattr(sop_class, "name", "") or "DICOM object")
    modality = shown(dataset.get("Modality", "") or "no modality")
    if not groups:
        raise UnreadableInput(f"found {what} ({modality}) without a waveform in `{name}`; needed a DICOM 12-lead ECG")
    if not str(sop_class).startswith(_ECG_CLASSES):
        raise UnreadableInput(f"found {what} ({modality}) in `{name}`; needed a DICOM 12-lead ECG")
    order = _rhythm_order(groups)
    if order == list(range(len(groups))):
        yield path
        return
    dataset.WaveformSequence = [groups[i] for i in order]
    with TemporaryDirectory(prefix="calipers-") as folder:
        reordered = Path(folder) / "rhythm-first.dcm"
        pydicom.dcmwrite(str(reordered), dataset)
        yield reordered


def says_synthetic(path: Path) -> bool:
    """Whether a DICOM file says that nobody was recorded: Synthetic Data (0008,001C) YES."""
    import pydicom

    dataset = pydicom.dcmread(str(path), stop_before_pixels=True, specific_tags=["SyntheticData"])
    return str(dataset.get("SyntheticData", "NO")) == "YES"


def says_undated(path: Path) -> bool:
    """Whether a DICOM file says that its dates are no dates: Longitudinal Temporal Information Modified REMOVED."""
    import pydicom

    keyword = "LongitudinalTemporalInformationModified"
    dataset = pydicom.dcmread(str(path), stop_before_pixels=True, specific_tags=[keyword])
    return str(dataset.get(keyword, "")) == "REMOVED"


def _rhythm_order(groups: list[Any]) -> list[int]:
    """The groups' indices with the rhythm first, the others in place."""

    def size(index: int) -> tuple[int, int]:
        group = groups[index]
        return int(group.get("NumberOfWaveformChannels") or 0), int(group.get("NumberOfWaveformSamples") or 0)

    rhythms = [i for i, group in enumerate(groups) if not _is_median(group)]
    if not rhythms:
        raise UnreadableInput("found only median beats in this DICOM ECG; needed a rhythm of at least one lead")
    best = max(rhythms, key=lambda i: (*size(i), -i))
    if best == rhythms[0]:
        return list(range(len(groups)))
    return [best, *(i for i in range(len(groups)) if i != best)]


def _is_median(group: Any) -> bool:
    label = str(group.get("MultiplexGroupLabel") or "").upper()
    return any(word in label for word in _MEDIAN_WORDS)
