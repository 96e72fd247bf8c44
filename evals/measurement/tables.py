"""The report's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from calipers.evals.framework import Estimate, Table
from calipers.evals.measurement import known_truth, rhythm
from calipers.evals.measurement.boundaries import EDGES, WAVES
from calipers.evals.measurement.figures import LABELS
from calipers.evals.measurement.intervals import (
    INTERVALS,
    LIMITS,
    RecordScore,
    boundary_scores,
    errors_ms,
    interval_scores,
)
from calipers.evals.measurement.peers import PROGRAMS
from calipers.evals.measurement.robustness import Changes, change_scores
from calipers.evals.measurement.targets import number

Scores = Mapping[str, Estimate | None]
WORST: Final = 12


def interval_table(scores: Sequence[RecordScore], caption: str) -> Table:
    """Bias ± SD of each interval for the three programs, the allowed values in the last row."""
    rows = []
    for program in PROGRAMS:
        found = interval_scores(scores, program)
        rows.append((LABELS[program], *(_bias_and_sd(found, name) for name in INTERVALS)))
    rows.append(("allowed", *(f"±{LIMITS[name].bias_ms:.0f} / {LIMITS[name].sd_ms:.0f}" for name in INTERVALS)))
    return Table(("error, ms: bias ± SD (n)", *(name.upper() for name in INTERVALS)), tuple(rows), caption)


def parts_table(parts: Mapping[str, Sequence[RecordScore]]) -> Table:
    """Calipers' bias ± SD on parts of the data."""
    rows = [
        (name, str(len(part)), *(_bias_and_sd(interval_scores(part, "calipers"), interval) for interval in INTERVALS))
        for name, part in parts.items()
    ]
    caption = "Calipers on parts of the same records; narrow and wide: reference QRS below 120 ms, or not."
    return Table(("part", "records", *(name.upper() for name in INTERVALS)), tuple(rows), caption)


def presence_table(scores: Sequence[RecordScore]) -> Table:
    """PR invented and missing; waves missed and falsely found."""
    names = ("pr_invented", "pr_missing", *(f"{wave}_waves_{kind}" for wave in WAVES for kind in ("missed", "false")))
    by_program = [interval_scores(scores, program) for program in PROGRAMS]
    rows = [
        (_words(name), *(f"{number(found[name], '%')} of {_n(found[name])}" for found in by_program)) for name in names
    ]
    caption = (
        "PR invented: reported where the cardiologists marked no P wave. Missed: a wave that three leads confirm and"
        " that no found wave overlaps, as a share of those marked. False: a wave found where no lead is marked, as a"
        " share of those found."
    )
    return Table(("", *(LABELS[program] for program in PROGRAMS)), tuple(rows), caption)


def boundary_table(scores: Sequence[RecordScore]) -> Table:
    """Sensitivity / PPV and bias ± SD of each boundary in single leads."""
    found = {program: boundary_scores(scores, program) for program in PROGRAMS}
    rows = []
    for wave in WAVES:
        for edge in EDGES:
            name, cells = f"{wave}_{edge}", []
            for program in PROGRAMS:
                share = " / ".join(_percent(found[program][f"{name}_{key}"]) for key in ("sensitivity", "ppv"))
                cells += [share, _bias_and_sd(found[program], name, with_n=False)]
            rows.append((_words(name), *cells))
    header = ["", *(cell for program in PROGRAMS for cell in (f"{LABELS[program]}: Se / PPV", "error, ms"))]
    caption = "Each lead by itself, inside the stretch in which it is marked; a mark within 150 ms is the same mark."
    return Table(tuple(header), tuple(rows), caption)


def change_table(changes: Sequence[Changes], conditions: Sequence[str], caption: str) -> Table:
    """Bias ± SD of each interval's change, and the share still measured, one row a condition."""
    rows = []
    for condition in conditions:
        found = change_scores(changes, condition)
        cells = [f"{_bias_and_sd(found, name, with_n=False)} ({_percent(found[f'{name}_kept'])})" for name in INTERVALS]
        rows.append((" ".join(condition.split(".")[1:]), *cells))
    return Table(("change, ms: bias ± SD (kept)", *(name.upper() for name in INTERVALS)), tuple(rows), caption)


