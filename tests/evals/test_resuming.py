"""Samples on disk: a run that was cut off goes on, another run's samples are never taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from calipers.evals.framework import Options, Row, each, parallel
from calipers.evals.framework.journal import Journal

RUN = {"code": "1", "total": 3}


def solved(number: int) -> Row:
    return Row(str(number), f"patient {number}", "none", {"right": (1.0, 2.0)}, ("a",), "asked", {"text": "said"})


class Page(NamedTuple):
    error_mv: float
    refused: str | None


@dataclass(frozen=True)
class Layout:
    pages: tuple[Page, ...]
    by_lead: dict[str, float]


class Reading(BaseModel):
    hr: float
    layout: Layout
    said: str


def read_back(number: int) -> Reading:
    nan, inf = float("nan"), float("inf")
    pages = (Page(nan, None), Page(-inf, "no grid"), Page(0.1 + number * 1e-9, None))
    return Reading(hr=inf, layout=Layout(pages, {"II": nan, "V1": 0.02}), said="zwei\u2028Zeilen\x85é")


def pair(number: int) -> Any:
    return (number, float("nan"))


def untyped(number):  # type: ignore[no-untyped-def]
    return number


def test_what_was_done_is_read_back_exactly(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "rows.jsonl", RUN, solved)
    assert list(journal.follow(map(solved, range(3)), 0)) == [solved(0), solved(1), solved(2)]
    assert Journal(tmp_path / "rows.jsonl", RUN, solved).held() == [solved(0), solved(1), solved(2)]


def test_a_torn_last_line_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    list(Journal(path, RUN, solved).follow(map(solved, range(3)), 0))
    path.write_text(path.read_text()[:-20])
    journal = Journal(path, RUN, solved)
    held = journal.held()
    assert held == [solved(0), solved(1)]
    assert [*held, *journal.follow(iter([solved(2)]), len(held))] == [solved(0), solved(1), solved(2)]
    assert Journal(path, RUN, solved).held() == [solved(0), solved(1), solved(2)]


def test_other_code_or_options_start_anew(tmp_path: Path) -> None:
    list(Journal(tmp_path / "rows.jsonl", RUN, solved).follow(map(solved, range(3)), 0))
    assert Journal(tmp_path / "rows.jsonl", {**RUN, "code": "2"}, solved).held() == []


def test_numbers_that_are_none_are_read_back_in_tuples_dataclasses_and_models(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    done = list(Journal(path, RUN, read_back).follow(map(read_back, range(3)), 0))
    assert repr(Journal(path, RUN, read_back).held()) == repr(done)
    assert "null" in path.read_text().split("\n")[1]  # what is missing stays apart from what is no number


def test_a_line_torn_within_a_letter_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    list(Journal(path, RUN, read_back).follow(map(read_back, range(2)), 0))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex("é".encode()) + 1])
    assert len(Journal(path, RUN, read_back).held()) == 1


def test_what_json_cannot_hold_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert len(list(Journal(path, RUN, pair).follow(map(pair, range(3)), 0))) == 3
    assert not path.exists()
    assert list(Journal(path, RUN, untyped).follow(iter([5]), 0)) == [5]
    assert not path.exists()


def test_only_what_is_missing_is_solved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(4):
            asked.append(number)
            yield number

    def journal(_work: object, total: int, _what: str, options: Options) -> Journal[Row]:
        assert options.out is not None
        return Journal(options.out / "rows.jsonl", {"total": total}, solved)

    monkeypatch.setattr(parallel, "_journal", journal)
    options = Options(data=tmp_path, workers=1, out=tmp_path)
    first = each(solved, jobs(), 4, "rows", options)
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    (tmp_path / "rows.jsonl").write_text("\n".join(lines[:3]) + "\n")
    calls: list[int] = []

    def counting(number: int) -> Row:
        calls.append(number)
        return solved(number)

    assert each(counting, jobs(), 4, "rows", replace(options)) == first
    assert calls == [2, 3]


def test_a_second_pass_of_one_name_has_a_file_of_its_own(tmp_path: Path) -> None:
    from calipers.knowledge import urgency

    options = Options(data=tmp_path, workers=1, out=tmp_path)
    paths = [parallel._journal(urgency, 2, "drawing", options) for _ in range(2)]
    assert [path.path.name for path in paths if path is not None] == ["drawing.jsonl", "drawing-2.jsonl"]
