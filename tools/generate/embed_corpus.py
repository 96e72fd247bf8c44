"""Texts of the training records as embeddings: `python -m calipers.tools.generate.embed_corpus CORPUS.jsonl OUT.npz --data D`.

Each record has its report as PTB-XL prints it (mostly German) and two English lines made of its statements.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Final

import numpy as np

from calipers.knowledge import statements
from calipers.knowledge.store.embedding import embedder
from calipers.models.generator.marked import Marked, read_marked

_MOST: Final = 5
_PLAIN: Final = frozenset({"SR", "NORM"})


def spoken(record: Marked, names: dict[str, str], rng: np.random.Generator) -> str:
    """Some of a record's statements and the patient, as one line."""
    known = [names[key] for key in record.statements if key in names]
    chosen = [known[place] for place in rng.permutation(len(known))[: rng.integers(1, _MOST + 1)]]
    if record.age is not None and record.sex is not None and rng.random() < 0.5:
        chosen.append(f"{record.age:.0f}-year-old {'woman' if record.sex == 'female' else 'man'}")
    return ", ".join(dict.fromkeys(chosen))


def main() -> None:
    """Command line of this stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    chosen = parser.parse_args()
    with (chosen.data / "ptbxl" / "scp_statements.csv").open(newline="") as table:
        reader = csv.reader(table)
        next(reader)
        names = {row[0]: row[1] for row in reader}
    names |= {key: row.label for key, row in statements().items()}
    embed, rng = embedder(), np.random.default_rng(1)
    records = list(read_marked(chosen.corpus))
    texts = [[spoken(one, names, rng), spoken(one, names, rng), *([one.text] if one.text else [])] for one in records]
    once = {text: place for place, text in enumerate(dict.fromkeys(text for row in texts for text in row))}
    vectors = embed(list(once))
    out = np.stack([vectors[[once[text] for text in (row * 3)[:3]]] for row in texts]).astype(np.float16)
    np.savez(chosen.out, id=np.array([one.id for one in records]), vectors=out)


if __name__ == "__main__":
    main()
