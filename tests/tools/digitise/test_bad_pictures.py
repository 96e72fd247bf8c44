"""What is no page of an ECG is refused in one line; what is a part of one is read as far as it goes, and says so."""

from __future__ import annotations

import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageDraw

from calipers import Ecg, read_ecg
from calipers.errors import UnreadableInput
from calipers.tools.digitise import digitise, picture_file
from calipers.tools.render import render

_A4: Final = (1240, 1754)


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableInput) as refused:
        read_ecg(path)
    said = str(refused.value)
    assert "\n" not in said
    assert said.startswith("found ")
    assert "needed" in said
    return said


@pytest.fixture(scope="module")
def page(demo_ecg: Ecg) -> Image.Image:
    """The demo's page as `render` draws it, sharp enough to read."""
    return Image.open(BytesIO(render(demo_ecg, dpi=110).data)).convert("RGB")


def letter() -> Image.Image:
    sheet = Image.new("RGB", _A4, "white")
    ImageDraw.Draw(sheet).text((120, 200), "Dear colleague,\nplease find the ECG attached.", fill=0, font_size=30)
    return sheet


# What is no ECG


def test_a_photograph_is_no_ecg(tmp_path: Path) -> None:
    from matplotlib import get_data_path

    photograph = Path(get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(photograph) as opened:
        opened.convert("RGB").resize((900, 1050)).save(tmp_path / "cat.jpg")
    assert "without the grid of ECG paper" in refusal(tmp_path / "cat.jpg")


def test_a_chat_is_no_ecg(tmp_path: Path) -> None:
    chat = Image.new("RGB", (720, 1280), (230, 240, 235))
    ink = ImageDraw.Draw(chat)
    for line in range(12):
        left = 40 if line % 2 else 280
        ink.rounded_rectangle((left, 60 + 98 * line, left + 400, 136 + 98 * line), 20, fill="white")
        ink.text((left + 20, 84 + 98 * line), "are we still on for lunch?", fill=0, font_size=24)
    chat.save(tmp_path / "chat.png")
    assert "without the grid of ECG paper" in refusal(tmp_path / "chat.png")


def test_an_empty_scan_of_a_hundred_megapixels_is_said_to_be_empty(tmp_path: Path) -> None:
    Image.new("1", (11_800, 9_000), 1).save(tmp_path / "scan.png")
    assert "found an empty picture" in refusal(tmp_path / "scan.png")


def test_more_pixels_than_any_scan_has_are_not_unpacked(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000), 1).save(tmp_path / "scan.png")
    assert "needed at most 120 million" in refusal(tmp_path / "scan.png")


def test_a_decompression_bomb_is_not_unpacked(tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bomb)
    assert "far too many pixels" in refusal(tmp_path / "bomb.png")


def test_an_encrypted_pdf_is_refused_by_that_name(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "locked.pdf"), encrypt="secret")
    canvas.drawString(100, 100, "ECG")
    canvas.save()
    assert "found an encrypted PDF, `locked.pdf`" in refusal(tmp_path / "locked.pdf")


def test_a_long_letter_is_looked_at_for_so_many_pages_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[digitise.__module__], "MAX_PAGES", 2)
    letter().save(tmp_path / "letter.pdf", save_all=True, append_images=[letter()] * 39, resolution=150)
    assert "found no ECG on the first 2 of 40 pages" in refusal(tmp_path / "letter.pdf")


def test_a_thumbnail_is_too_small(tmp_path: Path, page: Image.Image) -> None:
    page.resize((150, 106)).save(tmp_path / "small.png")
    assert f"needed at least {picture_file._SMALLEST_PX}" in refusal(tmp_path / "small.png")


# What is a part of one, or more than one


def test_a_page_upside_down_is_read_turned(tmp_path: Path, page: Image.Image) -> None:
    page.rotate(180).save(tmp_path / "page.png")
    how = read_ecg(tmp_path / "page.png").source.digitisation
    assert how is not None
    assert how.turned_deg == 180
    assert any("turned" in note for note in how.notes)


def test_half_a_page_gives_the_leads_that_are_on_it(tmp_path: Path, page: Image.Image) -> None:
    page.crop((0, 0, page.width // 2, page.height)).save(tmp_path / "half.png")
    ecg = read_ecg(tmp_path / "half.png")
    assert set(ecg.present_leads) <= {"I", "II", "III", "aVR", "aVL", "aVF"}


def test_a_single_strip_is_one_lead(tmp_path: Path, page: Image.Image) -> None:
    page.crop((0, round(page.height * 0.75), page.width, page.height)).save(tmp_path / "strip.png")
    assert len(read_ecg(tmp_path / "strip.png").present_leads) == 1


@pytest.mark.slow
def test_the_one_ecg_in_a_long_pdf_is_found_and_its_page_named(tmp_path: Path, page: Image.Image) -> None:
    sheets = [letter(), page, *[letter()] * 38]
    sheets[0].save(tmp_path / "file.pdf", save_all=True, append_images=sheets[1:], resolution=110)
    how = read_ecg(tmp_path / "file.pdf").source.digitisation
    assert how is not None
    assert (how.page, how.pages) == (1, 40)
    assert any("page 2 of 40" in note for note in how.notes)


@pytest.mark.slow
def test_two_ecgs_on_one_picture_are_never_mixed(tmp_path: Path, page: Image.Image) -> None:
    both = Image.new("RGB", (page.width, 2 * page.height), "white")
    both.paste(page, (0, 0))
    both.paste(page, (0, page.height))
    both.save(tmp_path / "two.png")
    assert "two ECGs" in refusal(tmp_path / "two.png")
