"""A published model's reading: the statements it names and no criterion asserts, shown as its word beside the criteria.

Such a model writes prose and gives no probability, so there is nothing to cite and nothing becomes a claim. Its word
never lowers an urgency; a critical finding that only it names raises it. Report and verifier take both from here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Final

from calipers.agent.prose import asserted_in
from calipers.agent.suggestions import criteria_side, named, suppressed
from calipers.knowledge import Verdict, gravity, statements
from calipers.report import Demographics, Disagreement, Side

if TYPE_CHECKING:
    from calipers.agent.case import Case

_KEPT: Final = 64


class Reader:
    """Asks a published model for a full read, once a record, whatever the question: it was not trained to converse.

    Args:
        name: `ecg-r1-8b`, `gem-7b` or `pulse-7b`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._read: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, case: Case) -> tuple[str, ...]:
        """The keys of the abnormal statements that it asserts.

        Raises:
            MissingPart: weights, a package or the GPU are not there.
            ModelFailed: it took too long or too much memory, or it failed.
        """
        from calipers.tools.consult import consult

        with self._lock:
            known = self._read.get(case.record)
        if known is None:
            known = asserted_in(consult(case.ecg, self.name))
            with self._lock:
                self._read[case.record] = known
                while len(self._read) > _KEPT:
                    self._read.popitem(last=False)
        return known


def opinions(keys: Iterable[str], verdicts: Mapping[str, Verdict], patient: Demographics) -> tuple[str, ...]:
    """Those of the named statements that are worth showing, the gravest first.

    What a criterion asserts needs no second voice; what adult limits or another statement rule out is left aside.
    """
    shown = [key for key in dict.fromkeys(keys) if key in statements() and _shown(key, verdicts, patient)]
    return tuple(sorted(shown, key=gravity))


def opinion_disagreements(
    reader: str, keys: Iterable[str], verdicts: Mapping[str, Verdict], patient: Demographics
) -> tuple[Disagreement, ...]:
    """Both sides of each: what the criteria come to, and the statement that the model names, without a number."""
    return tuple(
        Disagreement(about=key, sides=(_criteria(key, verdicts), Side(who=reader, text=named(key))))
        for key in opinions(keys, verdicts, patient)
    )


def _criteria(key: str, verdicts: Mapping[str, Verdict]) -> Side:
    if key in verdicts:
        return criteria_side(verdicts[key])
    return Side(who="criteria", text=f"no published criteria decide {named(key)} here")


def _shown(key: str, verdicts: Mapping[str, Verdict], patient: Demographics) -> bool:
    row = statements()[key]
    saying = {key, *row.subsumed_by, *(other.key for code in row.scp for other in statements().by_scp(code))}
    said = any(other in verdicts and verdicts[other].asserted for other in saying)
    return row.abnormal and not said and not suppressed(row, verdicts, patient)
