"""A request's words as the language model reads them, mapped into what the beat flow is told (UniECG's second stage).

Choices (after UniECG, arXiv 2509.18588): the language model stays frozen, adapter and all; a few learnt `<ecg_gen>`
tokens follow the words and go through its last blocks, where they attend to the words' hidden states; a small network
maps their last hidden states to the vector that a text's embedding would be. Entering late, they are trained without
passing through the other blocks, whose outputs are computed once a text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from calipers.errors import MissingPart
from calipers.models.generator.codec import WEIGHTS
from calipers.models.generator.conditions import TEXT

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

#: How many `<ecg_gen>` tokens there are, and how many of the language model's blocks they go through.
TOKENS: Final = 4
BLOCKS: Final = 2
#: Words beyond these are not read.
MOST_WORDS: Final = 64
FILE: Final = "aligner.safetensors"

Float32 = NDArray[np.float32]


class Aligner(nn.Module):
    """The `<ecg_gen>` tokens and the network after them; the language model's last blocks are given, not owned."""

    def __init__(self, width: int, hidden: int = 256) -> None:
        super().__init__()
        self.tokens = nn.Parameter(0.1 * torch.randn(TOKENS, width))
        self.norm = nn.LayerNorm(TOKENS * width)
        self.net = nn.Sequential(nn.Linear(TOKENS * width, hidden), nn.GELU(), nn.Linear(hidden, TEXT))

    def forward(self, model: LlamaForCausalLM, hidden: Tensor, lengths: Tensor) -> Tensor:
        """(b, n, width) hidden states before the last blocks and (b,) how many are words → (b, TEXT), of length one."""
        count, longest, _ = hidden.shape
        place = torch.arange(longest + TOKENS)
        # The tokens stand right behind each text's own words; what is between is not looked at.
        words = place[None] < lengths[:, None]
        behind = (place >= longest)[None].expand(count, -1)
        positions = torch.where(behind, lengths[:, None] + place[None] - longest, place[None])
        seen = (words | behind)[:, None, :] & (positions[:, None, :] <= positions[:, :, None])
        mask = torch.zeros(count, 1, len(place), len(place)).masked_fill(~seen[:, None], torch.finfo(torch.float32).min)
        h = torch.cat([hidden, self.tokens[None].expand(count, -1, -1)], dim=1)
        base = model.model
        turn = base.rotary_emb(h, positions)
        for block in base.layers[-BLOCKS:]:
            out = block(h, attention_mask=mask, position_ids=positions, position_embeddings=turn)
            h = out[0] if isinstance(out, tuple) else out
        last = base.norm(h[:, longest:]).flatten(1)
        return nn.functional.normalize(self.net(self.norm(last)), dim=1)


class Reader:
    """The frozen language model, up to its last blocks."""

    def __init__(self, model: LlamaForCausalLM, tokenizer: Any) -> None:
        self.model, self._tokenizer = model.float().eval().requires_grad_(False), tokenizer

    @torch.no_grad()
    def hidden(self, text: str) -> Tensor:
        """(n, width) hidden states of a text before the last blocks."""
        ids = self._tokenizer.encode(f"<|im_start|>user\n{text}", add_special_tokens=False).ids[:MOST_WORDS]
        found = self.model.model(torch.tensor([ids]), output_hidden_states=True, use_cache=False).hidden_states
        states: Tensor = found[len(self.model.model.layers) - BLOCKS][0]
        return states


def padded(texts: list[Tensor]) -> tuple[Tensor, Tensor]:
    """(b, longest, width) and (b,) from hidden states of several lengths."""
    return nn.utils.rnn.pad_sequence(texts, batch_first=True), torch.tensor([len(one) for one in texts])


class WordEmbedder:
    """Turns a request's words into the beat flow's text condition through the language model.

    Raises:
        MissingPart: the language model or the aligner's weights are not there.
    """

    def __init__(self, folder: Path = WEIGHTS) -> None:
        from safetensors.torch import load_file

        if not (folder / FILE).is_file():
            raise MissingPart(
                f"found no `{FILE}` in `{folder}`; needed the aligner's weights, see the generator's card"
            )
        self._reader = reader()
        weights = {name: value.float() for name, value in load_file(folder / FILE).items()}
        self._aligner = Aligner(weights["tokens"].shape[1], weights["net.0.weight"].shape[0]).eval()
        self._aligner.load_state_dict(weights)

    @torch.no_grad()
    def __call__(self, text: str) -> Float32:
        """(TEXT,) of length one."""
        hidden, lengths = padded([self._reader.hidden(text)])
        out: Float32 = self._aligner(self._reader.model, hidden, lengths)[0].numpy()
        return out


def reader() -> Reader:
    """The fetched base with the committed adapter.

    Raises:
        MissingPart: the base was not fetched.
    """
    from importlib.resources import files

    from calipers.models.mllm.language import lora
    from calipers.models.mllm.language.base import load_base, load_tokenizer

    model = load_base()
    lora.merge(model, Path(str(files("calipers.models"))) / "weights" / "language_adapter.safetensors")
    return Reader(model, load_tokenizer())
