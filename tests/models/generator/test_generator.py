"""Latents, texture, steering and drawing, with networks that were never trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calipers.errors import MissingPart
from calipers.models.generator import shapes
from calipers.models.generator.beat_training import varied
from calipers.models.generator.codec import Codec
from calipers.models.generator.conditions import Condition, ConditionSpace
from calipers.models.generator.corpus import examples, stacked
from calipers.models.generator.generator import BeatOrder, Generator
from calipers.models.generator.latents import LENGTH, WHERE
from calipers.models.generator.marked import line_of, read_marked
from calipers.models.generator.qualities import NAMES, qualities
from tests.models.generator.untrained import simulated, write_untrained


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("untrained")
    write_untrained(place)
    return place


def _sinus_known() -> np.ndarray:
    known = np.zeros(LENGTH, dtype=np.bool_)
    for block in ("p", "qrs", "st_t", "times", "levels"):
        known[WHERE[block]] = True
    return known


def test_the_codec_gives_back_a_record_it_was_not_fitted_on(folder: Path) -> None:
    codec = Codec.load(folder)
    record, eight = simulated("sinus", 77)
    again = codec.decode(codec.encode(eight, record.marks))
    assert np.sqrt(((again - eight) ** 2).mean()) < 0.02


def test_a_drawn_beat_has_the_levels_axis_and_times_it_is_steered_to(folder: Path) -> None:
    made_by = Generator(folder)
    wanted = {"qrs_axis": -50.0, "V2.st_j": 0.3, "pr": 210.0, "rr": 700.0, "V5.r_amp": 1.2}
    order = BeatOrder(Condition(), _sinus_known(), wanted, seed=4)
    parts = made_by.codec.latents.decode(made_by.draw_beats([order]))
    found = dict(zip(NAMES, qualities(parts)[0], strict=True))
    axis = np.rad2deg(np.arctan2(found["qrs_axis.sin"], found["qrs_axis.cos"]))
    assert abs(axis - wanted["qrs_axis"]) < 8
    assert abs(found["V2.st_j"] - 0.3) < 0.03
    assert abs(found["pr"] - 210.0) < 5
    assert abs(found["rr"] - 700.0) < 15
    assert abs(found["V5.r_amp"] - 1.2) < 0.15


def test_a_batch_draws_what_single_draws_would(folder: Path) -> None:
    made_by = Generator(folder)
    orders = [BeatOrder(Condition(age=age), _sinus_known(), {}, seed) for seed, age in ((1, 30.0), (2, 80.0))]
    together = made_by.draw_beats(orders)
    assert np.allclose(together[1], made_by.draw_beats(orders[1:])[0], atol=1e-4)
    assert np.array_equal(together, made_by.draw_beats(orders))


def test_an_element_that_the_ecg_lacks_stays_zero(folder: Path) -> None:
    known = _sinus_known()
    known[WHERE["p"]] = False
    drawn = Generator(folder).draw_beats([BeatOrder(Condition(), known, {}, 1)])
    assert not drawn[0, WHERE["p"]].any()


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match=r"found no `beat\.safetensors`"):
        Generator(tmp_path)


def test_turning_the_heart_turns_its_axis() -> None:
    record, eight = simulated("sinus", 2)
    parts = stacked(examples(record, eight)[0])
    rng = np.random.default_rng(0)
    angles = [np.rad2deg(rng.normal(0.0, np.deg2rad(8.0), 1))[0]]
    turned = qualities(varied(parts, np.random.default_rng(0)))[0]
    before = qualities(parts)[0]

    def axis(values: np.ndarray) -> float:
        place = NAMES.index("qrs_axis.cos")
        return float(np.rad2deg(np.arctan2(values[place + 1], values[place])))

    assert (axis(turned) - axis(before)) == pytest.approx(np.rad2deg(np.deg2rad(angles[0])), abs=0.5)


def test_what_is_not_told_is_marked_as_not_told() -> None:
    space = ConditionSpace(("AFIB", "SR"))
    empty, full = (
        space.vector(Condition()),
        space.vector(Condition(frozenset({"AFIB"}), {"qrs_axis": 90.0}, 60.0, "female")),
    )
    assert not empty.any()
    assert full[0] == 1.0
    assert full[space.told] == 1.0
    assert full[space.patient + 1] == full[space.patient + 3] == 1.0


def test_a_torn_last_line_of_the_marks_is_left_out(tmp_path: Path) -> None:
    record, _ = simulated("sinus", 1)
    file = tmp_path / "marked.jsonl"
    file.write_text(line_of(record) + "\n" + line_of(record)[:40])
    assert [one.id for one in read_marked(file)] == [record.id]


def test_a_step_at_the_end_of_the_qrs_is_spread_and_the_rest_of_the_beat_kept() -> None:
    beat = np.zeros((8, shapes.BEAT_POINTS))
    beat[:, shapes.FIRST_ST :] = 0.2
    whole = shapes.joined(beat)
    assert np.abs(np.diff(whole, axis=1)).max() < 0.03
    assert np.array_equal(whole[:, : shapes.FIRST_ST - 10], beat[:, : shapes.FIRST_ST - 10])
    assert np.array_equal(whole[:, shapes.FIRST_ST + 10 :], beat[:, shapes.FIRST_ST + 10 :])
