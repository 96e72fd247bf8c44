"""Findings of a long record that its medians do not show: kept back as claims, and still raised."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from calipers.agent.case import Case
from calipers.knowledge import statements
from calipers.report import Claim, Withheld
from calipers.tools.measure import Episode
from calipers.tools.measure.timeline import clock

#: Episodes placed by beats, and the statement whose finding they may be.
_STATEMENT_OF: Final = {"ventricular_run": "wide_qrs_tachycardia"}


def episodes_apart(case: Case) -> tuple[Withheld, ...]:
    """Statements met during episodes of a long record, though not over the whole of it.

    The claims of a report rest on the record's own measurements. A finding of minutes cannot cite them, so
    it is withheld with its times; a critical one then raises the urgency as any withheld finding does.
    """
    course = case.examination.timeline
    if course is None or not case.quality.assessable:
        return ()
    found: dict[str, list[Episode]] = defaultdict(list)
    for episode in course.episodes:
        key = _STATEMENT_OF.get(episode.kind, episode.kind)
        if key in statements() and case.verdicts[key].result != "met":
            found[key].append(episode)
    return tuple(_withheld(key, episodes) for key, episodes in found.items())


def _withheld(key: str, episodes: list[Episode]) -> Withheld:
    label = statements()[key].label
    longest = max(episodes, key=lambda episode: episode.seconds)
    times = "once" if len(episodes) == 1 else f"{len(episodes)} times"
    return Withheld(
        claim=Claim(id=f"episode_{key}", template=f"{label}.", text=f"{label}.", statement=statements().noun(key)),
        reason=f"met {times} in the recording, longest from {clock(longest.start_s)} to {clock(longest.end_s)},"
        " and not over the whole of it",
    )
