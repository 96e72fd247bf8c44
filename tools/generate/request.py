"""What is asked of the generator, as typed values; and whether it can be."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from calipers.ecg import Sex
from calipers.errors import UsageError
from calipers.evidence import Frozen
from calipers.models.generator.rhythms import WITHOUT_P, Ectopy, Rhythm

QtcFormula = Literal["qtc_bazett", "qtc_fridericia"]
#: What each number may be: beyond it nothing like it was ever learned.
_LIMITS: Final[dict[str, tuple[float, float, str]]] = {
    "hr": (25.0, 220.0, "/min"), "pr": (80.0, 400.0, "ms"), "qrs": (60.0, 220.0, "ms"), "qtc": (300.0, 650.0, "ms"),
    "p_axis": (-180.0, 180.0, "°"), "qrs_axis": (-180.0, 180.0, "°"), "t_axis": (-180.0, 180.0, "°"),
}  # fmt: skip
_LEVEL_LIMITS: Final = {"st_j": 0.8, "r_amp": 5.0, "s_amp": 5.0, "t_amp": 2.0}
#: Milliseconds that stay between the end of a T wave and the next QRS.
_REST_MS: Final = 40.0


class Request(Frozen):
    """A synthetic ECG that is wanted; None and absent are left to the generator.

    Attributes:
        rhythm: the basic rhythm; None where only shapes are asked for, which means sinus rhythm.
        ectopy: premature beats.
        hr: ventricular rate per minute.
        pr, qrs, qtc: milliseconds; `qtc_formula` says whose QTc.
        p_axis, qrs_axis, t_axis: degrees.
        levels: measurement id → millivolts: `V2.st_j`, `V5.r_amp` (above 0), `V1.s_amp` (below 0), `III.t_amp`.
        statements: keys of the statement table that are to be met.
        absent: keys that must not be met.
        age, sex: of the patient.
        text: the words it came from.
    """

    rhythm: Rhythm | None = None
    ectopy: Ectopy | None = None
    hr: float | None = None
    pr: float | None = None
    qrs: float | None = None
    qtc: float | None = None
    qtc_formula: QtcFormula = "qtc_bazett"
    p_axis: float | None = None
    qrs_axis: float | None = None
    t_axis: float | None = None
    levels: dict[str, float] = Field(default_factory=dict)
    statements: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    age: float | None = None
    sex: Sex | None = None
    text: str = ""

    @property
    def rhythm_or_sinus(self) -> Rhythm:
        """The rhythm that will be laid down."""
        return self.rhythm or "sinus"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for that could be judged."""
        numbers = (self.hr, self.pr, self.qrs, self.qtc, self.p_axis, self.qrs_axis, self.t_axis)
        return all(one is None for one in numbers) and not (
            self.levels or self.statements or self.absent or self.rhythm
        )


def require_possible(request: Request) -> None:
    """Refuse what contradicts itself or the heart; the message is the question to ask back.

    Raises:
        UsageError: numbers beyond what was learned, or wishes that exclude one another.
    """
    for name, (low, high, unit) in _LIMITS.items():
        value = getattr(request, name)
        if value is not None and not low <= value <= high:
            raise UsageError(f"found {_word(name)} {value:g} {unit}; needed {low:g} to {high:g} {unit}")
    for key, value in request.levels.items():
        limit = _LEVEL_LIMITS.get(key.partition(".")[2])
        if limit is None or abs(value) > limit:
            raise UsageError(f"found `{key}` {value:g} mV; needed an ST, R, S or T level up to {limit or 0:g} mV")
    if request.pr is not None and request.rhythm_or_sinus in (*WITHOUT_P, "third_degree_av_block", "wenckebach"):
        name = request.rhythm_or_sinus.replace("_", " ")
        raise UsageError(f"found {name} with a PR of {request.pr:g} ms; needed one of the two, that rhythm has no PR")
    both = sorted(set(request.statements) & set(request.absent))
    if both:
        raise UsageError(f"found `{both[0]}` both wanted and not wanted; needed one of the two")
    _require_room(request)


def _require_room(request: Request) -> None:
    if request.hr is None:
        return
    rr = 60_000.0 / request.hr
    if request.qtc is not None:
        qt = request.qtc * ((rr / 1000.0) ** 0.5 if request.qtc_formula == "qtc_bazett" else (rr / 1000.0) ** (1 / 3))
        if qt > rr - _REST_MS and request.rhythm_or_sinus != "ventricular_tachycardia":
            raise UsageError(
                f"found QTc {request.qtc:g} ms at {request.hr:g}/min, a QT of {qt:.0f} ms; needed it shorter than the"
                f" RR interval of {rr:.0f} ms"
            )
    if request.pr is not None and request.pr > 0.75 * rr:
        raise UsageError(
            f"found PR {request.pr:g} ms at {request.hr:g}/min; needed it well below the RR of {rr:.0f} ms"
        )


def _word(name: str) -> str:
    return {"hr": "a rate of", "qtc": "a QTc of"}.get(name, f"{name.replace('_', ' ')} of")
