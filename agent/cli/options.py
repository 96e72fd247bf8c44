"""What the commands share: consoles, formats, and the options on how to read an ECG file."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, cast, get_args

import typer
from rich.console import Console

if TYPE_CHECKING:
    from calipers.ecg import Ecg, Sex

stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)


class Format(StrEnum):
    """What is printed on standard output."""

    text = "text"
    json = "json"


class Layout(StrEnum):
    """How the twelve leads are arranged on the page."""

    three_by_four = "3x4+1"
    six_by_two = "6x2"
    twelve_by_one = "12x1"


RecordArgument = Annotated[
    list[Path], typer.Argument(help="ECG file; name both files of a pair, or one of them", show_default=False)
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="none, embedded, provider:model, or an OpenAI-compatible URL")
]
FormatOption = Annotated[Format, typer.Option("--format", help="text, or one JSON document and nothing else")]

_RATE: Final = Annotated[float | None, typer.Option("--fs", help="Sampling rate in Hz, for CSV and NPY files")]
_UNIT: Final = Annotated[str | None, typer.Option("--unit", help="mV, uV or V, for files that do not say")]
_LEADS: Final = Annotated[
    str | None, typer.Option("--leads", help="Lead names of the rows, comma-separated, for NPY files")
]
_AGE: Final = Annotated[float | None, typer.Option("--age", help="Years, if the file does not say")]
_SEX: Final = Annotated[str | None, typer.Option("--sex", help="male or female, if the file does not say")]


class Reading(NamedTuple):
    """What the user says of a file that does not say it itself."""

    fs: float | None = None
    unit: str | None = None
    leads: str | None = None
    age: float | None = None
    sex: str | None = None

    def read(self, paths: Path | Sequence[Path]) -> Ecg:
        """Read one ECG of one or several files.

        Raises:
            UsageError: the sex is neither male nor female.
            UnreadableInput: the files hold no ECG.
        """
        from calipers.ecg import Sex
        from calipers.errors import UsageError
        from calipers.tools.read import read_ecg

        if self.sex not in (None, *get_args(Sex)):
            raise UsageError(f"found --sex `{self.sex}`; needed male or female")
        names = [name.strip() for name in self.leads.split(",")] if self.leads else None
        several = [str(path) for path in ([paths] if isinstance(paths, Path) else paths)]
        return read_ecg(
            several[0] if len(several) == 1 else several,
            fs_hz=self.fs,
            unit=self.unit,
            leads=names,
            age=self.age,
            sex=cast("Sex | None", self.sex),
        )


_OF_THE_FILE: Final = {"fs": _RATE, "unit": _UNIT, "leads": _LEADS}
_OF_THE_PATIENT: Final = {"age": _AGE, "sex": _SEX}


def reading_options(*, patient: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options on how to read its files; it takes them as one `Reading` named `how`.

    Args:
        patient: whether age and sex are among them.
    """
    added: dict[str, Any] = _OF_THE_FILE | (_OF_THE_PATIENT if patient else {})

    def give(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_options(**given: Any) -> None:
            how = Reading(**{name: given.pop(name) for name in added})
            command(**given, how=how)

        taken = inspect.signature(command, eval_str=True).parameters.values()
        own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in taken if each.name != "how"]
        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in added.items()
        ]
        # What typer reads: the command's own parameters, and the options in the place of `how`.
        vars(with_options)["__signature__"] = inspect.Signature([*own, *options])
        with_options.__annotations__ = {each.name: each.annotation for each in own} | added
        return with_options

    return give


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on standard error while a slow step runs; nothing when it is not a terminal."""
    if not stderr.is_terminal:
        yield
        return
    with stderr.status(what):
        yield


def written(path: Path) -> None:
    """Say where something was written."""
    stdout.print(f"Written to {path}", highlight=False, markup=False)
