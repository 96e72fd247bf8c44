"""The projector's first stage, in a minute and without running the language model.

A token is taught to lie near the words of what is seen. A statement's
score is the closeness of the nearest token to the mean embedding of its code's pieces, and the scores are fitted
to the cardiologists' statements. The language model then finds words it knows among the ECG's tokens.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from calipers.models.mllm.language.base import load_base, load_tokenizer
from calipers.models.mllm.language.projector import EcgProjector
from calipers.models.mllm.language.sightings import Sightings

_PASSES: Final = 6
_BATCH: Final = 64
_RATE: Final = 2e-3
_SEED: Final = 5
#: Sharpness of the softened maximum over tokens.
_SHARPNESS: Final = 4.0
#: A rare statement's log-odds before anything is seen.
_RARE: Final = -3.0


class Closeness(nn.Module):
    """How near any token lies to the words of each code.

    Args:
        words: (statements, language width) unit vectors.
    """

    words: Tensor

    def __init__(self, words: Tensor) -> None:
        super().__init__()
        self.register_buffer("words", words)
        self.gain = nn.Parameter(torch.tensor(3.0))
        self.offset = nn.Parameter(torch.full((len(words),), _RARE))

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, k, language width) -> (b, statements) logits."""
        near = tokens @ self.words.T  # (b, k, statements)
        return self.gain * torch.logsumexp(_SHARPNESS * near, dim=1) / _SHARPNESS + self.offset


def align(sightings: Sightings, words: Tensor, passes: int = _PASSES) -> EcgProjector:
    """A projector whose tokens lie near the words of what is seen."""
    torch.manual_seed(_SEED)
    projector = EcgProjector(sightings.sequences.shape[-1], language_width=words.shape[1])
    closeness = Closeness(words)
    learnt = [*projector.parameters(), *closeness.parameters()]
    sequences = torch.from_numpy(sightings.sequences)  # (r, views, t, width)
    labelled = torch.from_numpy(sightings.labelled).float()
    records, views = sequences.shape[:2]
    optimiser = torch.optim.AdamW(learnt, weight_decay=1e-2)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=passes * (records // _BATCH))
    for _ in range(passes):
        for chosen in torch.randperm(records)[: records // _BATCH * _BATCH].reshape(-1, _BATCH):
            seen = sequences[chosen, torch.randint(views, (len(chosen),))].float()
            scores = closeness(projector(seen))
            loss = nn.functional.binary_cross_entropy_with_logits(scores, labelled[chosen])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            rates.step()
    return projector


def word_vectors(codes: tuple[str, ...]) -> Tensor:
    """(statements, language width) unit vectors: the mean embedding of the pieces of each code."""
    tokenizer = load_tokenizer()
    embedding = load_base().get_input_embeddings().weight
    means = torch.stack([embedding[tokenizer.encode(f" {code}").ids].mean(dim=0) for code in codes])
    return nn.functional.normalize(means, dim=1)
