"""The statement table: loaded once from `criteria/*.yaml`, checked, and searchable by any usual name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain
from typing import Any, Final, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from calipers.errors import CalipersError, UnknownStatement
from calipers.knowledge.schema import Family, Node, NothingAbnormal, Refers, Row, Source, criteria_in
from calipers.knowledge.templates import SLOT, faults, templates_of
from calipers.leads import Lead
from calipers.report import Statement

_T = TypeVar("_T")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_FOLDER: Final = files("calipers.knowledge") / "criteria"
#: Tables that are not families of statements.
_TABLES: Final = ("contiguity.yaml", "sources.yaml", "urgency.yaml")
_ORDINALS: Final = {"1st": "first", "2nd": "second", "3rd": "third", "i": "i"}
_ABBREVIATIONS: Final = {
    "&": "and",
    "degrees": "degree",
    "rhythms": "rhythm",
    "waves": "wave",
    "blocks": "block",
}


class CriteriaError(CalipersError):
    """A criteria file does not say what it should; the message names file, statement and field."""


class StatementTable(Mapping[str, Row]):
    """Every statement by key, in reading order. `order` is the order in which they can be evaluated."""

    def __init__(
        self, rows: tuple[Row, ...], sources: Mapping[str, Source], pairs: frozenset[frozenset[Lead]]
    ) -> None:
        self._rows = {row.key: row for row in rows}
        self.sources = sources
        self.contiguous = pairs
        self.order = _evaluation_order(self._rows)
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
def statements() -> StatementTable:
    """The statement table of this installation."""
    return load(_FOLDER)


@cache
def criteria_sha256() -> str:
    """SHA-256 over every criteria file, name and content, in name order: which criteria made a report."""
    digest = hashlib.sha256()
    for file in _yaml_files(_FOLDER):
        digest.update(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def load(folder: Traversable) -> StatementTable:
    """Read and check a folder of criteria.

    Raises:
        CriteriaError: a file is not valid; the message names the file, the statement and the field.
    """
    sources = _checked("sources.yaml", TypeAdapter(dict[str, Source]), read_yaml(folder, "sources.yaml"))
    pairs = _checked(
        "contiguity.yaml", TypeAdapter(list[tuple[Lead, Lead]]), read_yaml(folder, "contiguity.yaml")
    )
    rows: dict[str, Row] = {}
    names = [file.name for file in _yaml_files(folder) if file.name not in _TABLES]
    families = {name: _family(name, read_yaml(folder, name)) for name in names}
    for name, family in sorted(families.items(), key=lambda item: item[1].position):
        for row in family.statements:
            if row.key in rows:
                raise CriteriaError(f"{name}: found statement `{row.key}` twice")
            _check_row(name, row, sources)
            rows[row.key] = row
    for row in rows.values():
        for key in (*row.suppressed_by, *row.subsumed_by, *_references(row)):
            if key not in rows:
                raise CriteriaError(f"statement `{row.key}` refers to `{key}`, which no file defines")
    return StatementTable(tuple(rows.values()), sources, frozenset(frozenset(pair) for pair in pairs))


def read_yaml(folder: Traversable, name: str) -> Any:
    """One YAML file of the folder."""
    try:
        return yaml.load((folder / name).read_text("utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise CriteriaError(f"{name}: not valid YAML: {error}") from error


def _yaml_files(folder: Traversable) -> list[Traversable]:
    return sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )


def _checked(name: str, adapter: TypeAdapter[_T], content: Any, statements_in: tuple[str, ...] = ()) -> _T:
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(part) for part in first["loc"]]
        if len(where) > 1 and where[0] == "statements" and where[1].isdigit():
            where[:2] = [f"statement `{statements_in[int(where[1])]}`"]
        raise CriteriaError(f"{name}: {', '.join(where)}: {first['msg']}") from error


def _family(name: str, content: Any) -> Family:
    if not isinstance(content, dict) or not isinstance(content.get("statements"), list):
        raise CriteriaError(f"{name}: needed `family` and a list of `statements`")
    rows = list(chain.from_iterable(_variants(row) for row in content["statements"]))
    keys = tuple(str(row.get("key", "without key")) if isinstance(row, dict) else str(row) for row in rows)
    return _checked(name, TypeAdapter(Family), {**content, "statements": rows}, keys)


def _variants(row: Any) -> list[Any]:
    """One row for each of its `variants`, whose values replace `<name>` and whose fields the row's."""
    if not isinstance(row, dict) or "variants" not in row:
        return [_with_own_key(row)]
    common = {field: value for field, value in row.items() if field != "variants"}
    fields = set(Row.model_fields)
    return [
        _with_own_key({**_substituted(common, variant), **{k: v for k, v in variant.items() if k in fields}})
        for variant in row["variants"]
    ]


