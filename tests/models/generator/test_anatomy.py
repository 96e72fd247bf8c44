"""Taking an ECG apart and putting it together again."""

from __future__ import annotations

import numpy as np
import pytest

from calipers.models.generator import shapes
from calipers.models.generator.anatomy import baseline, take_apart
from calipers.models.generator.marks import Marks, eight_leads, twelve_leads
from calipers.models.simulator import Specification, simulate
from tests.models.generator.untrained import simulated


def _error_mv(rhythm: str, seed: int) -> float:
    record, eight = simulated(rhythm, seed)
    left = eight - take_apart(eight, record.marks).drawn(eight.shape[1])
    return float(np.median(np.abs(left - baseline(left, record.marks.qrs_on))))


@pytest.mark.parametrize(
    "rhythm", ["sinus", "atrial_fibrillation", "flutter_2_1", "paced_dual", "third_degree_ventricular"]
)
def test_shapes_at_their_marks_explain_an_ecg(rhythm: str) -> None:
    assert _error_mv(rhythm, 3) < 0.03


def test_a_beat_put_down_is_the_beat_taken_out() -> None:
    axis = shapes.beat_axis(46.0, 140.0)
    beat = np.random.default_rng(1).standard_normal((8, 12)) @ np.array(
        [np.exp(-(((axis - centre) / 9.0) ** 2)) for centre in np.linspace(30, 150, 12)]
    )
    on = np.array([100.3, 480.7, 850.1, 1231.6])
    eight = shapes.placed(1500, on, axis, shapes.tapered(beat, 8, 16))
    none = np.empty(0)
    marks = Marks(on, on + 46, on + 186, np.zeros(4, dtype=np.bool_), none, none, np.empty(0, dtype=np.int64))
    left = eight - take_apart(eight, marks).drawn(1500)
    assert np.abs(left).max() < 0.06 * np.abs(eight).max()
    assert np.sqrt((left**2).mean()) < 0.02 * np.abs(eight).max()


def test_a_p_wave_on_a_t_wave_is_shared_out() -> None:
    record, eight = simulated("third_degree_ventricular", 5)
    anatomy = take_apart(eight, record.marks)
    assert anatomy.p is not None
    assert anatomy.beat is not None
    assert np.abs(anatomy.p).max() < 0.5 * np.abs(anatomy.beat).max()


def test_the_other_four_limb_leads_follow_exactly() -> None:
    twelve = simulate(Specification("sinus"), 1).ecg.signal_mv
    again = twelve_leads(eight_leads(twelve))
    assert np.abs(again - twelve).max() < 2e-6
    assert np.abs(again[0] + again[2] - again[1]).max() < 1e-6
