"""What an examination comes to: the measurements of one ECG, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass

from calipers.evidence import Measurements
from calipers.report import Quality
from calipers.tools.measure.beats import Beats, RepresentativeBeat
from calipers.tools.measure.fiducials import Fiducials
from calipers.tools.measure.per_lead import Landmarks
from calipers.tools.measure.rhythm import Rhythm
from calipers.tools.measure.timeline import Timeline


@dataclass(frozen=True)
class Examination:
    """Measurements of one ECG together with what they rest on.

    Attributes:
        measurements: id → Measurement.
        quality: per lead and for the record.
        beats: detected beats; None where nothing was assessable, and of a long record.
        marks: fiducial points of the beats, or None.
        rhythm: beat classes, or None.
        timeline: of a long record, what its rhythm did when.
        beat: the representative beat, or None.
        landmarks: where its waves are, or None.
    """

    measurements: Measurements
    quality: Quality
    beats: Beats | None = None
    marks: Fiducials | None = None
    rhythm: Rhythm | None = None
    timeline: Timeline | None = None
    beat: RepresentativeBeat | None = None
    landmarks: Landmarks | None = None
