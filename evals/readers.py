"""Who reads an ECG in the benchmarks: the agent with one model or another, each kept for the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from calipers.agent.api import Agent
from calipers.agent.choice import choose
from calipers.ecg import Ecg
from calipers.errors import MissingPart
from calipers.evals.framework import Options, spread
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, Microvolts, labelled, signals
from calipers.report import Report

#: `--model` of the embedded model without what fine-tuning brought.
UNADAPTED: Final = "embedded-unadapted"
EMBEDDED: Final = "embedded"
NONE: Final = "none"
#: Where no model is named, of so many records one is read by our own language model as well, and by its base alone.
_BESIDE_EVERY: Final = {EMBEDDED: 6, UNADAPTED: 120}


@cache
def agent(model: str) -> Agent:
    """The agent with that model, loaded once a process."""
    if model == UNADAPTED:
        from calipers.agent.embedded import EmbeddedChatModel

        return Agent(EmbeddedChatModel(adapted=False))
    return Agent(model)


def interpret(model: str, ecg: Ecg, question: str | None = None, priors: Sequence[Ecg] = ()) -> Report:
    """A full read by that model."""
    return agent(model).interpret(ecg, question, priors)


def readers(options: Options) -> tuple[str, ...]:
    """The models of a run: those asked for (`--model embedded,embedded-unadapted`), and `none` beside them.

    The first is whose figures are the task's; by default `none` reads alone.

    Raises:
        MissingPart: a model cannot run here; falling back would print another's figures under its name.
    """
    models = tuple(dict.fromkeys([*(options.model or NONE).split(","), NONE]))
    for model in models:
        if model in (NONE, UNADAPTED):
            continue
        choice = choose(model)
        if choice.chat is None and choice.opinion is None:
            raise MissingPart(f"found model `{model}`, for which {choice.reason}; needed it to run")
    return models


def readers_of(models: tuple[str, ...], options: Options, number: int) -> tuple[str, ...]:
    """Who reads one record: the models of the run, and where none was named now and then the embedded ones.

    Args:
        models: of the run.
        options: of the run.
        number: of the record, in the order in which they are read.
    """
    if options.model is not None or _embedded_problem() is not None:
        return models
    return (*models, *(model for model, every in _BESIDE_EVERY.items() if number % every == 0))


def completed(model: str, ran: str) -> dict[str, tuple[float, float]]:
    """Whether a report is the named model's own; one that fell back to `none` prints what `none` prints."""
    return {} if model == NONE else {"own_words": (float(ran != NONE), 1.0)}


@cache
def _embedded_problem() -> str | None:
    from calipers.agent.embedded.weights import adapter_problem

    return adapter_problem()


def single_process(options: Options) -> Options:
    """The options with one worker where a language model reads, to be loaded once."""
    return options if options.model in (None, NONE) else replace(options, workers=1)


def held_rows(options: Options, default: int | None, *, only: str | None = None, clean: bool = False) -> list[Labelled]:
    """PTB-XL's rows of fold 9, or of folds 1–8 with `--split training`, evenly spread.

    Args:
        options: of the run; `n` limits them.
        default: how many without `--n`; None for all.
        only: rows with this label.
        clean: rows labelled normal without reserve and without remarks on the recording.
    """
    training = options.split == "training"
    rows = [
        row
        for row in labelled(options.data)
        if (row.fold < TEST_FOLD) == training
        and (only is None or only in row.codes)
        and (row.clean_normal or not clean)
    ]
    return spread(rows, options.n if options.n is not None else default)


def with_signals(options: Options, rows: Sequence[Labelled]) -> Iterator[tuple[Labelled, Microvolts]]:
    """Each row with its signal, in the order of the files."""
    known = {row.ecg_id: row for row in rows}
    for ecg_id, eight_uv in signals(options.data, set(known)):
        yield known[ecg_id], eight_uv
