"""Score five networks, each on the LUDB records it never saw, beside openecg on the same records.

`python -m calipers.models.delineator.cross_validate --students --work DIR` trains what is missing, prints
the table and writes `cv-students.json`. A fold's student learns from the pseudo-labels of that fold's teacher
alone, so that nothing of its held-out records reaches it. openecg was trained on all 159: its figures here
are on its own training data.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from calipers.models.delineator.consensus import LeadWaves, global_waves
from calipers.models.delineator.inference import Delineator
from calipers.models.delineator.ludb import TRAINING, LudbRecord, load_record, training_folds
from calipers.models.delineator.openecg_fusion import OpenEcg
from calipers.models.delineator.scoring import (
    BoundaryError,
    RecordScore,
    lead_boundaries,
    lead_waves,
    presence,
    score,
    summary,
    waves_of,
)
from calipers.models.delineator.train import DEFAULT_WORK, student, teacher


def score_fold(network: Path, fold: int) -> tuple[list[RecordScore], list[RecordScore], list[list[LeadWaves]]]:
    """Scores of one fold's network on its held-out records.

    Returns:
        By the global track, by fusing the per-lead tracks, and the per-lead waves.
    """
    delineator = Delineator(network)
    tracked, fused, leads = [], [], []
    for record in training_folds()[fold]:
        marks = load_record(record)
        waves = delineator.probabilities(marks.signal)
        leads.append(lead_waves(waves))
        tracked.append(score(marks, waves_of(waves.global_)))
        fused.append(score(marks, global_waves(leads[-1])))
    return tracked, fused, leads


def print_scores(name: str, scores: list[RecordScore]) -> dict[str, object]:
    """Print one delineator's line and return it for `cv.json`."""
    errors, counts = summary(scores), presence(scores)
    cells = "  ".join(f"{key} {e.mean_ms:+.1f} ± {e.sd_ms:.1f}" for key, e in errors.items())
    beats = sum(s.beats for s in scores)
    found, false = sum(s.beats_found for s in scores), sum(s.beats_false for s in scores)
    print(
        f"{name:28s} {cells}  PR invented {counts.invented}/{counts.without_p}"
        f" missed {counts.missed}/{counts.with_p}  beats {found}/{beats} +{false}"
    )
    return {
        "errors_ms": {key: e._asdict() for key, e in errors.items()},
        "presence": counts._asdict(),
        "beats": {"marked": beats, "found": found, "false": false},
    }


def print_boundaries(name: str, table: dict[str, BoundaryError]) -> dict[str, object]:
    """Print the per-lead bounds of one delineator and return them for `cv.json`."""
    for edge, e in table.items():
        found = f"Se {e.sensitivity:.4f} PPV {e.ppv:.4f}"
        print(f"{name:12s} {edge:11s} {found} {e.mean_ms:+.1f} ± {e.sd_ms:.1f} ms")
    return {edge: e._asdict() for edge, e in table.items()}


def main() -> None:
    """Train what is missing, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--students", action="store_true", help="score the self-trained networks")
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--no-openecg", action="store_true")
    given = parser.parse_args()
    tracked: list[RecordScore] = []
    fused: list[RecordScore] = []
    leads: list[list[LeadWaves]] = []
    for fold in given.folds:
        network = teacher(given.work, fold)
        if given.students:
            network = student(given.work, fold, [network])
        by_track, by_fusion, by_lead = score_fold(network, fold)
        tracked += by_track
        fused += by_fusion
        leads += by_lead
    marks = [load_record(s.record) for s in tracked]
    results: dict[str, object] = {"records": len(tracked)}
    results["global track"] = print_scores("global track", tracked)
    results["fused leads"] = print_scores("fused leads", fused)
    results["leads"] = print_boundaries("ours", lead_boundaries(marks, leads))
    if not given.no_openecg and len(tracked) == len(TRAINING):
        results |= openecg_results(marks)
    results["per_record"] = [asdict(s) | {"error_ms": s.error_ms().tolist()} for s in tracked]
    name = "cv-students.json" if given.students else "cv-teachers.json"
    (given.work / name).write_text(json.dumps(results, indent=1))


def openecg_results(marks: list[LudbRecord]) -> dict[str, object]:
    """openecg with the same fusion rule on the same records (its own training data)."""
    peer = OpenEcg()
    leads = [peer.lead_waves(m.signal) for m in marks]
    scores = [score(m, global_waves(found)) for m, found in zip(marks, leads, strict=True)]
    return {
        "openecg": print_scores("openecg (trained on these)", scores),
        "openecg leads": print_boundaries("openecg", lead_boundaries(marks, leads)),
    }


if __name__ == "__main__":
    main()
