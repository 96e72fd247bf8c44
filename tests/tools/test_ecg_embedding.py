"""Free text judged against an ECG, and the ECG's place among others."""

from __future__ import annotations

import numpy as np
import pytest

from calipers import Ecg, classify
from calipers.errors import UnreadableInput, UsageError
from calipers.knowledge.store.embedding import weights_folder
from calipers.leads import LEADS
from calipers.tools.ecg_embedding import embed_ecg

needs_sentences = pytest.mark.skipif(weights_folder() is None, reason="no sentence embedding weights: calipers fetch")


@needs_sentences
def test_a_normal_ecg_is_likelier_normal_than_paced_or_fibrillating(demo_ecg: Ecg) -> None:
    words = ["normal ECG", "healthy ECG", "afib", "a device stimulates the heart"]
    found = classify(demo_ecg, statements=words)
    assert list(found) == words
    assert found["normal ECG"] > 0.5
    assert found["healthy ECG"] > 5 * max(found["afib"], found["a device stimulates the heart"])


@needs_sentences
@pytest.mark.parametrize("denial", ["no {}", "no evidence of {}", "without {}", "There is no {}", "absence of {}"])
def test_a_denial_is_the_rest(demo_ecg: Ecg, denial: str) -> None:
    words = ["atrial fibrillation", denial.format("atrial fibrillation")]
    found = classify(demo_ecg, statements=words)
    assert found[words[0]] + found[words[1]] == pytest.approx(1.0, abs=1e-3)


@needs_sentences
@pytest.mark.parametrize("text", ["the patient is tall", "kidney stones", "what is the weather today", "no", ""])
def test_what_no_ecg_shows_is_refused(demo_ecg: Ecg, text: str) -> None:
    with pytest.raises(UsageError, match="needed one about what an ECG shows"):
        classify(demo_ecg, statements=[text])


@pytest.mark.parametrize("text", ["ventricular fibrillation", "VT", "Brugada pattern", "supraventricular rhythm or VF"])
def test_what_no_record_shows_gets_no_number(demo_ecg: Ecg, text: str) -> None:
    with pytest.raises(UsageError, match="needed a finding that the records learned from"):
        classify(demo_ecg, statements=[text])


@needs_sentences
def test_supraventricular_tachycardia_is_not_ventricular(demo_ecg: Ecg) -> None:
    assert classify(demo_ecg, statements=["supraventricular tachycardia"])["supraventricular tachycardia"] < 0.1


@needs_sentences
def test_several_ecgs_keep_their_order(demo_ecg: Ecg, other_ecg: Ecg) -> None:
    words = ["sinus rhythm", "ST depression"]
    together = classify([demo_ecg, other_ecg], statements=words)
    assert together == [classify(demo_ecg, statements=words), classify(other_ecg, statements=words)]


def test_the_place_of_an_ecg_is_a_unit_vector_and_repeats(demo_ecg: Ecg) -> None:
    place = embed_ecg(demo_ecg)
    assert place.shape == (256,)
    assert np.linalg.norm(place) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(place, embed_ecg(demo_ecg))


def test_the_same_heart_lies_nearer_than_its_mirror_image(demo_ecg: Ecg, other_ecg: Ecg) -> None:
    upside_down = Ecg.from_array(-demo_ecg.signal_mv, demo_ecg.fs_hz, LEADS)
    place = embed_ecg(demo_ecg)
    assert place @ embed_ecg(other_ecg) > place @ embed_ecg(upside_down)


def test_a_second_is_too_short_to_place(demo_ecg: Ecg) -> None:
    short = Ecg.from_array(demo_ecg.signal_mv[:, : int(demo_ecg.fs_hz)], demo_ecg.fs_hz, LEADS)
    with pytest.raises(UnreadableInput, match="needed one lead of 2 s"):
        embed_ecg(short)
