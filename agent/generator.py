"""The generator of ECGs, looked up when it is asked for: its weights are not in every version."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple, Protocol

from calipers.agent.context import RunContext
from calipers.agent.sentences import ModelSentence
from calipers.ecg import Ecg, Sex
from calipers.errors import MissingPart, UsageError

_MODULE: Final = "calipers.tools.generate"
NOT_HERE: Final = "the generator's weights are not in this version"


def require_recorded(ecg: Ecg, allow_synthetic: bool) -> None:
    """Refuse an ECG that a generator made, unless told.

    Raises:
        UsageError: it is synthetic and that was not allowed.
    """
    if ecg.synthetic and not allow_synthetic:
        raise UsageError("found a synthetic ECG, not recorded from a person; needed allow_synthetic to interpret it")


class Generator(Protocol):
    """Text to ECG, measured again; what is asked and what was obtained stand side by side in the result."""

    def __call__(self, text: str, *, age: float | None, sex: Sex | None, seed: int | None) -> Any:
        """Generate.

        Raises:
            MissingPart: its weights are not here.
            UsageError: the request contradicts itself, or needs an answer first.
        """


class Made(NamedTuple):
    """What came of a request: the fixed sentence that says it, and the reason where nothing was made.

    `lines` say what was asked for beside what was obtained.
    """

    sentence: ModelSentence
    reason: str = ""
    lines: tuple[str, ...] = ()


def generator() -> Generator:
    """The installed generator.

    Raises:
        MissingPart: this version has none.
    """
    made: Generator | None = getattr(import_module(_MODULE), "synthesise", None) if find_spec(_MODULE) else None
    if made is None:
        raise MissingPart(f"found no generator of ECGs; {NOT_HERE}")
    return made


def make_ecg(
    text: str, context: RunContext, *, age: float | None = None, sex: Sex | None = None, seed: int | None = None
) -> Made:
    """Make the ECG that is asked for and keep it with the run."""
    try:
        made = generator()(text, age=age, sex=sex, seed=seed)
    except MissingPart as problem:
        return Made("no_generator", str(problem), (str(problem),))
    except UsageError as problem:
        return Made("generation_unclear", str(problem), (str(problem),))
    context.syntheses.append(made)
    return Made("generated", lines=tuple(made.lines()))
