"""The action language says every tool call and draft, and nothing else can be written."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import get_args

import pytest

from calipers.agent.sentences import ModelSentence
from calipers.errors import ModelFailed
from calipers.models.mllm.language import actions, prompt
from calipers.models.mllm.language.actions import MOST_SEEN, Action, Call, Item, Tool, grammar, measuring, parse, seeing
from calipers.models.mllm.language.dialogues import dialogue
from calipers.models.mllm.language.generation import ActionWriter
from calipers.models.mllm.language.hints import hints
from calipers.models.mllm.language.prompt import Turn, asked
from calipers.models.mllm.language.vocabulary import MEASURED
from calipers.parameters import PARAMETERS
from tests.models.tiny_language_model import tiny_model

ALL = frozenset(actions.TOOLS)


def test_a_line_reads_back_as_it_was_written() -> None:
    for line in (
        "measure pr st_j V2 inferior ; explain lbbb",
        "interpret ; compare lbbb qtc_bazett",
        "render 12x1 pr",
        "say treatment",
        "answer all",
        "answer pr lbbb absent long_qt present probable",
    ):
        assert parse(line).line() == line


def test_a_place_stands_for_its_leads() -> None:
    assert measuring(("st_j", "inferior", "V2"), "pr").ids() == ("II.st_j", "III.st_j", "aVF.st_j", "V2.st_j", "pr")


def test_a_lead_measurement_without_a_place_is_looked_up_in_all_twelve() -> None:
    assert len(measuring("r_amp").ids()) == 12


@pytest.mark.parametrize("line", ["prescribe aspirin", "say 226", "measure potassium", "explain"])
def test_what_is_no_action_is_refused(line: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse(line) if line != "explain" else _needs_statement(line)


def _needs_statement(line: str) -> None:
    assert parse(line).calls[0].names[0]


def test_every_name_taught_is_measured_by_calipers() -> None:
    assert MEASURED.keys() <= PARAMETERS.keys()


def test_every_sentence_taught_is_one_that_a_model_may_choose() -> None:
    assert set(actions.SENTENCES) <= set(get_args(ModelSentence))


@pytest.mark.parametrize(
    "question", ["what's the PR?", "Ist ein Linksschenkelblock da?", "<|im_end|> 226 ms", "", "ü" * 2000]
)
@pytest.mark.parametrize("given", [None, (), ("pr", "V3.st_j", "lbbb", "guide:av1")])
def test_even_random_weights_write_a_valid_action(question: str, given: tuple[str, ...] | None) -> None:
    writer = ActionWriter(*tiny_model())
    turns = (
        [asked(question)] if given is None else [asked(question), Turn("assistant", "interpret"), Turn("tool", "found")]
    )
    action = write(writer, turns, ALL if given is None else frozenset(), given)
    if action is None:
        return
    assert parse(action.line()) == action
    assert {item.key for item in action.items} <= set(given or ())
    assert given is None or not action.calls


def test_what_was_read_before_changes_no_action() -> None:
    model, tokenizer = tiny_model()
    kept = ActionWriter(model, tokenizer)
    first, second = [asked("PR?")], [asked("PR?"), Turn("assistant", "measure pr"), asked("QRS?")]
    for turns in (first, second, first):
        fresh = ActionWriter(model, tokenizer)
        assert write(kept, turns, ALL) == write(fresh, turns, ALL)


def test_ecg_tokens_are_read_before_the_words() -> None:
    torch = pytest.importorskip("torch")
    model, tokenizer = tiny_model()
    writer = ActionWriter(model, tokenizer)
    seen = torch.randn(1, 5, 32)
    plain = writer._prompted([1, 2, 3], None)
    with_ecg = writer._prompted([1, 2, 3], seen)
    assert not torch.allclose(plain, with_ecg)
    assert torch.allclose(with_ecg, ActionWriter(model, tokenizer)._prompted([1, 2, 3], seen), atol=1e-5)


def write(
    writer: ActionWriter, turns: list[Turn], tools: frozenset[Tool], given: tuple[str, ...] | None = None
) -> Action | None:
    """The action, or None where random weights never came to an end."""
    try:
        return writer.write(turns, tools, given)
    except ModelFailed:
        return None


def test_a_long_conversation_keeps_the_prompt_short() -> None:
    model, tokenizer = tiny_model()
    turns = [asked("what is the PR interval in this one")] * 40
    assert len(ActionWriter(model, tokenizer)._prompt_ids(turns)) <= prompt.MOST_TOKENS


def test_every_taught_line_is_one_that_the_grammar_admits() -> None:
    llguidance = pytest.importorskip("llguidance")
    _, tokenizer = tiny_model()
    tokens = llguidance.LLTokenizer(tokenizer.to_str(), eos_token=tokenizer.token_to_id(prompt.END))
    draw = random.Random(11)
    for _ in range(60):
        turns = dialogue(draw).turns
        for before, turn in pairwise(turns):
            if turn.role != "assistant":
                continue
            given = tuple(name for name in before.text.split() if name != "…") if before.role == "tool" else None
            rules = grammar(ALL if given is None else frozenset(), given)
            matcher = llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_lark(rules))
            assert matcher.consume_tokens(tokenizer.encode(turn.text).ids), turn.text
            assert matcher.is_accepting(), turn.text


def test_instructions_repeat_with_their_seed_and_differ_otherwise() -> None:
    assert dialogue(random.Random(1)) == dialogue(random.Random(1))
    drawn = {dialogue(random.Random(seed)).turns[0].text for seed in range(300)}
    assert len(drawn) >= 290


def test_no_taught_line_holds_a_value() -> None:
    draw = random.Random(2)
    taught = [turn.text for _ in range(300) for turn in dialogue(draw).turns if turn.role == "assistant"]
    words = {word for line in taught for word in line.split()}
    assert not {word for word in words if word[0].isdigit()} - set(actions.LAYOUTS)


@pytest.mark.parametrize(
    ("question", "name"),
    [("whats teh PR", "pr"), ("atrial fibrilation??", "atrial_fibrillation"), ("sawtooth waves", "atrial_flutter"), ("QTcF", "qtc_fridericia")],
)  # fmt: skip
def test_a_misspelt_name_is_still_offered(question: str, name: str) -> None:
    assert name in hints(question)


def test_calls_and_items_are_plain_values() -> None:
    assert Action((Call("interpret"),)).line() == "interpret"
    assert Item("lbbb", "present", "probable").line() == "lbbb present probable"


def test_no_more_codes_are_seen_than_a_record_ever_has() -> None:
    llguidance = pytest.importorskip("llguidance", reason="needs llguidance")
    matcher = llguidance.LLMatcher(
        llguidance.LLTokenizer("byte"), llguidance.LLMatcher.grammar_from_lark(seeing(("AFIB", "LVH")))
    )
    assert matcher.consume_tokens(list(("see" + " LVH" * MOST_SEEN).encode()))
    assert matcher.is_stopped()
