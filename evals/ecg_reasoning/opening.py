"""Whether a model opens the walk: does it answer a diagnosis question by explaining that very statement?"""

from __future__ import annotations

from collections.abc import Iterable

from calipers.agent.choice import choose
from calipers.agent.embedded import EmbeddedChatModel
from calipers.errors import MissingPart, UnknownStatement
from calipers.evals.ecg_reasoning.samples import Sample
from calipers.evals.tool_choice.choosers import Chooser, by_model, by_rule
from calipers.evals.tool_choice.task import UNADAPTED
from calipers.evals.tool_choice.utterances import Utterance
from calipers.knowledge import statements


def opened(samples: Iterable[Sample], model: str) -> frozenset[str]:
    """The diagnoses whose first question a model answers by walking through them.

    The questions name no ECG, so that each is asked once. A walk that is not opened leaves every answer of its
    samples wrong: `explain` is then never called.
    """
    chooser = chooser_of(model)
    asked = {sample.diagnosis: sample.questions[0].text for sample in samples}
    return frozenset(diagnosis for diagnosis, text in asked.items() if walks(chooser, text, diagnosis))


def walks(chooser: Chooser, question: str, diagnosis: str) -> bool:
    """Whether `explain` of the diagnosis is among what is chosen for the question."""
    wanted = statements().find(diagnosis.replace("_", " ")).key
    return any(tool == "explain" and _key(about) == wanted for tool, about in chooser(Utterance(question, ())).about)


def chooser_of(model: str) -> Chooser:
    """What chooses under a model's name; the question matcher under `none`.

    Raises:
        MissingPart: the model is not installed; what it would fall back to is not it.
    """
    if model == "none":
        return by_rule
    if model == UNADAPTED:
        return by_model(EmbeddedChatModel(adapted=False))
    choice = choose(model)
    if choice.chat is None:
        raise MissingPart(f"found model `{model}`, for which {choice.reason}; needed it to run")
    return by_model(choice.chat)


def _key(name: str) -> str | None:
    try:
        return statements().find(name).key
    except UnknownStatement:
        return None
