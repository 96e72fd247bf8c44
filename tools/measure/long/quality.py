"""How readable a long record is: each lead over its windows, and what a reader must be told."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.leads import LEADS
from calipers.report import LeadQuality, Quality
from calipers.tools.measure.analysis import Mask, Signal
from calipers.tools.measure.long.window_log import WindowArrays, WindowLog
from calipers.tools.measure.quality import USABLE, LeadQualities
from calipers.tools.measure.second_opinion import TOLERATED
from calipers.tools.measure.timeline import Timeline, clock

_MOST_FINDINGS: Final = 3
_MOST_EPISODES: Final = 12


def lead_qualities_over(windows: WindowArrays, log: WindowLog) -> LeadQualities:
    """The mean score of each lead; 0 for a lead that fewer than half of the readable windows could use."""
    base = windows.readable if windows.readable.any() else np.ones_like(windows.readable)
    share = windows.usable[base].mean(axis=0)
    means = windows.score[base].mean(axis=0).astype(np.float64)
    score: Signal = np.where(share >= 0.5, np.maximum(means, USABLE), 0.0)
    total = len(windows.readable)
    reasons = tuple(_findings(counter, total) for counter in log.findings)
    return LeadQualities(np.round(score, 3), reasons)


def _findings(counter: Counter[str], total: int) -> tuple[str, ...]:
    """`muscle or other noise in 12 % of the windows`, the most frequent first."""
    return tuple(
        f"{what} in {100 * times / total:.0f} % of the windows" if times < total else what
        for what, times in sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_FINDINGS]
    )


def quality_over(
    ecg: Ecg, windows: WindowArrays, leads: LeadQualities, course: Timeline, remarks: tuple[str, ...]
) -> Quality:
    """Whole-record quality, with the episodes that the record's medians do not show."""
    usable, present = leads.usable, np.array([lead not in ecg.missing_leads for lead in LEADS])
    reasons = [*remarks]
    if course.readable_s < course.duration_s - 1.0:
        lost = course.duration_s - course.readable_s
        reasons.append(f"{clock(lost)} of {clock(course.duration_s)} not readable")
    differing = float(windows.second_opinion.mean())
    if differing > TOLERATED:
        reasons.append(f"a second detector (NeuroKit2) counts otherwise in {100 * differing:.0f} % of the windows")
    if ecg.missing_leads:
        reasons.append(f"not recorded: {', '.join(ecg.missing_leads)}")
    if poor := [lead for row, lead in enumerate(LEADS) if present[row] and not usable[row]]:
        reasons.append(f"left out of the measurement: {', '.join(poor)}")
    if course.beats < 2:
        reasons.append(f"{course.beats or 'no'} QRS complex{'' if course.beats == 1 else 'es'} found")
    reasons += _episodes(course)
    recorded: Mask = present & np.asarray(leads.score >= 0)
    return Quality(
        score=round(float(leads.score[recorded].mean()) if recorded.any() else 0.0, 3),
        assessable=bool(usable.any()) and course.beats >= 2,
        reasons=tuple(reasons),
        leads=tuple(
            LeadQuality(lead=lead, score=float(leads.score[row]), usable=bool(usable[row]), reasons=leads.reasons[row])
            for row, lead in enumerate(LEADS)
        ),
        missing_leads=ecg.missing_leads,
        derived_leads=ecg.derived_leads,
    )


def _episodes(course: Timeline) -> list[str]:
    """One line a kind of episode: how many, how long in all, and where the longest begins."""
    lines = []
    kinds = Counter(episode.kind for episode in course.episodes if episode.kind != "unreadable")
    for kind, times in kinds.most_common(_MOST_EPISODES):
        mine = [episode for episode in course.episodes if episode.kind == kind]
        longest = max(mine, key=lambda episode: episode.seconds)
        total = sum(episode.seconds for episode in mine)
        lines.append(
            f"{longest.label}: {times} episode{'s' if times > 1 else ''}, {clock(total)} in all,"
            f" the longest from {clock(longest.start_s)} to {clock(longest.end_s)}"
        )
    return lines
