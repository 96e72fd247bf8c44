"""(b) What a claim may be written with: no number, unit or quotation outside slots, words of a closed list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.terms import terms_in, without_terms
from calipers.knowledge import Row
from calipers.leads import LEADS
from calipers.printing import SLOT, slots

#: Terms whose digits are part of a name. Longest first, so that `12-lead ECG` is not read as a number.
FIXED_TERMS: Final = (
    "12-lead",
    "4:1",
    "3:1",
    "2:1",
    "1:1",
    "V7–V9",
    "V7-V9",
    "V3R",
    "V4R",
    *sorted(LEADS, key=len)[::-1],
)
_FIXED: Final = re.compile("|".join(rf"(?<!\w){re.escape(term)}(?!\w)" for term in FIXED_TERMS))
#: Ordinals that belong to a diagnosis; `second` and `degree` are units anywhere else.
_GRADE: Final = re.compile(
    r"\b(first|second|third|high)(?=[- ](degree|grade)\b)|(?<=(rst|ond|ird|igh)[- ])(degree|grade)\b", re.I
)
_UNIT: Final = re.compile(
    r"(?<!\w)(ms|msecs?|milliseconds?|s|secs?|seconds?|min|mins|minutes?|hours?|h|mV|mv|MV|millivolts?|[µμu]V|"
    r"microvolts?|volts?|mm|cm|millimet(?:er|re)s?|bpm|BPM|Hz|kHz|hertz|"
    r"(?:beats?|per) (?:per |a )?minutes?|degrees?|deg|percent|per cent|boxes|squares?)(?!\w)|°|%|‰|/\s*(?:min|s)\b"
)
_RATIO: Final = re.compile(r"(?<!\w)[1-9]:[1-9](?!\w)")
_NUMBER_WORD: Final = re.compile(
    r"\b(zero|nil|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dozen|"
    r"half|once|twice|double|triple|thrice|single|couple|pair|several|first|second|third)\b",
    re.I,
)
NEGATION: Final = re.compile(
    r"\b(no|not|non|without|absent|absence|never|nor|none|neither|cannot|free|lacks?|lacking|excludes?|excluded|"
    r"excluding|rules? out|ruled out|negative for|fails?|denied|denies)\b|n['’]t\b",
    re.I,
)
_POSSIBLE: Final = re.compile(r"\b(possibl[ey]|may|suspected|cannot be excluded)\b", re.I)
_PROBABLE: Final = re.compile(r"\b(borderline|probabl[ey]|likely|may|suspected|suggests?|suggesting|limit of)\b", re.I)
_QUOTE: Final = re.compile(r"[\"“”«»„‟‘‚‹›`´]|(?<!\w)['’]|['’](?!\w)")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’′][^\W\d_]*)*")
#: Besides letters, spaces and slots; an ellipsis, an arrow or `≥` would say something that no rule reads.
_PUNCTUATION: Final = frozenset(" .,;:()/'’′–-\0")


def bare(template: str) -> str:
    """The template's own words: each slot becomes a mark that no rule takes for text."""
    return SLOT.sub(" \0 ", template)


def without_names(text: str) -> str:
    """The words less terms whose digits or units are part of a name."""
    return _GRADE.sub(" ", _FIXED.sub(" ", text))


def sign_flaws(template: str, spoken: str = "") -> Flaws:
    """Digits, number words, units, quotation marks and odd signs that stand outside slots.

    Args:
        template: the claim's template.
        spoken: what the table itself says of the claim's statement: `two contiguous leads` may be repeated.
    """
    text = bare(template)
    if re.search(r"[{}]", text):
        yield Flaw("slot", "found a brace that is not part of a slot such as `{pr}`")
    if re.search(r"[-–/]\s*\0|\0\s*[-–/]", text):
        yield Flaw("number", "found a dash or a stroke at a slot, which reads as a sign, a range or a ratio")
    if _QUOTE.search(text):
        yield Flaw("quotation", "found quotation marks; nothing here is a quotation")
    rest = without_names(without_terms(text))
    if digit := next((sign for sign in rest if _is_number(sign)), None):
        yield Flaw("number", f"found `{digit}` outside a slot; needed every number in a slot")
    for word in _NUMBER_WORD.finditer(rest):
        if not _spoken(rest, word, spoken):
            yield Flaw("number", f"found the number word `{word.group()}`; needed every number in a slot")
    if (ratio := _RATIO.search(text)) and ratio.group() not in spoken:
        yield Flaw("number", f"found the ratio `{ratio.group()}`; needed a statement whose criteria show it")
    if unit := _UNIT.search(rest):
        yield Flaw("unit", f"found the unit `{unit.group()}` outside a slot; a slot prints its own unit")
    odd = [sign for sign in text if not (sign.isalnum() or sign in _PUNCTUATION or sign in "{}°%")]
    if odd and not _QUOTE.search(text):
        yield Flaw("scope", f"found the sign `{odd[0]}` (U+{ord(odd[0]):04X}); needed plain words and slots")


