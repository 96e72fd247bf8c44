"""What the language model is taught: lines that can be written, none of the benchmark's questions, no insisting."""

from __future__ import annotations

import contextlib
import random

import numpy as np
import pytest

from calipers.evals.tool_choice.utterances import utterances
from calipers.models.mllm.language import actions, prompt
from calipers.models.mllm.language.actions import Action, grammar, parse
from calipers.models.mllm.language.handwritten import fingerprint, handwritten, in_training, taught
from calipers.models.mllm.language.prompt import FAULT, Turn, asked
from calipers.models.mllm.language.revisions import revision
from tests.models.tiny_language_model import tiny_model


def test_thousands_of_questions_are_written_by_hand_for_every_tool_and_refusal() -> None:
    read = [parse(item.line) for item in handwritten()]
    assert len(read) >= 4000
    assert {call.tool for action in read for call in action.calls} == set(actions.TOOLS)
    said = {sentence for action in read for sentence in action.sentences}
    assert {"greeting", "thanks", "off_topic", "treatment", "prognosis", "not_in_ecg"} <= said


def test_a_line_written_by_hand_is_one_that_the_grammar_admits() -> None:
    llguidance = pytest.importorskip("llguidance")
    _, tokenizer = tiny_model()
    tokens = llguidance.LLTokenizer(tokenizer.to_str(), eos_token=tokenizer.token_to_id(prompt.END))
    rules = llguidance.LLMatcher.grammar_from_lark(grammar(frozenset(actions.TOOLS), None))
    lines = sorted({line for item in handwritten() for line in (item.line, *(line for _, line in item.before))})
    matcher = llguidance.LLMatcher(tokens, rules)
    for line in random.Random(7).sample(lines, 80):
        matcher.reset()
        assert matcher.consume_tokens(tokenizer.encode(line).ids), line
        assert matcher.is_accepting(), line


def test_no_question_of_the_benchmark_is_taught() -> None:
    benchmark = {fingerprint(item.text) for item in utterances()}
    assert not {fingerprint(item.text) for item in handwritten() if not item.before} & benchmark


def test_what_is_held_out_is_never_drawn() -> None:
    count = sum(not item.held_out for item in handwritten())
    drawn = [in_training(5, number) for number in range(count)]
    assert len(set(drawn)) == count
    assert not any(item.held_out for item in drawn)
    assert [in_training(5, number) for number in range(count, count + 50)] != drawn[:50]


def test_a_question_is_typed_differently_each_time_and_its_line_stays() -> None:
    item = next(item for item in handwritten() if len(item.text) > 60 and not item.before)
    draws = [taught(item, random.Random(seed)) for seed in range(30)]
    assert len({turns[-2].text for turns in draws}) > 5
    assert {turns[-1].text for turns in draws} == {item.line}


def test_a_faulted_claim_is_weakened_as_allowed_or_dropped_and_nothing_else_is_asserted() -> None:
    for seed in range(200):
        turns = revision(random.Random(seed))
        faults = [line.split()[2:] for line in turns[-2].text.splitlines()]
        left = parse(turns[-1].text).items
        assert turns[-2].text.startswith(FAULT)
        assert [item.line() for item in left] == [" ".join(words) for words in faults if len(words) > 1]


def test_nothing_left_is_an_answer_too() -> None:
    assert parse("answer none") == Action()
    assert Action().line() == "answer none"


def test_an_answer_may_be_dropped_only_where_a_fault_came_back() -> None:
    assert '"none"' in grammar(frozenset(), ("lbbb",), revising=True)
    assert '"none"' not in grammar(frozenset(), ("lbbb",))


def test_training_weighs_the_tool_and_learns_nothing_that_others_said() -> None:
    pytest.importorskip("torch")
    from calipers.models.mllm.language.batches import UNTRAINED, encoded, padded

    _, tokenizer = tiny_model()
    row = encoded((asked("PR?"), Turn("assistant", "measure pr")), tokenizer, 200)
    batch = padded([row, row])
    learnt = [token for token in batch.targets[0].tolist() if token != UNTRAINED]
    assert tokenizer.decode(learnt, skip_special_tokens=False) == f"measure pr{prompt.END}"
    assert batch.weights[0][batch.targets[0] != UNTRAINED].tolist() == [3.0] * len("measure") + [1.0] * 4


