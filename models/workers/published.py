"""What each published model is: weights, size, licence, and the words it was trained to be asked in.

Sources, as read on 2026-11-21: the model cards and files on the Hugging Face hub, and the authors' repositories
PKUDigitalHealth/ECG-R1, lanxiang1017/GEM and AIMedLab/PULSE. `docs/models.md` cites them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from calipers.errors import UsageError

Architecture = Literal["qwen3-vl", "llava"]
Precision = Literal["bf16", "int8", "int4"]

#: Bytes a weight takes, with what bitsandbytes keeps beside it (a scale per block of 64 in 4 bits).
_BYTES: Final[Mapping[Precision, float]] = {"bf16": 2.0, "int8": 1.05, "int4": 0.56}
#: Activations of the encoders and the CUDA context.
_OVERHEAD_GB: Final = 0.8


class Published(NamedTuple):
    """One published model.

    Attributes:
        name: what `--model` calls it.
        title: what its authors call it.
        repository: where its weights are on the Hugging Face hub.
        revision: the commit that was looked at; None where only the card was.
        architecture: which of our loaders reads it.
        parameters: all weights, in billions.
        quantised: those of them that int8 and int4 shrink: the linear layers of the language model, in billions.
        licence: of the weights, as the card states it.
        source: the paper.
        system: the system prompt of its training.
        question: what it was trained to be asked for a full read.
        takes_signal: whether it reads the time series beside the page.
        page_px: width and height of the page of its training pictures.
        longest_answer: tokens it may write.
        context_gb: the key-value cache of the longest conversation: layers x 2 x key width x 2 bytes x tokens.
    """

    name: str
    title: str
    repository: str
    revision: str | None
    architecture: Architecture
    parameters: float
    quantised: float
    licence: str
    source: str
    system: str
    question: str
    takes_signal: bool
    page_px: tuple[int, int]
    longest_answer: int
    context_gb: float

    def memory_gb(self, precision: Precision) -> float:
        """GPU memory for the weights and one conversation, in GB of 1e9 bytes: an estimate, not a measurement."""
        shrunk = self.quantised * _BYTES[precision] + (self.parameters - self.quantised) * _BYTES["bf16"]
        return round(shrunk + self.context_gb + _OVERHEAD_GB, 1)


#: The question of ECG-Grounding's test set, on which GEM and ECG-R1 were trained and are evaluated.
_GROUNDED: Final = (
    "Interpret the provided ECG image, identify key features and abnormalities in each lead, "
    "and generate a clinical diagnosis that is supported by the observed evidence."
)
#: Vicuna's, which LLaVA takes over (`llava_v1`).
_VICUNA: Final = (
    "A chat between a curious human and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the human's questions."
)
#: Letter paper at 200 dots an inch, as ecg-image-generator draws it.
_LETTER_200_DPI: Final = (2200, 1700)

_MODELS: Final = (
    Published(
        name="ecg-r1-8b",
        title="ECG-R1-8B (RL)",
        repository="PKUDigitalHealth/ECG-R1-8B-RL",
        revision="f9257759e2e3d6b1864c2e1af4dfaa8e96eb84ea",
        architecture="qwen3-vl",
        parameters=8.87,
        quantised=6.95,
        licence="none stated on the card as read; ask the authors before clinical use",
        source="Jin et al. 2026, arXiv 2602.04279",
        system="You are a helpful, harmless clinical ECG assistant. Provide concise, evidence-based interpretations.",
        question=_GROUNDED,
        takes_signal=True,
        page_px=_LETTER_200_DPI,
        longest_answer=2048,
        context_gb=0.5,
    ),
    Published(
        name="gem-7b",
        title="GEM-7B",
        repository="LANSG/GEM",
        revision=None,
        architecture="llava",
        parameters=7.15,
        quantised=6.48,
        licence="Apache-2.0; built on Vicuna 1.5, which is under the Llama 2 Community Licence",
        source="Lan et al. 2025, arXiv 2503.06073",
        system=_VICUNA,
        question=_GROUNDED,
        takes_signal=True,
        page_px=_LETTER_200_DPI,
        longest_answer=1024,
        context_gb=1.0,
    ),
    Published(
        name="pulse-7b",
        title="PULSE-7B",
        repository="PULSE-ECG/PULSE-7B",
        revision="3b497b4",
        architecture="llava",
        parameters=7.06,
        quantised=6.48,
        licence="Apache-2.0; built on Vicuna 1.5, which is under the Llama 2 Community Licence",
        source="Liu et al. 2024, arXiv 2410.19008",
        system=_VICUNA,
        question="Write a diagnostic report for this ECG image.",
        takes_signal=False,
        page_px=_LETTER_200_DPI,
        longest_answer=1024,
        context_gb=2.1,
    ),
)

#: Name → model.
PUBLISHED: Final[Mapping[str, Published]] = MappingProxyType({model.name: model for model in _MODELS})


def published(name: str) -> Published:
    """The published model of a name.

    Raises:
        UsageError: none is called that.
    """
    if name not in PUBLISHED:
        raise UsageError(f"found model `{name}`; needed one of {', '.join(PUBLISHED)}")
    return PUBLISHED[name]
