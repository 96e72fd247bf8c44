"""`<ecg_gen>` tokens read the words before them, and nothing of the padding behind shorter texts."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from calipers.models.generator.conditions import TEXT
from calipers.models.generator.words import Aligner, padded


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(2)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=50, **shape)).eval().requires_grad_(False)


def test_a_text_maps_to_the_same_vector_alone_and_beside_a_longer_one(model: LlamaForCausalLM) -> None:
    torch.manual_seed(3)
    aligner = Aligner(32, 16).eval()
    short, long = torch.randn(4, 32), torch.randn(9, 32)
    alone = aligner(model, *padded([short]))
    beside = aligner(model, *padded([short, long]))
    assert alone.shape == (1, TEXT)
    assert torch.allclose(alone[0], beside[0], atol=1e-5)
    assert not torch.allclose(beside[0], beside[1], atol=1e-3)


def test_only_the_tokens_and_the_network_behind_them_are_trained(model: LlamaForCausalLM) -> None:
    aligner = Aligner(32, 16)
    torch.autograd.backward(aligner(model, *padded([torch.randn(4, 32)])).square().sum() + aligner.tokens.sum())
    assert aligner.tokens.grad is not None
    assert all(parameter.grad is None for parameter in model.parameters())
