"""What there is to review: folders, patterns, manifests."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from calipers.agent.batch import CaseInput, find_cases
from calipers.errors import CalipersError, UsageError


def test_a_manifest_names_patient_question_and_priors_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        'path,patient,age,question,priors\na.hea,p1,71,"AF?",old/b.hea;old/c.hea\nb.hea,,,,\n'
    )
    first, second = find_cases(tmp_path / "m.csv")
    assert first == CaseInput(
        case="a",
        paths=(str(tmp_path / "a.hea"),),
        patient="p1",
        age=71,
        question="AF?",
        priors=(str(tmp_path / "old/b.hea"), str(tmp_path / "old/c.hea")),
    )
    assert second == CaseInput(case="b", paths=(str(tmp_path / "b.hea"),))


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_other_manifests_say_the_same(suffix: str, tmp_path: Path) -> None:
    import pandas as pd

    rows = pd.DataFrame({"path": ["a.hea", "b.hea"], "age": [71.0, None], "question": ["AF?", None]})
    if suffix == "jsonl":
        rows.to_json(tmp_path / "m.jsonl", orient="records", lines=True)
    else:
        rows.to_parquet(tmp_path / "m.parquet")
    first, second = find_cases(tmp_path / f"m.{suffix}")
    assert (first.age, first.question) == (71, "AF?")
    assert (second.age, second.question) == (None, None)


def test_a_folder_linked_into_itself_ends(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "in", symlinks=True)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert len(find_cases(tmp_path / "in")) == 5


def test_a_pattern_names_what_it_finds_in_order(folder: Path) -> None:
    assert [case.case for case in find_cases(str(folder / "r[23].hea"))] == ["r2", "r3"]


def test_a_pattern_that_finds_nothing_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="found no ECG"):
        find_cases(str(folder / "*.nothing"))


def test_one_name_twice_in_a_manifest_stays_two_cases(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(2 * (json.dumps({"path": "a.hea", "case": "bed 4"}) + "\n"))
    assert [case.case for case in find_cases(tmp_path / "m.jsonl")] == ["bed 4", "bed 4-2"]


def test_a_manifest_may_be_what_a_spreadsheet_saves(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("\ufeffPath; Age;SEX;ward\r\n\u00d6tztal/a.hea;71;F;7\r\n".encode())
    (case,) = find_cases(tmp_path / "m.csv")
    assert (case.case, case.age, case.sex) == ("\u00d6tztal/a", 71, "female")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("m.csv", "file,age\na.hea,50\n", "found the columns `file`, `age` in `m.csv`; needed `path`"),
        ("m.csv", "path,prior\na.hea,b.hea\n", "found the column `prior` in `m.csv`; needed `priors`"),
        ("m.csv", "path,gender\na.hea,F\n", "needed `sex`"),
        ("m.csv", "path,age\na.hea,50\nb.hea,fifty\n", "found the age `fifty` in row 2 of `m.csv`"),
        ("m.csv", "path,sex\na.hea,x\n", "found the sex `x` in row 1"),
        ("m.csv", "path,age\n", "found no row in `m.csv`"),
        ("m.csv", 'path\n""\n', "found no `path` in row 1 of `m.csv`"),
        ("m.jsonl", '{"path": "a.hea"}\n{"pth": "b.hea"}\n', "found no `path` in row 2 of `m.jsonl`"),
        ("m.jsonl", '{"path": "a.hea"}\nnot JSON\n', "found line 2 of `m.jsonl`, which is no JSON"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said_with_its_place(
    name: str, content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CalipersError) as refused:
        find_cases(tmp_path / name)
    assert said in str(refused.value)


def test_a_manifest_in_another_encoding_is_refused_not_misread(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("path\n\u00d6tztal/a.hea\n".encode("latin-1"))
    with pytest.raises(CalipersError, match="not in UTF-8"):
        find_cases(tmp_path / "m.csv")


def test_a_file_name_that_is_not_utf8_is_spelled_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xd6tztal.hea")).write_text("x 1 500 10")
    (case,) = find_cases(tmp_path)
    assert case.case == "\\udcd6tztal"
    assert CaseInput.model_validate_json(case.model_dump_json()) == case
