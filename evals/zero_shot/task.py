"""`zero_shot`: statements in words that were never learned, and reports and their ECGs finding each other."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from calipers.errors import MissingPart
from calipers.evals.framework import (
    Bootstrap,
    Document,
    Estimate,
    Options,
    Outcome,
    Result,
    Section,
    Table,
    part,
    spread,
)
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, as_ecg, labelled, signals
from calipers.evals.ptbxl_statements.task import calibration_error
from calipers.knowledge import statements
from calipers.knowledge.store.embedding import embedder
from calipers.models.mllm import alignment, classifier
from calipers.models.mllm.report_language import in_english
from calipers.models.mllm.sentences import sentence_features
from calipers.models.mllm.wordings import WORDINGS
from calipers.tools.ecg_embedding import embed_ecg

NAME: Final = "zero_shot"
#: The recipe was chosen on this fold; `--split training` scores it.
DEVELOPMENT_FOLD: Final = 8
FEWEST_LABELS: Final = 5
_FIRST: Final = 10
_METHOD: Final = (
    "Held wordings: one or two plain-language phrases for each of the 71 statements, never trained on, by the author"
    " of the trained ones. Names: labels and synonyms of the project's own statement table, by another author, less"
    " those that were trained on. AUROC is the mean over phrases whose statement has at least five labels. Reports are"
    " put into English by the project's table; each finds its ECG among all of the fold and the other way round, equal"
    " reports counting as one. ECE over held wordings, ten bins. Intervals resample patients."
)

Scores = NDArray[np.float64]


class Phrases(NamedTuple):
    """Texts, and the place of each one's statement among the codes."""

    texts: list[str]
    places: NDArray[np.int64]


class ZeroShotTask:
    """Macro AUROC of unseen wordings; recall of reports and ECGs."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. `split` training is the fold on which the recipe was chosen, otherwise fold 9 is scored."""
        if not alignment.WEIGHTS.is_file():
            raise MissingPart(f"found no `{alignment.WEIGHTS}`; needed the alignment's weights")
        started = time.perf_counter()
        fold = DEVELOPMENT_FOLD if options.split == "training" else TEST_FOLD
        rows = {row.ecg_id: row for row in spread([r for r in labelled(options.data) if r.fold == fold], options.n)}
        found = [(rows[i], embed_ecg(as_ecg(rows[i], uv))) for i, uv in signals(options.data, set(rows))]
        judged = [row for row, _ in found]
        placed = np.stack([place for _, place in found])
        draws = Bootstrap([row.patient for row in judged])
        held, names = held_wordings(), other_names()
        chances = _chances(placed, held)
        labels = _labels(judged, held)
        metrics: dict[str, Estimate | None] = {
            "macro_auroc_held_wordings": _macro(draws, chances, labels),
            "macro_auroc_other_names": _macro(draws, _chances(placed, names), _labels(judged, names)),
            "ece": Estimate.alone(calibration_error(chances, labels), len(judged)),
            **_recalls(draws, placed, _reports(options.data, judged)),
        }
        result = Result.of(NAME, len(judged), metrics, {}, time.perf_counter() - started)
        return Outcome(result, _report(metrics, fold))


def held_wordings() -> Phrases:
    """The phrases that were kept out of training."""
    stored = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    return _phrases([(text, code) for code in classifier.codes() for text in stored[code]["held"]])


def other_names() -> Phrases:
    """Labels and synonyms of our statement table that were not trained on, where one code is meant."""
    stored = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    trained = {text.lower() for entry in stored.values() for text in entry["said"]}
    return _phrases(
        [
            (text, row.scp[0])
            for row in statements().values()
            if len(row.scp) == 1 and row.scp[0] in stored
            for text in (row.label, *row.synonyms)
            if text.lower() not in trained
        ]
    )


def _phrases(pairs: list[tuple[str, str]]) -> Phrases:
    codes = list(classifier.codes())
    return Phrases([text for text, _ in pairs], np.array([codes.index(code) for _, code in pairs]))


def _chances(placed: NDArray[np.float32], phrases: Phrases) -> Scores:
    return alignment.truth(placed, sentence_features(phrases.texts, embedder()(phrases.texts))).chance


def _labels(rows: list[Labelled], phrases: Phrases) -> Scores:
    codes = classifier.codes()
    return np.array([[float(codes[place] in row.codes) for place in phrases.places] for row in rows])


def _macro(draws: Bootstrap, chances: Scores, labels: Scores) -> Estimate | None:
    counted = np.flatnonzero(labels.sum(axis=0) >= FEWEST_LABELS)
    return draws.macro_auroc(chances[:, counted], labels[:, counted]) if counted.size else None


def _reports(data: Path, rows: list[Labelled]) -> list[str]:
    with part(data, "ptbxl/records.csv").open(newline="") as table:
        written = {int(float(row["ecg_id"])): row["report"] for row in csv.DictReader(table)}
    return [in_english(written[row.ecg_id]) for row in rows]


def _recalls(draws: Bootstrap, placed: NDArray[np.float32], reports: list[str]) -> dict[str, Estimate | None]:
    """Share of ECGs whose report is among the ten nearest reports, and of records whose ECG, or one with an equal
    report, is among the ten nearest to its report."""
    texts = sorted({report for report in reports if report})
    place = {text: row for row, text in enumerate(texts)}
    own = np.array([place.get(report, -1) for report in reports])
    near = placed @ alignment.place_sentences(sentence_features(texts, embedder()(texts))).T  # (records, texts)
    there = own >= 0
    rank_of_report = np.array(
        [(row > row[mine]).sum() if mine >= 0 else len(texts) for row, mine in zip(near, own, strict=True)]
    )
    best = np.array([near[own == mine, mine].max() if mine >= 0 else -1.0 for mine in own])
    rank_of_ecg = np.array([(near[:, mine] > one).sum() for mine, one in zip(own, best, strict=True)])
    return {
        f"report_recall_at_{_FIRST}": draws.share((rank_of_report < _FIRST) & there, there),
        f"ecg_recall_at_{_FIRST}": draws.share((rank_of_ecg < _FIRST) & there, there),
        "different_reports": Estimate.alone(float(len(texts)), len(reports)),
    }


def _report(metrics: dict[str, Estimate | None], fold: int) -> Document:
    rows = tuple(
        (name, f"{found.value:.3f}", f"[{found.low:.3f}, {found.high:.3f}]" if found.has_interval else "–")
        for name, found in metrics.items()
        if found is not None
    )
    table = Table(("metric", "value", "95 % interval"), rows, f"Fold {fold}")
    return Document("Free text against ECGs", "", (Section("How it was judged", (_METHOD, table)),))
