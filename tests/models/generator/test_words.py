"""`<ecg_gen>` tokens read the words before them as the language model would, and nothing of the padding behind them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from calipers.models.generator.conditions import Condition, ConditionSpace
from calipers.models.generator.qualities import NAMES
from calipers.models.generator.words import BLOCKS, TOKENS, Aligner, Asked, Read, condition_of

_SPACE = ConditionSpace(("AFIB", "LVH", "rbbb"))


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(2)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
    config = LlamaConfig(vocab_size=50, num_key_value_heads=2, **shape)
    return LlamaForCausalLM(config).eval().requires_grad_(False)


def _read(model: LlamaForCausalLM, ids: list[int]) -> Read:
    held = model.model(torch.tensor([ids]), use_cache=True).past_key_values.layers[-BLOCKS:]
    keys, values = (torch.stack([getattr(one, name) for one in held], dim=1) for name in ("keys", "values"))
    return Read(keys, values, torch.tensor([len(ids)]))


def _aligner() -> Aligner:
    torch.manual_seed(3)
    return Aligner(32, 2 * BLOCKS * 2 * 8, _SPACE.told, 8).eval()


def test_a_text_asks_for_the_same_alone_and_beside_a_longer_one(model: LlamaForCausalLM) -> None:
    aligner, short, long = _aligner(), _read(model, [3, 9, 4]), _read(model, [7, 1, 8, 2, 9, 30])
    alone, beside = aligner(model, short), aligner(model, Read.padded([short, long]))
    assert torch.allclose(alone.statements[0], beside.statements[0], atol=1e-5)
    assert not torch.allclose(beside.values[0], beside.values[1], atol=1e-4)


def test_the_tokens_pass_through_the_last_blocks_as_words_behind_the_text_would(model: LlamaForCausalLM) -> None:
    """A model of the last blocks alone, given the same embeddings, ends in the same hidden states."""
    ids, aligner = [3, 9, 4, 17], _aligner()
    before = model.model(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1 - BLOCKS]
    h = torch.cat([before, aligner.tokens[None]], dim=1)
    place = torch.arange(len(ids) + TOKENS)
    mask = torch.zeros(1, 1, len(place), len(place)).masked_fill(place[None] > place[:, None], -1e9)
    for block in model.model.layers[-BLOCKS:]:
        turn = model.model.rotary_emb(h, place[None])
        out = block(h, attention_mask=mask, position_ids=place[None], position_embeddings=turn)
        h = out[0] if isinstance(out, tuple) else out
    first, words = aligner.narrow(model.model.norm(h[:, len(ids) :])), _read(model, ids)
    wanted = aligner.head(torch.cat([first, aligner.second(first, words)], dim=2).flatten(1))
    assert torch.allclose(aligner(model, words).values, wanted.values, atol=1e-4)


def test_only_the_tokens_and_the_network_behind_them_are_trained(model: LlamaForCausalLM) -> None:
    aligner = _aligner()
    torch.autograd.backward(aligner(model, _read(model, [4, 2])).values.square().sum())
    assert aligner.tokens.grad is not None
    assert all(parameter.grad is None for parameter in model.parameters())


def test_what_is_asked_for_becomes_the_condition_that_the_typed_request_has() -> None:
    wanted = _SPACE.vector(Condition(frozenset({"AFIB", "rbbb"}), {"rr": 545.0, "qrs_axis": -40.0}, 70, "female"))
    vector = torch.from_numpy(wanted)[None]
    patient, told = vector[:, _SPACE.patient : _SPACE.text], vector[:, _SPACE.qualities + len(NAMES) :]
    asked = Asked(
        vector[:, : _SPACE.told] * 20 - 10,
        torch.cat([patient[:, 1::2], told], dim=1) * 20 - 10,
        torch.cat([patient[:, ::2], vector[:, _SPACE.qualities : _SPACE.qualities + len(NAMES)]], dim=1),
    )
    assert np.allclose(condition_of(asked, _SPACE), wanted)


def test_a_conditions_numbers_come_back_in_their_own_units() -> None:
    qualities = {"rr": 545.0, "qrs": 142.0, "qrs_axis": -40.0, "V2.st_j": 0.2}
    found = _SPACE.qualities_of(_SPACE.vector(Condition(None, qualities)))
    assert found == pytest.approx(qualities, rel=1e-4)
