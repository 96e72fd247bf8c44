"""The published models' code paths, on checkpoints of their layout with random weights: no network, no GPU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from calipers.errors import MissingPart
from calipers.models.workers.checkpoint import weight_shapes
from calipers.models.workers.inputs import SIGNAL_FS_HZ, page, time_series
from calipers.models.workers.published import PUBLISHED, published

if TYPE_CHECKING:
    from PIL.Image import Image

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from calipers.models.workers.ecg_encoder import EcgEncoder, encoder_shape  # noqa: E402
from calipers.models.workers.llava import Llava  # noqa: E402
from calipers.models.workers.qwen import Qwen  # noqa: E402
from calipers.models.workers.splice import spliced  # noqa: E402
from tests.models.workers.tiny_checkpoints import SHAPE, tiny_ecg_r1, tiny_llava  # noqa: E402


@pytest.fixture(scope="module")
def drawn() -> Image:
    from PIL import Image

    noise = np.random.default_rng(3).integers(0, 255, (170, 220, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((2200, 1700))


@pytest.fixture(scope="module")
def series() -> Any:
    return np.random.default_rng(5).normal(0, 0.4, (12, 5000)).astype(np.float32)


@pytest.fixture(scope="module")
def ecg_r1(tmp_path_factory: pytest.TempPathFactory) -> Qwen:
    return Qwen(published("ecg-r1-8b"), tiny_ecg_r1(tmp_path_factory.mktemp("w") / "ecg-r1"), "bf16", "cpu")


@pytest.fixture(scope="module")
def gem(tmp_path_factory: pytest.TempPathFactory) -> Llava:
    folder = tiny_llava(tmp_path_factory.mktemp("w") / "gem", aspect="ori", signal=True)
    return Llava(published("gem-7b"), folder, "bf16", "cpu")


@pytest.fixture(scope="module")
def pulse(tmp_path_factory: pytest.TempPathFactory) -> Llava:
    return Llava(published("pulse-7b"), tiny_llava(tmp_path_factory.mktemp("w") / "pulse"), "bf16", "cpu")


def test_encoder_equals_a_pre_norm_transformer_of_the_library() -> None:
    torch.manual_seed(1)
    encoder = EcgEncoder(SHAPE).eval()
    for weight in encoder.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    signal = torch.randn(2, 12, 5000)
    x = encoder.conv1(signal).transpose(1, 2)
    x = torch.cat([encoder.class_embedding.expand(2, 1, -1), x], dim=1) + encoder.positional_embedding
    x = encoder.ln_pre(x)
    blocks: Any = encoder.transformer.resblocks
    for block in blocks:
        layer = torch.nn.TransformerEncoderLayer(64, 1, 96, 0.0, "gelu", batch_first=True, norm_first=True).eval()
        layer.self_attn, layer.norm1, layer.norm2 = block.attn, block.ln_1, block.ln_2
        layer.linear1, layer.linear2 = block.mlp.c_fc, block.mlp.c_proj
        x = layer(x)
    with torch.inference_mode():
        assert encoder(signal).shape == (2, 101, 64)
        assert torch.allclose(encoder(signal), x, atol=1e-5)


def test_encoder_of_the_published_size_is_found_in_the_names_and_shapes_of_its_weights() -> None:
    shapes = {
        "model.ecg_tower.conv1.weight": (768, 12, 50),
        "model.ecg_tower.positional_embedding": (101, 768),
        **{f"model.ecg_tower.transformer.resblocks.{k}.mlp.c_fc.weight": (3072, 768) for k in range(12)},
        "model.visual.blocks.0.attn.proj.weight": (1152, 1152),
    }
    shape = encoder_shape(shapes, "model.ecg_tower.")
    assert shape == (12, 50, 101, 768, 12, 3072)
    assert shape.samples == 5000
    assert encoder_shape(shapes, "model.other.") is None
    assert sum(weight.numel() for weight in EcgEncoder(shape).parameters()) == pytest.approx(85.6e6, rel=0.01)


@pytest.mark.parametrize("name", ["ecg_r1", "gem"])
def test_the_time_series_stands_before_the_picture_in_the_prompt(
    name: str, drawn: Image, series: Any, request: pytest.FixtureRequest
) -> None:
    loaded = request.getfixturevalue(name)
    entered: list[Any] = []
    first = loaded.model.model.language_model.layers[0]
    handle = first.register_forward_pre_hook(
        lambda _, args, kwargs: entered.append(args[0] if args else kwargs["hidden_states"]), with_kwargs=True
    )
    loaded.answer("Is this normal?", drawn, series, 1)
    handle.remove()
    prompt = entered[0][0]
    inner = loaded.model.model
    with torch.inference_mode():
        tokens = inner.ecg_projector(inner.ecg_tower(torch.from_numpy(series[None]).to(torch.bfloat16)))
        if name == "gem":
            tokens = inner.multi_modal_projector(tokens)
    start = int((prompt - tokens[0, :1]).abs().sum(1).argmin())
    assert torch.equal(prompt[start : start + 101], tokens[0])
    pictured = len(prompt) - start - 101
    assert pictured >= 16


def test_pulse_gives_the_logits_of_the_library_s_own_llava(
    pulse: Llava, drawn: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse.model.model.config, "image_token_index", 7)
    seen = pulse._seen(drawn)[0]
    before, after = [257, 40, 41], [50, 51, 52, 53]
    made = pulse.image_processor(images=[drawn], return_tensors="pt")
    row = torch.tensor([[*before, *[7] * seen.shape[1], *after]])
    with torch.inference_mode():
        native = pulse.model(
            input_ids=row, pixel_values=made["pixel_values"].to(torch.bfloat16), image_sizes=made["image_sizes"]
        ).logits
        blank = row.clone()
        blank[row == 7] = 257
        with spliced(pulse.model.get_input_embeddings(), seen, len(before)):
            ours = pulse.model(input_ids=blank).logits
    assert torch.equal(ours, native)


def test_the_splice_leaves_the_model_as_it_was(pulse: Llava, drawn: Image) -> None:
    row = torch.tensor([[257, 40, 41, 42]])
    with torch.inference_mode():
        plain = pulse.model(input_ids=row).logits
        pulse.answer("Is this normal?", drawn, None, 2)
        assert torch.equal(pulse.model(input_ids=row).logits, plain)


def test_pulse_sees_tiles_and_gem_one_square(pulse: Llava, gem: Llava, drawn: Image) -> None:
    whole = 4 * 4
    assert gem._seen(drawn)[0].shape[1] == whole
    assert pulse._seen(drawn)[0].shape[1] > 3 * whole


def test_the_picture_takes_at_most_the_tokens_that_ecg_r1_was_trained_with(ecg_r1: Qwen, drawn: Image) -> None:
    seen, count = ecg_r1._looked_at(drawn)
    _, height, width = seen["image_grid_thw"][0].tolist()
    assert 700 <= count <= 768
    assert width / height == pytest.approx(2200 / 1700, rel=0.05)


def test_either_of_picture_and_time_series_is_enough_for_ecg_r1(ecg_r1: Qwen, drawn: Image, series: Any) -> None:
    # Interleaved modality dropout: the model was trained with one of them missing.
    assert isinstance(ecg_r1.answer("Rhythm?", drawn, None, 4), str)
    assert isinstance(ecg_r1.answer("Rhythm?", None, series, 4), str)


def test_a_checkpoint_without_the_encoder_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tiny_llava(tmp_path / "gem", aspect="ori")
    with pytest.raises(MissingPart, match=r"found no ECG encoder in .*; needed the checkpoint of GEM-7B"):
        Llava(published("gem-7b"), folder, "bf16", "cpu")


def test_a_checkpoint_without_some_weights_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tiny_llava(tmp_path / "pulse")
    index = folder / "model.safetensors.index.json"
    held = json.loads(index.read_text())["weight_map"]
    from safetensors.torch import load_file, save_file

    file = folder / held["model.norm.weight"]
    save_file({k: v for k, v in load_file(file).items() if k != "model.norm.weight"}, file, {"format": "pt"})
    del held["model.norm.weight"]
    index.write_text(json.dumps({"metadata": {}, "weight_map": held}))
    with pytest.raises(MissingPart, match=r"found no weights for `model.language_model.norm.weight`"):
        Llava(published("pulse-7b"), folder, "bf16", "cpu")


def test_a_torn_weight_file_is_named(tmp_path: Path) -> None:
    folder = tiny_llava(tmp_path / "pulse")
    torn = folder / "model-00002-of-00002.safetensors"
    torn.write_bytes(torn.read_bytes()[:100])
    with pytest.raises(MissingPart, match=r"found a damaged weight file `model-00002"):
        weight_shapes(folder)
    torn.unlink()
    with pytest.raises(MissingPart, match=r"found no `model-00002-of-00002.safetensors`"):
        weight_shapes(folder)


def test_quantised_weights_need_a_gpu(tmp_path: Path) -> None:
    folder = tiny_llava(tmp_path / "pulse")
    with pytest.raises(MissingPart, match=r"found precision `int4` on the CPU"):
        Llava(published("pulse-7b"), folder, "int4", "cpu")


def test_a_vicuna_tokenizer_comes_from_its_sentencepiece_file(tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    from calipers.models.workers.loading import tokenizer_of

    (tmp_path / "text").write_text("atrial fibrillation with a rapid response\nsinus rhythm, normal axis\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"), model_prefix=str(tmp_path / "tokenizer"), vocab_size=300, model_type="bpe",
        byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, pad_id=-1, unk_id=0, bos_id=1, eos_id=2, minloglevel=2,
    )  # fmt: skip
    stored = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(stored))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llava_llama"}))
    tokenizer = tokenizer_of(tmp_path)
    reference = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "tokenizer.model"))
    text = "\nWrite a report: atrial fibrillation. ASSISTANT:"
    assert tokenizer.encode(text, add_special_tokens=False) == reference.encode(text)
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (1, 2)


def test_the_time_series_is_millivolts_at_500_hz_with_avf_before_avl() -> None:
    time_s = np.arange(2500) / 250
    signal = np.stack([np.sin(2 * np.pi * (1 + lead) * time_s) for lead in range(12)]).astype(np.float32)
    made = time_series(signal, 250.0)
    assert made.shape == (12, 5000)
    assert made.dtype == np.float32
    inner = slice(100, 4900)
    wanted = np.sin(
        2 * np.pi * np.array([1, 2, 3, 4, 6, 5, 7, 8, 9, 10, 11, 12])[:, None] * np.arange(5000) / SIGNAL_FS_HZ
    )
    assert np.abs(made - wanted)[:, inner].max() < 0.01


def test_a_short_record_is_filled_with_zeros_and_a_missing_lead_is_zero() -> None:
    signal = np.ones((12, 1000), dtype=np.float32)
    signal[3] = np.nan
    made = time_series(signal, 500.0)
    assert made[0, :1000].tolist() == [1.0] * 1000
    assert not made[:, 1000:].any()
    assert not made[3].any()


def test_a_long_record_is_read_from_where_it_is_asked() -> None:
    signal = np.tile(np.arange(30_000) / 500, (12, 1)).astype(np.float32)
    made = time_series(signal, 500.0, start_s=20.0)
    assert made[0, 0] == pytest.approx(20.0)
    assert made[0, -1] == pytest.approx(29.998, abs=1e-3)


def test_the_page_is_whole_and_undistorted_on_the_paper_of_the_training() -> None:
    import io

    from PIL import Image

    wide = Image.new("RGB", (3000, 1000), (10, 20, 30))
    data = io.BytesIO()
    wide.save(data, "PNG")
    made = page(data.getvalue(), (2200, 1700))
    assert made.size == (2200, 1700)
    ink = np.asarray(made).min(axis=2) < 128
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    assert columns[-1] - columns[0] + 1 == 2200
    assert rows[-1] - rows[0] + 1 == pytest.approx(733, abs=2)


def test_the_memory_needed_falls_with_the_precision_and_holds_the_weights() -> None:
    for model in PUBLISHED.values():
        bf16, int8, int4 = (model.memory_gb(precision) for precision in ("bf16", "int8", "int4"))
        assert int4 < int8 < bf16
        assert bf16 > 2 * model.parameters
