"""Sentences about change: what is new, gone, worse or the same against an earlier ECG, as code writes them.

Each prints both values and the date of the prior. Which word it uses (`longer`, `new`) is computed from the
values, so the verifier writes the sentences again from a report's own measurements and compares them to the letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from calipers.evidence import PriorEvidence
from calipers.knowledge import Verdict, Verdicts, gravity
from calipers.leads import LEADS
from calipers.parameters import PARAMETERS
from calipers.report import Certainty, Changes, MeasuredChange, Polarity, StatementChange
from calipers.tools.compare import WEIGHING

#: The measurements that a full read compares, in this order.
CORE: Final = ("hr", "pr", "qrs", "qtc_bazett", "qrs_axis")
#: Lead by lead, only what differs is said.
_LEVEL: Final = "st_j"
#: Said by what they are made of.
_UNSAID: Final = ("normal_ecg", "normal_axis")
_WORDS: Final = {"ms": ("longer", "shorter"), "deg": ("turned", "turned")}
_BEYOND: Final = "by more than the combined uncertainty"
_WITHIN: Final = "no difference beyond the combined uncertainty"
_PERHAPS: Final = ", possibly because the recordings differ"
#: Values printed beside a statement.
_SHOWN: Final = 2


class ChangeSentence(NamedTuple):
    """One sentence before its slots are filled, with all that it cites."""

    key: str
    template: str
    evidence: tuple[str, ...]
    statement: str | None = None
    polarity: Polarity = "present"
    certainty: Certainty = "definite"
    criteria: tuple[str, ...] = ()


def prior_id(record: str, key: str) -> str:
    """The id under which an earlier ECG's measurement is cited: `prior:<record>/pr`."""
    return f"prior:{record}/{key}"


def prior_evidence(changes: Changes) -> Iterator[PriorEvidence]:
    """Everything of the prior that a claim may cite: when it was recorded, and what was measured on it."""
    record, at = changes.prior_record, changes.prior_recorded_at
    if at is not None:
        key = prior_id(record, "recorded_at")
        yield PriorEvidence(id=key, record=record, recorded_at=at, author="device", text=printed_date(changes))
    for item in changes.prior_measurements:
        if item.beat is None:
            yield PriorEvidence(
                id=prior_id(record, item.id),
                record=record,
                recorded_at=at,
                author="calipers",
                text="",
                measurement=item,
            )


def printed_date(changes: Changes) -> str:
    """`2024-03-01`; with the time of day where both were recorded on one day."""
    at = changes.prior_recorded_at or ""
    same_day = changes.recorded_at is not None and changes.recorded_at[:10] == at[:10]
    return f"{at[:10]} {at[11:16]}".strip() if same_day else at[:10]


def comparable(changes: Iterable[Changes]) -> Changes | None:
    """The prior that claims speak of: the nearest that is not later than this ECG and not this ECG itself."""
    return next((one for one in changes if one.order != "later" and not one.same_record), None)


def newly_present(changes: Iterable[Changes]) -> frozenset[str]:
    """The statements that the prior did not have and this ECG has, beyond what a borderline value would make."""
    nearest = comparable(changes)
    rows = nearest.statements if nearest else ()
    sure = (row for row in rows if row.change == "new" and row.result == "met" and row.certainty != "probable")
    return frozenset(row.statement.key for row in sure)


