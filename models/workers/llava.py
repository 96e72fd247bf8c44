"""PULSE and GEM: LLaVA on Vicuna-7B, whose published weights go by the names of the authors' own code.

The weights are renamed into the library's LLaVA classes as they load. Both are asked as their evaluations ask them
(`llava_v1` conversation, AIMedLab/PULSE `llava/eval`, lanxiang1017/GEM `llava/model/llava_arch.py`): the tokens of
the time series stand before those of the picture, and pass a projector of their own and then the picture's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaNextConfig,
    LlavaNextForConditionalGeneration,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil

from calipers.errors import MissingPart
from calipers.models.workers.checkpoint import Shapes, configuration, layers, weight_shapes
from calipers.models.workers.ecg_encoder import EcgEncoder, EncoderShape, encoder_shape
from calipers.models.workers.loading import load, tokenizer_of, written
from calipers.models.workers.published import Precision, Published
from calipers.models.workers.splice import spliced

if TYPE_CHECKING:
    from PIL.Image import Image

_EYES: Final = "model.vision_tower.vision_tower.vision_model."
_ENCODER: Final = "model.ecg_tower.ecg_tower."
#: Width of one attention head of every CLIP vision transformer.
_HEAD_WIDTH: Final = 64
#: The authors' names -> the library's. The first that fits is taken.
_RENAMED: Final = {
    r"^model\.vision_tower\.vision_tower\.vision_model\.": "model.vision_tower.",
    r"^model\.ecg_tower\.ecg_tower\.": "model.ecg_tower.",
    r"^model\.mm_projector\.0\.": "model.multi_modal_projector.linear_1.",
    r"^model\.mm_projector\.2\.": "model.multi_modal_projector.linear_2.",
    r"^model\.(embed_tokens|layers|norm)\.": r"model.language_model.\1.",
}
_IGNORED: Final = (r"ecg_tower\.(ln_post|proj\b)", r"image_newline", r"rotary_emb\.inv_freq", r"position_ids")


class _Listening(nn.Module):
    """GEM's additions: the encoder of the time series, and its projector to the width of the picture's features."""

    def __init__(self, shape: EncoderShape, features: int) -> None:
        super().__init__()
        self.ecg_tower = EcgEncoder(shape)
        self.ecg_projector = nn.Linear(shape.width, features)


def _listening(model: Any) -> None:
    config = model.config
    if config.ecg_shape is not None:
        added = _Listening(EncoderShape(*config.ecg_shape), config.vision_config.hidden_size)
        model.model.ecg_tower, model.model.ecg_projector = added.ecg_tower, added.ecg_projector


class EcgLlava(LlavaForConditionalGeneration):
    """LLaVA that sees one square picture, with GEM's additions where the checkpoint has them."""

    _keys_to_ignore_on_load_unexpected = _IGNORED

    def __init__(self, config: LlavaConfig) -> None:
        super().__init__(config)
        _listening(self)


class EcgLlavaNext(LlavaNextForConditionalGeneration):
    """LLaVA that sees a picture whole and in tiles, with GEM's additions where the checkpoint has them."""

    _keys_to_ignore_on_load_unexpected = _IGNORED

    def __init__(self, config: LlavaNextConfig) -> None:
        super().__init__(config)
        _listening(self)