def known_table(scores: Sequence[known_truth.KnownScore]) -> Table:
    """Errors on simulated ECGs."""
    found = known_truth.known_scores(list(scores))
    cells = [("heart rate, /min", _value(found["hr_bias"], "+.2f"))]
    cells += [(f"{name.upper()}, ms", _bias_and_sd(found, name)) for name in INTERVALS]
    cells += [
        (words, _bias_and_sd(found, name, "mv", 1000))
        for name, words in zip(
            known_truth.AMPLITUDES, ("P height, µV", "R height, µV", "T height, µV", "ST level at J, µV"), strict=True
        )
    ]
    cells += [
        (_words(name), f"{number(found[name], '%')} of {_n(found[name])}") for name in ("pr_invented", "pr_missing")
    ]
    return Table(("simulated ECGs", "bias ± SD (n)"), tuple(cells), "Known by construction: simulated, not recorded.")


def pulse_table(scores: Sequence[known_truth.PulseScore]) -> Table:
    """Calibration pulses, one row a signal."""
    rows = [
        (
            f"{s.pulse.shape}, {s.pulse.height_mv:g} mV, {s.pulse.width_ms:g} ms",
            f"{100 * s.height_error:.1f} %",
            "invented" if s.pr_reported else "none",
            "invented" if s.qt_reported else "none",
        )
        for s in scores
    ]
    header = ("one pulse a second", "largest error of the height", "PR", "QT")
    return Table(header, tuple(rows), "Calibration pulses in every lead: they have a height, and neither P nor T wave.")


def statement_table(scores: Sequence[rhythm.RhythmScore]) -> Table:
    """Sensitivity, PPV and F1 of each statement on the test fold."""
    rows = []
    for asserted, how in ((False, "forced yes/no"), (True, "would be said")):
        found = rhythm.statement_scores(scores, asserted=asserted)
        for code, name in rhythm.NAMES.items():
            measures = [found[f"{name}_{key}"] for key in ("sensitivity", "ppv", "f1")]
            labels = str(_n(measures[0]))
            rows.append((f"{code}, {how}", labels, *(number(measure, "%") for measure in measures)))
    return Table(("PTB-XL fold 9", "labelled", "sensitivity", "PPV", "F1"), tuple(rows))


def worst_table(scores: Sequence[RecordScore]) -> Table:
    """The records on which Calipers is furthest off, in units of the allowed SD, with what LUDB says of them."""
    errors = errors_ms(scores, "calipers")
    allowed = np.array([LIMITS[name].sd_ms for name in INTERVALS])
    worst = np.nan_to_num(np.abs(errors) / allowed).max(axis=1)
    mismatch = [np.isfinite(s.reference.pr_ms) != np.isfinite(s.programs["calipers"].intervals.pr_ms) for s in scores]
    order = np.argsort(-(worst + 100.0 * np.array(mismatch, dtype=np.float64)), kind="stable")[:WORST]
    rows = []
    for index in order:
        score, pr = scores[index], scores[index].programs["calipers"].intervals.pr_ms
        remark = ("PR invented" if np.isfinite(pr) else "PR missing") if mismatch[index] else ""
        cells = (f"{error:+.0f}" if np.isfinite(error) else "–" for error in errors[index])
        said = "; ".join(text for text in (score.rhythm, score.findings) if text)
        rows.append((f"LUDB {score.record}", *cells, remark, said))
    header = ("record", *(f"{name.upper()}, ms" for name in INTERVALS), "P waves", "LUDB's own description")
    return Table(header, tuple(rows))


def _bias_and_sd(found: Scores, name: str, unit: str = "ms", factor: float = 1.0, *, with_n: bool = True) -> str:
    bias, sd = found[f"{name}_bias_{unit}"], found[f"{name}_sd_{unit}"]
    if bias is None:
        return "–"
    spread = f" ± {factor * sd.value:.1f}" if sd is not None else ""
    return f"{factor * bias.value:+.1f}{spread}" + (f" ({bias.n})" if with_n else "")


def _percent(estimate: Estimate | None) -> str:
    return "–" if estimate is None else f"{100 * estimate.value:.1f} %"


def _value(estimate: Estimate | None, form: str) -> str:
    return "–" if estimate is None else f"{estimate.value:{form}}"


def _n(estimate: Estimate | None) -> int:
    return estimate.n if estimate else 0


def _words(name: str) -> str:
    """`p_waves_missed` → `P waves missed`."""
    return " ".join(word.upper() if word in (*WAVES, "pr") else word for word in name.split("_"))
