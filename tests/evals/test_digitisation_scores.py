"""What the digitisation benchmark counts, on readings of known quality."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calipers.digitisation import Digitisation
from calipers.evals.digitisation.pages import Drawn
from calipers.evals.digitisation.scoring import Scored, misplaced_mm
from calipers.evals.digitisation.task import Read, scores
from calipers.models.segmenter.damage import LEVELS, Level, damage_placed


def read(correlation: float | None, *, hr: float = 0.0, doubted: bool = False, patient: str = "a") -> Read:
    scored = (
        None if correlation is None else Scored(correlation, correlation, 0.02, 20.0, hr, 3.0, 0.01, 1.0, 0.0, 0.01)
    )
    return Read(patient, "damage", "photo", 3.0, scored, "" if scored else "no grid", doubted, 0.01)


def test_a_wrong_page_counts_as_silent_only_where_nothing_was_said() -> None:
    pages = [
        read(0.99),
        read(0.5),
        read(0.5, doubted=True),
        read(0.99, hr=20.0),
        read(None),
        read(0.99, hr=math.nan),
    ]
    found = scores([page._replace(patient=str(number)) for number, page in enumerate(pages)])
    silent, refused, doubted = (found[name] for name in ("silently_wrong", "refused", "doubted"))
    assert silent is not None
    assert silent.value == pytest.approx(2 / 6)
    assert refused is not None
    assert refused.value == pytest.approx(1 / 6)
    assert doubted is not None
    assert doubted.value == pytest.approx(1 / 6)


@pytest.mark.parametrize("level", LEVELS)
def test_damage_says_where_the_pages_places_went(level: Level) -> None:
    page = np.full((600, 800, 3), 255, np.uint8)
    marks = np.array([[200, 150], [600, 150], [600, 450], [200, 450]])
    for x, y in marks:
        page[y - 5 : y + 6, x - 5 : x + 6] = 0
    damaged = damage_placed(page, level, np.random.default_rng(4), 6.0)
    for x, y in damaged.place(marks.astype(np.float64)):
        near = damaged.image[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3]
        away = damaged.image[round(y) - 20 : round(y) - 14, round(x) - 20 : round(x) - 14]
        assert near.mean() < away.mean() - 40


def test_a_scale_off_by_a_hundredth_is_seen_as_misplaced() -> None:
    page = Drawn(
        damage_placed(np.zeros((960, 1600, 3), np.uint8), "clean", np.random.default_rng(0), 8.0), 8.0, (1600, 960)
    )

    def stated(px_mm: float) -> Digitisation:
        return Digitisation(
            layout="12x1", speed_mm_s=25.0, gain_mm_mv=10.0, scale_found="known", segments=(), timing_error_ms=1.0,
            width_px=1600, height_px=960, to_picture=(px_mm, 0.0, 0.0, 0.0, px_mm, 0.0, 0.0, 0.0, 1.0),
        )  # fmt: skip

    assert misplaced_mm(stated(8.0), page) < 0.01
    assert 0.3 < misplaced_mm(stated(8.08), page) < 1.0
