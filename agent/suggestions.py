"""What the statement network adds to the criteria: a suggestion where they are silent, a disagreement where they differ.

Its word is never a diagnosis. It adds findings and reassures of nothing: `normal ECG` or sinus rhythm by the
network says nothing against a criterion. Both `report` and verifier take their sentences from here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from calipers.agent.drafting import make_claim
from calipers.agent.probabilities import threshold
from calipers.evidence import Evidence, ModelProbability
from calipers.knowledge import Row, Verdict, gravity, statements
from calipers.knowledge.evaluation import ADULT_FROM_YEARS
from calipers.printing import printed
from calipers.report import Claim, Demographics, Disagreement, Side

if TYPE_CHECKING:
    from calipers.agent.case import Case

#: Codes of patterns whose chamber the code does not tell; no one statement of the table is meant.
_AMBIGUOUS: Final = frozenset({"BIGU", "TRIGU"})
#: How many of the likeliest statements are told where a question names none.
_LEADING: Final = 3


class Suggestion(NamedTuple):
    """One finding that only the model makes.

    Attributes:
        item: its probability.
        key: the statement.
        against: the statement whose verdict stands against it; None where no criterion speaks to it.
        undecided: whether that verdict is open, so that the criteria are silent after all.
    """

    item: ModelProbability
    key: str
    against: str | None
    undecided: bool = False

    @property
    def template(self) -> str:
        """`The model suggests septal hypertrophy, probability {model:SEHYP}.`"""
        return f"The model suggests {named(self.key)}, probability {{{self.item.id}}}."


def suggestions(
    verdicts: Mapping[str, Verdict], items: Iterable[Evidence], patient: Demographics
) -> tuple[Suggestion, ...]:
    """What the model suggests and the criteria do not assert, the gravest and then the likeliest first.

    Nothing is suggested where the adult limits do not apply, nor where a statement is suppressed (a QRS that
    makes its own ST-T changes); what a met statement already says is no suggestion either.
    """
    best: dict[str, Suggestion] = {}
    for item in items:
        if not isinstance(item, ModelProbability) or item.probability < threshold(item.statement):
            continue
        row = row_of(item.statement)
        if (
            row is None
            or not row.abnormal
            or _said(row, item.statement, verdicts)
            or suppressed(row, verdicts, patient)
        ):
            continue
        known = best.get(row.key)
        if known is None or item.probability > known.item.probability:
            against = _against(row, verdicts)
            undecided = against is not None and verdicts[against].result == "indeterminate"
            best[row.key] = Suggestion(item, row.key, against, undecided)
    return tuple(sorted(best.values(), key=lambda one: (gravity(one.key), -one.item.probability)))


def row_of(code: str) -> Row | None:
    """The statement that a code of the network stands for; of several the one that says least."""
    rows = statements().by_scp(code)
    return rows[0] if rows and code not in _AMBIGUOUS else None


def suggestion_claim(said: Suggestion, ledger: Mapping[str, Evidence]) -> Claim:
    """The suggestion as a claim: possible at most, on the probability alone."""
    return make_claim(
        f"suggested_{said.key}",
        said.template,
        ledger,
        statement=statements().noun(said.key),
        certainty="possible",
        evidence=[said.item.id],
    )


def suggested_claims(
    found: Iterable[Suggestion], ledger: Mapping[str, Evidence], seen: Collection[str] = ()
) -> tuple[Claim, ...]:
    """The suggestions that a full read makes: those on which no criterion speaks. The others are disagreements.

    What the measurements leave undecided is suggested where the language model has `seen` it, too (SCP codes).
    """
    return tuple(
        suggestion_claim(one, ledger)
        for one in found
        if one.against is None or (one.undecided and one.item.statement in seen)
    )


def asked_claims(keys: Iterable[str], case: Case) -> tuple[Claim, ...]:
    """What the model gives the statements that a question names, or its leading ones where it names none.

    A suggestion is worded as one; of any other statement its probability is told, which asserts nothing.
    """
    case.enter_probabilities()
    suggested = {one.key: one for one in case.suggestions}
    by_code = {item.statement: item for item in case.probabilities}
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        likely = sorted(
            (item for item in by_code.values() if row_of(item.statement)), key=lambda item: -item.probability
        )
        wanted = [*suggested, *(row.key for item in likely[:_LEADING] if (row := row_of(item.statement)))]
    found: dict[str, Claim] = {}
    for key in wanted:
        if key in suggested:
            found.setdefault(key, suggestion_claim(suggested[key], case.ledger))
            continue
        items = [by_code[code] for code in statements()[key].scp if code in by_code]
        if items:
            item = max(items, key=lambda one: one.probability)
            claim = make_claim(f"probability_{item.statement}", probability_sentence(item), case.ledger)
            found.setdefault(key, claim)
    return tuple({claim.id: claim for claim in found.values()}.values())


def probability_sentence(item: ModelProbability) -> str:
    """What is said of a probability when it is asked for, whatever it is: it asserts nothing about the patient."""
    row = row_of(item.statement)
    name = named(row.key) if row else f"{item.statement.lower()}"
    return f"The model gives {name} a probability of {{{item.id}}}."


def model_disagreements(found: Iterable[Suggestion], verdicts: Mapping[str, Verdict]) -> tuple[Disagreement, ...]:
    """Both sides of every suggestion that a verdict stands against."""
    return tuple(_both_sides(one, verdicts[one.against]) for one in found if one.against is not None)


def named(key: str) -> str:
    """A statement within a sentence: `atrial fibrillation`, `ST depression`."""
    label = statements()[key].label
    return label if label[:2].isupper() or label[1:2] == "-" else label[0].lower() + label[1:]


def criteria_side(verdict: Verdict) -> Side:
    """What the criteria of a statement come to on this ECG, as one side of a disagreement."""
    result = {"met": "are met", "not_met": "are not met"}.get(verdict.result)
    text = (
        f"criteria for {named(verdict.key)} {result}"
        if result
        else f"the measurements do not decide {named(verdict.key)}"
    )
    return Side(who="criteria", text=text, evidence=_grounds(verdict))


def _both_sides(said: Suggestion, verdict: Verdict) -> Disagreement:
    return Disagreement(
        about=said.key,
        sides=(
            criteria_side(verdict),
            Side(who="model", text=f"{named(said.key)}, probability {printed(said.item)}", evidence=(said.item.id,)),
        ),
    )


def _grounds(verdict: Verdict) -> tuple[str, ...]:
    """The criteria that made the verdict what it is, and what they looked at."""
    if verdict.present is not None:
        return (*(f"crit:{key}" for key in verdict.present.criteria), *verdict.present.evidence)
    deciding = [step for step in verdict.steps if step.result == verdict.result] or list(verdict.steps)
    looked_at = (key for step in deciding for key in step.measurements if "#" not in key)
    return tuple(dict.fromkeys([*(step.id for step in deciding), *looked_at]))


def _said(row: Row, code: str, verdicts: Mapping[str, Verdict]) -> bool:
    """Whether a met or leaning statement says it already, or says more."""
    saying = {other.key for other in statements().by_scp(code)} | set(row.subsumed_by)
    return any(key in verdicts and verdicts[key].asserted for key in saying)


def suppressed(row: Row, verdicts: Mapping[str, Verdict], patient: Demographics) -> bool:
    """Whether adult limits do not apply, or another statement leaves no room for this one."""
    if row.adults_only and patient.age is not None and patient.age < ADULT_FROM_YEARS:
        return True
    verdict = verdicts.get(row.key)
    if verdict is not None:
        return verdict.result == "not_applicable"
    return any(key in verdicts and verdicts[key].leans_present for key in row.suppressed_by)


def _against(row: Row, verdicts: Mapping[str, Verdict]) -> str | None:
    """The statement's own verdict; for one without criteria a normal ECG, which it contradicts."""
    if row.key in verdicts:
        return row.key
    normal = verdicts.get("normal_ecg")
    return normal.key if normal is not None and normal.asserted else None
