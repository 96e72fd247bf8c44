"""Draw ECGs from noise: beats by one flow, the recording's texture by the other, laid down at a rhythm's times.

Same seed, same weights: same ECG. Every number of noise comes from NumPy, so a batch draws what single draws would.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.models.generator.codec import WEIGHTS, Codec
from calipers.models.generator.conditions import Condition, ConditionSpace
from calipers.models.generator.latents import LENGTH, WHERE, Float32
from calipers.models.generator.leads_network import STEP, LeadNetwork, LeadNetworkConfig
from calipers.models.generator.marks import Floats
from calipers.models.generator.networks import BeatFlow, BeatFlowConfig, TextureFlow, TextureFlowConfig
from calipers.models.generator.noise import NoiseSpace
from calipers.models.generator.qualities import constraint
from calipers.models.generator.texture import PATCH, TOKEN, Texture
from calipers.models.generator.texture_training import DrawnSpace, whole_conditions

BEAT_STEPS: Final = 12
TEXTURE_STEPS: Final = 6
#: How much further the velocity goes the way that what is told points (classifier-free guidance).
GUIDANCE: Final = 1.6
#: The noise that the finest components of the QRS start from, as a share: an early network leaves them ragged.
_FINE: Final = slice(WHERE["qrs"].start + 16, WHERE["qrs"].stop)
_FINE_SHARE: Final = 0.8
#: From this time on the estimate of the finished beat is moved to where the linear conditions hold.
_STEERED_FROM: Final = 0.15
_RIDGE: Final = 1e-4
NETWORKS: Final = ("beat", "texture", "leads")
FILES: Final = (
    *(f"{name}.safetensors" for name in NETWORKS),
    "latents.npz",
    "texture.npz",
    "drawn.npz",
    "noise.npz",
    "statements.json",
    "rhythms.json",
)


class Linear(NamedTuple):
    """Conditions on the finished vector: `rows @ elements = wanted`, each with the variance it may miss by."""

    rows: Floats
    wanted: Floats
    variance: Floats


@dataclass(frozen=True)
class BeatOrder:
    """One beat to be drawn.

    Attributes:
        condition: what the flow is told; or that as the vector it becomes.
        known: (LENGTH,) elements that the ECG is to have.
        qualities: name → value (`qualities.NAMES`, axes in degrees) to which the drawing is steered.
        linear: further linear conditions, such as leads that are given.
        seed: of the noise.
    """

    condition: Condition | Float32
    known: NDArray[np.bool_]
    qualities: dict[str, float]
    seed: int
    linear: Linear | None = None


class Generator:
    """The two flows, the network that infers leads, and the codec, loaded."""

    def __init__(self, folder: Path = WEIGHTS, device: str = "cpu") -> None:
        from safetensors.torch import load_file

        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise MissingPart(f"found no `{missing[0]}` in `{folder}`; needed the generator's weights, see its CARD.md")
        self.device = torch.device(device)
        self.codec = Codec.load(folder)
        self.statements: dict[str, dict[str, int]] = json.loads(
            (folder / "statements.json").read_text(encoding="utf-8")
        )
        self.space = ConditionSpace(self.statements)
        with np.load(folder / "drawn.npz") as stored:
            self.drawn = DrawnSpace(stored["basis"].astype(np.float64), stored["scale"].astype(np.float64))
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.noise = NoiseSpace.load(folder / "noise.npz")
        beat, texture, leads = (manifest[name] for name in NETWORKS)
        for config in (texture, leads):
            config["dilations"] = tuple(config["dilations"])
        self.beat = BeatFlow(BeatFlowConfig(**beat)).eval().to(self.device)
        self.texture = TextureFlow(TextureFlowConfig(**texture)).eval().to(self.device)
        self.leads = LeadNetwork(LeadNetworkConfig(**leads)).eval().to(self.device)
        for network, name in zip((self.beat, self.texture, self.leads), FILES, strict=False):
            network.load_state_dict({key: value.float() for key, value in load_file(folder / name).items()})

    @torch.inference_mode()
    def draw_beats(self, orders: Sequence[BeatOrder], steps: int = BEAT_STEPS) -> Float32:
        """(orders, LENGTH) elements."""
        told = torch.from_numpy(np.stack([self._told(one.condition) for one in orders])).to(self.device)
        untold = torch.zeros_like(told)
        untold[:, self.space.ectopic] = told[:, self.space.ectopic]
        known = torch.from_numpy(np.stack([one.known for one in orders]).astype(np.float32)).to(self.device)
        noise = [np.random.default_rng([one.seed, 1]).standard_normal(LENGTH).astype(np.float32) for one in orders]
        x = torch.from_numpy(np.stack(noise)).to(self.device)
        x[:, _FINE] *= _FINE_SHARE
        times = np.linspace(0.0, 1.0, steps + 1)

        def velocity(at: torch.Tensor, t: float) -> torch.Tensor:
            when = torch.full((2 * len(orders),), t, device=self.device)
            both = self.beat(at.repeat(2, 1), when, torch.cat([told, untold]), known.repeat(2, 1))
            with_it, without = both.chunk(2)
            found: torch.Tensor = without + GUIDANCE * (with_it - without)
            return self._steered(found, at, t, orders)

        for t, later in itertools.pairwise(times):
            step = float(later - t)
            first = velocity(x, float(t))
            x_later = x + step * first
            # Heun's second look; the last step has no later time to look at.
            x = x_later if later == 1.0 else x + 0.5 * step * (first + velocity(x_later, float(later)))
        out: Float32 = np.where(known.cpu().numpy() > 0, x.cpu().numpy(), 0.0).astype(np.float32)
        return out

    def _told(self, condition: Condition | Float32) -> Float32:
        return self.space.vector(condition) if isinstance(condition, Condition) else condition

    def _steered(self, velocity: torch.Tensor, x: torch.Tensor, t: float, orders: Sequence[BeatOrder]) -> torch.Tensor:
        """The velocity to the nearest finished beat that has what is asked for."""
        if t < _STEERED_FROM or not any(one.qualities or one.linear for one in orders):
            return velocity
        finished = (x + (1.0 - t) * velocity).cpu().numpy()
        for row, order in enumerate(orders):
            finished[row] = self._moved(finished[row], order)
        return (torch.from_numpy(finished).to(self.device) - x) / (1.0 - t)

    def _moved(self, elements: Float32, order: BeatOrder) -> Float32:
        found = [constraint(name, value, elements, self.codec.latents) for name, value in order.qualities.items()]
        rows = [np.atleast_2d(one.rows) for one in found] + ([order.linear.rows] if order.linear else [])
        if not rows:
            return elements
        wanted = [np.atleast_1d(one.wanted) for one in found] + ([order.linear.wanted] if order.linear else [])
        variance = [np.full(len(one), _RIDGE) for one in wanted]
        if order.linear:
            variance[-1] = order.linear.variance
        a, b, spread = np.concatenate(rows) * order.known, np.concatenate(wanted), np.concatenate(variance)
        missing = b - a @ elements
        if len(a) > a.shape[1]:  # many conditions, such as whole leads: the same solution by the smaller matrix
            scaled = a.T / spread
            step = np.linalg.solve(scaled @ a + np.eye(a.shape[1]), scaled @ missing)
        else:
            step = a.T @ np.linalg.solve(a @ a.T + np.diag(spread), missing)
        moved: Float32 = (elements + step).astype(np.float32)
        return moved

    @torch.inference_mode()
    def draw_textures(
        self, drawn_mv: Floats, levels: Floats, kinds: Sequence[frozenset[str]], seeds: Sequence[int],
        steps: int = TEXTURE_STEPS,
    ) -> list[Texture]:  # fmt: skip
        """Textures for (b, 8, n) drawn shapes, with (b, 16) levels in mV; `kinds` as `texture_training.KINDS`."""
        tokens = drawn_mv.shape[2] // PATCH
        beside = torch.from_numpy(np.stack([self.drawn.told(one) for one in drawn_mv])).to(self.device)
        whole = np.stack([whole_conditions(level, kind) for level, kind in zip(levels, kinds, strict=True)])
        conditions = torch.from_numpy(whole).to(self.device)
        rngs = [np.random.default_rng([seed, 2]) for seed in seeds]
        noise = np.stack([rng.standard_normal((tokens, TOKEN), dtype=np.float32) for rng in rngs])
        x = torch.from_numpy(noise).to(self.device)
        times = np.linspace(0.0, 1.0, steps + 1)

        def velocity(at: torch.Tensor, t: float) -> torch.Tensor:
            found: torch.Tensor = self.texture(at, torch.full((len(at),), t, device=self.device), beside, conditions)
            return found

        for t, later in itertools.pairwise(times):
            step = float(later - t)
            first = velocity(x, float(t))
            x_later = x + step * first
            x = x_later if later == 1.0 else x + 0.5 * step * (first + velocity(x_later, float(later)))
        offsets = [0.3 * level[:8] * rng.standard_normal(8) for level, rng in zip(levels, rngs, strict=True)]
        return [
            Texture(one, level, offset) for one, level, offset in zip(x.cpu().numpy(), levels, offsets, strict=True)
        ]

    @torch.inference_mode()
    def infer_leads(self, twelve_mv: Floats, given: NDArray[np.bool_]) -> Floats:
        """(8, n) leads inferred from those of (12, n) that are given; millivolts above the level before each QRS."""
        n = twelve_mv.shape[1]
        padded = np.pad(np.where(given[:, None], twelve_mv, 0.0), ((0, 0), (0, -n % STEP))).astype(np.float32)
        which = torch.from_numpy(given.astype(np.float32))[None].to(self.device)
        found: Floats = self.leads(torch.from_numpy(padded)[None].to(self.device), which)[0, :, :n].cpu().numpy()
        return found.astype(np.float64)


@cache
def generator() -> Generator:
    """The shipped generator, loaded once.

    Raises:
        MissingPart: its weights are not there.
    """
    return Generator()


@cache
def weights_sha256() -> dict[str, str]:
    """The weights by file name, for provenance."""
    return {name: hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() for name in FILES}