def test_signal_image_or_both_give_the_same_number_of_tokens() -> None:
    torch = pytest.importorskip("torch")
    from calipers.models.mllm.language.projector import EcgProjector

    projector = EcgProjector(16, tokens=4, language_width=32)
    signal, image = torch.randn(2, 32, 16), torch.randn(2, 20, 16)
    for sequences in ((signal,), (image,), (signal, image)):
        assert projector(*sequences).shape == (2, 4, 32)


def test_a_projector_comes_back_from_its_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    torch = pytest.importorskip("torch")
    from calipers.models.mllm.language.projector import EcgProjector, Sight, load_sight, save_sight

    made = Sight(EcgProjector(16, tokens=4, language_width=32), ("AFIB", "NORM"))
    save_sight(made, tmp_path / "projector.safetensors")
    read = load_sight(tmp_path / "projector.safetensors")
    sequence = torch.randn(1, 32, 16)
    assert read.codes == made.codes
    assert torch.allclose(read.projector(sequence), made.projector(sequence), atol=1e-2)


def test_what_is_labelled_is_written_the_likeliest_first() -> None:
    pytest.importorskip("torch")
    from calipers.models.mllm.language.sightings import Sightings

    labelled, logits = np.array([[True, False, True]]), np.array([[-1.0, 5.0, 2.0]], dtype=np.float16)
    sightings = Sightings(np.zeros((1, 1, 4, 8), np.float16), labelled, logits, ("LVH", "NORM", "AFIB"))
    assert sightings.line(0) == "see AFIB LVH"


def test_only_codes_are_seen_and_nothing_without_tokens() -> None:
    pytest.importorskip("torch")
    from calipers.errors import MissingPart, ModelFailed
    from calipers.models.mllm.language.generation import ActionWriter
    from calipers.models.mllm.language.projector import EcgProjector, Sight

    model, tokenizer = tiny_model()
    writer = ActionWriter(model, tokenizer, Sight(EcgProjector(16, tokens=4, language_width=32), ("AFIB", "LVH")))
    assert writer.project() is None
    tokens = writer.project(np.zeros((32, 16), np.float32))
    assert tokens is not None
    with contextlib.suppress(ModelFailed):  # random weights need not come to an end
        assert set(writer.see(tokens).seen) <= {"AFIB", "LVH"}
    with pytest.raises(MissingPart):
        ActionWriter(model, tokenizer).see(tokens)


def test_the_second_opinion_learns_what_it_was_shown_and_comes_back_from_its_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    torch = pytest.importorskip("torch")
    from calipers.models.mllm.language.first_word import WORDS, FirstWord, fitted

    shown = [((asked(text),), line) for text, line in (
        ("what is the PR", "measure pr"), ("how long is the QRS", "measure qrs"), ("should I give aspirin", "say treatment"),
        ("start amiodarone?", "say treatment"), ("show me the trace", "render"), ("plot it", "render"),
    )]  # fmt: skip
    made = fitted(shown)
    made.save(tmp_path / "first_word.safetensors")
    read = FirstWord.load(tmp_path / "first_word.safetensors")
    for turns, line in shown:
        assert line.startswith(WORDS[int(read.opinion(turns).argmax())])
        assert torch.isclose(read.opinion(turns).exp().sum(), torch.tensor(1.0))


def test_a_second_opinion_decides_where_the_model_has_none() -> None:
    torch = pytest.importorskip("torch")
    from calipers.models.mllm.language.first_word import WORDS, FirstWord
    from calipers.models.mllm.language.generation import ActionWriter

    model, tokenizer = tiny_model()
    offset = torch.full((len(WORDS),), -50.0)
    offset[WORDS.index("render")] = 50.0
    writer = ActionWriter(model, tokenizer, None, FirstWord(torch.zeros(len(WORDS), 1 << 15), offset))
    assert writer.write([asked("…")], frozenset(actions.TOOLS)).calls[0].tool == "render"


def test_the_mean_of_two_moments_lies_between_them(tmp_path) -> None:  # type: ignore[no-untyped-def]
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    from calipers.models.mllm.language.lora import average

    for number in (1, 3):
        save_file(
            {"layer.a": torch.full((2, 2), float(number), dtype=torch.bfloat16)}, tmp_path / f"{number}.safetensors"
        )
    average([tmp_path / "1.safetensors", tmp_path / "3.safetensors"], tmp_path / "mean.safetensors")
    assert load_file(tmp_path / "mean.safetensors")["layer.a"].eq(2.0).all()
