"""The user's own say before and after verification: it may withhold a claim or put a note beside it.

A hook sees claims and returns objections. It hands back no claim, so it can make none pass, change none and add none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from calipers.errors import UsageError
from calipers.evidence import Frozen
from calipers.report import Claim, Note, Report


class Veto(Frozen):
    """A claim to be withheld, and why."""

    claim_id: str
    reason: str


BeforeVerify = Callable[[tuple[Claim, ...]], Iterable[Veto] | None]
AfterVerify = Callable[[Report], Iterable[Veto | Note] | None]


@dataclass(frozen=True)
class Hooks:
    """What the user wants asked.

    Attributes:
        before_verify: given the drafted claims; what it vetoes is withheld unchecked.
        after_verify: given the report of the claims that passed; what it vetoes is withheld after all.
    """

    before_verify: BeforeVerify | None = None
    after_verify: AfterVerify | None = None

    def vetoes(self, drafts: tuple[Claim, ...]) -> dict[str, str]:
        """Why each draft that the first hook objects to is withheld, by claim id."""
        if self.before_verify is None:
            return {}
        vetoes, notes = _sorted(self.before_verify, self.before_verify(drafts), {claim.id for claim in drafts})
        if notes:
            raise UsageError("found a note of `before_verify`; needed it of `after_verify`, when the claim stands")
        return vetoes

    def objections(self, report: Report) -> tuple[dict[str, str], tuple[Note, ...]]:
        """Why each released claim that the second hook objects to is withheld, by claim id; and its notes."""
        if self.after_verify is None:
            return {}, ()
        return _sorted(self.after_verify, self.after_verify(report), {claim.id for claim in report.claims})


def _sorted(
    hook: Callable[..., object], said: Iterable[Veto | Note] | None, known: Collection[str]
) -> tuple[dict[str, str], tuple[Note, ...]]:
    """What a hook returned, checked.

    Raises:
        UsageError: it is no veto or note, or about a claim that the hook was not given.
    """
    name = getattr(hook, "__name__", type(hook).__name__)
    objections = list(said or ())
    for one in objections:
        if not isinstance(one, Veto | Note):
            raise UsageError(f"found {type(one).__name__} from the hook `{name}`; needed `Veto` or `Note`")
        if one.claim_id not in known:
            raise UsageError(f"found claim `{one.claim_id}` from the hook `{name}`; needed one that it was given")
    vetoes = {one.claim_id: f"withheld by {name}: {one.reason}" for one in objections if isinstance(one, Veto)}
    return vetoes, tuple(one for one in objections if isinstance(one, Note))
