"""What the rhythm of a long record did when: episodes, and the heart rate minute by minute."""

from __future__ import annotations

from typing import Literal

from calipers.evidence import Frozen

Finding = Literal["pause", "tachycardia", "bradycardia", "ventricular_run", "ventricular_bigeminy", "unreadable"]


class Episode(Frozen):
    """One stretch of a record during which something held.

    Attributes:
        kind: a `Finding`, or the key of the statement whose criteria were met window after window.
        label: the same in words.
        start_s, end_s: seconds from the record's start. Statements are judged on 10-s windows, so that
            their episodes begin and end within about eight seconds of the truth; pauses, runs and
            bigeminy are placed by their beats.
        beats: QRS complexes in the episode.
        hr: mean ventricular rate per minute, or None with fewer than two beats.
    """

    kind: str
    label: str
    start_s: float
    end_s: float
    beats: int
    hr: float | None

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


class MinuteRate(Frozen):
    """The ventricular rate of one minute: mean, and the extremes of the mean of five successive intervals.

    None where fewer than five intervals were seen.
    """

    start_s: float
    mean: float | None
    lowest: float | None
    highest: float | None


class Timeline(Frozen):
    """The course of a long record.

    Attributes:
        duration_s: of the record.
        readable_s: of that, in windows with at least one usable lead.
        beats: QRS complexes found.
        episodes: by start.
        rates: minute by minute.
    """

    duration_s: float
    readable_s: float
    beats: int
    episodes: tuple[Episode, ...] = ()
    rates: tuple[MinuteRate, ...] = ()


def clock(seconds: float) -> str:
    """Hours, minutes and seconds: `1:02:03`."""
    whole = int(round(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
