"""Every text on the page has the contrast that WCAG 2.2 AA asks for, in the light and in the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calipers.agent import server

CSS = Path(server.__file__).parent / "page" / "src" / "style" / "colours.css"
#: Text on ground.
TEXTS = [
    *((ink, ground) for ink in ("ink", "quiet", "warn", "bad", "accent") for ground in ("page", "card", "soft")),
    ("good", "card"),
    ("good", "soft"),
    ("warn", "warn-ground"),
    ("bad", "bad-ground"),
    ("ink", "warn-ground"),
    ("chip-ink", "chip"),
    ("on-accent", "accent"),
    ("on-lit", "lit"),
    *((f"on-{level}", level) for level in ("critical", "urgent", "routine", "unknown")),
    *((ink, "paper") for ink in ("wave", "quiet", "warn", "bad", "caliper", "mark-0", "mark-1", "mark-2", "mark-3")),
]
#: Borders and lines that carry meaning: 3 to 1.
LINES = [("edge", "card"), ("edge", "soft"), ("prior", "paper"), ("accent", "card")]


def palettes() -> dict[str, dict[str, str]]:
    light, dark = CSS.read_text("utf-8").split(':root[data-theme="dark"]')
    found = {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for name, part in (("light", light), ("dark", dark))
    }
    return {"light": found["light"], "dark": found["light"] | found["dark"]}


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, 4.5), (LINES, 3.0)], ids=["texts", "lines"])
def test_contrast_is_enough(theme: str, pairs: list[tuple[str, str]], least: float) -> None:
    colours = palettes()[theme]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < least} == {}
