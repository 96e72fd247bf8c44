"""A blind look: real and synthetic pages in random order, without the mark, and a key to them in a file of its own.

python -m calipers.evals.generator.blind --data ../shared/data --out DIR
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from calipers.evals.framework import Options
from calipers.evals.generator.pages import contact_sheet, tile
from calipers.evals.generator.sets import ours, real

_A_SHEET: Final = 8


def main() -> None:
    """Write `blind-1.png` … and `key.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--n", type=int, default=20, help="of each")
    parser.add_argument("--fold", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    options = Options(data=chosen.data, workers=1)
    rows, held = real(options, (chosen.fold,), 2 * chosen.n)
    pages = [("real", row.ecg_id, ecg) for row, ecg in zip(rows[::2], held[::2], strict=True)]
    # Other patients' labels, so that no two pages are a pair.
    pages += [("synthetic", row.ecg_id, ecg) for row, ecg in zip(rows[1::2], ours(rows[1::2], options), strict=True)]
    order = np.random.default_rng(chosen.seed).permutation(len(pages))
    chosen.out.mkdir(parents=True, exist_ok=True)
    tiles = [
        tile(replace(pages[place][2], synthetic=False), f"page {number}")
        for number, place in enumerate(order, start=1)
    ]  # fmt: skip
    for sheet, first in enumerate(range(0, len(tiles), _A_SHEET), start=1):
        contact_sheet(tiles[first : first + _A_SHEET], columns=2).save(chosen.out / f"blind-{sheet}.png")
    key = {f"page {number}": pages[place][:2] for number, place in enumerate(order, start=1)}
    (chosen.out / "key.json").write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
