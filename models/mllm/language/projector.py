"""From what an encoder sees to tokens that the language model reads before the words.

Choices: one projector serves the signal encoder and the image encoder, whose sequences have one width (GEM's
shared projector); a few learnt queries look over all that is there, so a signal, an image or both give the same
number of tokens, and a single premature beat can fill one. The file names the codes that were taught.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from calipers.errors import MissingPart

#: Width of SmolLM2-135M.
LANGUAGE_WIDTH: Final = 576
#: Root mean square of its words' embeddings: ECG tokens begin at the size of words.
WORD_SIZE: Final = 0.13


class EcgProjector(nn.Module):
    """Encoder sequences to `tokens` embeddings of the language model.

    Args:
        width: of the encoders' sequences.
        tokens: how many the language model reads.
        language_width: of its embeddings.
    """

    def __init__(self, width: int, tokens: int = 8, language_width: int = LANGUAGE_WIDTH) -> None:
        super().__init__()
        self.width, self.tokens = width, tokens
        self.norm = nn.LayerNorm(width)
        self.queries = nn.Parameter(torch.randn(tokens, width) / width**0.5)
        self.keys = nn.Linear(width, width, bias=False)
        words = nn.LayerNorm(language_width)
        nn.init.constant_(words.weight, WORD_SIZE)
        self.layers = nn.Sequential(
            nn.Linear(2 * width, language_width), nn.GELU(), nn.Linear(language_width, language_width), words
        )

    def forward(self, *sequences: Tensor) -> Tensor:
        """Each (b, t, width), t as it comes -> (b, tokens, language width)."""
        x = self.norm(torch.cat(sequences, dim=1))  # (b, t, width)
        share = torch.einsum("kd,btd->bkt", self.queries, self.keys(x)).softmax(dim=-1)
        looked_at = share @ x  # (b, tokens, width)
        whole = x.mean(dim=1, keepdim=True).expand_as(looked_at)
        projected: Tensor = self.layers(torch.cat([looked_at, whole], dim=-1))
        return projected


class Sight(NamedTuple):
    """A trained projector and the SCP codes that the language model was taught to write from its tokens."""

    projector: EcgProjector
    codes: tuple[str, ...]


def save_sight(sight: Sight, path: Path) -> None:
    """Write projector and codes as safetensors, at once or not at all."""
    partial = path.with_suffix(".partial")
    shape = {"width": sight.projector.width, "tokens": sight.projector.tokens, "codes": sight.codes}
    weights = {
        name: value.detach().to(torch.float16).contiguous() for name, value in sight.projector.state_dict().items()
    }
    save_file(weights, partial, {"sight": json.dumps(shape)})
    partial.replace(path)


def load_sight(path: Path) -> Sight:
    """Read what `save_sight` wrote.

    Raises:
        MissingPart: the file is not there, or is no projector.
    """
    if not path.is_file():
        raise MissingPart(f"found no {path.name}; needed: an installation with the trained projector")
    with safe_open(path, framework="pt") as stored:
        shape = json.loads((stored.metadata() or {}).get("sight", "{}"))
        if not shape:
            raise MissingPart(f"found no shape in {path.name}; needed a file that `save_sight` wrote")
        weights = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118
    projector = EcgProjector(shape["width"], shape["tokens"], weights["layers.2.weight"].shape[0])
    projector.load_state_dict(weights)
    return Sight(projector.eval().requires_grad_(False), tuple(shape["codes"]))
