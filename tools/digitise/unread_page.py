"""A page that could not become a signal: kept, so that a model may look at it, and said to be so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg, Patient, Sex, Source
from calipers.errors import MissingPart, PictureNotDigitised, UnreadableInput
from calipers.leads import LEADS
from calipers.tools.digitise.kept_page import kept_page

_FS_HZ = 500.0
_SECONDS = 10


def unread_page(
    image: NDArray[np.uint8],
    failed: PictureNotDigitised,
    *,
    format_name: str,
    path: str | None,
    sha256: str,
    age: float | None = None,
    sex: Sex | None = None,
) -> Ecg:
    """An ECG without any lead, whose page the image encoder can read.

    Args:
        image: (h, w, 3) the page.
        failed: what the digitiser said.
        format_name: `PNG`, `PDF`, …
        path: the file as named by the user.
        sha256: of the file.
        age: years.
        sex: of the patient.

    Raises:
        PictureNotDigitised: the image encoder cannot read the page either, or its weights are not there.
    """
    from calipers.tools.classify import classify_page

    page = kept_page(image)
    try:
        classify_page(page)
    except (UnreadableInput, MissingPart):
        raise failed from None
    nothing = np.full((len(LEADS), round(_FS_HZ * _SECONDS)), np.nan, dtype=np.float32)
    nothing.setflags(write=False)
    source = Source(
        format=format_name, path=path, sha256=sha256, digitised=True, picture=page, unread=f"{failed.part}: {failed}"
    )
    return Ecg(nothing, _FS_HZ, Patient(age=age, sex=sex), source=source, missing_leads=LEADS)
