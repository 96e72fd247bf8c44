"""Criteria under unknown sex or age: every kind of patient is tried, and what differs stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal, NamedTuple

from calipers.evidence import CriterionEvidence
from calipers.knowledge.answer import Answer, combined
from calipers.knowledge.schema import Row
from calipers.knowledge.truth import all_of
from calipers.knowledge.walk import Walk
from calipers.leads import Lead
from calipers.report import Demographics

Sex = Literal["male", "female"]


class Outcome(NamedTuple):
    """One statement's criteria on one ECG, whoever the patient may be."""

    answer: Answer
    applies: Answer | None
    caps_open: tuple[bool, ...]
    steps: Mapping[str, CriterionEvidence]
    lead_steps: Mapping[str, CriterionEvidence]
    leads: Mapping[str, tuple[Lead, ...]]
    depends_on: tuple[str, ...]


def kinds(row: Row, patient: Demographics) -> tuple[Demographics, ...]:
    """The patients this one may be, as far as the row's limits tell them apart."""
    sexes: tuple[Sex | None, ...] = (patient.sex,)
    ages: tuple[float | None, ...] = (patient.age,)
    if patient.sex is None and row.differs_by_sex:
        sexes = ("male", "female")
    if patient.age is None and row.age_breaks:
        ages = (row.age_breaks[0] - 1.0, *row.age_breaks)
    return tuple(Demographics(age=age, sex=sex) for sex, age in product(sexes, ages))


def walked(row: Row, walk: Walk) -> Outcome:
    """Walk one statement for the one kind of patient the walk is for."""
    assert row.criteria is not None
    applies = walk.answer(row.applies_if) if row.applies_if else None
    answer = walk.answer(row.criteria)
    if applies is not None and applies.truth is None:
        answer = combined([applies, answer], all_of)
    # A cap holds unless its condition is excluded: doubt lowers certainty.
    caps_open = tuple(cap.when is None or walk.answer(cap.when).truth is not False for cap in row.caps)
    return Outcome(answer, applies, caps_open, walk.steps, walk.lead_steps, walk.leads, ())


def merged(row: Row, outcomes: Sequence[Outcome], patient: Demographics) -> Outcome:
    """One outcome for a patient of unknown sex or age: met for all is met, a difference is indeterminate."""
    first = outcomes[0]
    if len(outcomes) == 1:
        return first
    answers = [one.answer for one in outcomes]
    same = len({one.truth for one in answers}) == 1
    same_lean = len({one.leans for one in answers}) == 1
    unknown = [
        ("sex", patient.sex is None and row.differs_by_sex),
        ("age", patient.age is None and bool(row.age_breaks)),
    ]
    # The kind that is hardest to convince stands for all: what it grants, every kind grants.
    hardest = min(outcomes, key=lambda one: (one.answer.truth is True, one.answer.leans is True, len(one.answer.leads)))
    answer = hardest.answer._replace(
        truth=first.answer.truth if same else None,
        leans=first.answer.leans if same_lean else None,
        without_missing=hardest.answer.without_missing if same else None,
    )
    return hardest._replace(
        answer=answer,
        caps_open=tuple(any(flags) for flags in zip(*(one.caps_open for one in outcomes), strict=True)),
        steps=_merged_steps([one.steps for one in outcomes]),
        lead_steps=_merged_steps([one.lead_steps for one in outcomes]),
        depends_on=() if same and same_lean else tuple(name for name, is_so in unknown if is_so),
    )


def _merged_steps(tables: Sequence[Mapping[str, CriterionEvidence]]) -> dict[str, CriterionEvidence]:
    stems = dict.fromkeys(stem for table in tables for stem in table)
    return {stem: _merged_step([table[stem] for table in tables if stem in table]) for stem in stems}


def _merged_step(steps: Sequence[CriterionEvidence]) -> CriterionEvidence:
    """Agreeing kinds cite the limit that is hardest to agree with; disagreeing ones cite none."""
    if len({(step.result, step.leans) for step in steps}) == 1:
        toughest = min if steps[0].leans else max
        return toughest(steps, key=lambda step: step.probability or 0.0)
    text = "; or ".join(dict.fromkeys(step.text for step in steps))
    agree = len({step.result for step in steps}) == 1
    leans = steps[0].leans if len({step.leans for step in steps}) == 1 else None
    result = steps[0].result if agree else "indeterminate"
    return steps[0].model_copy(
        update={"text": text, "threshold": None, "result": result, "leans": leans, "probability": None}
    )
