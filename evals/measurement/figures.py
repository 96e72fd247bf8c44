"""The report's figures, drawn without pyplot: no global state, no window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure as Canvas

from calipers.evals.framework import Figure
from calipers.evals.framework.figures import png
from calipers.evals.measurement.intervals import INTERVALS, LIMITS, RecordScore, errors_ms, relative_errors
from calipers.evals.measurement.peers import PROGRAMS, Program
from calipers.evals.measurement.robustness import NOISES, SNR_DB, Changes, change_scores, noise_condition

LABELS: Final[dict[Program, str]] = {"calipers": "Calipers", "openecg": "openecg", "neurokit2": "NeuroKit2"}
_COLOURS: Final[dict[Program, str]] = {"calipers": "#0b6e4f", "openecg": "#b0531f", "neurokit2": "#5b5f97"}
_INTERVAL_COLOURS: Final = ("#b0531f", "#0b6e4f", "#5b5f97", "#222222")
#: Errors beyond this are drawn at the edge, so that one record does not flatten the rest.
_EDGE_MS: Final = 100.0


def bland_altman(scores: Sequence[RecordScore]) -> Figure:
    """Error against the mean of reference and program, one panel for each interval and program."""
    canvas = Canvas(figsize=(12, 8), layout="constrained")
    panels = canvas.subplots(len(PROGRAMS), len(INTERVALS), sharex="col", sharey=True, squeeze=False)
    reference = np.array([s.reference for s in scores], dtype=np.float64).reshape(-1, 4)
    for row, program in enumerate(PROGRAMS):
        errors = errors_ms(scores, program)
        for column, name in enumerate(INTERVALS):
            panel, error = panels[row, column], errors[:, column]
            known = np.isfinite(error)
            middle = reference[known, column] + error[known] / 2
            panel.scatter(middle, np.clip(error[known], -_EDGE_MS, _EDGE_MS), s=12, alpha=0.6, color=_COLOURS[program])
            panel.axhspan(-LIMITS[name].bias_ms, LIMITS[name].bias_ms, color="#0b6e4f", alpha=0.08, lw=0)
            panel.axhline(0, color="#888888", lw=0.8)
            if known.sum() > 1:
                bias, sd = error[known].mean(), error[known].std(ddof=1)
                panel.axhline(bias, color="black", lw=1)
                for limit in (bias - 1.96 * sd, bias + 1.96 * sd):
                    panel.axhline(np.clip(limit, -_EDGE_MS, _EDGE_MS), color="black", lw=0.8, ls="--")
                panel.set_title(f"{name.upper()}: {bias:+.1f} ± {sd:.1f} ms, n = {known.sum()}", fontsize=9)
            panel.set_ylim(-_EDGE_MS * 1.05, _EDGE_MS * 1.05)
        panels[row, 0].set_ylabel(f"{LABELS[program]}\nerror, ms")
    for panel in panels[-1]:
        panel.set_xlabel("mean of both, ms")
    caption = (
        "Bland–Altman: program minus reference against the mean of both, one point a record. Line: bias; dashed: bias"
        f" ± 1.96 SD; band: allowed bias. Errors beyond ±{_EDGE_MS:.0f} ms are drawn at the edge."
    )
    return Figure("bland-altman", caption, png(canvas))


def error_histograms(scores: Sequence[RecordScore]) -> Figure:
    """Distribution of the error of each interval, the three programs over each other."""
    canvas = Canvas(figsize=(12, 3.2), layout="constrained")
    bins = np.linspace(-_EDGE_MS, _EDGE_MS, 41)
    for column, (name, panel) in enumerate(zip(INTERVALS, canvas.subplots(1, len(INTERVALS)), strict=True)):
        for program in PROGRAMS:
            error = errors_ms(scores, program)[:, column]
            inside = np.clip(error[np.isfinite(error)], -_EDGE_MS, _EDGE_MS)
            panel.hist(inside, bins, histtype="step", lw=1.4, color=_COLOURS[program], label=LABELS[program])
        panel.axvline(0, color="#888888", lw=0.8)
        panel.set_title(name.upper(), fontsize=10)
        panel.set_xlabel("error, ms")
    canvas.axes[0].set_ylabel("records")
    canvas.axes[0].legend(fontsize=7, frameon=False)
    caption = f"Errors of the global intervals; those beyond ±{_EDGE_MS:.0f} ms are counted in the last bins."
    return Figure("errors", caption, png(canvas))


def calibration(scores: Sequence[RecordScore]) -> Figure:
    """Share of errors within a multiple of the stated half-width, against what a normal error would have."""
    from scipy.stats import norm

    canvas = Canvas(figsize=(5, 4.2), layout="constrained")
    panel = canvas.subplots()
    nominal = np.linspace(0.02, 0.998, 120)
    multiple = norm.ppf((1 + nominal) / 2) / 1.96
    relative = np.abs(relative_errors(scores))
    for column, (name, colour) in enumerate(zip(INTERVALS, _INTERVAL_COLOURS, strict=True)):
        known = relative[np.isfinite(relative[:, column]), column]
        if len(known):
            panel.plot(nominal, [(known <= m).mean() for m in multiple], color=colour, lw=1.4, label=name.upper())
    panel.plot([0, 1], [0, 1], color="#888888", lw=0.8)
    panel.axvline(0.95, color="#888888", lw=0.8, ls=":")
    panel.set_xlabel("stated probability")
    panel.set_ylabel("share of records inside")
    panel.legend(frameon=False)
    caption = (
        "Calibration of the stated uncertainty: how often the reference lies inside the interval of each probability."
        " Above the diagonal the stated interval is wider than it need be. Dotted: the 95 % that is printed."
    )
    return Figure("calibration", caption, png(canvas))


def noise_curves(changes: Sequence[Changes]) -> Figure:
    """SD of each interval's change against the signal-to-noise ratio, and how often it was still measured."""
    canvas = Canvas(figsize=(12, 6), layout="constrained")
    panels = canvas.subplots(2, len(NOISES), sharex=True, sharey="row", squeeze=False)
    for column, noise in enumerate(NOISES):
        by_snr = [change_scores(changes, noise_condition(noise, snr_db)) for snr_db in SNR_DB]
        for name, colour in zip(INTERVALS, _INTERVAL_COLOURS, strict=True):
            for row, key in enumerate((f"{name}_sd_ms", f"{name}_kept")):
                values = [found.value if (found := scores[key]) is not None else np.nan for scores in by_snr]
                panels[row, column].plot(SNR_DB, values, "o-", color=colour, lw=1.4, ms=4, label=name.upper())
        panels[0, column].set_title({"baseline": "baseline wander", "mains": "mains, 50 Hz"}.get(noise, noise))
        panels[1, column].set_xlabel("SNR, dB")
        panels[1, column].set_ylim(-0.03, 1.03)
    panels[0, 0].set_xticks(SNR_DB)
    panels[0, 0].invert_xaxis()
    panels[0, 0].set_ylim(bottom=0)
    panels[0, 0].set_ylabel("SD of the change, ms")
    panels[1, 0].set_ylabel("share still measured")
    panels[0, 0].legend(frameon=False)
    caption = "Noise added to the same records: change of each interval against the clean measurement."
    return Figure("noise", caption, png(canvas))
