"""The worker's process: loads one published model and answers questions on its standard input until that closes.

    python -m calipers.models.workers.serve NAME FOLDER PRECISION DEVICE

Nothing but answers goes to the standard output; what the libraries print goes to the standard error.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast

from pydantic import TypeAdapter, ValidationError

from calipers.errors import CalipersError, MissingPart
from calipers.models.workers.protocol import Answered, Question, Ready, Refused
from calipers.models.workers.published import Precision, Published, published

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


class Answering(Protocol):
    """A loaded model."""

    def answer(self, question: str, page: Image | None, signal: NDArray[np.float32] | None, longest: int) -> str:
        """What it says."""


def main(arguments: list[str]) -> int:
    """Load and answer; the exit code is 0 when the input was read to its end."""
    name, folder, precision, device = arguments
    # The weights are on this machine; a slip in a path must not become a download.
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    model = published(name)
    try:
        loaded = _loaded(model, Path(folder), cast(Precision, precision), device)
    except MissingPart as problem:
        _say(answers, Refused(reason=str(problem), missing=True))
        return problem.exit_code
    except Exception as problem:
        _say(answers, Refused(reason=f"{model.title} did not load: {_line(problem)}", missing=True))
        raise
    _say(answers, Ready(device=device))
    for line in sys.stdin:
        _say(answers, _reply(loaded, model, line))
    return 0


def _loaded(model: Published, folder: Path, precision: Precision, device: str) -> Answering:
    try:
        if model.architecture == "qwen3-vl":
            from calipers.models.workers.qwen import Qwen

            return Qwen(model, folder, precision, device)
        from calipers.models.workers.llava import Llava

        return Llava(model, folder, precision, device)
    except ImportError as problem:
        package = problem.name or str(problem)
        raise MissingPart(f'found no package `{package}`; needed: pip install "calipers[workers]"') from problem


def _reply(loaded: Answering, model: Published, line: str) -> Answered | Refused:
    try:
        question = TypeAdapter(Question).validate_json(line)
    except ValidationError as problem:
        return Refused(reason=f"found no question in a line: {_line(problem)}")
    try:
        from calipers.models.workers.inputs import page

        picture = page(question.page, model.page_px) if question.page_png else None
        return Answered(
            number=question.number, text=loaded.answer(question.text, picture, question.series, question.longest)
        )
    except CalipersError as problem:
        return Refused(number=question.number, reason=str(problem))
    except (RuntimeError, ValueError, MemoryError) as problem:
        # Out of GPU memory, a shape that does not fit: this question fails, the process can take the next.
        return Refused(number=question.number, reason=f"{model.title} failed: {_line(problem)}")


def _say(answers: IO[str], said: Ready | Answered | Refused) -> None:
    answers.write(said.model_dump_json() + "\n")
    answers.flush()


def _line(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