class Llava:
    """Answers as PULSE and GEM do.

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
        stored, shapes = configuration(folder), weight_shapes(folder)
        self.shape = encoder_shape(shapes, _ENCODER)
        if published.takes_signal and self.shape is None:
            raise MissingPart(f"found no ECG encoder in {folder}; needed the checkpoint of {published.title}")
        eyes = _eyes(shapes, folder)
        self.aspect = str(stored.get("image_aspect_ratio"))
        self.tiled = self.aspect == "anyres"
        common = {
            "vision_config": eyes,
            "text_config": LlamaConfig(**_of_language(stored)),
            "vision_feature_layer": stored.get("mm_vision_select_layer", -2),
            "vision_feature_select_strategy": "default",
            "projector_hidden_act": "gelu",
        }
        side = eyes.image_size
        if self.tiled:
            config: Any = LlavaNextConfig(image_grid_pinpoints=stored["image_grid_pinpoints"], **common)
            self.image_processor: Any = LlavaNextImageProcessorPil(
                size={"shortest_edge": side},
                crop_size={"height": side, "width": side},
                image_grid_pinpoints=stored["image_grid_pinpoints"],
            )
        else:
            config = LlavaConfig(**common)
            self.image_processor = CLIPImageProcessorPil(
                size={"shortest_edge": side}, crop_size={"height": side, "width": side}
            )
        config.ecg_shape = list(self.shape) if self.shape else None
        self.model = load(EcgLlavaNext if self.tiled else EcgLlava, folder, config, precision, device, _RENAMED)
        self.tokenizer = tokenizer_of(folder)

    def answer(self, question: str, page: Image | None, signal: NDArray[np.float32] | None, longest: int) -> str:
        """Ask about an ECG.

        Args:
            question: in words.
            page: the drawn ECG, or None.
            signal: (12, 5000) float32 millivolts at 500 Hz, or None; left aside by a model that takes none.
            longest: tokens it may write.
        """
        tokens = [*self._heard(signal), *self._seen(page)]
        places = sum(part.shape[1] for part in tokens)
        stop = self.tokenizer.eos_token_id
        before = [self.tokenizer.bos_token_id, *self._words(f"{self.published.system} USER: ")]
        # What stands at the places is written over; any token of the vocabulary will do.
        ids = [*before, *[self.tokenizer.bos_token_id] * places, *self._words(f"\n{question} ASSISTANT:")]
        row = torch.tensor([ids], device=self.model.device)
        with spliced(self.model.get_input_embeddings(), torch.cat(tokens, dim=1) if tokens else None, len(before)):
            return written(
                self.model, self.tokenizer, stop, longest, input_ids=row, attention_mask=torch.ones_like(row)
            )

    def _heard(self, signal: NDArray[np.float32] | None) -> list[Tensor]:
        """The time series as tokens of the language model, (1, n, width)."""
        if signal is None or self.shape is None:
            return []
        inner = self.model.model
        with torch.inference_mode():
            series = torch.from_numpy(signal[None, :, : self.shape.samples]).to(self.model.device, torch.bfloat16)
            return [inner.multi_modal_projector(inner.ecg_projector(inner.ecg_tower(series)))]

    def _seen(self, page: Image | None) -> list[Tensor]:
        """The picture as tokens of the language model, (1, n, width)."""
        if page is None:
            return []
        if self.aspect == "pad":
            page = _squared(page, self.image_processor.image_mean)
        made = self.image_processor(images=[page], return_tensors="pt")
        pixels = made["pixel_values"].to(self.model.device, torch.bfloat16)
        sizes = {"image_sizes": made["image_sizes"]} if self.tiled else {}
        with torch.inference_mode():
            features = self.model.get_image_features(pixel_values=pixels, **sizes).pooler_output
        return [features[0][None]]

    def _words(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids


def _eyes(shapes: Shapes, folder: Path) -> CLIPVisionConfig:
    """The CLIP vision transformer in the checkpoint, by the shapes of its weights."""
    patches = shapes.get(f"{_EYES}embeddings.patch_embedding.weight")
    if patches is None:
        raise MissingPart(f"found no vision encoder among the weights in {folder}; needed the whole checkpoint")
    places = shapes[f"{_EYES}embeddings.position_embedding.weight"][0] - 1
    return CLIPVisionConfig(
        hidden_size=patches[0],
        intermediate_size=shapes[f"{_EYES}encoder.layers.0.mlp.fc1.weight"][0],
        num_hidden_layers=layers(shapes, f"{_EYES}encoder.layers."),
        num_attention_heads=max(1, patches[0] // _HEAD_WIDTH),
        patch_size=patches[2],
        image_size=round(places**0.5) * patches[2],
    )


def _of_language(stored: dict[str, Any]) -> dict[str, Any]:
    """What of the checkpoint's configuration describes the language model."""
    names = (
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "hidden_act", "bos_token_id", "eos_token_id",
    )  # fmt: skip
    found = {name: stored[name] for name in names if name in stored}
    theta = stored.get("rope_theta")
    return found | ({"rope_theta": theta} if theta else {})


def _squared(page: Image, mean: list[float]) -> Image:
    """The picture in the middle of a square of the mean colour (LLaVA 1.5)."""
    from PIL import Image

    side = max(page.size)
    square = Image.new("RGB", (side, side), tuple(int(255 * value) for value in mean))
    square.paste(page, ((side - page.width) // 2, (side - page.height) // 2))
    return square
