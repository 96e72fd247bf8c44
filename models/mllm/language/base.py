"""The base language model, SmolLM2-135M-Instruct: dequantised once from the fetched 4-bit file, then loaded fast."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from calipers.errors import MissingPart
from calipers.settings import settings

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

#: SHA-256 of the 4-bit file that the adapter was trained on.
GGUF_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_FOLDER: Final = "smollm2-135m-instruct"
_WEIGHTS: Final = "model.safetensors"
_TOKENIZER: Final = "tokenizer.json"
_CONFIG: Final = "config.json"


def base_folder() -> Path:
    """The folder of the dequantised model, made from the 4-bit file at first use.

    Raises:
        MissingPart: the 4-bit file was not fetched, or is another one, or the package that reads it is missing.
    """
    folder = settings().home / "weights" / _FOLDER
    if not (folder / _WEIGHTS).is_file():
        found = sorted((settings().home / "weights").glob("*.gguf"))
        if not found:
            raise MissingPart("found no base language model; needed: run `calipers fetch`")
        _dequantise(found[0], folder)
    return folder


def load_base(folder: Path | None = None, dtype: torch.dtype = torch.float32) -> LlamaForCausalLM:
    """The base model, frozen; its output layer is its embedding."""
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = folder or base_folder()
    config = LlamaConfig.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder, config=config, dtype=dtype)
    return model.eval().requires_grad_(False)


def load_tokenizer(folder: Path | None = None) -> Any:
    """The model's tokenizer (`tokenizers.Tokenizer`)."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str((folder or base_folder()) / _TOKENIZER))


def _dequantise(gguf: Path, folder: Path) -> None:
    digest = hashlib.sha256(gguf.read_bytes()).hexdigest()
    if digest != GGUF_SHA256:
        raise MissingPart(f"found {gguf.name} with sha256 {digest[:16]}…; needed {GGUF_SHA256[:16]}…")
    try:
        from safetensors.torch import save_file
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise MissingPart(f"found no package `{error.name}`; needed: pip install calipers") from error
    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    config = {key: value for key, value in model.config.to_dict().items() if key != "quantization_config"}
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = Path(scratch)
        save_file(
            {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()}, made / _WEIGHTS, {"format": "pt"}
        )
        tokenizer.backend_tokenizer.save(str(made / _TOKENIZER))
        (made / _CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
        # The weights come last: a folder that holds them is whole.
        for name in (_TOKENIZER, _CONFIG, _WEIGHTS):
            (made / name).replace(folder / name)
