"""What a user's own agent has and the workers of its review need: files by their path, functions by their name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calipers.agent.hooks import Hooks
from calipers.agent.library import Library
from calipers.errors import UsageError
from calipers.evidence import Frozen

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


class OwnParts(Frozen):
    """A user's own criteria, guidelines, tools and hooks, as a worker's process can find them.

    Attributes:
        criteria, guidelines: absolute paths.
        tools, before_verify, after_verify: `module:name` each.
    """

    criteria: tuple[str, ...] = ()
    guidelines: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    before_verify: str | None = None
    after_verify: str | None = None

    @classmethod
    def of(
        cls,
        criteria: Sequence[str | Path],
        guidelines: Sequence[str | Path],
        tools: Sequence[BaseTool | Callable[..., Any]],
        hooks: Hooks,
    ) -> OwnParts:
        """The parts of an agent.

        Raises:
            UsageError: a tool or hook that only this process has.
        """
        return cls(
            criteria=tuple(str(Path(path).absolute()) for path in criteria),
            guidelines=tuple(str(Path(path).absolute()) for path in guidelines),
            tools=tuple(_name(tool) for tool in tools),
            before_verify=hooks.before_verify and _name(hooks.before_verify),
            after_verify=hooks.after_verify and _name(hooks.after_verify),
        )

    def library(self) -> Library:
        """The installed criteria and guidelines with these."""
        return Library.of(self.criteria, self.guidelines)

    def made_tools(self) -> tuple[BaseTool, ...]:
        """The tools."""
        if not self.tools:
            return ()
        from calipers.agent.own_tools import own_tools

        return own_tools([_imported(name) for name in self.tools])

    def hooks(self) -> Hooks:
        """The hooks."""
        before, after = (name and _imported(name) for name in (self.before_verify, self.after_verify))
        return Hooks(before or None, after or None)

    def digest(self) -> str:
        """Equal for the same names and the same contents of all files."""
        found = sha256("\n".join([*self.tools, str(self.before_verify), str(self.after_verify)]).encode())
        for path in self._files():
            found.update(path.name.encode() + b"\0" + path.read_bytes())
        return found.hexdigest()

    def _files(self) -> Iterator[Path]:
        for place in map(Path, (*self.criteria, *self.guidelines)):
            yield from sorted(place.rglob("*.yaml")) if place.is_dir() else [place]


def _name(thing: Any) -> str:
    """`module:name` of what a module defines at its top level; a LangChain tool is known by its function."""
    function = getattr(thing, "func", None) or getattr(thing, "coroutine", None) or thing
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    try:
        known = module not in (None, "__main__") and _imported(f"{module}:{name}") is thing
    except (ImportError, AttributeError):
        known = False
    if not known:
        raise UsageError(
            f"found `{name or type(thing).__name__}`, which only this process has; a review's workers needed a tool or"
            " hook that a module, not the script itself, defines at its top level"
        )
    return f"{module}:{name}"


def _imported(name: str) -> Any:
    module, _, within = name.partition(":")
    return reduce(getattr, within.split("."), import_module(module))
