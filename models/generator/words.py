"""A request's words mapped into what the beat flow is told (UniECG's second stage), and the same from a sentence embedding.

Choices (after UniECG, arXiv 2509.18588): the language model stays frozen, adapter and all; a few learnt `<ecg_gen>`
tokens follow the words and go through its last blocks, where they attend to the words; a small network maps their last
hidden states to the denoiser's condition. Two things differ:
- The condition is the whole of it: statements, patient, intervals, axes and levels, each with whether it is told. The
  flow's slot for a text's embedding was trained on texts without a number, mostly beside the statements themselves, so
  that alone it says next to nothing.
- Words never attend to the tokens behind them, so a text's keys and values are computed once, and training passes
  through the tokens alone.
- The aligning network looks once more at the words' keys and values, from each token: a number is spelt in digits, and
  frozen attention passes on what is said more than how much.
The baseline maps the retrieval store's sentence embedding to the same condition, from the same pairs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from calipers.errors import MissingPart
from calipers.models.generator.codec import WEIGHTS
from calipers.models.generator.conditions import TEXT, ConditionSpace
from calipers.models.generator.qualities import NAMES

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

#: How many `<ecg_gen>` tokens there are, and how many of the language model's blocks they go through.
TOKENS: Final = 12
BLOCKS: Final = 2
#: Words beyond these are not read.
MOST_WORDS: Final = 64
BY_MODEL: Final = "aligner.safetensors"
BY_SENTENCE: Final = "sentence_aligner.safetensors"
_SAYS: Final = 0.5

Float32 = NDArray[np.float32]


class Asked(NamedTuple):
    """What words ask for, (b, …): logits of the statements and of what is told (age, sex, qualities); values of those."""

    statements: Tensor
    told: Tensor
    values: Tensor


class Head(nn.Module):
    """(b, width) → what is asked for."""

    def __init__(self, width: int, statements: int, hidden: int = 320) -> None:
        super().__init__()
        self.sizes = (statements, len(NAMES) + 2, len(NAMES) + 2)
        self.net = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Linear(hidden, sum(self.sizes)),
        )

    def forward(self, seen: Tensor) -> Asked:
        """What is asked for."""
        return Asked(*self.net(seen).split(self.sizes, dim=1))


class Read(NamedTuple):
    """Texts as the last blocks attend to them: keys, values (b, BLOCKS, heads, n, size), lengths (b,)."""

    keys: Tensor
    values: Tensor
    lengths: Tensor

    @classmethod
    def padded(cls, texts: list[Read]) -> Read:
        """Several texts of one row each as one batch, zeros behind the shorter ones."""
        longest = max(one.keys.shape[3] for one in texts)

        def filled(which: int) -> Tensor:
            rows = [nn.functional.pad(one[which], (0, 0, 0, longest - one[which].shape[3])) for one in texts]
            return torch.cat(rows).float()

        return cls(filled(0), filled(1), torch.cat([one.lengths for one in texts]))


class Second(nn.Module):
    """A second look of the tokens (b, TOKENS, each) at the words, neighbouring words seen together."""

    def __init__(self, kept: int, each: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.LayerNorm(kept), nn.Linear(kept, each))
        self.beside = nn.ModuleList(nn.Conv1d(each, each, 5, padding=2) for _ in range(2))
        self.look = nn.MultiheadAttention(each, 4, batch_first=True)

    def forward(self, tokens: Tensor, words: Read) -> Tensor:
        """(b, TOKENS, each)."""
        here = torch.arange(words.keys.shape[3])[None] < words.lengths[:, None]
        both = torch.cat([words.keys, words.values], dim=1)  # (b, 2 BLOCKS, heads, n, size)
        h = self.first(both.permute(0, 3, 1, 2, 4).flatten(2)) * here[:, :, None]
        for layer in self.beside:
            h = h + nn.functional.gelu(layer(h.transpose(1, 2)).transpose(1, 2)) * here[:, :, None]
        found: Tensor = self.look(tokens, h, h, key_padding_mask=~here, need_weights=False)[0]
        return found


class Aligner(nn.Module):
    """The `<ecg_gen>` tokens and the network after them; the language model's last blocks are given, not owned.

    Args:
        width: of the language model.
        kept: numbers of a word's keys and values.
        statements: that can be asked for.
        each: numbers of a token.
    """

    def __init__(self, width: int, kept: int, statements: int, each: int = 96) -> None:
        super().__init__()
        self.tokens = nn.Parameter(0.1 * torch.randn(TOKENS, width))
        self.narrow = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, each))
        self.second = Second(kept, each)
        self.head = Head(2 * TOKENS * each, statements)

    def forward(self, model: LlamaForCausalLM, words: Read) -> Asked:
        """What the words ask for."""
        count = len(words.lengths)
        h = self.tokens[None].expand(count, -1, -1)
        positions = words.lengths[:, None] + torch.arange(TOKENS)
        turn = model.model.rotary_emb(h, positions)
        seen = _seen(words)
        for place, block in enumerate(model.model.layers[-BLOCKS:]):
            h = h + _attended(block.self_attn, block.input_layernorm(h), words, place, turn, seen)
            h = h + block.mlp(block.post_attention_layernorm(h))
        first = self.narrow(model.model.norm(h))
        asked: Asked = self.head(torch.cat([first, self.second(first, words)], dim=2).flatten(1))
        return asked


def _seen(words: Read) -> Tensor:
    """(b, 1, TOKENS, n + TOKENS) whether a token looks there: at its own text's words, itself and those before it."""
    before = torch.arange(words.keys.shape[3])[None] < words.lengths[:, None]
    own = torch.ones(TOKENS, TOKENS).tril().bool()
    count = len(words.lengths)
    return torch.cat([before[:, None].expand(-1, TOKENS, -1), own[None].expand(count, -1, -1)], dim=2)[:, None]


