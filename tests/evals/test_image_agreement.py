"""Signal against page, free text against ECGs: whole runs on simulated records, and what counts as leading."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from calipers.evals.framework import Options, task_names
from calipers.evals.image_agreement import ImageAgreementTask
from calipers.evals.image_agreement.pages import draw_pages
from calipers.evals.image_agreement.task import leading, read_kinds
from calipers.evals.zero_shot.task import held_wordings, other_names
from calipers.models.mllm.classifier import codes
from calipers.models.mllm.page_batches import drawn_pages
from calipers.models.mllm.wordings import read_wordings

from .small_data import write_ptbxl


def write_kinds(folder: Path) -> None:
    """A table of statements with one diagnosis, one rhythm, and one that is neither."""
    rows = [("NORM", "1.0", "", ""), ("SR", "", "1.0", ""), ("LVOLT", "", "", "1.0")]
    with (folder / "scp_statements.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("", "diagnostic", "rhythm", "form"))
        writer.writerows(rows)


def test_only_the_chosen_kind_can_lead() -> None:
    chances = np.array([[0.9, 0.2, 0.3], [0.1, 0.6, 0.2]])
    assert leading(chances, np.array([False, True, True])).tolist() == [2, 1]


def test_kinds_come_from_the_data_set(tmp_path: Path) -> None:
    (tmp_path / "ptbxl").mkdir()
    write_kinds(tmp_path / "ptbxl")
    kinds = read_kinds(tmp_path)
    assert kinds.diagnostic == frozenset({"NORM"})
    assert kinds.rhythm == frozenset({"SR"})


def test_a_page_s_name_says_what_is_on_it(tmp_path: Path) -> None:
    write_ptbxl(tmp_path / "ptbxl")
    drawn = draw_pages(tmp_path, tmp_path / "pages", folds=(1,), layout="6x2", n=1, lost=True)
    (page,) = drawn_pages(tmp_path / "pages")
    assert drawn == 1
    assert (page.ecg_id, page.layout) == (2, "6x2")
    assert 1 <= len(page.lost) <= 4
    assert all(lead.startswith("V") for lead in page.lost)


@pytest.mark.slow
def test_a_whole_run_scores_every_record_of_the_fold(tmp_path: Path) -> None:
    write_ptbxl(tmp_path / "ptbxl")
    write_kinds(tmp_path / "ptbxl")
    result = ImageAgreementTask().run(Options(data=tmp_path, workers=1, show_progress=False)).result
    assert result.n == 2
    assert result.metrics["layout_recognised"] == 1.0
    assert result.metrics["trace_error_median_uv"] < 20.0
    assert set(result.groups) == {"6x2", "12x1", "control: another's page"}


def test_unseen_phrases_are_many_and_have_a_statement() -> None:
    held, names = held_wordings(), other_names()
    assert len(set(held.places.tolist())) == 71
    assert len(names.texts) > 100
    trained = {wording.text for wording in read_wordings(codes(), dict.fromkeys(codes(), ()))[0]}
    assert not trained & {*held.texts, *names.texts}


def test_both_are_tasks() -> None:
    assert {"image_agreement", "zero_shot"} <= set(task_names())
