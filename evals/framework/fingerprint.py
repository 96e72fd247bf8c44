"""What a figure rests on, as hashes: the modules that its run imported, the data and weights beside them.

Before a run, what it may reach is the closure of the task's imports, read from the source, lazy imports included. After
it, what it rests on are the modules that were in fact imported, in this process and in its workers: a change of the
digitiser leaves a table of signals alone. Comments, docstrings and layout do not count, and neither do the surfaces
(server, command line, report pages), which change no figure.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import calipers

_ROOT: Final = Path(calipers.__file__).parent
_PACKAGE: Final = "calipers"
#: What shows or stores results, and never decides one.
_SURFACES: Final = (
    "calipers.agent.audit",
    "calipers.agent.batch",
    "calipers.agent.cli",
    "calipers.agent.mcp",
    "calipers.agent.report_page",
    "calipers.agent.report_pdf",
    "calipers.agent.server",
    "calipers.evals.framework",
    "calipers.tools.export",
)
#: Of the framework, what decides figures.
_DECIDING: Final = ("calipers.evals.framework.bootstrap", "calipers.evals.framework.tallies")
_WEIGHTS: Final = frozenset((".onnx", ".safetensors", ".npz"))
_DATA: Final = frozenset((".yaml", ".json", ".jsonl", ".tsv", ".txt")) | _WEIGHTS
#: Folders of data that another package than the one above them reads.
_READ_BY: Final = {"models/weights": "models/mllm/language"}


class Fingerprint(NamedTuple):
    """Hashes of the code, the tables beside it, and the weights that a task can reach; twelve hex digits each."""

    code: str
    tables: str
    weights: str

    def changed_since(self, other: Fingerprint) -> tuple[str, ...]:
        """The parts that differ."""
        return tuple(part for part in self._fields if getattr(self, part) != getattr(other, part))


#: File below the package → twelve hex digits of what it means; of code without comments, docstrings and layout.
Files = Mapping[str, str]


@cache
def fingerprint(module: str) -> Fingerprint:
    """What the results of a module may rest on.

    Args:
        module: a dotted name, such as `calipers.evals.triage`.
    """
    return summary(reachable(module))


@cache
def reachable(module: str) -> Files:
    """Every file that a module may reach: the closure of its imports, and the data beside it."""
    return _hashed(_closure(module))


def rested_on(modules: Iterable[str], before: Files) -> Files:
    """The files behind imported modules, with the data beside them.

    Args:
        modules: dotted names.
        before: hashes taken before the run, which hold where a file was edited while it went on.
    """
    reached = {path for name in modules if not _aside(name) and (path := _file(name)) is not None}
    return {name: before.get(name, value) for name, value in _hashed(reached).items()}


def changed_files(files: Files) -> tuple[str, ...]:
    """Which of the files behind a result mean something else today, are gone, or have got company."""
    modules = [f"{_PACKAGE}.{name.removesuffix('.py').replace('/', '.')}" for name in files if name.endswith(".py")]
    now = rested_on([name.removesuffix(".__init__") for name in modules], {})
    return tuple(sorted(name for name in {*files, *now} if files.get(name) != now.get(name)))


def summary(files: Files) -> Fingerprint:
    """One hash for the code, one for the tables, one for the weights."""
    kinds: dict[str, dict[str, str]] = {"code": {}, "tables": {}, "weights": {}}
    for name, value in files.items():
        suffix = Path(name).suffix
        kinds["code" if suffix == ".py" else "weights" if suffix in _WEIGHTS else "tables"][name] = value
    return Fingerprint(*(_digest(kinds[kind]) for kind in Fingerprint._fields))


def imported() -> frozenset[str]:
    """The modules of ours that this process has imported so far."""
    return frozenset(name for name in tuple(sys.modules) if name.startswith(f"{_PACKAGE}."))


def _hashed(reached: set[Path]) -> dict[str, str]:
    code = {_name(path): _meaning(path)[:12] for path in reached}
    data = _beside({path.parent for path in reached}, reached)
    return code | {_name(path): _bytes(path)[:12] for path in data}


def _closure(module: str) -> set[Path]:
    """The files of a module and of every module of ours that it imports, however deep."""
    waiting, seen, files = [module], set[str](), set[Path]()
    while waiting:
        name = waiting.pop()
        if name in seen or _aside(name):
            continue
        seen.add(name)
        path = _file(name)
        if path is None:
            continue
        files.add(path)
        # The public package loads its names when they are asked for: itself it imports nothing.
        if name != _PACKAGE:
            waiting += [*_imports(path, name), name.rpartition(".")[0]]
    return files


def _aside(name: str) -> bool:
    outside = any(name == surface or name.startswith(f"{surface}.") for surface in _SURFACES)
    return name in ("", _PACKAGE) or (outside and name not in _DECIDING)


def _file(name: str) -> Path | None:
    """The file of a module; None for a name that is no module (a class imported from one)."""
    stem = _ROOT.joinpath(*name.split(".")[1:])
    for path in (stem / "__init__.py", stem.with_suffix(".py")):
        if path.is_file():
            return path
    return None


@cache
def _imports(path: Path, name: str) -> tuple[str, ...]:
    found: list[str] = []
    tree = ast.parse(path.read_bytes())
    for node in _run(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == _PACKAGE:
                found += [_public(alias.name) for alias in node.names]
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(one for one in dict.fromkeys(found) if one.startswith(f"{_PACKAGE}."))


def _run(tree: ast.AST) -> list[ast.AST]:
    """Every node outside `if TYPE_CHECKING`."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        only_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        waiting += [] if only_types else list(ast.iter_child_nodes(node))
    return found


def _public(name: str) -> str:
    """The module that a name of the public package comes from."""
    return str(calipers._HOME.get(name, f"{_PACKAGE}.{name}"))


@cache
def _meaning(path: Path) -> str:
    """The source without comments, layout and docstrings."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@cache
def _bytes(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _beside(folders: set[Path], reached: set[Path]) -> list[Path]:
    """Data files in the folders of reached modules and below, short of folders whose own modules were not reached."""
    found: set[Path] = set()
    for folder in folders:
        if folder == _ROOT:
            continue
        waiting = [folder]
        while waiting:
            current = waiting.pop()
            for path in current.iterdir():
                if path.is_file() and path.suffix in _DATA:
                    found.add(path)
                elif path.is_dir() and not _unreached(path, reached) and _read(path, reached):
                    waiting.append(path)
    return sorted(found)


def _unreached(folder: Path, reached: set[Path]) -> bool:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    return folder.name.startswith(("_", ".")) or (bool(modules) and not any(path in reached for path in modules))


def _read(folder: Path, reached: set[Path]) -> bool:
    """Whether a folder of data is one that reached modules read."""
    reader = _READ_BY.get(_name(folder))
    return reader is None or any(_name(path).startswith(f"{reader}/") for path in reached)


def _name(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def _digest(parts: dict[str, str]) -> str:
    return hashlib.sha256("\n".join(f"{name} {value}" for name, value in sorted(parts.items())).encode()).hexdigest()[
        :12
    ]
