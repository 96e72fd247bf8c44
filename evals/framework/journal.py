"""Results of single samples on disk as they come, so that a run that was cut off goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError

Done = TypeVar("Done")


class Journal(Generic[Done]):
    """One line of JSON a sample, in order, under a first line that says of what run they are.

    Numbers that are none (NaN, infinite) stand as `NaN` and `Infinity`. Results that JSON cannot hold exactly (arrays)
    are not written, and that work starts anew.

    Args:
        path: the file.
        run: what must be the same for its lines to count: hashes, options, totals.
        work: the function whose results it holds; its return type says how they are read back.
    """

    def __init__(self, path: Path, run: dict[str, Any], work: Callable[..., Done]) -> None:
        self.path = path
        self._head = json.dumps(run, sort_keys=True)
        self._adapter = _adapter(work)
        self._modules_path = path.with_suffix(".modules.json")
        self._noted = 0

    def modules(self) -> frozenset[str]:
        """What the run had imported whose samples are held."""
        try:
            return frozenset(json.loads(self._modules_path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return frozenset()

    def note_modules(self, modules: set[str]) -> None:
        """Keep the names of what has been imported, where there are more than last time."""
        if self._adapter is not None and len(modules) != self._noted:
            self._noted = len(modules)
            self._modules_path.write_text(json.dumps(sorted(modules)), encoding="utf-8")

    def held(self) -> list[Done]:
        """The results of the samples that were done in a run like this one."""
        if self._adapter is None or not self.path.is_file():
            return []
        lines = self._lines()
        if not lines or lines[0] != self._head:
            return []
        return list(self._read(lines[1:], self._adapter))

    def follow(self, results: Iterator[Done], held: int) -> Iterator[Done]:
        """Pass results on, each written before it is passed; the first `held` lines of the file are kept."""
        if self._adapter is None:
            yield from results
            return
        self._keep(held)
        exact = True
        with self.path.open("a", encoding="utf-8") as file:
            for result in results:
                exact = exact and self._write(file, result, self._adapter)
                yield result
        if not exact:
            self.path.unlink()

    def _keep(self, held: int) -> None:
        """Cut off what is of another run, or torn."""
        kept = [self._head, *(self._lines()[1 : held + 1] if held else [])]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("\n".join(kept) + "\n", encoding="utf-8")

    def _lines(self) -> list[str]:
        """The file's lines; text in them may hold other signs that end a line, and the last may be torn in a letter."""
        return self.path.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n")

    @staticmethod
    def _write(file: Any, result: Done, adapter: TypeAdapter[Done]) -> bool:
        # Not `dump_json`: models within write NaN as null, whatever the adapter is told.
        line = json.dumps(adapter.dump_python(result, mode="json"), ensure_ascii=False, separators=(",", ":"))
        try:
            back = adapter.validate_json(line)
        except ValidationError:
            return False
        exact = back == result or _same(adapter.dump_python(back), adapter.dump_python(result))
        if exact:
            file.write(line + "\n")
            file.flush()
        return exact

    @staticmethod
    def _read(lines: list[str], adapter: TypeAdapter[Done]) -> Iterator[Done]:
        for line in lines:
            try:
                yield adapter.validate_json(line)
            except ValidationError:
                return


def journal_path(folder: Path, what: str) -> Path:
    """Where the results of one pass over a data set lie, by its name."""
    name = "".join(sign if sign.isalnum() else "-" for sign in what.lower()).strip("-")
    return folder / f"{name or 'all'}.jsonl"


def _same(one: object, other: object) -> bool:
    """Whether two plain values are equal, NaN equal to itself."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(_same, one, other))
    return one == other or (one != one and other != other)


def _adapter(work: Callable[..., Done]) -> TypeAdapter[Done] | None:
    """How the results of a function are written and read; None where its return type cannot be."""
    try:
        kind = get_type_hints(work).get("return")
        return None if kind is None else TypeAdapter(kind)
    except (NameError, TypeError, AttributeError, PydanticSchemaGenerationError, PydanticUserError):
        return None