class ChangeSentences:
    """Every sentence that may be said about one ECG and one prior."""

    def __init__(self, changes: Changes, now: Verdicts, then: Verdicts) -> None:
        self.changes = changes
        self.now = now
        self.then = then
        self._dated = (prior_id(changes.prior_record, "recorded_at"),) if changes.prior_recorded_at else ()
        self._rows = {row.id: row for row in changes.measurements}
        self._stated = {row.statement.key: row for row in changes.statements}
        self._differ = any(limit.kind in WEIGHING for limit in changes.limits)
        of = "earlier" if changes.order == "earlier" else "prior"
        self.name = f"the {of} ECG of {{{self._dated[0]}}}" if self._dated else "the prior ECG, date unknown"

    def full_read(self) -> tuple[ChangeSentence, ...]:
        """What a full read says: whether anything changed, statements by gravity, the intervals, the ST levels."""
        asserted = {verdict.key for verdict in (*self.now.asserted(), *self.then.asserted())}
        rows = [
            row
            for row in self.changes.statements
            if row.change in ("new", "resolved", "progressed") and row.statement.key in asserted
        ]
        rows.sort(key=lambda row: gravity(row.statement.key, new=row.change == "new"))
        found = [self.no_significant_change(), *(self.of_statement(row.statement.key) for row in rows)]
        found += [*(self.of_measurement(key) for key in CORE), self.levels()]
        return tuple(sentence for sentence in found if sentence is not None)

    def every(self) -> Iterator[ChangeSentence]:
        """All of them, whoever asks."""
        whole = (self.no_significant_change(), self.levels())
        stated = (self.of_statement(row.statement.key) for row in self.changes.statements)
        measured = (self.of_measurement(row.id) for row in self.changes.measurements)
        yield from (sentence for sentence in (*whole, *stated, *measured) if sentence is not None)

    def no_significant_change(self) -> ChangeSentence | None:
        """Comparison statement 400, with what it was judged by; None where it does not hold."""
        both = [key for key in CORE[:4] if (row := self._rows.get(key)) is not None and row.difference is not None]
        if self.changes.criterion("400").result != "met" or not both:
            return None
        values = "; ".join(f"{_phrase(key, first=False)} {self._pair(key)}" for key in both)
        return self._sentence("change_none", f"No significant change compared with {self.name}: {values}.", both)

    def of_measurement(self, key: str) -> ChangeSentence | None:
        """Both values of one measurement and which way it went; None where neither was measured."""
        row = self._rows.get(key)
        if row is None:
            return None
        said = f": {sense}" if (sense := _sense(row)) else ""
        template = f"{_phrase(key)} {self._pair(key)} on {self.name}{said}."
        certainty = row.certainty if row.exceeds else "definite"
        return self._sentence(f"change_{key}", template, [key])._replace(certainty=certainty)

    def levels(self) -> ChangeSentence | None:
        """The ST levels that differ by more than their uncertainty, lead by lead; None where none does."""
        rows = [row for lead in LEADS if (row := self._rows.get(f"{lead}.{_LEVEL}")) and row.exceeds]
        if not rows:
            return None
        values = "; ".join(f"{row.id.partition('.')[0]} {self._pair(row.id)}" for row in rows)
        certainty: Certainty = "possible" if any(row.certainty == "possible" for row in rows) else "definite"
        perhaps = _PERHAPS if certainty == "possible" else ""
        template = f"ST level at the J point different from {self.name} {_BEYOND}{perhaps}: {values}."
        sentence = self._sentence("change_levels", template, [row.id for row in rows])
        return sentence._replace(certainty=certainty)

    def of_statement(self, key: str) -> ChangeSentence | None:
        """What became of one statement; None where the two ECGs do not decide it."""
        row, now, then = self._stated.get(key), self.now.get(key), self.then.get(key)
        if row is None or now is None or then is None or row.change == "undecided" or key in _UNSAID:
            return None
        shown = self._telling(row, now, then)
        values = "; ".join(f"{_phrase(id_, first=False)} {self._pair(id_)}" for id_ in shown)
        words = self._words(row, now.statement.label)
        absent = row.change in ("resolved", "absent")
        said = now.absent if absent else now.present
        own = said.evidence if said else tuple(id_ for id_ in row.evidence if self._is_measured(id_)[0])
        theirs = [id_ for id_ in row.evidence if self._is_measured(id_)[1]]
        if not own or not theirs:
            return None
        criteria = said.criteria if said else tuple(step.id.removeprefix("crit:") for step in now.steps)
        sentence = self._sentence(f"change_{key}", f"{words}: {values}." if values else f"{words}.", shown)
        evidence = (*sentence.evidence, *own, *(self._then(id_) for id_ in theirs))
        return sentence._replace(
            statement=key,
            polarity="absent" if absent else "present",
            certainty=row.certainty,
            evidence=tuple(dict.fromkeys(evidence)),
            criteria=tuple(dict.fromkeys(criteria)),
        )

    def _words(self, row: StatementChange, label: str) -> str:
        hedge = {"definite": "", "probable": "probably ", "possible": "possibly "}[row.certainty]
        of_it = ", one limit being borderline" if row.certainty == "probable" else ""
        of_it = ", the recordings being different" if row.certainty == "possible" and self._differ else of_it
        match row.change:
            case "new":
                return f"{label} is {hedge}new compared with {self.name}{of_it}"
            case "resolved":
                return f"{label} of {self.name} is {hedge}no longer present{of_it}"
            case "progressed":
                return f"{label} has {hedge}progressed compared with {self.name}{of_it}"
            case "unchanged":
                return f"{label} is {hedge}present here and on {self.name}{of_it}"
        return f"Criteria for {_uncapitalised(label)} are {hedge}met neither here nor on {self.name}{of_it}"

    def _telling(self, row: StatementChange, now: Verdict, then: Verdict) -> list[str]:
        """The numbers to print: those that moved, else those that either side's own sentence prints."""
        asked = row.moved or row.evidence
        known = [id_ for id_ in dict.fromkeys(asked) if (one := self._rows.get(id_)) and one.difference is not None]
        spoken = [id_ for verdict in (now, then) if verdict.present for id_ in verdict.present.evidence]
        return sorted(known, key=lambda id_: (id_ not in spoken, "." in id_))[:_SHOWN]

    def _sentence(self, key: str, template: str, ids: Iterable[str]) -> ChangeSentence:
        cited = [*self._dated, *(id_ for key_ in ids for id_ in (key_, self._then(key_)))]
        return ChangeSentence(key, template, tuple(dict.fromkeys(cited)))

    def _is_measured(self, key: str) -> tuple[bool, bool]:
        """Whether one measurement has a value on this ECG, and on the prior."""
        row = self._rows.get(key)
        return (row is not None and row.value is not None), (row is not None and row.prior_value is not None)

    def _then(self, key: str) -> str:
        return prior_id(self.changes.prior_record, key)

    def _pair(self, key: str) -> str:
        return f"{{{key}}}, was {{{self._then(key)}}}"


def _sense(row: MeasuredChange) -> str:
    """`longer by more than the combined uncertainty`; empty where there is no number on one side."""
    if row.exceeds is None or row.difference is None:
        return ""
    if not row.exceeds:
        return _WITHIN
    up, down = _WORDS.get(row.unit, ("higher", "lower"))
    perhaps = _PERHAPS if row.certainty == "possible" else ""
    return f"{up if row.difference > 0 else down} {_BEYOND}{perhaps}"


def _phrase(key: str, *, first: bool = True) -> str:
    """How a sentence names a measurement: `ST level at the J point in lead V3`."""
    lead, _, name = key.rpartition(".")
    words = f"{PARAMETERS[name].phrase}{f' in lead {lead}' if lead else ''}"
    return words if first else _uncapitalised(words)


def _uncapitalised(words: str) -> str:
    return (
        words
        if words[:2].isupper() or words[1:2] in ("-", " ") or words.startswith("QTc")
        else words[0].lower() + words[1:]
    )
