"""The looks of printed ECG pages, drawn at random: paper, grid, ink, letters, order, scale, pulse, words around."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from calipers.leads import LEADS, Lead
from calipers.models.segmenter.layouts import ARRANGEMENTS, Arrangement

Colour = tuple[int, int, int]
GridKind = Literal["lines", "dots", "major", "none"]
NamePlace = Literal["above", "left", "inside"]

#: (paper, thin lines, thick lines) of one hue family each.
_PAPERS: Final[tuple[tuple[Colour, Colour, Colour], ...]] = (
    ((255, 255, 255), (250, 205, 205), (235, 140, 140)),
    ((255, 250, 250), (246, 207, 207), (229, 154, 154)),
    ((255, 248, 240), (250, 200, 170), (235, 140, 100)),
    ((255, 235, 235), (245, 170, 170), (225, 100, 110)),
    ((255, 255, 255), (200, 220, 245), (130, 165, 220)),
    ((255, 255, 255), (190, 230, 200), (110, 180, 130)),
    ((255, 255, 255), (215, 215, 215), (160, 160, 160)),
    ((250, 250, 245), (200, 200, 200), (120, 120, 120)),
    ((255, 252, 235), (240, 215, 160), (215, 165, 90)),
    ((255, 245, 250), (245, 190, 225), (225, 120, 180)),
)
_INKS: Final[tuple[Colour, ...]] = (
    (0, 0, 0), (16, 20, 24), (30, 30, 60), (0, 0, 120), (60, 60, 60), (90, 20, 20), (20, 60, 160)
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """One look; lengths in millimetres unless the name says otherwise."""

    arrangement: Arrangement
    strips: tuple[Lead, ...]
    page_s: float
    speed_mm_s: float
    gain_mm_mv: float
    pitch: float
    column_gap: float
    simultaneous: bool
    margin: float
    header: float
    footer: float
    lead_in: float
    pulse: Literal["left", "right", "none"]
    paper: Colour
    thin: Colour
    thick: Colour
    grid: GridKind
    thin_width: float
    thick_width: float
    grid_everywhere: bool
    ink: Colour
    ink_width: float
    font: str
    name_size: float
    name_place: NamePlace
    upper_names: bool
    separators: bool
    words: bool
    scale_words: bool


@functools.lru_cache(maxsize=1)
def fonts() -> tuple[str, ...]:
    """Upright letters found on this machine; matplotlib's own are always there."""
    import matplotlib

    own = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    folders = [own, Path("/usr/share/fonts/truetype")]
    found = [path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*.ttf"))]
    wanted = ("DejaVuSans", "DejaVuSerif", "Liberation", "STIXGeneral")
    unwanted = ("Display", "Math", "LastResort")
    return tuple(
        str(path) for path in found if path.name.startswith(wanted) and not any(word in path.name for word in unwanted)
    )


def draw_style(chance: np.random.Generator, *, arrangement: str | None = None, strips: int | None = None) -> Style:
    """A look by chance.

    Args:
        chance: the draws.
        arrangement: a key of `ARRANGEMENTS`; by chance otherwise.
        strips: how many full-width rhythm strips; by chance otherwise.
    """
    kinds = list(ARRANGEMENTS)
    shares = np.array([0.5 if kind.startswith("3x4") else 0.2 for kind in kinds])
    shares *= [0.35 if kind.endswith("Cabrera") else 1.0 for kind in kinds]
    chosen = ARRANGEMENTS[arrangement or kinds[int(chance.choice(len(kinds), p=shares / shares.sum()))]]
    few = chosen.name.startswith("12x1")
    count = strips if strips is not None else int(chance.choice(4, p=(1.0, 0, 0, 0) if few else (0.2, 0.55, 0.1, 0.15)))
    speed = float(chance.choice((25.0, 50.0), p=(0.88, 0.12)))
    gain = float(chance.choice((10.0, 5.0, 20.0), p=(0.82, 0.1, 0.08)))
    rows = len(chosen.rows) + count
    usual = 165.0 / rows
    paper, thin, thick = _PAPERS[int(chance.integers(len(_PAPERS)))]
    places: tuple[NamePlace, ...] = ("above", "left", "inside")
    lead_in = float(chance.uniform(4, 20))
    return Style(
        arrangement=chosen,
        strips=_strip_leads(chance, count),
        page_s=10.0 if speed == 25.0 or chance.random() < 0.3 else 5.0,
        speed_mm_s=speed,
        gain_mm_mv=gain,
        pitch=float(np.clip(usual * chance.uniform(0.75, 1.15), 11.0, 45.0)),
        column_gap=float(chance.choice((0.0, chance.uniform(1, 6)), p=(0.75, 0.25))),
        simultaneous=bool(chance.random() < 0.06),
        margin=float(chance.uniform(4, 14)),
        header=float(chance.uniform(8, 40)),
        footer=float(chance.uniform(6, 16)),
        lead_in=max(lead_in, 14.0 if speed == 25.0 else 19.0),
        pulse=("left", "right", "none")[int(chance.choice(3, p=(0.65, 0.15, 0.2)))],
        paper=paper,
        thin=thin,
        thick=thick,
        grid=("lines", "dots", "major", "none")[int(chance.choice(4, p=(0.78, 0.1, 0.1, 0.02)))],
        thin_width=float(chance.uniform(0.08, 0.2)),
        thick_width=float(chance.uniform(0.12, 0.35)),
        grid_everywhere=bool(chance.random() < 0.4),
        ink=_INKS[int(chance.integers(len(_INKS)))],
        ink_width=float(chance.uniform(0.18, 0.55)),
        font=fonts()[int(chance.integers(len(fonts())))],
        name_size=float(chance.uniform(2.2, 4.2)),
        name_place=places[int(chance.choice(3, p=(0.7, 0.1, 0.2)))],
        upper_names=bool(chance.random() < 0.3),
        separators=bool(chance.random() < 0.5),
        words=bool(chance.random() < 0.85),
        scale_words=bool(chance.random() < 0.75),
    )


def _strip_leads(chance: np.random.Generator, count: int) -> tuple[Lead, ...]:
    usual: tuple[Lead, ...] = ("II", "V1", "V5")
    if chance.random() < 0.6:
        return usual[:count]
    return tuple(LEADS[k] for k in chance.choice(12, count, replace=False))
