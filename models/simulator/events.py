"""What happens in a simulated record: atrial events, ventricular beats, pacing spikes, all in seconds from its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

AtrialKind = Literal["sinus", "ectopic", "retrograde", "flutter", "fibrillation", "paced"]
VentricularKind = Literal[
    "normal", "pac", "pvc", "escape_junctional", "escape_ventricular", "paced", "vt", "fusion", "preexcited"
]
Chamber = Literal["atrium", "ventricle"]
Texture = Literal["fibrillation", "flutter", "torsades", "ventricular_fibrillation"]


@dataclass(frozen=True, slots=True)
class AtrialEvent:
    """One P, P′ or F wave; atrial fibrillation is one event as long as the record.

    Attributes:
        onset_s, offset_s: its true start and end.
        kind: where it came from.
        conducted_to: index of the ventricular beat that it causes (retrograde: that causes it), or None.
        blocked: it reached no ventricle. False with `conducted_to` None: its beat is beyond the record's end.
    """

    onset_s: float
    offset_s: float
    kind: AtrialKind
    conducted_to: int | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class VentricularEvent:
    """One beat: the true bounds of its QRS and T wave.

    `t_onset_s` is where the T wave starts to rise off the ST level. `aberrant`: a supraventricular beat with a
    bundle-branch shape that the dominant beat has not. `shape` tells the shapes of one kind apart.
    """

    onset_s: float
    offset_s: float
    t_onset_s: float
    t_offset_s: float
    kind: VentricularKind
    aberrant: bool = False
    shape: int = 0


@dataclass(frozen=True, slots=True)
class Spike:
    """One pacing stimulus and whether its chamber answered."""

    time_s: float
    chamber: Chamber
    captured: bool


@dataclass(slots=True)
class AtrialImpulse:
    """An atrial depolarisation as the rhythm lays it down: its start; `to` counts the ladder's beats."""

    onset_s: float
    kind: AtrialKind
    to: int | None = None
    blocked: bool = False


@dataclass(slots=True)
class VentricularImpulse:
    """A ventricular depolarisation as the rhythm lays it down."""

    onset_s: float
    kind: VentricularKind
    aberrant: bool = False
    shape: int = 0


@dataclass(slots=True)
class Ladder:
    """A ladder diagram: what each chamber does and when, before any wave has a shape."""

    atrial: list[AtrialImpulse] = field(default_factory=list)
    ventricular: list[VentricularImpulse] = field(default_factory=list)
    spikes: list[Spike] = field(default_factory=list)
    texture: Texture | None = None
    texture_hz: float = 0.0

    def conducted(
        self,
        p_s: float,
        pr_s: float,
        *,
        atrial: AtrialKind = "sinus",
        kind: VentricularKind = "normal",
        aberrant: bool = False,
    ) -> None:
        """A P wave and the beat that it causes."""
        self.atrial.append(AtrialImpulse(p_s, atrial, to=len(self.ventricular)))
        self.beat(p_s + pr_s, kind, aberrant=aberrant)

    def blocked(self, p_s: float, atrial: AtrialKind = "sinus") -> None:
        """A P wave that reaches no ventricle."""
        self.atrial.append(AtrialImpulse(p_s, atrial, blocked=True))

    def beat(self, qrs_s: float, kind: VentricularKind, *, aberrant: bool = False, shape: int = 0) -> None:
        """A beat of its own."""
        self.ventricular.append(VentricularImpulse(qrs_s, kind, aberrant, shape))

    def retrograde(self, p_s: float) -> None:
        """A P wave that the latest beat sent upwards."""
        self.atrial.append(AtrialImpulse(p_s, "retrograde", to=len(self.ventricular) - 1))