def _is_number(sign: str) -> bool:
    """Digits of every script, fractions, superscripts, circled and Roman number signs."""
    return sign.isnumeric() or unicodedata.category(sign).startswith("N")


def _spoken(text: str, word: re.Match[str], spoken: str) -> bool:
    """Whether the table says this word before the same next word: `two contiguous`."""
    following = _WORD.match(text, word.end() + 1)
    return following is not None and f"{word.group()} {following.group()}".lower() in spoken.lower()


def foreign_words(template: str, *, judging: bool, also: Iterable[str] = ()) -> list[str]:
    """Words outside the closed lists: how treatment, advice and invention are kept out.

    Args:
        template: the claim's template.
        judging: whether the claim makes a statement, and may weigh as well as measure.
        also: further lower-case words, those of the statement itself.
    """
    allowed = vocabulary("measuring") | frozenset(also) | (vocabulary("judging") if judging else frozenset())
    return [word for word in _WORD.findall(without_names(without_terms(bare(template)))) if word.lower() not in allowed]


@cache
def vocabulary(part: str = "measuring") -> frozenset[str]:
    """One of the closed lists of `vocabulary.txt`: `measuring`, `judging` or `restricted`."""
    text = (files("calipers.agent.verifier") / "vocabulary.txt").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line.strip()):
            current = lists.setdefault(header[1], [])
        elif not line.startswith("#"):
            current += line.split()
    return frozenset(lists[part])


def words_of(text: str) -> frozenset[str]:
    """The lower-case words of a text."""
    return frozenset(word.lower() for word in _WORD.findall(SLOT.sub(" ", text)))


def words_out_of_place(template: str, watched: frozenset[str], said: str) -> list[str]:
    """Those of the watched words that stand beside neither neighbour that they have in what is said elsewhere."""
    text = bare(template)
    names = [(term.start, term.end) for term in terms_in(text) if not term.finding]
    words = list(_WORD.finditer(text))
    known = [word.lower() for word in _WORD.findall(SLOT.sub(" ", said))]
    neighbours = set(pairwise(known))
    found = []
    for word, before, after in zip(words, [None, *words], [*words[1:], None], strict=False):
        plain = word.group().lower()
        if plain not in watched or NEGATION.fullmatch(plain):
            continue
        pairs = {(before.group().lower(), plain) if before else None, (plain, after.group().lower()) if after else None}
        if not pairs & neighbours and not any(start <= word.start() < end for start, end in names):
            found.append(plain)
    return found


def slot_ids(template: str) -> frozenset[str]:
    """The evidence ids that the template prints; thresholds of criteria are no evidence."""
    return frozenset(slot for slot in slots(template) if not slot.startswith("crit:"))


def own_names(template: str, row: Row) -> list[tuple[int, int]]:
    """Where the template names a statement, by any of its names, the longest first."""
    return [match.span() for match in _names(row).finditer(template)]


def marked(template: str, row: Row) -> str:
    """The template's own words with each name of the statement replaced by one mark."""
    return _names(row).sub("\x01", bare(template))


def _names(row: Row) -> re.Pattern[str]:
    return _any_of(frozenset({row.label, *row.synonyms, *row.asked_as}))


@cache
def _any_of(names: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(sorted(names), key=len, reverse=True)
    spelled = (r"[\s–-]+".join(re.escape(word) for word in re.split(r"[\s–-]+", name)) for name in longest_first)
    return re.compile("|".join(rf"(?<!\w){name}s?(?!\w)" for name in spelled), re.I)


def negations(text: str) -> list[re.Match[str]]:
    """Every word that denies something."""
    return list(NEGATION.finditer(text))


def hedged(template: str, certainty: str) -> bool:
    """Whether the words are as cautious as the certainty, and not more certain."""
    text = bare(template)
    return bool(
        (_POSSIBLE if certainty == "possible" else _PROBABLE if certainty == "probable" else _WORD).search(text)
    )


def overcautious(template: str) -> bool:
    """Whether the words doubt what is definite."""
    return bool(re.search(r"\b(possibl[ey]|borderline|probabl[ey]|cannot be excluded)\b", bare(template), re.I))
