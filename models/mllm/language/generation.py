"""Writing one action: constrained, greedy, with the keys and values of what was read before kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calipers.errors import MissingPart, ModelFailed
from calipers.models.mllm.language.actions import Action, Tool, grammar, parse, seeing
from calipers.models.mllm.language.first_word import WEIGHT, WORDS, FirstWord
from calipers.models.mllm.language.prompt import END, FAULT, LOOK, MOST_TOKENS, Turn, written

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

    from calipers.models.mllm.language.projector import Sight

Float32 = NDArray[np.float32]

#: An action of more tokens than this is not one.
LONGEST_ACTION: Final = 96
#: A prompt is read in blocks of so many tokens and only whole blocks are kept for the next one: in reduced precision
#: a token's keys and values depend on what it is read together with, and an action may depend on its prompt alone.
BLOCK: Final = 64


class _Starts(NamedTuple):
    """First tokens of the tools' words, of `say`, and of the sentences' names after it."""

    tools: tuple[int, ...]
    say: int
    sentences: tuple[int, ...]


class ActionWriter:
    """Turns a conversation into its next action.

    Args:
        model: the language model, its adapter merged in.
        tokenizer: its `tokenizers.Tokenizer`.
        sight: the trained projector; without it the model sees no ECG.
        second: another opinion on the first word of a line.
    """

    def __init__(
        self, model: LlamaForCausalLM, tokenizer: Any, sight: Sight | None = None, second: FirstWord | None = None
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._sight = sight
        self._second = second
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
        revising = turns[-1].text.startswith(FAULT)
        added = () if given is not None or self._second is None else self._added(self._second.opinion(turns))
        return self._greedy(turns, grammar(tools, given, revising=revising), ecg_tokens, added)

    @torch.inference_mode()
    def project(self, signal: Float32 | None = None, image: Float32 | None = None) -> Tensor | None:
        """(1, k, d) tokens of the encoders' (t, width) sequences; None without a sequence or a projector."""
        sequences = [torch.from_numpy(each)[None] for each in (signal, image) if each is not None]
        if self._sight is None or not sequences:
            return None
        return self._sight.projector(*sequences)

    def see(self, ecg_tokens: Tensor) -> Action:
        """What the ECG's tokens show: SCP codes, the likeliest first.

        Args:
            ecg_tokens: (1, k, d) the projected ECG; without it nothing is seen.

        Raises:
            MissingPart: there is no trained projector.
            ModelFailed: no action came to an end.
        """
        if self._sight is None:
            raise MissingPart("found no projector of ECG tokens; needed: an installation that holds it")
        return self._greedy((LOOK,), seeing(self._sight.codes), ecg_tokens)

    def _greedy(
        self, turns: Sequence[Turn], rules: str, ecg_tokens: Tensor | None, added: Sequence[Mapping[int, float]] = ()
    ) -> Action:
        """`added` to the logits at each of the first steps, by token; the second step's where `say` came first."""
        matcher = self._matcher(rules)
        ahead = self._prompted(self._prompt_ids(turns), ecg_tokens)  # (vocabulary,)
        line: list[int] = []
        while len(line) < LONGEST_ACTION:
            if len(line) < len(added) and line in ([], [self._starts.say]):
                for token, more in added[len(line)].items():
                    ahead[token] += more
            allowed = torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8) > 0
            chosen = int(torch.where(allowed, ahead[: len(allowed)], -torch.inf).argmax())
            if chosen == self._end:
                return parse(self._tokenizer.decode(line))
            matcher.consume_token(chosen)
            # Where the grammar leaves no choice its tokens are read together with the chosen one.
            forced = [token for token in matcher.compute_ff_tokens() if token != self._end]
            if forced:
                matcher.consume_tokens(forced)
            line += [chosen, *forced]
            if matcher.is_stopped():
                return parse(self._tokenizer.decode(line))
            ahead = self._advanced([chosen, *forced])
        raise ModelFailed(f"found an action of more than {LONGEST_ACTION} tokens")

    def _added(self, opinion: Tensor) -> tuple[dict[int, float], dict[int, float]]:
        """The second opinion, weighted, by token: at the first step, and at the step after `say`."""
        weighted = (WEIGHT * opinion).tolist()
        tools = len(self._starts.tools)
        said = WEIGHT * float(opinion[tools:].logsumexp(-1))
        first = dict(zip(self._starts.tools, weighted[:tools], strict=True)) | {self._starts.say: said}
        return first, dict(zip(self._starts.sentences, weighted[tools:], strict=True))

    def _prompt_ids(self, turns: Sequence[Turn]) -> list[int]:
        """The prompt's tokens; whole turns are dropped from its beginning until it is short enough."""
        kept = list(turns)
        while True:
            ids: list[int] = self._tokenizer.encode(written(kept)).ids
            if len(ids) <= MOST_TOKENS or len(kept) == 1:
                return ids[-MOST_TOKENS:]
            kept.pop(0)

    def _prompted(self, ids: list[int], ecg_tokens: Tensor | None) -> Tensor:
        """Logits after the prompt; of what was read before only the blocks that differ are read anew."""
        ahead = 0 if ecg_tokens is None else ecg_tokens.shape[1]
        if self._cache is None or self._seen is not ecg_tokens:
            self._restart(ecg_tokens)
        same = 0
        while same < min(len(self._read), len(ids) - 1) and self._read[same] == ids[same]:
            same += 1
        same -= same % BLOCK
        if surplus := self._cache.get_seq_length() - ahead - same:
            self._cache.crop(-surplus)
        for first in range(same, len(ids), BLOCK):
            logits = self._advanced(ids[first : first + BLOCK])
        self._read = ids[: len(ids) - len(ids) % BLOCK]
        return logits

    def _restart(self, ecg_tokens: Tensor | None) -> None:
        from transformers import DynamicCache

        self._cache, self._read, self._seen = DynamicCache(), [], ecg_tokens
        if ecg_tokens is not None:
            self._decoded(ecg_tokens.to(self._model.dtype))

    def _advanced(self, ids: list[int]) -> Tensor:
        """(vocabulary,) logits after these tokens."""
        embedding = self._model.get_input_embeddings().weight  # (vocabulary, d)
        hidden = self._decoded(embedding[torch.tensor(ids)][None])[0]  # (t, d)
        return (embedding @ hidden[-1]).float()

    @torch.inference_mode()
    def _decoded(self, embedded: Tensor) -> Tensor:
        decoder: Any = self._model.model
        hidden: Tensor = decoder(inputs_embeds=embedded, past_key_values=self._cache, use_cache=True).last_hidden_state
        return hidden

    @cached_property
    def _starts(self) -> _Starts:
        """The tokens with which the first words begin."""
        ids = [self._tokenizer.encode(word).ids for word in WORDS]
        said = self._tokenizer.encode("say").ids
        tools = tuple(each[0] for word, each in zip(WORDS, ids, strict=True) if not word.startswith("say "))
        sentences = tuple(each[len(said)] for word, each in zip(WORDS, ids, strict=True) if word.startswith("say "))
        return _Starts(tools, said[0], sentences)

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