def _attended(block: Any, h: Tensor, words: Read, place: int, turn: tuple[Tensor, Tensor], seen: Tensor) -> Tensor:
    """One block's attention of the tokens (b, TOKENS, width) over the words and themselves."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    split = (*h.shape[:2], -1, block.head_dim)
    query, key, value = (f(h).view(split).transpose(1, 2) for f in (block.q_proj, block.k_proj, block.v_proj))
    query, key = apply_rotary_pos_emb(query, key, *turn)
    key, value = torch.cat([words.keys[:, place], key], dim=2), torch.cat([words.values[:, place], value], dim=2)
    out = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, enable_gqa=True)
    attended: Tensor = block.o_proj(out.transpose(1, 2).flatten(2))
    return attended


class Reader:
    """The frozen language model and its tokenizer."""

    def __init__(self, model: LlamaForCausalLM, tokenizer: Any) -> None:
        self.model, self._tokenizer = model.float().eval().requires_grad_(False), tokenizer

    @torch.no_grad()
    def read(self, text: str) -> Read:
        """A text's keys and values in the last blocks."""
        ids = self._tokenizer.encode(f"<|im_start|>user\n{text}", add_special_tokens=False).ids[:MOST_WORDS]
        last = self.model.model(torch.tensor([ids]), use_cache=True).past_key_values.layers[-BLOCKS:]
        keys, values = (torch.stack([getattr(one, name) for one in last], dim=1) for name in ("keys", "values"))
        return Read(keys, values, torch.tensor([len(ids)]))


def condition_of(asked: Asked, space: ConditionSpace) -> Float32:
    """(space.length,) what the beat flow is told where this is asked for; asked in one row."""
    told, values = asked.told[0].sigmoid() > _SAYS, asked.values[0]
    out = torch.zeros(space.length)
    out[: space.told] = (asked.statements[0].sigmoid() > _SAYS).float()
    out[space.told] = 1.0
    for place in range(2):  # age, sex
        out[space.patient + 2 * place] = values[place] * told[place]
        out[space.patient + 2 * place + 1] = told[place]
    out[space.qualities : space.qualities + len(NAMES)] = (values[2:] * told[2:]).clamp(-5.0, 5.0)
    out[space.qualities + len(NAMES) :] = told[2:].float()
    condition: Float32 = out.numpy()
    return condition


class WordsByModel:
    """A request's words → the beat flow's condition, through the language model.

    Raises:
        MissingPart: the language model or the aligner's weights are not there.
    """

    def __init__(self, space: ConditionSpace, folder: Path = WEIGHTS) -> None:
        self._space = space
        weights = _weights(folder / BY_MODEL)
        self._reader = reader()
        width, kept = weights["tokens"].shape[1], weights["second.first.0.weight"].shape[0]
        self._aligner = Aligner(width, kept, space.told, weights["narrow.1.weight"].shape[0]).eval()
        self._aligner.load_state_dict(weights)

    @torch.no_grad()
    def __call__(self, text: str) -> Float32:
        """(space.length,)."""
        return condition_of(self._aligner(self._reader.model, self._reader.read(text)), self._space)


class WordsBySentence:
    """A sentence embedding (TEXT,) → the beat flow's condition.

    Raises:
        MissingPart: the weights are not there.
    """

    def __init__(self, space: ConditionSpace, folder: Path = WEIGHTS) -> None:
        self._space = space
        self._head = Head(TEXT, space.told).eval()
        self._head.load_state_dict(_weights(folder / BY_SENTENCE))

    @torch.no_grad()
    def __call__(self, vector: Float32) -> Float32:
        """(space.length,)."""
        return condition_of(self._head(torch.from_numpy(vector.astype(np.float32) * TEXT**0.5)[None]), self._space)


def _weights(file: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    if not file.is_file():
        raise MissingPart(f"found no `{file.name}` in `{file.parent}`; needed it, see the generator's card")
    return {name: value.float() for name, value in load_file(file).items()}


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
