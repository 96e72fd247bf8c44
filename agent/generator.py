"""The generator of ECGs, looked up when it is asked for: its weights are not in every version."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from calipers.ecg import Sex
from calipers.errors import MissingPart

_MODULE = "calipers.tools.generate"
NOT_HERE = "the generator's weights are not in this version"


class Generator(Protocol):
    """Text to ECG, measured again; what is asked and what was obtained stand side by side in the result."""

    def __call__(self, text: str, *, age: float | None, sex: Sex | None, seed: int | None) -> Any:
        """Generate.

        Raises:
            MissingPart: its weights are not here.
            UsageError: the request contradicts itself, or needs an answer first.
        """


def generator() -> Generator:
    """The installed generator.

    Raises:
        MissingPart: this version has none.
    """
    made: Generator | None = getattr(import_module(_MODULE), "synthesise", None) if find_spec(_MODULE) else None
    if made is None:
        raise MissingPart(f"found no generator of ECGs; {NOT_HERE}")
    return made
