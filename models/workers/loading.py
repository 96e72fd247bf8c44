"""Load a published checkpoint into the library's own classes, whole or not at all."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from calipers.errors import MissingPart
from calipers.models.workers.published import Precision

#: Kept in bf16 when the rest is quantised: what reads the ECG, and the output layer.
_UNTOUCHED = ("ecg_tower", "ecg_projector", "vision_tower", "multi_modal_projector", "visual", "lm_head")


def load(
    kind: Any, folder: Path, config: Any, precision: Precision, device: str, renamed: dict[str, str] | None = None
) -> Any:
    """A model with the weights of a checkpoint.

    Args:
        kind: the model class.
        folder: the checkpoint.
        config: the model's configuration.
        precision: `bf16`, or `int8` and `int4` with bitsandbytes.
        device: `cuda` or `cpu`.
        renamed: patterns of the checkpoint's names -> the class's names.

    Raises:
        MissingPart: weights are missing from the checkpoint, or the package that quantises.
    """
    if precision != "bf16" and device == "cpu":
        raise MissingPart(f"found precision `{precision}` on the CPU; needed a CUDA GPU, or `bf16`")
    options: dict[str, Any] = {"quantization_config": _quantisation(precision)} if precision != "bf16" else {}
    if device != "cpu":
        # Straight to the GPU, without a copy of the whole in main memory; this is what accelerate is for.
        options["device_map"] = device
    model, report = kind.from_pretrained(
        folder,
        config=config,
        dtype=torch.bfloat16,
        key_mapping=renamed,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
        **options,
    )
    if missing := sorted([*report["missing_keys"], *(name for name, *_ in report["mismatched_keys"])]):
        raise MissingPart(f"found no weights for `{missing[0]}` in {folder}, {len(missing)} in all; needed them all")
    return model.eval().requires_grad_(False)


def tokenizer_of(folder: Path) -> Any:
    """The checkpoint's tokenizer.

    Raises:
        MissingPart: it has none, or the package that reads it is missing.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except ImportError as problem:
        raise MissingPart(
            'found no package that reads the tokenizer; needed: pip install "calipers[workers]"'
        ) from problem
    except (OSError, ValueError) as problem:
        raise MissingPart(f"found no readable tokenizer in {folder}: {problem}") from problem


def written(model: Any, tokenizer: Any, stop: int, longest: int, **prompt: Any) -> str:
    """What the model writes after a prompt of one row, greedily, until it stops or at most `longest` tokens."""
    with torch.inference_mode():
        ids = model.generate(
            **prompt,
            max_new_tokens=longest,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            eos_token_id=stop,
            pad_token_id=stop,
        )
    text: str = tokenizer.decode(ids[0, prompt["input_ids"].shape[1] :].tolist(), skip_special_tokens=True)
    return text.strip()


def _quantisation(precision: Precision) -> Any:
    if find_spec("bitsandbytes") is None:
        raise MissingPart(f"found no package `bitsandbytes`, which {precision} needs; needed: pip install bitsandbytes")
    from transformers import BitsAndBytesConfig

    if precision == "int8":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=list(_UNTOUCHED))
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
        llm_int8_skip_modules=list(_UNTOUCHED),
    )
