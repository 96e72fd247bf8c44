"""Codes: every one is of its list, stands where it may, and agrees with PTB-XL's own table."""

from __future__ import annotations

import csv

import pytest

from calipers.errors import MissingPart
from calipers.evals.framework import data_folder
from calipers.knowledge import Row, statements
from calipers.knowledge.codes import CodeError, LoincCode, aha_words, codes, explained_by, loinc
from calipers.parameters import GLOBAL_UNITS

ROWS = list(statements().values())
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)


@each_row
def test_the_aha_codes_of_a_row_are_of_the_list_and_their_modifiers_may_stand_there(row: Row) -> None:
    assert all(aha_words(code) for code in row.aha)


@each_row
def test_snomed_codes_have_a_check_digit_that_holds(row: Row) -> None:
    assert all(_verhoeff(code) for code in row.snomed)


def test_a_modifier_that_does_not_belong_is_refused() -> None:
    with pytest.raises(CodeError, match=r"modifier `332` in `20\+332`"):
        aha_words("20+332")


@pytest.mark.parametrize("code", ["999", "332", "160 332", "old"])
def test_what_is_no_statement_of_the_list_is_refused(code: str) -> None:
    with pytest.raises(CodeError, match="AHA code"):
        aha_words(code)


def test_a_secondary_statement_names_what_it_may_explain() -> None:
    assert explained_by("205") == (145, 146, 147)
    assert explained_by("147+367") == ()


def test_a_secondary_statement_takes_no_modifier() -> None:
    with pytest.raises(CodeError, match="modifier"):
        aha_words("205+301")


@pytest.mark.parametrize("code", ["8625-7", "8632-1"])
def test_a_loinc_code_with_a_wrong_check_digit_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="check digit"):
        LoincCode(code=code, name="x")


def test_the_intervals_and_axes_of_a_cart_have_loinc_codes() -> None:
    assert {name: found.code for name in GLOBAL_UNITS if (found := loinc(name))} == {
        "hr": "8867-4",
        "rr_mean": "8637-1",
        "pr": "8625-6",
        "qrs": "8633-0",
        "qt": "8634-8",
        "qtc_bazett": "8636-3",
        "p_axis": "8626-4",
        "qrs_axis": "8632-2",
        "t_axis": "8638-9",
    }


def test_ptb_xls_own_table_agrees() -> None:
    try:
        table = data_folder() / "ptbxl" / "scp_statements.csv"
    except MissingPart as reason:
        pytest.skip(str(reason))
    known = {**codes().primary, **codes().secondary, **codes().modifiers, **codes().convenience}
    with table.open(newline="") as file:
        given = {line[""]: line["AHA code"] for line in csv.DictReader(file)}
    assert set(given) == {code for row in ROWS for code in row.scp}
    for scp, aha in given.items():
        if aha:
            assert known[int(aha)].ptbxl, scp
            assert any(aha in code.split("+") for row in statements().by_scp(scp) for code in row.aha), scp


_D5 = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]  # fmt: skip
_TURN = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def _verhoeff(code: str) -> bool:
    """Whether the check digit of an SNOMED CT identifier holds (Verhoeff 1969)."""
    check = 0
    for place, digit in enumerate(map(int, reversed(code))):
        for _ in range(place % 8):
            digit = _TURN[digit]
        check = _D5[check][digit]
    return check == 0
