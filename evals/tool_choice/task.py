"""The tool-choice benchmark: tools, arguments and refusals over hand-written utterances, by half and by tool."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from calipers.agent.choice import choose
from calipers.agent.embedded import EmbeddedChatModel, adapter_problem
from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table, spread
from calipers.evals.framework.result import point_values
from calipers.evals.tool_choice.choosers import Chooser, Chosen, by_model, by_rule, chosen_by
from calipers.evals.tool_choice.utterances import Utterance, utterances

NAME: Final = "tool_choice"
#: Sentences that turn a question down.
REFUSALS: Final = frozenset(("treatment", "prognosis", "not_in_ecg", "off_topic"))
#: `--model` of the embedded model without what fine-tuning brought.
UNADAPTED: Final = "embedded-unadapted"
#: The tool that is right most often.
USUAL: Final = "explain"
#: Utterances that the base model is asked, which takes its time.
FEW: Final = 16
#: What stands for the half that nothing was tuned on, with intervals.
_OF_UNSEEN: Final = ("tool_accuracy", "argument_accuracy", "refused")
_HALVES: Final = {"training": "tune", "validation": "unseen"}


class Answered(NamedTuple):
    """What was chosen for one utterance, and how long it took."""

    utterance: Utterance
    chosen: Chosen
    seconds: float

    @property
    def right(self) -> tuple[Chosen, ...]:
        """The choices that would each be right."""
        return tuple(chosen_by(action) for action in self.utterance.expected)

    @property
    def tool_right(self) -> bool:
        """The tools called are those of one right choice; where none is called for, its sentence was said."""
        return not self.chosen.failed and any(_same_tools(self.chosen, right) for right in self.right)

    @property
    def all_right(self) -> bool:
        """And they were called about the same things."""
        return self.tool_right and any(
            _same_tools(self.chosen, right) and self.chosen.about == right.about for right in self.right
        )

    @property
    def has_arguments(self) -> bool:
        """Whether a right choice names measurements, statements or a layout."""
        return any(right.about for right in self.right)

    @property
    def to_refuse(self) -> bool:
        """Whether it asks for what an ECG, or this program, does not answer."""
        return any(right.sentences & REFUSALS for right in self.right) and not any(right.tools for right in self.right)

    @property
    def refused(self) -> bool:
        """Turned down, with whichever of the four sentences."""
        return bool(self.chosen.sentences & REFUSALS) and not self.chosen.tools


class ToolChoiceTask:
    """Accuracy of tool, arguments and refusals; `--model` says whose."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. `split` training is the half that may be tuned on, validation the unseen half."""
        started = time.perf_counter()
        wanted = _HALVES.get(options.split)
        chosen = spread([item for item in utterances() if wanted in (None, item.half)], options.n)
        name, chooser = _chooser(options.model)
        answered = ask_all(chooser, chosen)
        groups = {
            f"{half}": {"n": len(part), **point_values(all_scores(part))}
            for half in ("tune", "unseen")
            if (part := [item for item in answered if item.utterance.half == half])
        }
        groups |= {
            f"tool {tool}": {"n": len(part), "tool_accuracy": float(np.mean([item.tool_right for item in part]))}
            for tool, part in _by_tool(answered).items()
        }
        groups |= _beside(options.model, answered)
        unseen = all_scores([item for item in answered if item.utterance.half == "unseen"])
        scores = all_scores(answered) | {
            f"unseen_{figure}": unseen[figure] for figure in _OF_UNSEEN if figure in unseen
        }
        result = Result.of(NAME, len(answered), scores, groups, time.perf_counter() - started)
        return Outcome(result, _report(name, answered, result))


def _beside(model: str | None, answered: Sequence[Answered]) -> dict[str, dict[str, float]]:
    """The question matcher and the commonest tool on the same utterances, the base model on a few of them."""
    asked = [item.utterance for item in answered]
    choosers: dict[str, tuple[Chooser, Sequence[Utterance]]] = {
        "reader none": (by_rule, asked),
        f"control: always {USUAL}": (lambda _utterance: Chosen(frozenset((USUAL,))), asked),
    }
    if model != UNADAPTED and not adapter_problem():
        base = by_model(EmbeddedChatModel(adapted=False))
        choosers[f"reader {UNADAPTED}"] = (base, spread(asked, FEW))
    return {
        name: {"n": len(some), **point_values(all_scores(ask_all(chooser, some)))}
        for name, (chooser, some) in choosers.items()
        if some
    }


