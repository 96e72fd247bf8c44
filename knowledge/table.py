"""The statement table: every statement by key, and by any name under which it is asked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from calipers.errors import UnknownStatement
from calipers.knowledge.reading import Criteria, evaluation_order, read_criteria, yaml_files
from calipers.knowledge.schema import Row
from calipers.knowledge.templates import SLOT, templates_of
from calipers.report import Statement

_FOLDER: Final = files("calipers.knowledge") / "criteria"
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_IN_USE: Final[ContextVar[StatementTable | None]] = ContextVar("criteria", default=None)
_SPELLINGS: Final = {
    "1st": "first", "2nd": "second", "3rd": "third", "&": "and", "degrees": "degree", "rhythms": "rhythm",
    "waves": "wave", "blocks": "block", "complexes": "complex",
}  # fmt: skip


class StatementTable(Mapping[str, Row]):
    """Every statement by key, in reading order. `order` is the order in which they can be evaluated.

    `families` maps a key to the family of statements that it stands in, `urgency` a level to the statements that
    raise it. `sha256` is over every file, name and content, in name order: which criteria made a report.
    """

    def __init__(self, criteria: Criteria, sha256: str) -> None:
        self.sha256 = sha256
        self.urgency = criteria.urgency
        rows = tuple(criteria.rows.values())
        self._rows = criteria.rows
        self.families = criteria.families
        self.sources = criteria.sources
        self.contiguous = criteria.contiguous
        self.pathways = criteria.pathways
        self.order = evaluation_order(self._rows)
        self._strict_names = _names(rows, loose=False)
        self._names = _names(rows, loose=True)
        self._words = {row.key: _words(row) for row in rows}
        self._companions = {
            row.key: frozenset(self.named_in(" | ".join(templates_of(row)))) - {row.key} for row in rows
        }

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, name: str) -> Row:
        """The statement that `name` denotes: a key, a label, an SCP code, a synonym, in any spelling.

        Raises:
            UnknownStatement: nothing is called that; the message lists what comes near.
        """
        folded = _folded(name)
        if folded in self._names:
            return self._rows[self._names[folded]]
        near = get_close_matches(folded, self._names, n=5, cutoff=0.6)
        labels = dict.fromkeys(self._rows[self._names[match]].label for match in near)
        hint = f"; near it: {', '.join(labels)}" if labels else ""
        raise UnknownStatement(f"found statement `{name}`; needed one of the table's names{hint}")

    def mentioned(self, text: str) -> tuple[Row, ...]:
        """Every statement that a question may mean, the longest names first; loose words count."""
        return tuple(self._rows[key] for key in _found(text, self._names))

    def named_in(self, text: str) -> tuple[str, ...]:
        """The keys of the statements that a sentence names outright, in any of its labels and synonyms."""
        return _found(SLOT.sub(" ", text), self._strict_names)

    def companions(self, key: str) -> frozenset[str]:
        """The other statements that this one's own sentences name, and may name whatever their verdict."""
        return self._companions[key]

    def words(self, key: str) -> frozenset[str]:
        """The lower-case words in which a statement may be spoken of: its names, criteria and sentences."""
        return self._words[key]

    def by_scp(self, code: str) -> tuple[Row, ...]:
        """Every statement that carries this SCP-ECG code as PTB-XL spells it."""
        return tuple(row for row in self._rows.values() if code in row.scp)

    def noun(self, key: str) -> Statement:
        """The statement as it stands in a claim."""
        row = self._rows[key]
        return Statement(key=key, aha=row.aha, scp=row.scp, snomed=row.snomed, label=row.label)


def criteria_folder() -> Traversable:
    """Where the criteria of this installation lie."""
    return _FOLDER


@cache
def installed() -> StatementTable:
    """The statement table of this installation."""
    return load(_FOLDER)


def statements() -> StatementTable:
    """The statement table in use here: the installed one, or that of the agent at work in this context."""
    return _IN_USE.get() or installed()


@contextmanager
def judging_by(table: StatementTable | None) -> Iterator[None]:
    """Use a table within this context and the threads that it starts; None means the installed one."""
    token = _IN_USE.set(table)
    try:
        yield
    finally:
        _IN_USE.reset(token)


def load(folder: Traversable, added: Sequence[Traversable] = ()) -> StatementTable:
    """The statement table of a folder of criteria, with files of a user's own.

    Raises:
        CriteriaError: a file is not valid; the message names the file, the statement and the field.
    """
    digest = hashlib.sha256()
    for file in (*yaml_files(folder), *added):
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return StatementTable(read_criteria(folder, added), digest.hexdigest())


def criteria_sha256() -> str:
    """SHA-256 of the criteria in use here."""
    return statements().sha256


def _names(rows: tuple[Row, ...], loose: bool) -> dict[str, str]:
    """Every folded name → key. Where two rows share an SCP code, the first in the table answers to it."""
    names: dict[str, str] = {}
    kinds: list[Callable[[Row], tuple[str, ...]]] = [
        lambda row: (row.key, row.label),
        lambda row: row.synonyms,
        lambda row: (*row.scp, *row.asked_as) if loose else (),
    ]
    for pick in kinds:
        for row in rows:
            for name in pick(row):
                names.setdefault(_folded(name), row.key)
    return names


def _found(text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    rest = f" {_folded(text)} "
    found: dict[str, None] = {}
    for name in sorted(names, key=len, reverse=True):
        if f" {name} " in rest:
            rest = rest.replace(f" {name} ", " | ")
            found.setdefault(names[name])
    return tuple(found)


def _words(row: Row) -> frozenset[str]:
    texts = [row.label, *row.synonyms, *(SLOT.sub(" ", template) for template in templates_of(row))]
    texts += [criterion.text for criterion in row.every_criterion]
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))


def _folded(name: str) -> str:
    words = re.sub(r"[^a-z0-9&]+", " ", name.lower().replace("'", "")).split()
    return " ".join(_SPELLINGS.get(word, word) for word in words)
