"""`ptbxl_statements`: the network's 71 probabilities against the cardiologists' labels, on records it never saw."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table, spread
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, as_ecg, labelled, signals
from calipers.models.mllm import classifier
from calipers.tools.classify import classify

NAME: Final = "ptbxl_statements"
#: A statement with fewer labels in the scored fold does not count.
FEWEST_LABELS: Final = 5
_BINS: Final = 10
_METHOD: Final = (
    "Trained on folds 1–8 (calibration and thresholds on fold 8, by members that had not seen it); fold 9 judges. A label counts"
    " whatever its likelihood. AUROC is the mean over statements with at least five labels in the fold; its interval"
    " resamples patients. ECE: expected calibration error in ten equal bins over the same statements. Controls need no"
    " ECG: the probabilities of the next record, and the fold's own base rates with every statement said."
)


class PtbxlStatementsTask:
    """Macro AUROC, calibration and F1 of `classify` on fold 9."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; only fold 9 is ever scored, whatever the split."""
        if not classifier.WEIGHTS.is_file():
            raise MissingPart(f"found no `{classifier.WEIGHTS}`; needed the statement network's weights")
        started = time.perf_counter()
        scored = _scored(options)
        seconds = time.perf_counter() - started
        resample = Bootstrap([row.patient for row in scored.rows])
        counted = np.flatnonzero(scored.labels.sum(axis=0) >= FEWEST_LABELS)
        present = np.flatnonzero(scored.labels.sum(axis=0) > 0)
        chances, labels = scored.chances[:, counted], scored.labels[:, counted]
        limits = np.array(list(classifier.thresholds().values()))
        metrics: dict[str, Estimate | None] = {
            "macro_auroc": resample.macro_auroc(chances, labels),
            "macro_auroc_all_present": resample.macro_auroc(scored.chances[:, present], scored.labels[:, present]),
            "ece": Estimate.alone(calibration_error(chances, labels), len(scored.rows)),
            "macro_f1": resample.macro_f1(chances >= limits[counted], labels),
            "macro_f1_at_half": resample.macro_f1(chances >= 0.5, labels),
            "ecgs_per_second": Estimate.alone(len(scored.rows) / scored.seconds, len(scored.rows)),
        }
        groups = {
            classifier.codes()[k]: {
                "n": int(scored.labels[:, k].sum()),
                "auroc": _value(resample.macro_auroc(scored.chances[:, [k]], scored.labels[:, [k]])),
                "f1": float(_f1(scored.chances[:, [k]] >= limits[k], scored.labels[:, [k]])[0]),
                "threshold": float(limits[k]),
            }
            for k in counted
        }
        report = _report(metrics, groups)
        groups |= _controls(resample, chances, labels, limits[counted])
        return Outcome(Result.of(NAME, len(scored.rows), metrics, groups, seconds), report)


def _controls(
    resample: Bootstrap, chances: NDArray[np.float64], labels: NDArray[np.float64], limits: NDArray[np.float64]
) -> dict[str, dict[str, float]]:
    """What needs no ECG: another record's probabilities, the base rates of the fold, and every statement said."""
    moved, base = np.roll(chances, 1, axis=0), np.broadcast_to(labels.mean(axis=0), labels.shape)
    said = {
        "control: another's ECG": (moved, moved >= limits),
        "control: base rates, all said": (base, np.ones_like(labels, dtype=bool)),
    }
    return {
        name: {
            "n": len(labels),
            "macro_auroc": _value(resample.macro_auroc(stated, labels)),
            "ece": calibration_error(stated, labels),
            "macro_f1": float(np.mean(_f1(positive, labels))),
        }
        for name, (stated, positive) in said.items()
    }


class _Scored(NamedTuple):
    rows: list[Labelled]
    chances: NDArray[np.float64]
    labels: NDArray[np.float64]
    seconds: float


def _scored(options: Options) -> _Scored:
    rows = spread([row for row in labelled(options.data) if row.fold == TEST_FOLD], options.n)
    known = {row.ecg_id: row for row in rows}
    found = [(known[ecg_id], as_ecg(known[ecg_id], uv)) for ecg_id, uv in signals(options.data, set(known))]
    started = time.perf_counter()
    results = classify([ecg for _, ecg in found])
    seconds = time.perf_counter() - started
    codes = classifier.codes()
    chances = np.array([[result[code] for code in codes] for result in results])
    labels = np.array([[float(code in row.codes) for code in codes] for row, _ in found])
    return _Scored([row for row, _ in found], chances, labels, seconds)


def calibration_error(chances: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Mean distance of stated from observed frequency, over ten bins weighted by their size (Naeini 2015)."""
    bins = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in range(_BINS):
        inside = bins == number
        if inside.any():
            error += inside.mean() * abs(chances[inside].mean() - labels[inside].mean())
    return float(error)


def _f1(said: NDArray[np.bool_], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    hits = (said * labels).sum(axis=0)
    f1: NDArray[np.float64] = 2.0 * hits / np.maximum(said.sum(axis=0) + labels.sum(axis=0), 1.0)
    return f1


def _value(estimate: Estimate | None) -> float:
    return float("nan") if estimate is None else estimate.value


def _report(metrics: dict[str, Estimate | None], groups: dict[str, dict[str, float]]) -> Document:
    summary = tuple((name, f"{found.value:.3f}", _interval(found)) for name, found in metrics.items() if found)
    rows = tuple(
        (code, str(int(values["n"])), f"{values['auroc']:.3f}", f"{values['f1']:.2f}", f"{values['threshold']:.2f}")
        for code, values in sorted(groups.items(), key=lambda item: -item[1]["n"])
    )
    tables = (
        Table(("metric", "value", "95 % interval"), summary, "Fold 9"),
        Table(("statement", "labels", "AUROC", "F1", "threshold"), rows, "By statement"),
    )
    return Document("PTB-XL statements by the network", "", (Section("How it was judged", (_METHOD, *tables)),))


def _interval(found: Estimate) -> str:
    return f"[{found.low:.3f}, {found.high:.3f}]" if found.has_interval else "–"
