"""The painter knows where its ink is; damage repeats; the networks say what they were taught."""

from __future__ import annotations

import numpy as np
import pytest

from calipers.leads import INDEX
from calipers.models.segmenter.classes import WORDS, lead_of
from calipers.models.segmenter.crops import Crops, batches
from calipers.models.segmenter.damage import LEVELS, Level, damage
from calipers.models.segmenter.layouts import ARRANGEMENTS
from calipers.models.segmenter.painter import Page, paint
from calipers.models.segmenter.segmenter import COARSE, inks, segment
from calipers.models.segmenter.styles import draw_style
from calipers.models.segmenter.word_reader import PATCH, Box, patch, read_words

FS_HZ = 500.0


def signal() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A beat a second in every lead, of a size of its own."""
    times = np.arange(5000) / FS_HZ
    beat = np.exp(-(((times % 1.0 - 0.4) / 0.012) ** 2)) + 0.25 * np.exp(-(((times % 1.0 - 0.68) / 0.05) ** 2))
    return np.outer(np.linspace(0.4, 1.2, 12), beat).astype(np.float32)


def painted(seed: int = 5, arrangement: str = "3x4") -> Page:
    chance = np.random.default_rng(seed)
    return paint(signal(), FS_HZ, draw_style(chance, arrangement=arrangement), 6.0, chance)


def test_every_arrangement_shows_each_lead_once() -> None:
    for one in ARRANGEMENTS.values():
        leads = [lead for row in one.rows for lead in row]
        assert sorted(leads) == sorted(INDEX), one.name


def test_the_painted_truth_lies_on_the_ink() -> None:
    page = painted()
    dark = page.image.min(axis=2) < 140
    assert dark[page.trace > 200].mean() > 0.9
    assert {lead_of(word.word) for word in page.words} >= set(INDEX)


@pytest.mark.parametrize("level", LEVELS)
def test_damage_repeats_with_its_seed(level: Level) -> None:
    page = painted().image
    first, second = (damage(page, level, np.random.default_rng(9), 6.0) for _ in range(2))
    assert np.array_equal(first, second)


def test_batches_depend_on_seed_and_step_alone() -> None:
    signals = np.round(signal()[[0, 1, 6, 7, 8, 9, 10, 11]] * 1000).astype(np.int16)[None]
    config = Crops(pages=1, crops=2, size=128)
    late = next(batches(config, signals, range(1, 2), seed=4))
    both = list(batches(config, signals, range(2), seed=4))[1]
    assert np.array_equal(late.inks, both.inks)
    assert late.lines.shape == (2, 2, 128, 128)
    assert late.words.shape == (2, 128 // COARSE, 128 // COARSE)


def test_the_network_finds_trace_and_leaves_grid_and_words() -> None:
    page = painted(seed=8)
    found = segment(page.image, threads=1).trace > 0.5
    true = page.trace > 127
    assert found[true].mean() > 0.9
    assert true[found].mean() > 0.6


def test_the_word_reader_tells_the_chest_leads_apart() -> None:
    page = painted(seed=8)
    names = [word for word in page.words if lead_of(word.word) is not None]
    chances = read_words(inks(page.image), [Box(*word.box) for word in names], threads=1)
    right = [WORDS[int(row.argmax())] == word.word for row, word in zip(chances, names, strict=True)]
    assert np.mean(right) >= 0.85


def test_a_box_beyond_the_page_is_blank() -> None:
    page = np.zeros((3, 50, 50), np.int8)
    assert patch(page, Box(500, 500, 520, 510)).shape == (3, *PATCH)
