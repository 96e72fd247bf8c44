"""A generator with components of simulated records and networks that were never trained."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from calipers.models.generator.conditions import ConditionSpace
from calipers.models.generator.corpus import examples, stacked
from calipers.models.generator.latents import LENGTH, LatentSpace
from calipers.models.generator.leads_network import LeadNetwork, LeadNetworkConfig
from calipers.models.generator.marked import Marked
from calipers.models.generator.marks import Floats
from calipers.models.generator.networks import BeatFlow, BeatFlowConfig, TextureFlow, TextureFlowConfig
from calipers.models.generator.noise import NoiseSpace
from calipers.models.generator.simulated import taken
from calipers.models.generator.texture import TOKEN, TextureSpace, in_patches, split
from calipers.models.generator.texture_training import CONDITIONS, DRAWN, DrawnSpace
from calipers.models.simulator import Specification, simulate

RHYTHMS = {
    "sinus": [0.01, 0.03, 0.05],
    "fibrillation": [0.6, 0.85, 1.0, 1.15, 1.5],
    "pvc": [0.55, 0.65],
    "pac": [0.65, 0.75],
}


def simulated(rhythm: str, seed: int) -> tuple[Marked, Floats]:
    """A simulated record with its true marks."""
    return taken(simulate(Specification(rhythm, noise="light"), seed), seed, ())  # type: ignore[arg-type]


def write_untrained(folder: Path) -> None:
    """Everything that `Generator` reads, from about twenty simulated records."""
    rhythms = ("sinus", "sinus", "atrial_fibrillation", "flutter_4_1", "paced_ventricular")
    records = [simulated(rhythm, seed) for seed, rhythm in enumerate(rhythms * 5)]
    taken_apart = [examples(record, eight) for record, eight in records]
    spikes = [anatomy.spike for _, anatomy, _ in taken_apart if anatomy.spike is not None]
    LatentSpace.fitted(stacked([one for found, _, _ in taken_apart for one in found]), np.stack(spikes)).save(
        folder / "latents.npz"
    )
    NoiseSpace.fitted([left for _, _, left in taken_apart], [one.marks.qrs_on for _, one, _ in taken_apart]).save(
        folder / "noise.npz"
    )
    fine = []
    for _, anatomy, left in taken_apart:
        _, rest, levels, _ = split(left, anatomy.marks.qrs_on)
        fine.append(in_patches(rest / levels[8:, None]))
    TextureSpace.fitted(np.concatenate(fine)).save(folder / "texture.npz")
    drawn = DrawnSpace.fitted(np.concatenate([in_patches(eight) for _, eight in records]))
    np.savez(folder / "drawn.npz", basis=drawn.basis, scale=drawn.scale)
    known = {"AFIB": {"records": 5, "simulated": 0}, "SR": {"records": 10, "simulated": 0}}
    (folder / "statements.json").write_text(json.dumps(known))
    (folder / "rhythms.json").write_text(json.dumps(RHYTHMS))
    torch.manual_seed(1)
    beat = BeatFlow(BeatFlowConfig(LENGTH, ConditionSpace(known).length, width=32, depth=1, told=16))
    texture = TextureFlow(TextureFlowConfig(TOKEN, DRAWN + 1, CONDITIONS, width=16, dilations=(1,), told=16))
    leads = LeadNetwork(LeadNetworkConfig(width=16, dilations=(1, 2)))
    for network, name in ((beat, "beat"), (texture, "texture"), (leads, "leads")):
        save_file(
            {key: value.contiguous() for key, value in network.state_dict().items()}, folder / f"{name}.safetensors"
        )
    manifest = {"beat": asdict(beat.config), "texture": asdict(texture.config), "leads": asdict(leads.config)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
