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
from calipers.evals.framework.result import point_values
from calipers.evals.image_agreement.task import read_kinds
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
_NEIGHBOURS: Final = 5
#: Records of the archive for each judged one, where few are asked for.
_ARCHIVE: Final = 7
_METHOD: Final = (
    "Held wordings: one or two plain-language phrases for each of the 71 statements, never trained on, by the author"
    " of the trained ones. Names: labels and synonyms of the project's own statement table, by another author, less"
    " those that were trained on. AUROC is the mean over phrases whose statement has at least five labels. Reports are"
    " put into English by the project's table; each finds its ECG among all of the fold and the other way round, equal"
    " reports counting as one. Neighbours: of the five nearest ECGs of earlier folds. ECE over held wordings, ten bins. Intervals resample patients."
    " The control puts the next record's ECG in this one's place."
)

Scores = NDArray[np.float64]
Places = NDArray[np.float32]


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
        rows = spread([row for row in labelled(options.data) if row.fold == fold], options.n)
        judged, placed = _placed(options.data, rows)
        draws = Bootstrap([row.patient for row in judged])
        held, names = held_wordings(), other_names()
        chances = _chances(placed, held)
        labels = _labels(judged, held)
        metrics: dict[str, Estimate | None] = {
            "macro_auroc_held_wordings": _macro(draws, chances, labels),
            "macro_auroc_other_names": _macro(draws, _chances(placed, names), _labels(judged, names)),
            "ece": Estimate.alone(calibration_error(chances, labels), len(judged)),
            **_recalls(draws, placed, _reports(options.data, judged)),
            **_neighbours(draws, options, judged, placed, fold),
        }
        groups = {
            "control: another's ECG": _control(draws, judged, placed, held, labels, _reports(options.data, judged))
        }
        result = Result.of(NAME, len(judged), metrics, groups, time.perf_counter() - started)
        return Outcome(result, _report(metrics, fold))


def _control(
    draws: Bootstrap, judged: list[Labelled], placed: Places, held: Phrases, labels: Scores, reports: list[str]
) -> dict[str, float]:
    """The same figures with the next record's ECG in this one's place: what chance brings."""
    moved = np.roll(placed, 1, axis=0)
    found = {"macro_auroc_held_wordings": _macro(draws, _chances(moved, held), labels)}
    return {"n": len(judged), **point_values({**found, **_recalls(draws, moved, reports)})}


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


def _chances(placed: Places, phrases: Phrases) -> Scores:
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


def _recalls(draws: Bootstrap, placed: Places, reports: list[str]) -> dict[str, Estimate | None]:
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


def _placed(data: Path, rows: list[Labelled]) -> tuple[list[Labelled], Places]:
    """The records in the order of the files, and their (r, width) embeddings."""
    known = {row.ecg_id: row for row in rows}
    found = [(known[ecg_id], embed_ecg(as_ecg(known[ecg_id], uv))) for ecg_id, uv in signals(data, set(known))]
    return [row for row, _ in found], np.stack([place for _, place in found])


def _neighbours(
    draws: Bootstrap, options: Options, judged: list[Labelled], placed: Places, fold: int
) -> dict[str, Estimate | None]:
    """Share of the five nearest ECGs of earlier folds with the same leading diagnosis, as `similar_cases` finds them."""
    kinds = read_kinds(options.data)

    def leading(row: Labelled) -> str:
        named = {code: chance for code, chance in row.codes.items() if code in kinds.diagnostic}
        return max(named, key=named.__getitem__) if named else ""

    earlier = [row for row in labelled(options.data) if row.fold < fold]
    archive, places = _placed(options.data, spread(earlier, options.n and _ARCHIVE * options.n))
    own, theirs = np.array([leading(row) for row in judged]), np.array([leading(row) for row in archive])
    nearest = np.argsort(-placed @ places.T, axis=1)[:, :_NEIGHBOURS]
    share = (theirs[nearest] == own[:, None]).mean(axis=1)
    return {
        f"neighbours_same_leading_at_{_NEIGHBOURS}": draws.mean(np.where(own != "", share, np.nan)),
        f"neighbours_same_abnormal_at_{_NEIGHBOURS}": draws.mean(
            np.where((own != "") & (own != "NORM"), share, np.nan)
        ),
    }


def _report(metrics: dict[str, Estimate | None], fold: int) -> Document:
    rows = tuple(
        (name, f"{found.value:.3f}", f"[{found.low:.3f}, {found.high:.3f}]" if found.has_interval else "–")
        for name, found in metrics.items()
        if found is not None
    )
    table = Table(("metric", "value", "95 % interval"), rows, f"Fold {fold}")
    return Document("Free text against ECGs", "", (Section("How it was judged", (_METHOD, table)),))
