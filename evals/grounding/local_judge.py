"""A judge that needs no network: the base language model without fine-tuning, held to the form of the answer.

With 135 million parameters it is a poor judge. It proves the path from the published criteria to their figures, and its
agreement with the code says how poor; a better one is named by `--judge` in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, Final

import torch
from torch import Tensor

from calipers.errors import MissingPart, ModelFailed
from calipers.models.mllm.language.base import load_base, load_tokenizer
from calipers.models.mllm.language.prompt import END

#: Tokens of an answer; the form leaves fewer.
_LONGEST: Final = 900

#: Key → (how many entries, the form of a score as a regular expression).
Form = Mapping[str, tuple[int, str]]
#: What is asked of every answer, the answer, and its form → the judgement.
Judge = Callable[[str, str, Form], str]


@cache
def local_judge() -> Judge:
    """The judge, loaded once a process.

    Raises:
        MissingPart: the base model was not fetched, or a package is missing.
    """
    try:
        from llguidance import LLMatcher, LLTokenizer
    except ImportError as error:
        raise MissingPart("found no package `llguidance`; needed: pip install llguidance") from error
    from transformers import DynamicCache

    model, tokenizer = load_base(dtype=torch.bfloat16), load_tokenizer()
    tokens = LLTokenizer(tokenizer.to_str(), n_vocab=model.config.vocab_size, eos_token=tokenizer.token_to_id(END))

    @cache
    def after(instructions: str) -> DynamicCache:
        """What stands before every answer, read once."""
        read = DynamicCache()
        _read(model, tokenizer.encode(f"<|im_start|>user\n{instructions}").ids, read)
        return read

    def judge(instructions: str, answer: str, form: Form) -> str:
        matcher = LLMatcher(tokens, LLMatcher.grammar_from_lark(grammar(form)))
        if matcher.is_error():
            raise ModelFailed(f"found a grammar that llguidance refuses: {matcher.get_error()}")
        ids = tokenizer.encode(f"{answer}{END}\n<|im_start|>assistant\n").ids
        return str(tokenizer.decode(_greedy(model, ids, matcher, deepcopy(after(instructions)))))

    return judge


def grammar(form: Form) -> str:
    """The answers of that form, as a Lark grammar: an object of lists of `{"Score": number}`."""
    parts, rules = [], []
    for place, (key, (count, score)) in enumerate(form.items()):
        entry = f"entry_{place}"
        rules.append(f'{entry}: "{{\\"Score\\": " SCORE_{place} "}}"\nSCORE_{place}: /{score}/')
        entries = ' ", " '.join([entry] * count)
        parts.append(f'"\\"{key}\\": [" {entries} "]"')
    body = ' ", " '.join(parts)
    return f'start: "{{" {body} "}}"\n' + "\n".join(rules) + "\n"


@torch.inference_mode()
def _greedy(model: Any, ids: list[int], matcher: Any, cache: Any) -> list[int]:
    """The likeliest answer that the matcher admits; what it leaves no choice in is read at once."""
    line: list[int] = []
    ahead = _read(model, ids, cache)
    while len(line) < _LONGEST:
        allowed = torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8) > 0
        chosen = int(torch.where(allowed, ahead[: len(allowed)], -torch.inf).argmax())
        matcher.consume_token(chosen)
        forced = [] if matcher.is_stopped() else matcher.compute_ff_tokens()
        if forced:
            matcher.consume_tokens(forced)
        line += [chosen, *forced]
        if matcher.is_stopped():
            return line
        ahead = _read(model, [chosen, *forced], cache)
    raise ModelFailed(f"found a judgement of more than {_LONGEST} tokens")


@torch.inference_mode()
def _read(model: Any, ids: list[int], cache: Any) -> Tensor:
    """(vocabulary,) logits after these tokens."""
    hidden = model.model(torch.tensor([ids]), past_key_values=cache, use_cache=True).last_hidden_state[0, -1]  # (d,)
    logits: Tensor = (model.get_input_embeddings().weight @ hidden).float()
    return logits
