"""Draw PTB-XL's records as the product draws them, for training the page reader and judging it.

`python -m calipers.evals.image_agreement.pages --out DIR --folds 1 2 3 4 5 6 7` writes `DIR/<ecg_id>_<layout>.png`;
with `--lost`, `DIR/<ecg_id>_<layout>_<lead>_….png` of records without some of their chest leads. A page that is
there already is not drawn again.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.framework import data_folder, spread
from calipers.evals.measurement.ptbxl import as_ecg, recorded, signals
from calipers.leads import CHEST, INDEX, LEADS, Lead
from calipers.tools.render import Layout, render

LAYOUTS: Final[tuple[Layout, ...]] = ("3x4+1", "6x2", "12x1")
#: Shares of the layouts where each record is drawn once, and the sharpness of its page.
_SHARES: Final = (0.5, 0.25, 0.25)
_DPI: Final = (100, 150, 150, 200)


def draw_page(ecg: Ecg, layout: Layout, dpi: int = 150) -> bytes:
    """A record's page as PNG, without measurements: the words on it would give the answer away."""
    return render(ecg, layout=layout, dpi=dpi).data


def draw_pages(
    data: Path, out: Path, *, folds: tuple[int, ...], layout: Layout | None, n: int | None, lost: bool = False
) -> int:
    """Draw the records of these folds; in one layout, or each in one by chance and in varied sharpness.

    Args:
        data: the project's data folder.
        out: where the pages go.
        folds: PTB-XL's.
        layout: of all pages; None for one by chance.
        n: at most this many records, evenly spread.
        lost: without one to four chest leads by chance.

    Returns:
        How many pages were drawn.
    """
    rows = {row.ecg_id: row for row in spread([row for row in recorded(data) if row.fold in folds], n)}
    out.mkdir(parents=True, exist_ok=True)
    drawn = 0
    for ecg_id, uv in signals(data, set(rows)):
        chance = np.random.default_rng(ecg_id)
        chosen = layout or LAYOUTS[int(chance.choice(len(LAYOUTS), p=_SHARES))]
        dpi = 150 if layout else int(chance.choice(_DPI))
        ecg, gone = as_ecg(rows[ecg_id], uv), _some_chest_leads(chance) if lost else ()
        path = out / ("_".join((str(ecg_id), chosen, *gone)) + ".png")
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_bytes(draw_page(_without(ecg, gone), chosen, dpi))
            part.replace(path)
            drawn += 1
    return drawn


def _some_chest_leads(chance: np.random.Generator) -> tuple[Lead, ...]:
    return tuple(CHEST[place] for place in sorted(chance.choice(len(CHEST), int(chance.integers(1, 5)), replace=False)))


def _without(ecg: Ecg, lost: tuple[Lead, ...]) -> Ecg:
    kept = [lead for lead in LEADS if lead not in lost]
    return Ecg.from_array(ecg.signal_mv[[INDEX[lead] for lead in kept]], ecg.fs_hz, kept)


def main() -> None:
    """Draw pages from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folds", type=int, nargs="+", default=[1, 2, 3, 4, 5, 6, 7])
    parser.add_argument("--layout", choices=LAYOUTS, help="by default each record in one layout by chance")
    parser.add_argument("--n", type=int, help="at most this many records, evenly spread")
    parser.add_argument("--lost", action="store_true", help="without some of the chest leads")
    given = parser.parse_args()
    folds = tuple(given.folds)
    drawn = draw_pages(data_folder(), given.out, folds=folds, layout=given.layout, n=given.n, lost=given.lost)
    print(f"{drawn} pages drawn in {given.out}")


if __name__ == "__main__":
    main()
