"""Draw an ECG on true-scale paper, with calipers on what is cited.

>>> picture = render(ecg, measurements=measurements, evidence=["pr", "V3.st_j"])   # doctest: +SKIP
>>> picture.save("trace.png")                                                      # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import Measurement
from calipers.leads import require_lead
from calipers.tools.render.header import HEADER_IDS
from calipers.tools.render.labels import label, value_or_dash
from calipers.tools.render.layout import Box, Layout, Sheet, Strip, lay_out, names_and_pulses
from calipers.tools.render.marks import Mark, NotDrawn, Placement
from calipers.tools.render.picture import Picture
from calipers.tools.render.placing import Placer
from calipers.tools.render.spans import require_measurements

__all__ = [
    "Box",
    "Layout",
    "Mark",
    "NotDrawn",
    "Picture",
    "Placement",
    "Placer",
    "Sheet",
    "Strip",
    "label",
    "lay_out",
    "names_and_pulses",
    "render",
    "value_or_dash",
]


def render(
    ecg: Ecg,
    *,
    layout: Layout = "3x4+1",
    measurements: Mapping[str, Measurement] | None = None,
    evidence: Sequence[str] = (),
    rhythm_leads: Sequence[str] = ("II",),
    speed_mm_s: float = 25.0,
    gain_mm_mv: float = 10.0,
    format: Literal["png", "png8", "svg"] = "png",
    dpi: int = 150,
    start_s: float = 0.0,
    title: str | None = None,
) -> Picture:
    """Draw ten seconds of an ECG as a cart prints it: 1 s is 25 mm, 1 mV is 10 mm, on 1 mm paper.

    Args:
        ecg: the record; nothing is filtered or resampled, each lead is centred on its median.
        layout: `3x4+1` runs on in time from column to column above full rhythm strips; `6x2`; `12x1`.
        measurements: for the header, and where `evidence` is looked up.
        evidence: measurement ids to draw as calipers with their values.
        rhythm_leads: the full-width strips of `3x4+1`.
        speed_mm_s: paper speed.
        gain_mm_mv: amplitude scale.
        format: `png`; `png8`, of 256 colours, a third of the size and of the time; or `svg`.
        dpi: pixels per 25.4 mm of a PNG, 50 to 600.
        start_s: where in the record the sheet starts.
        title: heading; by default `12-lead ECG`. Name and id of the patient are never drawn.

    Returns:
        A `Picture`; evidence without a place on this sheet is in `not_drawn` with the reason.

    Raises:
        UnknownEvidence: an id that is not among `measurements`, or a measurement of another record.
        UsageError: an unknown layout, lead, format, or a scale that shows nothing.

    Example:
        >>> picture = render(ecg, measurements=measure(ecg), evidence=["pr"])
        >>> picture.media_type, [mark.id for mark in picture.marks]
        ('image/png', ['pr'])
    """
    if format not in ("png", "png8", "svg"):
        raise UsageError(f"found format `{format}`; needed `png`, `png8` or `svg`")
    if not 50 <= dpi <= 600:
        raise UsageError(f"found {dpi} dpi; needed 50 to 600 dpi")
    known = measurements or {}
    # The header too must not show another patient's numbers.
    require_measurements([key for key in HEADER_IDS if key in known], known, ecg)
    sheet = lay_out(
        ecg,
        layout,
        rhythm_leads=tuple(require_lead(lead) for lead in rhythm_leads),
        speed_mm_s=speed_mm_s,
        gain_mm_mv=gain_mm_mv,
        start_s=start_s,
    )
    marks, not_drawn = Placer(sheet, ecg, known, obstacles=names_and_pulses(sheet)).place(evidence)

    # matplotlib takes a third of a second to import; the report page needs only the layout.
    from calipers.tools.render.paper import draw

    data = draw(ecg, sheet, measurements=known, marks=marks, title=title, file_format=format, dpi=dpi)
    return Picture(data, "image/svg+xml" if format == "svg" else "image/png", sheet, marks, not_drawn)
