"""ECG-R1: Qwen3-VL, which the library knows, with the encoder of the time series beside its eyes.

Prompt, image size and the 101 places for the time series follow the authors' `ecg_r1/register.py` and
`scripts/shells/inference.sh` (PKUDigitalHealth/ECG-R1 @ c274ce0): the time series stands before the picture, which
takes at most 768 tokens of 32 x 32 pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from calipers.errors import MissingPart
from calipers.models.workers.checkpoint import weight_shapes
from calipers.models.workers.ecg_encoder import EcgEncoder, EncoderShape, encoder_shape
from calipers.models.workers.loading import load, tokenizer_of, written
from calipers.models.workers.published import Precision, Published
from calipers.models.workers.splice import spliced

if TYPE_CHECKING:
    from PIL.Image import Image

_ENCODER: Final = "model.ecg_tower."
_MOST_IMAGE_TOKENS: Final = 768
_LEAST_IMAGE_TOKENS: Final = 4
_END: Final = "<|im_end|>"
_PLACES: Final = ("<|ecg_start|>", "<|ecg_pad|>", "<|ecg_end|>")
_EYES: Final = ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>")


class EcgQwen(Qwen3VLForConditionalGeneration):
    """Qwen3-VL with ECG-R1's encoder and projector where its checkpoint has them."""

    _keys_to_ignore_on_load_unexpected = (r"ecg_tower\.(ln_post|proj\b)",)

    def __init__(self, config: Qwen3VLConfig) -> None:
        super().__init__(config)
        shape, width = EncoderShape(*config.ecg_shape), config.text_config.hidden_size
        self.model.ecg_tower = EcgEncoder(shape)
        self.model.ecg_projector = nn.Sequential(nn.Linear(shape.width, width), nn.GELU(), nn.Linear(width, width))


class Qwen:
    """Answers as ECG-R1 does.

    Args:
        published: which model it is.
        folder: its checkpoint.
        precision: of its weights.
        device: `cuda` or `cpu`.

    Raises:
        MissingPart: the checkpoint is not whole.
    """

    def __init__(self, published: Published, folder: Path, precision: Precision, device: str) -> None:
        self.published = published
        shape = encoder_shape(weight_shapes(folder), _ENCODER)
        if shape is None:
            raise MissingPart(f"found no ECG encoder in {folder}; needed the checkpoint of {published.title}")
        self.shape = shape
        config = Qwen3VLConfig.from_pretrained(folder, local_files_only=True)
        config.ecg_shape = list(shape)
        self.model = load(EcgQwen, folder, config, precision, device)
        self.tokenizer = tokenizer_of(folder)
        vision = config.vision_config
        self.merge = vision.spatial_merge_size
        side = vision.patch_size * self.merge
        self.image_processor = Qwen2VLImageProcessorPil(
            patch_size=vision.patch_size,
            temporal_patch_size=vision.temporal_patch_size,
            merge_size=self.merge,
            size={"shortest_edge": _LEAST_IMAGE_TOKENS * side**2, "longest_edge": _MOST_IMAGE_TOKENS * side**2},
            image_mean=[0.5, 0.5, 0.5],
            image_std=[0.5, 0.5, 0.5],
        )

    def answer(self, question: str, page: Image | None, signal: NDArray[np.float32] | None, longest: int) -> str:
        """Ask about an ECG.

        Args:
            question: in words.
            page: the drawn ECG, or None.
            signal: (12, 5000) float32 millivolts at 500 Hz, or None.
            longest: tokens it may write.
        """
        ids = self._words(f"<|im_start|>system\n{self.published.system}{_END}\n<|im_start|>user\n")
        tokens, at = None, 0
        if signal is not None:
            tokens = self._encoded(signal)
            start, pad, end = map(self._token, _PLACES)
            at = len(ids) + 1
            ids += [start, *[pad] * tokens.shape[1], end]
        seen: dict[str, Tensor] = {}
        kinds = [0] * len(ids)
        if page is not None:
            seen, count = self._looked_at(page)
            start, pad, end = map(self._token, _EYES)
            ids += [start, *[pad] * count, end]
            kinds += [0, *[1] * count, 0]
        ids += self._words(f"\n{question}{_END}\n<|im_start|>assistant\n")
        device = self.model.device
        row = torch.tensor([ids], device=device)
        prompt: dict[str, Any] = {
            "input_ids": row,
            "attention_mask": torch.ones_like(row),
            "mm_token_type_ids": torch.tensor([kinds + [0] * (len(ids) - len(kinds))], device=device, dtype=torch.int),
            **{name: value.to(device) for name, value in seen.items()},
        }
        with spliced(self.model.get_input_embeddings(), tokens, at):
            return written(self.model, self.tokenizer, self._token(_END), longest, **prompt)

    def _encoded(self, signal: NDArray[np.float32]) -> Tensor:
        """(12, samples) -> (1, tokens, width of the language model)."""
        inner = self.model.model
        with torch.inference_mode():
            series = torch.from_numpy(signal[None, :, : self.shape.samples]).to(self.model.device, torch.bfloat16)
            projected: Tensor = inner.ecg_projector(inner.ecg_tower(series))
        return projected

    def _looked_at(self, page: Image) -> tuple[dict[str, Tensor], int]:
        """The picture as the model takes it, and how many tokens it becomes."""
        made = self.image_processor(images=[page], return_tensors="pt")
        count = int(made["image_grid_thw"][0].prod()) // self.merge**2
        return {name: made[name] for name in ("pixel_values", "image_grid_thw")}, count

    def _words(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _token(self, name: str) -> int:
        found = self.tokenizer.convert_tokens_to_ids(name)
        if found is None or found == self.tokenizer.unk_token_id:
            raise MissingPart(f"found no token `{name}` in the tokenizer; needed that of {self.published.title}")
        return int(found)
