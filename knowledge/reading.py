"""Reading and checking the files under `criteria/`, and the order in which their statements depend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from itertools import chain
from typing import Any, Final, Literal, NamedTuple, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from calipers.errors import CalipersError
from calipers.knowledge.nodes import Node, NothingAbnormal, Refers, beats_out_of_place
from calipers.knowledge.pathway import Pathway, Pathways
from calipers.knowledge.schema import Family, Row, Source
from calipers.knowledge.templates import faults
from calipers.knowledge.variants import substituted_all, variants
from calipers.leads import Lead

_T = TypeVar("_T")

#: Statements that raise urgency when they are met, and those that do when an earlier ECG did not have them.
Section = Literal["critical", "urgent", "urgent_if_new"]
_URGENCY: Final = TypeAdapter(dict[Section, list[str]])

#: Tables that are not families of statements.
_TABLES: Final = ("contiguity.yaml", "pathways.yaml", "sources.yaml", "urgency.yaml")
#: libyaml's loader is ten times faster, and missing from some builds of PyYAML.
_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CriteriaError(CalipersError):
    """A criteria file does not say what it should; the message names file, statement and field."""


class Criteria(NamedTuple):
    """Everything that the files say, checked."""

    rows: dict[str, Row]
    families: dict[str, str]
    sources: dict[str, Source]
    contiguous: frozenset[frozenset[Lead]]
    pathways: Pathways
    urgency: dict[Section, list[str]]


def read_criteria(folder: Traversable, added: Sequence[Traversable] = ()) -> Criteria:
    """Read and check a folder of criteria, and files that add statements to it or replace some of its own.

    Args:
        folder: of the installed criteria.
        added: files of one family each, as those of the folder, which may hold `sources`, `urgency` and
            `replaces` beside their statements.

    Raises:
        CriteriaError: a file is not valid; the message names the file, the statement and the field.
    """
    sources = _checked("sources.yaml", TypeAdapter(dict[str, Source]), read_yaml(folder, "sources.yaml"))
    pairs = _checked("contiguity.yaml", TypeAdapter(list[tuple[Lead, Lead]]), read_yaml(folder, "contiguity.yaml"))
    rows: dict[str, Row] = {}
    names = [file.name for file in yaml_files(folder) if file.name not in _TABLES]
    families = {name: _family(name, read_yaml(folder, name)) for name in names}
    for name, family in sorted(families.items(), key=lambda item: item[1].position):
        for row in family.statements:
            if row.key in rows:
                raise CriteriaError(f"{name}: found statement `{row.key}` twice")
            _check_row(name, row, sources)
            rows[row.key] = row
    urgency = _urgency(folder)
    for file in added:
        families[file.name] = add_file(file, rows, sources, urgency)
    for level, keys in urgency.items():
        for key in keys:
            if key not in rows:
                raise CriteriaError(f"urgency.yaml: found `{key}` as {level}; needed a statement of the table")
    for row in rows.values():
        for key in (*row.suppressed_by, *row.subsumed_by, *_references(row)):
            if key not in rows or rows[key].criteria is None:
                raise CriteriaError(f"statement `{row.key}` refers to `{key}`, for which no file gives criteria")
    family_of = {row.key: family.family for family in families.values() for row in family.statements}
    contiguous = frozenset(frozenset(pair) for pair in pairs)
    return Criteria(rows, family_of, sources, contiguous, _pathways(folder, rows, sources), urgency)


def add_file(
    file: Traversable, rows: dict[str, Row], sources: dict[str, Source], urgency: dict[Section, list[str]]
) -> Family:
    """Enter one file of a user's own: its statements come last in reading order, or in the place of those it replaces.

    Raises:
        CriteriaError: it is not valid, takes a name that is taken, or lowers the urgency of an installed statement.
    """
    name, content = file.name, _loaded(file)
    if not isinstance(content, dict):
        raise CriteriaError(f"{name}: needed `family` and a list of `statements`")
    own = {field: content.pop(field, None) for field in ("sources", "urgency", "replaces")}
    family = _family(name, {"position": len(rows), **content})
    replaced = _checked(f"{name}: replaces", TypeAdapter(list[str]), own["replaces"] or [])
    new = _checked(f"{name}: sources", TypeAdapter(dict[str, Source]), own["sources"] or {})
    if taken := sorted(set(new) & set(sources)):
        raise CriteriaError(f"{name}: found source `{taken[0]}`, which there is already; needed another name")
    sources |= new
    keys = {row.key for row in family.statements}
    if stray := [key for key in replaced if key not in rows or key not in keys]:
        raise CriteriaError(f"{name}: replaces `{stray[0]}`; needed an installed statement that this file gives anew")
    for row in family.statements:
        if row.key in rows and row.key not in replaced:
            raise CriteriaError(f"{name}: found statement `{row.key}`, which there is already; needed it in `replaces`")
        _check_row(name, row, sources)
        rows[row.key] = row
    for level, raised in _checked(f"{name}: urgency", _URGENCY, own["urgency"] or {}).items():
        if stray := [key for key in raised if key not in keys]:
            raise CriteriaError(f"{name}: found urgency of `{stray[0]}`; needed a statement of this file")
        urgency[level] = [*urgency.get(level, []), *(key for key in raised if key not in urgency.get(level, []))]
    return family


def evaluation_order(rows: Mapping[str, Row]) -> tuple[str, ...]:
    """The statements that can be evaluated, each after those it refers to or yields to."""
    order: dict[str, None] = {}
    underway: list[str] = []

    def visit(key: str) -> None:
        if key in order:
            return
        if key in underway:
            raise CriteriaError(f"statements refer to each other in a circle: {' -> '.join([*underway, key])}")
        underway.append(key)
        row = rows[key]
        needs = [*row.suppressed_by, *_references(row)]
        if any(isinstance(node, NothingAbnormal) for node in row.every_criterion):
            needs += [other.key for other in rows.values() if other.abnormal]
        for need in needs:
            visit(need)
        underway.pop()
        order[key] = None

    for key in rows:
        visit(key)
    return tuple(key for key in order if rows[key].criteria is not None)


def read_yaml(folder: Traversable, name: str) -> Any:
    """One YAML file of the folder."""
    return _loaded(folder / name)


def _loaded(file: Traversable) -> Any:
    try:
        return yaml.load(file.read_text("utf-8"), Loader=_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CriteriaError(f"{file.name}: not valid YAML: {error}") from error
    except OSError as problem:
        raise CriteriaError(f"{file.name}: cannot be read ({problem.strerror}); needed a file of criteria") from problem


def _urgency(folder: Traversable) -> dict[Section, list[str]]:
    name = "urgency.yaml"
    if not (folder / name).is_file():
        return {}
    return {level: list(keys) for level, keys in _checked(name, _URGENCY, read_yaml(folder, name)).items()}


def yaml_files(folder: Traversable) -> list[Traversable]:
    """Every YAML file of the folder, by name."""
    return sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)


def _pathways(folder: Traversable, rows: Mapping[str, Row], sources: Mapping[str, Source]) -> Pathways:
    name = "pathways.yaml"
    if not (folder / name).is_file():
        return {}
    content = read_yaml(folder, name)
    written = content.get("pathways") if isinstance(content, dict) else None
    if not isinstance(written, list):
        raise CriteriaError(f"{name}: needed a list of `pathways`")
    spelled: dict[str, Any] = {}
    for spelt in chain.from_iterable(substituted_all(item) for item in written):
        spelled[str(spelt.pop("statement", "without statement"))] = spelt
    pathways = _checked(name, TypeAdapter(dict[str, Pathway]), spelled)
    for key, pathway in pathways.items():
        for needed in (key, *pathway.needs):
            if needed not in rows or rows[needed].criteria is None:
                raise CriteriaError(f"{name}: found `{needed}`; needed a statement with criteria")
        for source in pathway.sources - set(sources):
            raise CriteriaError(f"{name}: `{key}`: no source `{source}`")
        for step in pathway.steps:
            _check_beats(name, f"`{key}`, step `{step.id}`", step.finding)
    return pathways


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
    rows = list(chain.from_iterable(variants(row) for row in content["statements"]))
    keys = tuple(str(row.get("key", "without key")) if isinstance(row, dict) else str(row) for row in rows)
    return _checked(name, TypeAdapter(Family), {**content, "statements": rows}, keys)


def _check_row(name: str, row: Row, sources: Mapping[str, Source]) -> None:
    seen: set[str] = set()
    for criterion in row.every_criterion:
        if criterion.id in seen:
            raise CriteriaError(f"{name}: statement `{row.key}`: found criterion `{criterion.id}` twice")
        seen.add(criterion.id)
        if criterion.source is not None and criterion.source not in sources:
            raise CriteriaError(
                f"{name}: statement `{row.key}`, {criterion.id}, source: no source `{criterion.source}`"
            )
    for tree in (row.applies_if, row.criteria, *(cap.when for cap in row.caps)):
        if tree is not None:
            _check_beats(name, f"statement `{row.key}`", tree)
    for fault in faults(row):
        raise CriteriaError(f"{name}: statement `{row.key}`: {fault}")
    if (row.criteria is None) != (row.says is None):
        raise CriteriaError(f"{name}: statement `{row.key}`: needed `criteria` and `says` together")


def _check_beats(name: str, where: str, tree: Node) -> None:
    for source in beats_out_of_place(tree):
        raise CriteriaError(f"{name}: {where}: found `{source}`; needed it inside a list of `beats`")


def _references(row: Row) -> tuple[str, ...]:
    return tuple(node.statement for node in row.every_criterion if isinstance(node, Refers))
