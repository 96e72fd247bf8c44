"""The conformance report: what was measured how, on what, beside whom, and where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from typing import Final

from calipers.evals.framework import Block, Document, Estimate, Options, Section
from calipers.evals.measurement import figures, tables
from calipers.evals.measurement.findings import Findings, parts
from calipers.evals.measurement.intervals import INTERVALS
from calipers.evals.measurement.robustness import NOISES, RATES_HZ, SNR_DB, noise_condition, rate_condition
from calipers.evals.measurement.targets import number, targets_table

Scores = Mapping[str, Estimate | None]

_RULE: Final = (
    "Reference: the marks of LUDB's cardiologists. The global onset (offset) of a beat's wave is the earliest (latest)"
    " lead mark that two further leads confirm within 12 ms; an interval is the median over the beats. The rule was"
    " fixed before any tuning. Calipers is compared as it reports itself; openecg and NeuroKit2 work lead by lead, and"
    " their leads are fused by the very same rule, on the beats that the reference has, so that a beat too many does"
    " not count against them. A fused program has a PR when at least half of its beats have a P wave."
)
_SAW_TRAINING: Final = (
    "openecg and Calipers' delineator were both trained on the 159 training records: every figure on them flatters"
    " both. NeuroKit2 was trained on none."
)
_SAW_NOT: Final = "The 41 validation records were seen in training by neither openecg nor Calipers nor NeuroKit2."


def conformance_report(findings: Findings, scores: Scores, options: Options, seconds: float) -> Document:
    """The whole report of one run."""
    seen = _SAW_TRAINING if findings.judged[0].split == "training" else _SAW_NOT
    split = {"training": "159 training", "validation": "41 validation", "all": "200"}[options.split]
    limited = f", at most {options.n} records of each set" if options.n is not None else ""
    subtitle = (
        f"Calipers {version('calipers')}, {date.today():%d %B %Y}: {len(findings.records)} of LUDB's {split} records and"
        f" {len(findings.rhythm)} records of PTB-XL folds 1–9{limited}; {seconds:.0f} s. Research use, not a medical"
        " device."
    )
    return Document(
        "How well Calipers measures",
        subtitle,
        (
            Section("Numbers to reach", (seen, targets_table(scores))),
            _intervals(findings, seen),
            _waves(findings, seen),
            _uncertainty(findings, scores, seen),
            _robustness(findings),
            _known_truth(findings),
            _rhythm(findings, scores),
            _speed(scores),
            Section("Where it is furthest off", (seen, tables.worst_table(findings.judged))),
            _method(options),
        ),
    )


def _intervals(findings: Findings, seen: str) -> Section:
    records = findings.judged
    blocks: list[Block] = [
        _RULE,
        seen,
        tables.interval_table(records, f"Program minus reference, {len(records)} records, where both have a value."),
        figures.bland_altman(records),
        figures.error_histograms(records),
    ]
    if findings.seen:
        blocks += [
            _SAW_TRAINING,
            tables.interval_table(findings.seen, f"The same on {len(findings.seen)} training records."),
        ]
    blocks.append(tables.parts_table(parts(findings)))
    return Section("Global intervals", tuple(blocks))


def _waves(findings: Findings, seen: str) -> Section:
    blocks = (seen, tables.presence_table(findings.judged), tables.boundary_table(findings.judged))
    return Section("Waves found, missed and invented", blocks)


def _uncertainty(findings: Findings, scores: Scores, seen: str) -> Section:
    shares = ", ".join(f"{name.upper()} {number(scores[f'coverage_{name}'], '%')}" for name in INTERVALS)
    text = f"The reference lies inside the stated 95 % interval in {number(scores['coverage'], '%')}: {shares}."
    return Section("Stated uncertainty", (seen, text, figures.calibration(findings.judged)))


def _robustness(findings: Findings) -> Section:
    noisy = [noise_condition(noise, snr_db) for noise in NOISES for snr_db in SNR_DB]
    rates = [rate_condition(rate_hz) for rate_hz in RATES_HZ if rate_hz != 500]
    text = (
        f"{len(findings.changes)} of the same records, disturbed and measured again; the change is against the clean"
        " measurement. The SNR is 20 log10 of the lead's own root mean square over the noise's: at 6 dB the noise is half"
        " the size of the ECG. Baseline wander: five sines of 0.05–0.5 Hz. Mains: 50 Hz. Muscle: Gaussian noise of"
        " 20–150 Hz. LUDB scales each lead by itself, so the noise is added lead by lead."
    )
    return Section(
        "Noise and sampling rate",
        (
            text,
            figures.noise_curves(findings.changes),
            tables.change_table(findings.changes, noisy, "Noise. Kept: share of the intervals still measured."),
            tables.change_table(findings.changes, rates, "Stored at another rate instead of 500 Hz."),
        ),
    )


def _known_truth(findings: Findings) -> Section:
    text = (
        "Every wave is a closed-form piece that starts and ends at a corner (half sines; a T wave that falls as a quarter"
        " of a cosine), so its bounds are known without a reader. Corners are sharper than hearts make them."
    )
    blocks = (text, tables.known_table(findings.known), tables.pulse_table(findings.pulses))
    return Section("Signals with known truth (simulated)", blocks)


def _rhythm(findings: Findings, scores: Scores) -> Section:
    pr = (
        f"PR reported in records labelled AFIB: {number(scores['af_pr_reported'], '%')}"
        f" of {_n(scores['af_pr_reported'])}. PR missing in records labelled SR:"
        f" {number(scores['sr_pr_missing'], '%')} of {_n(scores['sr_pr_missing'])}. Folds 1–9; Calipers was tuned on 1–8."
    )
    arms = (
        "Arm electrodes exchanged in software on clean records labelled normal:"
        f" {number(scores['arm_swap_detected'], '%')} of {_n(scores['arm_swap_detected'])} detected; false alarms on the"
        f" same records {number(scores['arm_swap_false_alarms'], '%')}; flagged in fold 9 as recorded, where nobody knows"
        f" the truth, {number(scores['arm_swap_flagged_fold9'], '%')} of {_n(scores['arm_swap_flagged_fold9'])}."
    )
    labels = (
        "Labels are the readers'; PTB-XL's are known to be incomplete for premature beats. A forced yes/no takes the side"
        " to which the criteria lean; a sentence is said only where they are met, or lean, with wording to match."
    )
    return Section("Rhythm and electrodes, PTB-XL", (pr, tables.statement_table(findings.rhythm), labels, arms))


def _speed(scores: Scores) -> Section:
    text = (
        f"Everything that `measure` writes for a 10 s 12-lead ECG, warm, in turns with the peers in one process:"
        f" {_seconds(scores['measure_seconds'])}. NeuroKit2's cleaning, peaks and wavelet delineation of the twelve leads:"
        f" {_seconds(scores['neurokit2_seconds'])}, {number(scores['speed_ratio_neurokit2'], 'times')} as long. openecg on"
        f" the twelve leads: {_seconds(scores['openecg_seconds'])}, {number(scores['speed_ratio_openecg'], 'times')} as long."
    )
    return Section("Speed", (text,))


def _method(options: Options) -> Section:
    command = "calipers eval measurement" + (f" --split {options.split}" if options.split != "all" else "")
    command += f" --n {options.n}" if options.n is not None else ""
    names = ("numpy", "scipy", "onnxruntime", "openecg", "neurokit2", "wfdb")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    text = (
        f"`{command}`, seed {options.seed}. Intervals in brackets: percentile bootstrap, 1,000 draws of whole records"
        " (LUDB) or patients (PTB-XL); where none or all of the cases count, the exact limit (Clopper and Pearson) for as"
        f" many trials as there are records or patients. {versions}."
    )
    weights = "; ".join(f"{name} sha256 {digest[:16]}" for name, digest in _weights().items())
    return Section("How to repeat it", (text, f"Weights: {weights}."))


def _weights() -> dict[str, str]:
    """The delineators' weight files and their hashes."""
    import hashlib
    from importlib.resources import files

    from calipers.tools.measure.delineation import weights_sha256

    ours = files("calipers.models.delineator.weights").joinpath("delineator.onnx").read_bytes()
    return {"delineator.onnx": hashlib.sha256(ours).hexdigest(), **weights_sha256()}


def _seconds(estimate: Estimate | None) -> str:
    return "–" if estimate is None else f"{estimate.value:.2f} s"


def _n(estimate: Estimate | None) -> int:
    return estimate.n if estimate else 0
