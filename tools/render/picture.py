"""What `render` returns: the bytes of a picture and where things stand on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calipers.tools.render.layout import Sheet
from calipers.tools.render.marks import Mark, NotDrawn

MediaType = Literal["image/png", "image/svg+xml"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An ECG drawn to scale.

    Attributes:
        data: the file's bytes.
        media_type: `image/png` or `image/svg+xml`.
        sheet: size, grid and strips in millimetres.
        marks: the evidence that was drawn, and where.
        not_drawn: the evidence that was not, and why.
    """

    data: bytes
    media_type: MediaType
    sheet: Sheet
    marks: tuple[Mark, ...] = ()
    not_drawn: tuple[NotDrawn, ...] = ()

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file and return its path."""
        target = Path(path)
        target.write_bytes(self.data)
        return target

    def _repr_png_(self) -> bytes | None:
        return self.data if self.media_type == "image/png" else None

    def _repr_svg_(self) -> str | None:
        return self.data.decode() if self.media_type == "image/svg+xml" else None

    def __repr__(self) -> str:
        size = f"{self.sheet.width_mm:g} x {self.sheet.height_mm:g} mm"
        return f"Picture({self.media_type}, {self.sheet.layout}, {size}, {len(self.data) / 1000:.0f} kB)"
