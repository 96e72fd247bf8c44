"""Writing one action: constrained, greedy, with the keys and values of what was read before kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor

from calipers.errors import MissingPart, ModelFailed
from calipers.models.mllm.language.actions import Action, Tool, grammar, parse
from calipers.models.mllm.language.hints import hints
from calipers.models.mllm.language.prompt import END, MOST_TOKENS, Turn, written

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

#: An action of more tokens than this is not one.
LONGEST_ACTION: Final = 96
#: By how much the model must prefer a name that the question was not found to hold.
MARGIN_NATS: Final = 3.0
#: Names looked up in the question among which the second reading chooses.
_LOOKED_UP: Final = 10


class ActionWriter:
    """Turns a conversation into its next action.

    Args:
        model: the language model, its adapter merged in.
        tokenizer: its `tokenizers.Tokenizer`.
    """

    def __init__(self, model: LlamaForCausalLM, tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._end = int(tokenizer.token_to_id(END))
        self._read: list[int] = []
        self._seen: Tensor | None = None
        self._cache: Any = None

    def write(
        self,
        turns: Sequence[Turn],
        tools: frozenset[Tool],
        given: tuple[str, ...] | None = None,
        ecg_tokens: Tensor | None = None,
    ) -> Action:
        """The next action.

        Args:
            turns: the conversation; the oldest are left out where it is longer than the prompt may be.
            tools: those that can be called.
            given: ids and statement keys that an answer may name; None before any tool was called.
            ecg_tokens: (1, k, d) the projected ECG, read before all words; the same object is read once.

        Raises:
            ModelFailed: no action came to an end.
        """
        prompt = self._prompt_ids(turns)
        action, score = self._scored(prompt, grammar(tools, given), ecg_tokens)
        meant = _meant(turns) if given is None else frozenset()
        if not meant or {name for call in action.calls for name in call.names} <= meant:
            return action
        looked_up, other = self._scored(prompt, grammar(tools, given, meant), ecg_tokens)
        return looked_up if score - other < MARGIN_NATS else action

    def _scored(self, prompt: list[int], rules: str, ecg_tokens: Tensor | None) -> tuple[Action, float]:
        """The greedy action under a grammar, and its log-probability under the model alone."""
        matcher = self._matcher(rules)
        ahead = self._prompted(prompt, ecg_tokens)[None]  # (1, vocabulary)
        line: list[int] = []
        score = 0.0
        while len(line) < LONGEST_ACTION:
            allowed = torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8) > 0
            chosen = int(torch.where(allowed, ahead[-1][: len(allowed)], -torch.inf).argmax())
            score += float(ahead[-1].log_softmax(-1)[chosen])
            if chosen == self._end:
                return parse(self._tokenizer.decode(line)), score
            matcher.consume_token(chosen)
            # Where the grammar leaves no choice its tokens are read together with the chosen one.
            forced = [token for token in matcher.compute_ff_tokens() if token != self._end]
            if forced:
                matcher.consume_tokens(forced)
            line += [chosen, *forced]
            if matcher.is_stopped():
                return parse(self._tokenizer.decode(line)), score
            ahead = self._advanced([chosen, *forced], every=True)  # (1 + forced, vocabulary)
            score += sum(float(row.log_softmax(-1)[token]) for row, token in zip(ahead, forced, strict=False))
        raise ModelFailed(f"found an action of more than {LONGEST_ACTION} tokens")

    def _prompt_ids(self, turns: Sequence[Turn]) -> list[int]:
        """The prompt's tokens; whole turns are dropped from its beginning until it is short enough."""
        kept = list(turns)
        while True:
            ids: list[int] = self._tokenizer.encode(written(kept)).ids
            if len(ids) <= MOST_TOKENS or len(kept) == 1:
                return ids[-MOST_TOKENS:]
            kept.pop(0)

    def _prompted(self, ids: list[int], ecg_tokens: Tensor | None) -> Tensor:
        """Logits after the prompt; of what was read before only what differs is read anew."""
        ahead = 0 if ecg_tokens is None else ecg_tokens.shape[1]
        if self._cache is None or self._seen is not ecg_tokens:
            self._restart(ecg_tokens)
        same = 0
        while same < min(len(self._read), len(ids) - 1) and self._read[same] == ids[same]:
            same += 1
        if surplus := self._cache.get_seq_length() - ahead - same:
            self._cache.crop(-surplus)
        self._read = self._read[:same]
        return self._advanced(ids[same:])[0]

    def _restart(self, ecg_tokens: Tensor | None) -> None:
        from transformers import DynamicCache

        self._cache, self._read, self._seen = DynamicCache(), [], ecg_tokens
        if ecg_tokens is not None:
            self._decoded(ecg_tokens.to(self._model.dtype))

    def _advanced(self, ids: list[int], *, every: bool = False) -> Tensor:
        """(1, vocabulary) logits after these tokens, or (t, vocabulary) after each."""
        embedding = self._model.get_input_embeddings().weight  # (vocabulary, d)
        hidden = self._decoded(embedding[torch.tensor(ids)][None])[0]  # (t, d)
        self._read += ids
        return ((hidden if every else hidden[-1:]) @ embedding.T).float()

    @torch.inference_mode()
    def _decoded(self, embedded: Tensor) -> Tensor:
        decoder: Any = self._model.model
        hidden: Tensor = decoder(inputs_embeds=embedded, past_key_values=self._cache, use_cache=True).last_hidden_state
        return hidden

    @cached_property
    def _matcher(self) -> Callable[[str], Any]:
        try:
            from llguidance import LLMatcher, LLTokenizer
        except ImportError as error:
            raise MissingPart("found no package `llguidance`; needed: pip install llguidance") from error
        size = self._model.config.vocab_size
        tokens = LLTokenizer(self._tokenizer.to_str(), n_vocab=size, eos_token=self._end)

        def matcher(rules: str) -> Any:
            made = LLMatcher(tokens, LLMatcher.grammar_from_lark(rules))
            if made.is_error():
                raise ModelFailed(f"found a grammar that llguidance refuses: {made.get_error()}")
            return made

        return matcher


def _meant(turns: Sequence[Turn]) -> frozenset[str]:
    """The names that the last question may hold, with those of what was called before; none where it holds none."""
    question = turns[-1].text.rpartition("\n")[0]
    found = set(hints(question, _LOOKED_UP))
    if not found:
        return frozenset()
    before = {name for turn in turns if turn.role == "assistant" for name in turn.text.split()}
    both = {"qtc_fridericia"} if "qtc_bazett" in found else set()
    return frozenset(found | before | both)