def _substituted(value: Any, variant: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _substituted(item, variant) for key, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item, variant) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("<") and value[1:-1] in variant:
        return variant[value[1:-1]]
    return re.sub(r"<(\w+)>", lambda match: str(variant.get(match[1], match[0])), value)


def _with_own_key(row: Any) -> Any:
    """Spell out `{crit:.pr_long}` as `{crit:first_degree_av_block.pr_long}`."""
    if isinstance(row, dict):
        return {key: _with_key(value, str(row.get("key"))) for key, value in row.items()}
    return row


def _with_key(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {field: _with_key(item, key) for field, item in value.items()}
    if isinstance(value, list):
        return [_with_key(item, key) for item in value]
    return value.replace("{crit:.", f"{{crit:{key}.") if isinstance(value, str) else value


def _check_row(name: str, row: Row, sources: Mapping[str, Source]) -> None:
    seen: set[str] = set()
    for criterion in chain(
        criteria_in(row.applies_if), criteria_in(row.criteria), *map(criteria_in, _conditions(row))
    ):
        if criterion.id in seen:
            raise CriteriaError(f"{name}: statement `{row.key}`: found criterion `{criterion.id}` twice")
        seen.add(criterion.id)
        if criterion.source is not None and criterion.source not in sources:
            raise CriteriaError(
                f"{name}: statement `{row.key}`, {criterion.id}, source: no source `{criterion.source}`"
            )
    for fault in faults(row):
        raise CriteriaError(f"{name}: statement `{row.key}`: {fault}")
    if (row.criteria is None) != (row.says is None):
        raise CriteriaError(f"{name}: statement `{row.key}`: needed `criteria` and `says` together")


def _conditions(row: Row) -> tuple[Node | None, ...]:
    return tuple(cap.when for cap in row.caps)


def _references(row: Row) -> tuple[str, ...]:
    nodes = chain(criteria_in(row.applies_if), criteria_in(row.criteria), *map(criteria_in, _conditions(row)))
    return tuple(node.statement for node in nodes if isinstance(node, Refers))


def _evaluation_order(rows: Mapping[str, Row]) -> tuple[str, ...]:
    """The statements that can be evaluated, each after those it refers to or yields to."""
    order: dict[str, None] = {}
    underway: list[str] = []

    def visit(key: str) -> None:
        if key in order:
            return
        if key in underway:
            raise CriteriaError(
                f"statements refer to each other in a circle: {' -> '.join([*underway, key])}"
            )
        underway.append(key)
        row = rows[key]
        needs = [*row.suppressed_by, *_references(row)]
        if any(isinstance(node, NothingAbnormal) for node in criteria_in(row.criteria)):
            needs += [other.key for other in rows.values() if other.abnormal]
        for need in needs:
            visit(need)
        underway.pop()
        order[key] = None

    for key in rows:
        visit(key)
    return tuple(key for key in order if rows[key].criteria is not None)


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
    texts += [criterion.text for tree in (row.applies_if, row.criteria) for criterion in criteria_in(tree)]
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))


def _folded(name: str) -> str:
    words = re.sub(r"[^a-z0-9&]+", " ", name.lower().replace("'", "")).split()
    return " ".join(
        _ABBREVIATIONS.get(_ORDINALS.get(word, word), _ORDINALS.get(word, word)) for word in words
    )
