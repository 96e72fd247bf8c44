"""Train the aligner: `python -m calipers.models.generator.words_training --corpus C --texts T.jsonl --out DIR`.

Each line of T names a record and holds one of its texts with the embedding that the beat flow was trained with
(`tools.generate.embed_corpus --lines`). The flow and the language model are frozen; the aligner is trained by the
flow's own loss on the record's beat, told nothing but the words, and to lie near the text's embedding.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from calipers.models.generator.beat_training import Batch, beat_set, flow_loss
from calipers.models.generator.conditions import TEXT
from calipers.models.generator.generator import Generator
from calipers.models.generator.marked import read_marked
from calipers.models.generator.words import FILE, Aligner, padded, reader

_BATCH: Final = 16
_NEAR: Final = 0.5


def main() -> None:
    """Command line of this stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=600, help="texts that are read")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rate", type=float, default=1e-3)
    train(parser.parse_args())


def train(chosen: argparse.Namespace) -> None:
    """Read the texts once, then train on their hidden states; a log line every twenty steps."""
    from safetensors.torch import save_file

    made_by = Generator()
    flow = made_by.beat.requires_grad_(False)
    records = {one.id: one for one in read_marked(chosen.corpus.with_suffix(".jsonl"))}
    data = beat_set(chosen.corpus, records, made_by.space, {})
    with np.load(chosen.corpus) as stored:
        rows = {key: row for row, key in enumerate(stored["example_id"]) if not stored["example_ectopic"][row]}
    lines = [json.loads(line) for line in chosen.texts.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line["id"] in rows][: chosen.most]
    words = reader()
    hidden = _cached(chosen.out / "hidden.pt", [line["text"] for line in lines], words.hidden)
    near = torch.tensor([line["vector"] for line in lines])
    elements, known = made_by.codec.latents.encode(data.chosen(np.array([rows[line["id"]] for line in lines])))
    aligner = Aligner(words.model.config.hidden_size)
    optimiser = torch.optim.AdamW(aligner.parameters(), lr=chosen.rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, chosen.steps)
    told_at, rng, began = made_by.space.text, np.random.default_rng(1), time.monotonic()
    held = len(lines) // 10  # the last tenth is not trained on
    for step in range(1, chosen.steps + 1):
        some = rng.choice(len(lines) - held, _BATCH, replace=False)
        mapped = aligner(words.model, *padded([hidden[k] for k in some]))
        told = torch.zeros(_BATCH, made_by.space.length)
        told = torch.cat(
            [told[:, :told_at], mapped * TEXT**0.5 * 0.5, torch.ones(_BATCH, 1), told[:, told_at + TEXT + 1 :]], dim=1
        )
        batch = Batch(torch.from_numpy(elements[some]), torch.from_numpy(known[some].astype(np.float32)), told)
        t = torch.from_numpy(1.0 / (1.0 + np.exp(-rng.normal(0.0, 1.0, _BATCH)))).float()
        noise = torch.from_numpy(rng.standard_normal(batch.elements.shape, dtype=np.float32))
        by_flow = flow_loss(flow, batch, t, noise)
        away = 1.0 - nn.functional.cosine_similarity(mapped, near[some]).mean()
        optimiser.zero_grad()
        torch.autograd.backward(by_flow + _NEAR * away)
        optimiser.step()
        schedule.step()
        if step % 20 == 0 or step == chosen.steps:
            with torch.no_grad():
                last = range(len(lines) - held, len(lines))
                unseen = aligner(words.model, *padded([hidden[k] for k in last])) if held else mapped
                likeness = float(
                    nn.functional.cosine_similarity(unseen, near[list(last)] if held else near[some]).mean()
                )
            line = {
                "step": step,
                "flow": round(float(by_flow), 4),
                "cosine": round(1 - float(away), 4),
                "held": round(likeness, 4),
            }
            with (chosen.out / "aligner_train_log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(line | {"seconds": round(time.monotonic() - began)}) + "\n")
            save_file(
                {name: value.half().contiguous() for name, value in aligner.state_dict().items()}, chosen.out / FILE
            )


def _cached(path: Path, texts: list[str], read: Callable[[str], torch.Tensor]) -> list[torch.Tensor]:
    """Hidden states of the texts, kept in a file as they come."""
    found: list[torch.Tensor] = torch.load(path, weights_only=True) if path.is_file() else []
    while len(found) < len(texts):
        found.append(read(texts[len(found)]).half())
        if len(found) % 50 == 0 or len(found) == len(texts):
            torch.save(found, path)
    return [one.float() for one in found[: len(texts)]]


if __name__ == "__main__":
    main()
