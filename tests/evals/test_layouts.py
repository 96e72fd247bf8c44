"""What a page is judged by: findings from 71 probabilities, records that hold them, whole runs with a perfect reader."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.evals.ecgbench import task as ecgbench
from calipers.evals.framework import Options
from calipers.evals.layouts import pages
from calipers.evals.layouts.findings import FINDINGS, balanced, codes_of, labels, said, scores
from calipers.evals.layouts.task import LayoutsTask
from calipers.evals.layouts.uncertainty import Pair, covers, multiple
from calipers.evals.measurement.ptbxl import Labelled
from calipers.models.mllm.classifier import codes
from tests.tools import digitised_page

from .small_data import write_ptbxl


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_ptbxl(tmp_path / "ptbxl")
    rows = [("NORM", "NORM"), ("IMI", "MI"), ("LVH", "HYP"), ("CLBBB", "CD"), ("NDT", "STTC"), ("AFIB", "")]
    with (tmp_path / "ptbxl" / "scp_statements.csv").open("w", newline="") as table:
        csv.writer(table).writerows([("", "diagnostic_class"), *rows])
    return tmp_path


def record(number: int, *own: str) -> Labelled:
    return Labelled(number, f"{number}", 60.0, None, 9, dict.fromkeys(own, 100.0), False)


def perfect(ecg: Ecg, layout: str, level: str, seed: int) -> Ecg:
    """As if every page were read without error; the photographed ones are refused."""
    if level == "photo":
        raise UnreadableInput("found a blurred picture; needed a sharper one")
    return digitised_page.read_back(ecg, "12x1" if layout == "12x1" else "3x4+1")


def test_a_finding_is_labelled_and_scored_by_its_codes(data: Path) -> None:
    groups = codes_of(data)
    assert labels([record(1, "IMI", "SR")], groups).tolist() == [[0, 0, 1, 0, 0, 0]]
    chances = np.zeros((1, len(codes())))
    chances[0, codes().index("CLBBB")] = 0.9
    assert scores(chances, groups)[0, FINDINGS.index("CD")] == 0.9
    assert said(chances, groups)[0].tolist() == [0, 0, 0, 0, 1, 0]


def test_records_are_chosen_so_that_every_finding_is_there(data: Path) -> None:
    rows = [record(number, "NORM") for number in range(50)] + [record(60, "AFIB"), record(61, "LVH")]
    chosen = balanced(rows, codes_of(data), 12)
    assert len(chosen) == 12
    assert {60, 61} <= {row.ecg_id for row in chosen}
    assert balanced(rows, codes_of(data), None) == rows


def test_the_multiple_is_the_smallest_that_covers_what_the_interval_must_hold() -> None:
    pairs = [Pair("r_amp", away, 0.01, 0.02, 0.0, 0.01, "mV") for away in np.linspace(-0.1, 0.1, 201)]
    assert np.mean([covers(pair, 0.0) for pair in pairs]) == pytest.approx(0.1, abs=0.01)
    assert np.hypot(0.01, multiple(pairs) * 0.02) == pytest.approx(0.095, abs=0.003)


def test_pages_that_are_read_as_they_are_lose_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "read_back", perfect)
    monkeypatch.setattr("calipers.evals.layouts.task.LAYOUTS", {"12x1": ("12x1", 0)})
    result = LayoutsTask().run(Options(data=data, show_progress=False, workers=1)).result
    assert result.n == 2
    assert result.metrics["pages_read"] == 1.0
    assert result.metrics["auroc_AFIB_lost"] == 0.0
    assert result.groups["12x1"]["auroc_superclasses_lost"] == 0.0


def test_a_refused_picture_counts_as_no_finding(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ecgbench, "read_back", perfect)
    monkeypatch.setattr(ecgbench, "_level", lambda place: ("photo", "clean")[place % 2])
    result = ecgbench.EcgBenchTask().run(Options(data=data, show_progress=False, workers=1)).result
    assert result.n == 2
    assert result.metrics["pictures_read"] == 0.5
    assert result.groups["photo pictures"]["pictures_read"] == 0.0
    assert result.metrics["super_hamming_loss"] >= 0.1, "the refused record is labelled normal"
