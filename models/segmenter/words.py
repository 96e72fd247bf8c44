"""The words of a painted page: lead names, the scale, and what else hospitals print."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from calipers.models.segmenter.classes import GAINS, INVERTED_AVR, OTHER, SPEEDS
from calipers.models.segmenter.styles import Style

if TYPE_CHECKING:
    from calipers.models.segmenter.painter import Drawn

_LINES: Final = (
    "Vent. rate {n} bpm", "PR interval {n} ms", "QRS duration {n} ms", "QT/QTc {n}/{m} ms", "P-R-T axes {n} {m} 37",
    "Sinus rhythm", "Normal ECG", "ID: {n}{m}", "12-lead ECG", "Ward 3, bed {n}", "{n} yr, male", "Unconfirmed report",
    "Nonspecific T wave abnormality", "Left axis deviation", "HR {n}", "Atrial fibrillation", "page 1 of 1",
    "2021-0{k}-1{k} 10:{m}", "Dr. {k}", "Name: ________", "0.05-150 Hz", "0.5~40 Hz  50 Hz", "W {n}", "v{k}.{m}", "Loc:{n}",
    "Research use only", "Speed", "Limb:", "Chest:", "F 60~ 0.15-100 Hz", "PGH MED {n}", "EID:{m} EDT",
)  # fmt: skip


class Word(NamedTuple):
    """A word of `WORDS` and its box in pixels: left, top, right, bottom."""

    word: str
    box: tuple[float, float, float, float]


class _Write(Protocol):
    """How a word is written; see `write_words`."""

    def __call__(self, text: str, x_mm: float, y_mm: float, high_mm: float, word: str, anchor: str = "ls") -> float:
        """Write, and return where the word ends, in millimetres."""


@functools.lru_cache(maxsize=256)
def _letters(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, max(size_px, 6))


def write_words(
    image: NDArray[np.uint8],
    style: Style,
    drawn: Sequence[Drawn],
    size_mm: tuple[float, float],
    px_mm: float,
    chance: np.random.Generator,
) -> tuple[Word, ...]:
    """Write on the page in place; returns what stands where."""
    sheet = Pillow.fromarray(image)
    pen = ImageDraw.Draw(sheet)
    words: list[Word] = []

    def write(text: str, x_mm: float, y_mm: float, high_mm: float, word: str, anchor: str = "ls") -> float:
        # Letters' height is about 0.72 of a font's size.
        font = _letters(style.font, round(high_mm / 0.72 * px_mm))
        place = (x_mm * px_mm, y_mm * px_mm)
        pen.text(place, text, fill=style.ink, font=font, anchor=anchor)
        box = pen.textbbox(place, text, font=font, anchor=anchor)
        words.append(Word(word, (float(box[0]), float(box[1]), float(box[2]), float(box[3]))))
        return float(box[2]) / px_mm

    _names(style, drawn, write)
    width, height = size_mm
    if style.words:
        _header(style, width, write, chance)
    if style.scale_words:
        y, x = (
            (height - 0.3 * style.footer, style.margin)
            if chance.random() < 0.75
            else (style.header - 2.0, width * 0.45)
        )
        _scale(style, x, y, write, chance)
    image[:] = np.asarray(sheet)
    return tuple(words)


def _names(style: Style, drawn: Sequence[Drawn], write: _Write) -> None:
    for one in drawn:
        text = INVERTED_AVR if one.inverted else one.lead
        shown = text.upper() if style.upper_names else text
        x, y = one.x_mm, one.baseline_mm
        if style.name_place == "left" and one.x_mm < drawn[0].x_mm + 1 and style.pulse != "left":
            write(shown, x - 1.5, y + style.name_size / 2, style.name_size, text, "rs")
        elif style.name_place == "inside":
            write(shown, x + 0.8, y + 0.3 * style.pitch, style.name_size, text)
        else:
            write(shown, x + 1.0, y - 0.32 * style.pitch, style.name_size, text)


def _header(style: Style, width: float, write: _Write, chance: np.random.Generator) -> None:
    step = style.name_size * float(chance.uniform(0.9, 1.2)) + 1.2
    for column in np.arange(style.margin, width - 50, float(chance.uniform(45, 90))):
        for y in np.arange(5.0, style.header - 2, step):
            if chance.random() < 0.6:
                n, m, k = int(chance.integers(40, 450)), int(chance.integers(10, 60)), int(chance.integers(1, 9))
                text = _LINES[int(chance.integers(len(_LINES)))].format(n=n, m=m, k=k)
                write(text, float(column), float(y), 0.8 * style.name_size, OTHER)


def _scale(style: Style, x: float, y: float, write: _Write, chance: np.random.Generator) -> None:
    tight = chance.random() < 0.4
    high = float(chance.uniform(1.8, 3.0))
    speed = next(word for word, value in SPEEDS.items() if value == style.speed_mm_s)
    gain = next(word for word, value in GAINS.items() if value == style.gain_mm_mv)
    parts = [(speed, speed), (gain, gain), ("0.05-150 Hz", OTHER)]
    for text, word in parts if chance.random() < 0.8 else parts[:2]:
        shown = text.replace(" ", "") if tight else text
        if word in SPEEDS and chance.random() < 0.2:
            shown = shown.replace("/s", "/sec")
        x = write(shown, x, y, high, word) + float(chance.uniform(2, 12))
