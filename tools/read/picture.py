"""Pictures and PDFs of ECGs: digitised, or kept for a model to look at where a step of digitising fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from calipers.ecg import Ecg, Sex, Source
from calipers.errors import MissingPart, PictureNotDigitised
from calipers.leads import LEADS
from calipers.tools.read.files import sha256_of


def read_picture(path: Path, format_name: str, named: str, age: float | None, sex: Sex | None) -> Ecg:
    """The ECG of a picture, as millivolts with NaN wherever the page shows nothing.

    Args:
        path: a picture or PDF.
        format_name: `PNG`, `PDF`, …
        named: the path as the user named it.
        age: years.
        sex: of the patient.

    Returns:
        The ECG; without any lead, and with `source.unread`, where only the image encoder can read the page.

    Raises:
        UnreadableInput: there is no ECG in it, or it cannot be opened.
        PictureNotDigitised: there is one, but neither the digitiser nor the image encoder can read it.
        MissingPart: a package or weight of the digitiser is not there.
    """
    try:
        from calipers.tools.digitise import digitise, picture
        from calipers.tools.digitise.kept_page import kept_page
        from calipers.tools.digitise.unread_page import unread_page
    except ImportError as absent:
        raise MissingPart(f"found no package `{absent.name}`; needed it to read pictures") from absent

    try:
        found = digitise(path)
    except PictureNotDigitised as failed:
        page = picture(path, 0)
        return unread_page(
            page, failed, format_name=format_name, path=named, sha256=sha256_of((path,)), age=age, sex=sex
        )
    source = Source(
        format=format_name,
        path=named,
        sha256=sha256_of((path,)),
        digitised=True,
        digitisation=found.digitisation,
        picture=kept_page(found.image),
    )
    ecg = Ecg.from_array(found.signal_mv, 500.0, LEADS, age=age, sex=sex, source=source)
    return replace(ecg, confidence=found.confidence)
