"""What the model adds: its one sentence, on its own probability, where no criterion asserts the statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from calipers.agent.probabilities import STATEMENTS, model_probabilities, statement_weights_sha256, threshold
from calipers.agent.suggestions import model_disagreements, probability_sentence, row_of, suggestions
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.ecg import Ecg
from calipers.evidence import ModelProbability
from calipers.knowledge import statements
from calipers.report import Claim
from calipers.tools.measure.engine import LONGEST_WHOLE_S

#: Probabilities are stored to four digits; the same network on another processor may differ in the last ones.
_SAME_WEIGHTS: Final = 0.002


def cites_model(claim: Claim, grounds: Grounds) -> bool:
    """Whether a claim rests on a model's probability."""
    return bool(_cited(claim, grounds))


def suggestion_flaws(claim: Claim, grounds: Grounds) -> Flaws:
    """The claim is, to the letter, what code says of this probability, and rests on nothing else."""
    item = _cited(claim, grounds)[0]
    if len(claim.evidence) != 1 or claim.criteria:
        yield Flaw("criteria", f"cites more than `{item.id}`; a model's word stands alone")
    if claim.polarity != "present":
        yield Flaw("absence", "found a denial on a model's probability, which shows no absence")
    if claim.statement is None:
        if claim.template != probability_sentence(item):
            yield Flaw("criteria", f"found other words on `{item.id}` than `{probability_sentence(item)}`")
        if claim.certainty != "definite":
            yield Flaw("criteria", f"a probability stated as {claim.certainty}; it is what it is")
        return
    said = next((one for one in grounds.suggestions if one.item.id == item.id), None)
    if said is None:
        yield Flaw("criteria", _not_suggested(item, claim.statement.key, grounds))
        return
    if claim.statement != statements().noun(said.key):
        yield Flaw("criteria", f"states {claim.statement.key}; `{item.id}` is of {said.key}")
    if claim.template != said.template:
        yield Flaw("criteria", f"found other words than `{said.template}`; the model suggests, it asserts nothing")
    if claim.certainty != "possible":
        yield Flaw("criteria", f"stated as {claim.certainty}; a model's suggestion is possible at most")
    if said.against is not None and not _shown(said.key, grounds):
        yield Flaw("criteria", f"suggests {said.key} against its criteria without showing both sides")


def disagreement_flaws(grounds: Grounds) -> Flaws:
    """Every disagreement with the model shows what it suggests and what the criteria come to here, unaltered."""
    expected = {one.about: one for one in model_disagreements(grounds.suggestions, grounds.verdicts)}
    for shown in grounds.report.disagreements:
        by_model = any(key.startswith("model:") for side in shown.sides for key in side.evidence)
        if by_model and shown != expected.get(shown.about):
            yield Flaw("report", f"the disagreement about {shown.about} is not what the model and the criteria give")
    for about, needed in expected.items():
        if needed not in grounds.report.disagreements:
            yield Flaw("report", f"the model suggests {about} against the criteria, which is not shown")


def suggested_keys(grounds: Grounds) -> tuple[str, ...]:
    """The statements that the report's model suggests, for the urgency."""
    return tuple(one.key for one in grounds.suggestions)


def recomputed(grounds: Grounds, ecg: Ecg) -> dict[str, str]:
    """What is wrong with the model's side of a report, given the ECG: by id, and by statement where one is left out.

    Other weights than those at hand must come to the same side of the threshold.
    """
    report = grounds.report
    stated = [item for item in grounds.items.values() if isinstance(item, ModelProbability)]
    same = report.provenance.weights.get(STATEMENTS) == statement_weights_sha256()
    if not stated and not same:
        return {}
    again = {item.id: item for item in model_probabilities(ecg)}
    wrong = {item.id: found for item in stated if (found := _difference(item, again.get(item.id), same))}
    if same and report.quality.assessable and ecg.duration_s <= LONGEST_WHOLE_S:
        suggested = suggestions(grounds.verdicts, again.values(), report.patient)
        for one in suggested:
            if one.against is not None and not _shown(one.key, grounds):
                wrong[one.key] = f"the model suggests {one.key} against its criteria, which the report leaves out"
    return wrong


def _difference(stated: ModelProbability, again: ModelProbability | None, same: bool) -> str | None:
    if again is None:
        return f"`{stated.id}` is not given when the network reads this ECG"
    both = f"`{stated.id}` is stated as {stated.probability:g}, computed again {again.probability:g}"
    if same or stated.model == again.model:
        return both if abs(stated.probability - again.probability) > _SAME_WEIGHTS else None
    limit = threshold(stated.statement)
    return both if (stated.probability >= limit) != (again.probability >= limit) else None


def _not_suggested(item: ModelProbability, key: str, grounds: Grounds) -> str:
    limit = threshold(item.statement)
    if item.probability < limit:
        return f"`{item.id}` is below {limit:g}, from which the model suggests it"
    row = row_of(item.statement)
    if row is None or row.key != key:
        return f"states {key}; `{item.id}` is of {row.key if row else 'no one statement'}"
    return f"{key} is asserted, suppressed or not applicable by its criteria; the model's word is not needed"


def _cited(claim: Claim, grounds: Grounds) -> list[ModelProbability]:
    found: Iterable[object] = (grounds.items.get(key) for key in claim.evidence)
    return [item for item in found if isinstance(item, ModelProbability)]


def _shown(key: str, grounds: Grounds) -> bool:
    return any(shown.about == key for shown in grounds.report.disagreements)
