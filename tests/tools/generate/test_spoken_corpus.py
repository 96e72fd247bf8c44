"""A line for the aligner says what its condition holds, and the condition holds nothing that is not said."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from calipers.models.generator.conditions import ConditionSpace
from calipers.models.generator.marked import Marked
from calipers.models.generator.marks import Marks
from calipers.models.generator.words import Asked
from calipers.models.generator.words_training import judged, targets
from calipers.tools.generate.spoken_corpus import Speaker, Spoken

_NONE = np.empty(0)
_MARKS = Marks(_NONE, _NONE, _NONE, _NONE.astype(bool), _NONE, _NONE, _NONE.astype(np.int64), 0.0)
_RECORD = Marked("1", 1, _MARKS, ("atrial_fibrillation", "rbbb"), 71.0, "female")
_MEASURED = {"hr": 110.0, "qrs": 142.0, "qtc": 450.0, "qrs_axis": -40.0}
_NAMES = {"atrial_fibrillation": ("atrial fibrillation", "afib"), "rbbb": ("RBBB", "right bundle branch block")}


@pytest.fixture(scope="module")
def lines() -> list[Spoken]:
    speaker = Speaker(_NAMES, np.random.default_rng(5))
    return [speaker.say(_RECORD, _MEASURED) for _ in range(60)]


def test_every_number_that_is_told_is_in_the_text(lines: list[Spoken]) -> None:
    for line in lines:
        numbers = {float(one) for one in re.findall(r"\d+(?:\.\d+)?", line.text)}
        for name in {"pr", "qrs", "qrs_axis"} & line.qualities.keys():
            assert abs(line.qualities[name]) in numbers
        if "rr" in line.qualities:
            assert any(abs(60_000.0 / line.qualities["rr"] - one) < 0.01 for one in numbers)
        assert (line.age is None) == (line.sex is None)
        assert line.age is None or line.age in numbers


def test_statements_are_told_as_the_drawing_tells_them(lines: list[Spoken]) -> None:
    said = [line for line in lines if "afib" in line.text.lower() or "atrial fib" in line.text.lower()]
    assert said
    assert all({"atrial_fibrillation", "AFIB"} <= set(line.statements) for line in said)
    assert all("SR" not in line.statements for line in said)


def test_answers_that_say_just_that_are_judged_perfect(lines: list[Spoken]) -> None:
    space = ConditionSpace(("AFIB", "CRBBB", "SR", "atrial_fibrillation", "rbbb", "sinus_rhythm"))
    wanted = targets([line._asdict() for line in lines], space)
    perfect = Asked(wanted.statements * 20 - 10, wanted.told * 20 - 10, wanted.values)
    assert judged(perfect, wanted) == {
        "precision": 1.0, "recall": 1.0, "told": 1.0, "told_wrongly": 0.0, "median_error": 0.0,
    }  # fmt: skip
    silent = Asked(*(torch.full_like(one, -9.0) for one in (wanted.statements, wanted.told, wanted.values)))
    assert judged(silent, wanted)["recall"] == 0.0
