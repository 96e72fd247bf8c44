"""How questions are really typed: slips of the finger, dropped letters and marks, shorthand."""

from __future__ import annotations

import random
import re
from typing import Final

_SHORTHAND: Final[dict[str, tuple[str, ...]]] = {
    "please": ("pls", "plz"), "you": ("u",), "are": ("r",), "with": ("w/",), "without": ("w/o",), "because": ("bc",), "patient": ("pt", "pat"),
    "the": ("", "teh"), "and": ("&", "n"), "is": ("s",), "what is": ("whats", "wats"), "what's": ("whats", "wats"), "there": ("ther",), "this": ("ths", "dis"),
    "elevation": ("elev", "elevaton"), "depression": ("depr", "depresion"), "interval": ("int", "intervall"), "duration": ("dur", "duartion"), "amplitude": ("amp", "amplitue"),
    "block": ("blck", "blok"), "wave": ("wv", "waev"), "waves": ("wavs",), "right": ("rt",), "left": ("lt",), "anterior": ("ant",), "inferior": ("inf",), "lateral": ("lat",),
    "previous": ("prev",), "guideline": ("guidline",), "rhythm": ("rythm", "rhytm", "rythem"), "hypertrophy": ("hypertropy", "hypertophy"), "infarction": ("infarct", "infraction"),
    "fibrillation": ("fibrilation", "fib"), "tachycardia": ("tachy", "tachycardy"), "bradycardia": ("brady", "bradicardia"), "interpret": ("interprete", "intepret"),
    "prolonged": ("prolongd", "prolongated"), "measure": ("mesure", "measuer"), "compare": ("comapre", "compair"), "ecg": ("ekg", "ECG", "eckg"), "ekg": ("ecg",), "similar": ("similiar",),
    "axis": ("axsis",), "bundle": ("bundel",), "branch": ("brach", "brnch"), "show": ("shwo",), "report": ("reprot",), "degree": ("deg", "°"), "first": ("1st",), "second": ("2nd",), "third": ("3rd",),
}  # fmt: skip
_NEIGHBOURS: Final = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "y": "tu",
}  # fmt: skip
_WORD: Final = re.compile(r"[A-Za-zÀ-ÿ']+")


def roughened(text: str, draw: random.Random) -> str:
    """The question as somebody in a hurry types it; unchanged more often than not."""
    if draw.random() < 0.3:
        text = _WORD.sub(lambda found: _shorthand(found.group(), draw), text)
    if draw.random() < 0.25:
        text = _slips(text, draw, 1 + (draw.random() < 0.3))
    style = draw.random()
    if style < 0.42:
        text = text.lower()
    elif style < 0.46:
        text = text.upper()
    elif style < 0.75:
        text = text[:1].upper() + text[1:]
    if draw.random() < 0.3:
        text = text.rstrip("?.! ")
    return " ".join(text.split())


def _shorthand(word: str, draw: random.Random) -> str:
    choices = _SHORTHAND.get(word.lower())
    return draw.choice(choices) if choices and draw.random() < 0.35 else word


def _slips(text: str, draw: random.Random, count: int) -> str:
    """Swap, drop, double or mistype letters inside words of five or more."""
    for _ in range(count):
        words = [found for found in _WORD.finditer(text) if len(found.group()) >= 5]
        if not words:
            return text
        found = draw.choice(words)
        at = draw.randrange(found.start() + 1, found.end() - 1)
        kind = draw.randrange(4)
        if kind == 0:
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        elif kind == 1:
            text = text[:at] + text[at + 1 :]
        elif kind == 2:
            text = text[:at] + text[at] + text[at:]
        else:
            text = text[:at] + draw.choice(_NEIGHBOURS.get(text[at].lower(), text[at])) + text[at + 1 :]
    return text
