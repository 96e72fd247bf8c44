"""Checkpoints laid out as the published ones are, with a few thousand random weights and a byte vocabulary."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaNextConfig,
    PreTrainedTokenizerFast,
    Qwen3VLConfig,
)

from calipers.models.workers.ecg_encoder import EncoderShape

#: 100 pieces of 50 samples and the class token, as the published encoder has it; narrow and two blocks deep.
SHAPE = EncoderShape(leads=12, samples_per_token=50, tokens=101, width=64, layers=2, inner=96)
_QWEN_TOKENS = (
    "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>",
    "<|ecg_start|>", "<|ecg_pad|>", "<|ecg_end|>",
)  # fmt: skip


def tiny_ecg_r1(folder: Path) -> Path:
    """A checkpoint named and laid out like PKUDigitalHealth/ECG-R1-8B-RL."""
    from calipers.models.workers.qwen import EcgQwen

    tokenizer = _byte_tokenizer(_QWEN_TOKENS)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in _QWEN_TOKENS}
    config = Qwen3VLConfig(
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "mrope_section": [4, 2, 2], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 16,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": 32, "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
    )  # fmt: skip
    config.ecg_shape = list(SHAPE)
    model = _random(EcgQwen, config)
    weights = model.state_dict() | _unused("model.ecg_tower.")
    stored = config.to_dict() | {"architectures": ["ECGR1ForConditionalGeneration"], "ecg_hidden_size": SHAPE.width}
    del stored["ecg_shape"]
    return _saved(folder, weights, stored, tokenizer)


def tiny_llava(folder: Path, *, aspect: str = "anyres", signal: bool = False) -> Path:
    """A checkpoint named and laid out like PULSE-ECG/PULSE-7B, or with an encoder like LANSG/GEM."""
    from calipers.models.workers.llava import EcgLlava, EcgLlavaNext

    tokenizer = _byte_tokenizer(("<unk>", "<s>", "</s>"))
    tokenizer.unk_token, tokenizer.bos_token, tokenizer.eos_token = "<unk>", "<s>", "</s>"
    language = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
    }  # fmt: skip
    eyes = CLIPVisionConfig(
        hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=1, patch_size=14, image_size=56
    )
    pinpoints = [[56, 112], [112, 56], [112, 112]]
    common: dict[str, Any] = {"vision_config": eyes, "text_config": LlamaConfig(**language)}
    if aspect == "anyres":
        config: Any = LlavaNextConfig(image_grid_pinpoints=pinpoints, **common)
    else:
        config = LlavaConfig(**common)
    config.ecg_shape = list(SHAPE) if signal else None
    model = _random(EcgLlavaNext if aspect == "anyres" else EcgLlava, config)
    weights = {_published_name(name): tensor for name, tensor in model.state_dict().items()}
    weights |= _unused("model.ecg_tower.ecg_tower.") if signal else {}
    stored = language | {
        "architectures": ["LlavaLlamaForCausalLM"],
        "model_type": "llava_llama",
        "image_aspect_ratio": aspect,
        "image_grid_pinpoints": pinpoints,
        "mm_hidden_size": 64,
        "mm_patch_merge_type": "spatial_unpad" if aspect == "anyres" else "flat",
        "mm_vision_select_layer": -2,
        "mm_vision_tower": "openai/clip-vit-large-patch14-336",
    }
    return _saved(folder, weights, stored, tokenizer)


def _published_name(name: str) -> str:
    """The library's name of a weight -> LLaVA's own."""
    name = re.sub(r"^model\.vision_tower\.", "model.vision_tower.vision_tower.vision_model.", name)
    name = re.sub(r"^model\.ecg_tower\.", "model.ecg_tower.ecg_tower.", name)
    name = re.sub(r"^model\.multi_modal_projector\.linear_1\.", "model.mm_projector.0.", name)
    name = re.sub(r"^model\.multi_modal_projector\.linear_2\.", "model.mm_projector.2.", name)
    return re.sub(r"^model\.language_model\.", "model.", name)


def _unused(prefix: str) -> dict[str, torch.Tensor]:
    """What the published encoder holds beyond what GEM and ECG-R1 take from it."""
    return {
        f"{prefix}ln_post.weight": torch.ones(SHAPE.width),
        f"{prefix}ln_post.bias": torch.zeros(SHAPE.width),
        f"{prefix}proj": torch.zeros(SHAPE.width, 16),
    }


def _random(kind: Any, config: Any) -> Any:
    torch.manual_seed(11)
    model = kind(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn_like(weight) * 0.2)
    return model.eval()


def _byte_tokenizer(special: tuple[str, ...]) -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in special])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def _saved(folder: Path, weights: dict[str, torch.Tensor], config: dict[str, Any], tokenizer: Any) -> Path:
    """In two files with an index, as large checkpoints are."""
    folder.mkdir(parents=True)
    names = sorted(weights)
    halves = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, held in halves.items():
        save_file(
            {name: weights[name].to(torch.bfloat16).contiguous() for name in held}, folder / file, {"format": "pt"}
        )
    index = {"metadata": {}, "weight_map": {name: file for file, held in halves.items() for name in held}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tokenizer.save_pretrained(folder)
    return folder
