"""Pages drawn from the demo's real ECG are read back as the signal that was drawn."""

from __future__ import annotations

import importlib
import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.data import get_testdata_file

from calipers import read_ecg
from calipers.digitisation import DOUBT
from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.leads import INDEX, LEADS
from calipers.models.segmenter.damage import damage
from calipers.tools.digitise import Digitised, digitise, digitise_picture
from calipers.tools.render import Layout, render

FS_HZ = 500.0


@cache
def demo() -> Ecg:
    """Ten seconds at 500 Hz."""
    found = read_ecg(str(get_testdata_file("waveform_ecg.dcm")))
    step = round(found.fs_hz / FS_HZ)
    return Ecg.from_array(found.signal_mv[:, : round(10 * found.fs_hz) : step], FS_HZ, LEADS)


def page(layout: Layout, dpi: int = 150) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(render(demo(), layout=layout, dpi=dpi).data)).convert("RGB"))


def correlations(found: Digitised) -> list[float]:
    """Of every lead with the record, after one shift of the page by at most 120 ms."""

    def at(shift: int) -> list[float]:
        each = []
        for read, true in zip(found.signal_mv, np.roll(demo().signal_mv, shift, axis=1), strict=True):
            size = min(read.size, true.size)
            known = np.isfinite(read[:size])
            known[:25] = known[size - 25 :] = False
            each.append(float(np.corrcoef(read[:size][known], true[:size][known])[0, 1]))
        return each

    return max((at(shift) for shift in range(-60, 61)), key=lambda each: float(np.mean(each)))


@pytest.mark.parametrize("layout", ["3x4+1", "12x1"])
def test_a_drawn_page_is_read_back(layout: Layout) -> None:
    found = digitise_picture(page(layout))
    assert found.digitisation.layout == layout
    assert (found.digitisation.speed_mm_s, found.digitisation.gain_mm_mv) == (25.0, 10.0)
    assert float(np.median(correlations(found))) >= 0.98
    assert not found.digitisation.doubted


def test_a_page_on_its_head_is_read_and_says_so() -> None:
    found = digitise_picture(np.ascontiguousarray(page("3x4+1")[::-1, ::-1]))
    assert found.digitisation.turned_deg == 180
    assert any("turned" in note for note in found.digitisation.notes)
    assert float(np.median(correlations(found))) >= 0.98


def test_a_phone_photo_is_flattened_and_read() -> None:
    chance = np.random.default_rng(3)
    found = digitise_picture(damage(page("3x4+1"), "photo", chance, 150 / 25.4))
    assert float(np.median(correlations(found))) >= 0.95


def test_a_moment_of_a_lead_is_found_again_on_the_picture() -> None:
    picture = page("3x4+1")
    found = digitise_picture(picture)
    row = found.signal_mv[INDEX["II"]]
    at = int(np.nanargmax(row))
    place = found.digitisation.pixel("II", at / FS_HZ, float(row[at]))
    assert place is not None
    x, y = (round(value) for value in place)
    assert picture[y - 6 : y + 7, x - 6 : x + 7].max(axis=2).min() < 80, "the R peak's ink stands there"


def test_a_page_whose_pulses_and_grid_disagree_for_good_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    # The module's name is hidden by the function's.
    module = importlib.import_module("calipers.tools.digitise.digitise")
    look = module.upright
    monkeypatch.setattr(module, "upright", lambda flat, threads: look(flat, threads)._replace(too_large=1.09))
    notes = digitise_picture(page("3x4+1")).digitisation.notes
    assert any(note.startswith(DOUBT) and "0.92 times as large" in note for note in notes)


def test_unseen_stretches_are_nan_and_never_invented() -> None:
    found = digitise_picture(page("3x4+1"))
    shown = np.isfinite(found.signal_mv[INDEX["V1"]])
    assert 2.3 <= shown.sum() / FS_HZ <= 2.6
    assert not found.confidence[INDEX["V1"]][~shown].any()


def test_a_pdf_is_read_like_its_page(tmp_path: Path) -> None:
    path = tmp_path / "ecg.pdf"
    Image.fromarray(page("6x2")).save(path, "PDF", resolution=150)
    found = digitise(path)
    assert found.digitisation.layout == "6x2"
    assert (found.digitisation.page, found.digitisation.pages) == (0, 1)


@pytest.mark.parametrize("picture", [np.full((600, 800, 3), 250, np.uint8), np.zeros((600, 800, 3), np.uint8)])
def test_an_empty_picture_is_refused(picture: NDArray[np.uint8]) -> None:
    with pytest.raises(UnreadableInput, match="needed"):
        digitise_picture(picture)


def test_noise_is_no_ecg_paper() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3)).astype(np.uint8)
    with pytest.raises(UnreadableInput, match="needed"):
        digitise_picture(noise)