def ask_all(chooser: Chooser, asked: Sequence[Utterance]) -> list[Answered]:
    """Ask everything once, timed; the first question is asked once before, to load what is loaded lazily."""
    if asked:
        chooser(asked[0])
    answered = []
    for utterance in asked:
        started = time.perf_counter()
        chosen = chooser(utterance)
        answered.append(Answered(utterance, chosen, time.perf_counter() - started))
    return answered


def all_scores(answered: Sequence[Answered]) -> dict[str, Estimate | None]:
    """The figures of a list of answered utterances, resampled by utterance."""
    if not answered:
        return {}
    draws = Bootstrap([f"{item.utterance.text} {item.utterance.before}" for item in answered])
    tool = np.array([item.tool_right for item in answered])
    whole = np.array([item.all_right for item in answered])
    named = np.array([item.has_arguments for item in answered])
    to_refuse = np.array([item.to_refuse for item in answered])
    refused = np.array([item.refused for item in answered])
    failed = np.array([bool(item.chosen.failed) for item in answered])
    seconds = [item.seconds for item in answered]
    return {
        "tool_accuracy": draws.share(tool, np.ones_like(tool)),
        "argument_accuracy": draws.share(whole & named & tool, named & tool),
        "tool_and_arguments": draws.share(whole, np.ones_like(tool)),
        "refused": draws.share(refused & to_refuse, to_refuse),
        "refused_wrongly": draws.share(refused & ~to_refuse, ~to_refuse),
        "failed": draws.share(failed, np.ones_like(tool)),
        "latency_median_s": Estimate.alone(float(np.median(seconds)), len(seconds)),
        "latency_p95_s": Estimate.alone(float(np.percentile(seconds, 95)), len(seconds)),
    }


def _same_tools(chosen: Chosen, right: Chosen) -> bool:
    if right.tools:
        return chosen.tools == right.tools
    return not chosen.tools and bool(chosen.sentences & right.sentences)


def _chooser(model: str | None) -> tuple[str, Chooser]:
    if model == UNADAPTED:
        return "embedded, adapter switched off", by_model(EmbeddedChatModel(adapted=False))
    choice = choose(model)
    return f"{choice.name} ({choice.reason})", by_rule if choice.chat is None else by_model(choice.chat)


def _by_tool(answered: Iterable[Answered]) -> dict[str, list[Answered]]:
    found: dict[str, list[Answered]] = {}
    for item in answered:
        right = item.right[0]
        found.setdefault("+".join(sorted(right.tools)) or "+".join(sorted(right.sentences)), []).append(item)
    return dict(sorted(found.items()))


def _report(name: str, answered: Sequence[Answered], result: Result) -> Document:
    figures = Table(
        ("figure", "value", "95 % interval"),
        tuple(
            (
                figure,
                f"{value:.3f}",
                "–" if figure not in result.ci95 else "{:.3f} to {:.3f}".format(*result.ci95[figure]),
            )
            for figure, value in result.metrics.items()
        ),
    )
    missed = Table(
        ("utterance", "needed", "chosen"),
        tuple(
            (item.utterance.text, " or ".join(action.line() for action in item.utterance.expected), _said(item.chosen))
            for item in answered
            # What the unseen half missed stays unseen: its utterances are not for tuning.
            if not item.all_right and item.utterance.half == "tune"
        ),
    )
    about = (
        f"Model: {name}. Utterances written by hand, unlike the training grammar's frames, by the author of both; "
        "half by a hash of the text. Tool: exactly the tools of one right choice, or its sentence where none is needed."
    )
    return Document(
        "Tool choice",
        f"{len(answered)} utterances",
        (Section("Figures", (about, figures)), Section("What was missed in the tuning half", (missed,))),
    )


def _said(chosen: Chosen) -> str:
    about = " ".join(sorted(key for _, key in chosen.about))
    return chosen.failed or " ".join([*sorted(chosen.tools), about, *sorted(chosen.sentences)])
