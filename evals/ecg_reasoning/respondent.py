"""Answers to the benchmark's questions out of one chain of `explain`; nothing here decides about an ECG.

The mapping is the same for every diagnosis: a criterion is the option that reads most like the chain's next
step; a yes or no is the step's forced answer; leads, segments and ranges are looked up in what the step shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Final

from calipers.errors import CalipersError
from calipers.evals.ecg_reasoning.options import Stretch, interval, leads_in, likeness, stretch, value_range
from calipers.evals.ecg_reasoning.samples import Kind, Question
from calipers.evidence import Measurement, Span, measurement_id
from calipers.knowledge.beats import all_beats
from calipers.knowledge.quantities import unmeasured
from calipers.leads import Lead
from calipers.parameters import PARAMETERS
from calipers.tools.explain import Chain, StepFinding

Answer = frozenset[int]
#: The benchmark's R amplitude is the highest point of the QRS complex, its S amplitude the lowest.
_SAME_SIDE: Final = {"r_amp": ("r_amp", "rp_amp"), "s_amp": ("q_amp", "s_amp", "sp_amp")}
#: From this share of common time on, two stretches are the same wave.
_SAME_PLACE: Final = 0.3
#: Below this share of common words an option is not the criterion that is meant.
_ALIKE: Final = 0.5
_NAMED: Final = sorted(
    ((word.lower(), item.name) for item in PARAMETERS.values() for word in (item.phrase, item.short)),
    key=lambda pair: -len(pair[0]),
)


class Respondent:
    """Answers one sample's questions in turn, and remembers what it has selected so far.

    Args:
        chain: the chain of the diagnosis that is asked about.
        measurements: those it rests on.
    """

    def __init__(self, chain: Chain, measurements: Mapping[str, Measurement]) -> None:
        if not chain.stepwise:
            raise CalipersError(f"found no pathway for `{chain.statement.label}`; needed one to answer by")
        self._chain = chain
        self._measurements = measurements
        self._beats = {beat: _stretch(span) for beat in all_beats(measurements) if (span := self._qrs(beat))}
        self._asked: list[str] = []
        self._step: StepFinding = chain.stepwise[0]
        self._leads: tuple[Lead, ...] = ()
        self._beat: int | None = None

    def answer(self, question: Question) -> Answer:
        """The options that the chain gives."""
        answers: dict[Kind, Callable[[Question], Answer]] = {
            "initial_diagnostic_question": self._initial,
            "criterion_selection": self._criterion,
            "finding_identification": self._finding,
            "lead_grounding": self._lead,
            "wave_grounding": self._wave,
            "measurement_grounding": self._measurement,
            "diagnostic_decision": self._decision,
        }
        return answers[question.kind](question)

    def _initial(self, question: Question) -> Answer:
        return _worded(question, "Yes" if self._chain.stepwise_decision == "present" else "No")

    def _criterion(self, question: Question) -> Answer:
        """The option most like the step that is due; among steps that might be, the one due goes first."""
        open_ = [step for step in self._chain.stepwise if step.id not in self._asked]
        open_.sort(key=lambda step: not step.reached)
        for needed in (_ALIKE, 0.0):
            for step in open_:
                scores = [_resemblance(option, step) for option in question.options]
                if max(scores) >= needed:
                    self._step = step
                    self._asked.append(step.id)
                    return Answer({scores.index(max(scores))})
        return Answer({0})

    def _finding(self, question: Question) -> Answer:
        return _worded(question, "Yes" if self._found(question) else "No")

    def _found(self, question: Question) -> bool:
        """The step's finding; of the selected beat where the question speaks of it."""
        if "selected segment" in question.text:
            for beat in self._step.each_beat:
                if beat.beat == self._beat and beat.leans is not None:
                    return beat.leans
        return self._step.found

    def _decision(self, question: Question) -> Answer:
        word = {"present": "Yes", "absent": "No", "open": "Further"}[self._step.decision]
        return _worded(question, word)

    def _lead(self, question: Question) -> Answer:
        """Every lead that shows it; the strongest where one is to be chosen."""
        options = {lead: number for number, text in enumerate(question.options) for lead in leads_in(text)}
        asked = {finding.lead: finding for finding in self._step.each_lead if finding.lead in options}
        if not asked:
            return Answer({0})
        if "Select the lead" in question.text:
            self._leads = (max(asked.values(), key=lambda finding: finding.amount or 0.0).lead,)
        else:
            self._leads = tuple(lead for lead, finding in asked.items() if finding.leans) or (
                max(asked.values(), key=lambda finding: finding.probability or 0.0).lead,
            )
        return Answer(options[lead] for lead in self._leads)

    def _wave(self, question: Question) -> Answer:
        """The option that lies on what the step shows, else on any beat's such wave, else next to one."""
        if named := leads_in(question.text):
            self._leads = named
        places = [self._place(option, question) for option in question.options]
        waves = [_stretch(beat.span) for beat in self._step.each_beat] or list(self._beats.values())
        for shown, needed in (([_stretch(span) for span in self._step.shown], _SAME_PLACE), (waves, 0.0)):
            likest = max(range(len(places)), key=lambda number: _fit(places[number], shown))
            if _fit(places[likest], shown) > needed:
                break
        else:
            likest = min(range(len(places)), key=lambda number: _gap_s(places[number], waves))
        self._beat = self._nearest_beat(places[likest])
        return Answer({likest})

    def _place(self, option: str, question: Question) -> Stretch | None:
        """Where an option lies; intervals are counted from the beat that the question names as the first."""
        if (numbers := interval(option)) is None:
            return stretch(option)
        named = stretch(question.text)
        ordered = list(self._beats.values())
        if named is None:
            return None
        same = [index for index, beat in enumerate(ordered) if beat.likeness(named) > 0.0]
        # A first beat at the very edge may be no beat of ours: then ours begin with the second.
        first = same[0] if same else sum(beat.end_s < named.start_s for beat in ordered) - 1
        start, end = (first + number - 1 for number in numbers)
        return Stretch(ordered[start].start_s, ordered[end].start_s) if 0 <= start < end < len(ordered) else None

    def _measurement(self, question: Question) -> Answer:
        """The range that holds the value."""
        value = self._value(question)
        if value is None:
            return Answer({0})
        ranges = [value_range(option) for option in question.options]
        return Answer(
            {min(range(len(ranges)), key=lambda number: bounds.distance(value) if (bounds := ranges[number]) else 1e9)}
        )

    def _value(self, question: Question) -> float | None:
        """The named value: of the selected lead, or of the selected beat, else the step's own or the whole ECG's."""
        name = next(
            (name for word, name in _NAMED if re.search(rf"\b{re.escape(word)}\b", question.text.lower())), None
        )
        if name is None:
            return None
        parameter = PARAMETERS[name]
        if parameter.scope == "lead":
            return self._extreme(_SAME_SIDE.get(name, (name,)))
        of_beat = self._number(measurement_id(name, beat=self._beat))
        if of_beat is None and self._step.amount is not None and self._step.unit == parameter.unit:
            return self._step.amount
        return of_beat if of_beat is not None else self._number(name)

    def _extreme(self, names: tuple[str, ...]) -> float | None:
        """The size of the largest of several waves of the selected lead, in its representative beat."""
        lead = self._leads[0] if self._leads else None
        sizes = (self._number(measurement_id(name, lead)) for name in names)
        return max((abs(size) for size in sizes if size is not None), default=None)

    def _number(self, id_: str) -> float | None:
        return None if unmeasured(self._measurements, id_) else self._measurements[id_].number

    def _nearest_beat(self, place: Stretch | None) -> int | None:
        """The beat whose waves a stretch lies on."""
        if place is None or not self._beats:
            return None
        own = {beat.beat: _stretch(beat.span) for beat in self._step.each_beat}
        for waves in (own, self._beats):
            likest = max(waves, key=lambda beat: place.likeness(waves[beat]), default=None)
            if likest is not None and place.likeness(waves[likest]) > 0:
                return likest
        return min(self._beats, key=lambda beat: place.distance_s(self._beats[beat]))

    def _qrs(self, beat: int) -> Span | None:
        spans = self._measurements[f"qrs#{beat}"].spans
        return spans[0] if spans else None


def _worded(question: Question, word: str) -> Answer:
    return Answer({next((n for n, option in enumerate(question.options) if option.startswith(word)), 0)})


def _resemblance(option: str, step: StepFinding) -> float:
    return max(likeness(option, text) for text in (step.looks_for, *step.criteria))


def _stretch(span: Span) -> Stretch:
    return Stretch(span.start_s, span.end_s)


def _fit(place: Stretch | None, shown: Sequence[Stretch]) -> float:
    return max((place.likeness(one) for one in shown), default=0.0) if place else 0.0


def _gap_s(place: Stretch | None, shown: Sequence[Stretch]) -> float:
    return min((place.distance_s(one) for one in shown), default=inf) if place else inf
