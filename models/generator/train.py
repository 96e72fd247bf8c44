"""Train the two flows; each stage is one command, resumable, and writes its log.

    python -m calipers.models.generator.train spaces  --corpus C.npz --out DIR
    python -m calipers.models.generator.train beat    --corpus C.npz --texts T.npz --out DIR --steps 20000
    python -m calipers.models.generator.train texture --corpus C.npz --out DIR --steps 20000
    python -m calipers.models.generator.train leads   --corpus C.npz --out DIR --steps 3000 --check

`spaces` fits the linear components and the list of statements. `--check` keeps fold 8 out and judges on it.
A run that is started again goes on from its last checkpoint in DIR.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from calipers.models.generator import beat_training, gaussians, texture_training
from calipers.models.generator.beat_training import Batch, beat_set, flow_loss
from calipers.models.generator.conditions import ConditionSpace
from calipers.models.generator.latents import LENGTH, LatentSpace, Parts
from calipers.models.generator.leads_network import LeadNetwork, LeadNetworkConfig
from calipers.models.generator.leads_training import LeadBatch, lead_batch, lead_loss, recordings
from calipers.models.generator.marked import Marked, read_marked
from calipers.models.generator.networks import BeatFlow, BeatFlowConfig, TextureFlow, TextureFlowConfig
from calipers.models.generator.rhythms import fit as fit_rhythms
from calipers.models.generator.texture import TOKEN, TextureSpace
from calipers.models.generator.texture_training import (
    CONDITIONS,
    DRAWN,
    DrawnSpace,
    Stretches,
    texture_loss,
    texture_set,
)

#: A statement is told to the beat flow when at least this many training records have it.
FEWEST: Final = 6
SAVE_EVERY_S: Final = 120.0
_CHECK_FOLD: Final = 8
_DECAY: Final = 0.999


def fit_spaces(chosen: argparse.Namespace, records: dict[str, Marked]) -> None:
    """Fit the linear components on every training record, and choose the statements."""
    with np.load(chosen.corpus) as stored:
        parts = Parts(*(stored[f"parts.{name}"].astype(np.float64) for name in Parts._fields))
        spikes = stored["spikes"]
    LatentSpace.fitted(parts, spikes).save(chosen.out / "latents.npz")
    texture, drawn, noise = texture_training.fitted_spaces(chosen.corpus)
    texture.save(chosen.out / "texture.npz")
    noise.save(chosen.out / "noise.npz")
    np.savez(chosen.out / "drawn.npz", basis=drawn.basis.astype(np.float32), scale=drawn.scale.astype(np.float32))
    counts = Counter(name for one in records.values() for name in set(one.statements))
    real = Counter(name for one in records.values() if not one.simulated for name in set(one.statements))
    rhythms = fit_rhythms([(one.marks, frozenset(one.statements)) for one in records.values() if not one.simulated])
    (chosen.out / "rhythms.json").write_text(json.dumps(rhythms, indent=1) + "\n", encoding="utf-8")
    known = sorted(name for name, count in counts.items() if count >= FEWEST)
    told = {name: {"records": real[name], "simulated": counts[name] - real[name]} for name in known}
    (chosen.out / "statements.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def train_beat(chosen: argparse.Namespace, records: dict[str, Marked]) -> None:
    """Train the beat flow."""
    latents = LatentSpace.load(chosen.out / "latents.npz")
    space = ConditionSpace(json.loads((chosen.out / "statements.json").read_text(encoding="utf-8")))
    with np.load(chosen.texts) as stored:
        texts = {str(key): vectors for key, vectors in zip(stored["id"], stored["vectors"], strict=True)}
    data = beat_set(chosen.corpus, records, space, texts)
    network = BeatFlow(BeatFlowConfig(LENGTH, space.length))
    train = np.flatnonzero((data.fold != _CHECK_FOLD) | (not chosen.check))
    share = data.weight[train] / data.weight[train].sum()
    check = np.flatnonzero(data.fold == _CHECK_FOLD)
    gaussians.fit_beat(network, data, train, share, latents, space)

    def loss(model: nn.Module, rng: np.random.Generator, *, judged: bool) -> Tensor:
        assert isinstance(model, BeatFlow)
        rows = check if judged else rng.choice(train, size=chosen.batch, p=share)
        batch = beat_training.batch_of(data, rows, latents, space, rng, vary=not judged)
        return flow_loss(model, _on(batch, chosen.device), *_start(batch.elements, rng, chosen.device))

    _train(chosen, "beat", network, asdict(network.config), loss)


def train_texture(chosen: argparse.Namespace, records: dict[str, Marked]) -> None:
    """Train the texture flow."""
    with np.load(chosen.out / "drawn.npz") as stored:
        drawn = DrawnSpace(stored["basis"].astype(np.float64), stored["scale"].astype(np.float64))
    data = texture_set(chosen.corpus, records, TextureSpace.load(chosen.out / "texture.npz"), drawn)
    network = TextureFlow(TextureFlowConfig(TOKEN, DRAWN + 1, CONDITIONS))
    train = np.flatnonzero((data.fold != _CHECK_FOLD) | (not chosen.check))
    check = np.flatnonzero(data.fold == _CHECK_FOLD)
    gaussians.fit_texture(network, data, train)

    def loss(model: nn.Module, rng: np.random.Generator, *, judged: bool) -> Tensor:
        assert isinstance(model, TextureFlow)
        rows = check[:64] if judged else rng.choice(train, size=chosen.batch)
        batch = texture_training.stretches(data, rows, rng)
        return texture_loss(model, _on(batch, chosen.device), *_start(batch.tokens, rng, chosen.device))

    _train(chosen, "texture", network, asdict(network.config), loss)


def train_leads(chosen: argparse.Namespace, records: dict[str, Marked]) -> None:
    """Train the network that infers leads from others."""
    data = recordings(chosen.corpus, records)
    network = LeadNetwork(LeadNetworkConfig())
    train = np.flatnonzero((data.fold != _CHECK_FOLD) | (not chosen.check))
    check = np.flatnonzero(data.fold == _CHECK_FOLD)

    def loss(model: nn.Module, rng: np.random.Generator, *, judged: bool) -> Tensor:
        assert isinstance(model, LeadNetwork)
        rows = check[:128] if judged else rng.choice(train, size=chosen.batch)
        return lead_loss(model, _on(lead_batch(data, rows, rng, vary=not judged), chosen.device))

    _train(chosen, "leads", network, asdict(network.config), loss)


_Tensors = TypeVar("_Tensors", Batch, Stretches, LeadBatch)


def _on(batch: _Tensors, device: str) -> _Tensors:
    return type(batch)(*(one.to(device) for one in batch))


def _start(target: Tensor, rng: np.random.Generator, device: str) -> tuple[Tensor, Tensor]:
    """Times between noise and signal, more of them in the middle, and the noise."""
    t = torch.from_numpy(1.0 / (1.0 + np.exp(-rng.normal(0.0, 1.0, len(target))))).float()
    return t.to(device), torch.from_numpy(rng.standard_normal(tuple(target.shape), dtype=np.float32)).to(device)


def _train(
    chosen: argparse.Namespace,
    name: str,
    network: nn.Module,
    config: dict[str, object],
    loss: Callable[..., Tensor],
) -> None:
    """AdamW on a cosine, an average of the weights kept, checkpoints every two minutes."""
    device = torch.device(chosen.device)
    network.to(device)
    average = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=chosen.rate, weight_decay=0.01)
    file, log = chosen.out / f"{name}.pt", chosen.out / f"{name}_train_log.jsonl"
    step = 0
    if file.is_file():
        held = torch.load(file, map_location=device, weights_only=True)
        network.load_state_dict(held["network"])
        average.load_state_dict(held["average"])
        optimiser.load_state_dict(held["optimiser"])
        step = held["step"]
    began = saved = time.monotonic()
    running: list[float] = []
    while step < chosen.steps:
        rng = np.random.default_rng([chosen.seed, step])
        torch.manual_seed(step)
        warm = min(1.0, (step + 1) / 200)
        for group in optimiser.param_groups:
            group["lr"] = chosen.rate * warm * 0.5 * (1.0 + math.cos(math.pi * step / chosen.steps))
        found = loss(network.train(), rng, judged=False)
        optimiser.zero_grad()
        torch.autograd.backward(found)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            keep = min(_DECAY, (1 + step) / (10 + step))
            for kept, fresh in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(fresh, 1.0 - keep)
        running.append(float(found.detach()))
        step += 1
        if time.monotonic() - saved > SAVE_EVERY_S or step == chosen.steps:
            with torch.no_grad():
                judged = float(np.mean([float(loss(average, np.random.default_rng(k), judged=True)) for k in range(4)]))
            state = {"network": network.state_dict(), "average": average.state_dict(), "step": step}
            torch.save({**state, "optimiser": optimiser.state_dict(), "config": config}, file.with_suffix(".new"))
            file.with_suffix(".new").replace(file)
            line = {"step": step, "loss": round(float(np.mean(running)), 4), "fold_8": round(judged, 4)}
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({**line, "seconds": round(time.monotonic() - began)}) + "\n")
            saved, running = time.monotonic(), []


def main() -> None:
    """Command line of the stages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("spaces", "beat", "texture", "leads"))
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--check", action="store_true", help="keep fold 8 out of the training")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    records = {one.id: one for one in read_marked(chosen.corpus.with_suffix(".jsonl"))}
    {"spaces": fit_spaces, "beat": train_beat, "texture": train_texture, "leads": train_leads}[chosen.stage](
        chosen, records
    )


if __name__ == "__main__":
    main()
