"""The statement table: every row says what it may say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from calipers.errors import UnknownStatement
from calipers.evidence import CriterionEvidence
from calipers.knowledge import CriteriaError, Row, criteria_sha256, statements
from calipers.knowledge.nodes import Compare, InLeads, Measured, Named, Refers, criteria_in
from calipers.knowledge.table import criteria_folder, load
from calipers.knowledge.templates import (
    SLOT,
    cited_ids,
    criterion_slots,
    known,
    measurement_slots,
    templates_of,
)

from . import ecgs

ROWS = list(statements().values())
CRITERIA = [(row, node) for row in ROWS for tree in (row.applies_if, row.criteria) for node in criteria_in(tree)]
PTBXL_CODES = """
NDT NST_ DIG LNGQT NORM IMI ASMI LVH LAFB ISC_ IRBBB 1AVB IVCD ISCAL CRBBB CLBBB ILMI LAO/LAE AMI ALMI ISCIN INJAS
LMI ISCIL LPFB ISCAS INJAL ISCLA RVH ANEUR RAO/RAE EL WPW ILBBB IPLMI ISCAN IPMI SEHYP INJIN INJLA PMI 3AVB INJIL
2AVB ABQRS PVC STD_ VCLVH QWAVE LOWT NT_ PAC LPR INVT LVOLT HVOLT TAB_ STE_ PRC(S) SR AFIB STACH SARRH SBRAD PACE
SVARR BIGU AFLT SVTAC PSVT TRIGU
"""
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)


@each_row
def test_a_statement_has_names_criteria_and_a_sentence(row: Row) -> None:
    assert row.label
    assert row.synonyms or row.asked_as
    assert (row.criteria is None) == (row.says is None)
    assert row.criteria is not None or row.scp, "a row without criteria is there for the code that a model may give"
    assert len(set(row.synonyms)) == len(row.synonyms)


@each_row
def test_templates_hold_no_digit_outside_slots_but_fixed_terms(row: Row) -> None:
    for template in templates_of(row):
        bare = re.sub(r"\[\[.*?\]\]|\bV[1-9]R?\b|12-lead|[23]:1", "", SLOT.sub("", template))
        assert not re.search(r"\d", bare), template


@each_row
def test_every_slot_and_every_cited_id_is_known(row: Row) -> None:
    ids = {criterion.id for criterion in criteria_in(row.criteria)}
    for template in templates_of(row):
        assert all(known(slot) for slot in measurement_slots(template))
        assert all(slot.removeprefix(f"{row.key}.") in ids for slot in criterion_slots(template))
    assert all(known(id_) for id_ in cited_ids(row))


@each_row
def test_a_criterion_names_its_source_or_refers_to_a_statement(row: Row) -> None:
    for criterion in _steps(row):
        assert isinstance(criterion, Refers) or criterion.source in statements().sources, criterion.id
        assert criterion.source != "calipers" or criterion.operational, criterion.id


@each_row
def test_sections_are_not_guessed(row: Row) -> None:
    assert all(criterion.section is None for criterion in criteria_in(row.criteria))


@each_row
def test_criteria_of_one_statement_have_different_names(row: Row) -> None:
    ids = [criterion.id for tree in (row.applies_if, row.criteria) for criterion in criteria_in(tree)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("row", "node"), CRITERIA, ids=lambda item: getattr(item, "key", getattr(item, "id", "")))
def test_a_threshold_is_read_in_the_unit_of_what_it_limits(row: Row, node: Named) -> None:
    if isinstance(node, Compare):
        assert all(limit.limit.unit == node.value.unit for limit in node.limits)
        assert not node.value.free_lead or _inside_leads(row, node)
    if isinstance(node, Measured):
        assert not node.free_lead or _inside_leads(row, node)


def test_every_scp_code_of_ptb_xl_has_a_row_and_no_row_has_another() -> None:
    assert {code for row in ROWS for code in row.scp} == set(PTBXL_CODES.split())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("1st degree AV block", "first_degree_av_block"),
        ("First-Degree Heart Block", "first_degree_av_block"),
        ("1AVB", "first_degree_av_block"),
        ("PR prolonged", "first_degree_av_block"),
        ("afib", "atrial_fibrillation"),
        ("AFIB", "atrial_fibrillation"),
        ("left bundle branch block", "lbbb"),
        ("CLBBB", "lbbb"),
        ("LVH", "lvh"),
        ("normal", "normal_ecg"),
        ("long QT", "long_qt"),
        ("complete heart block", "third_degree_av_block"),
        ("LNGQT", "long_qt"),
        ("PACE", "paced_rhythm"),
    ],
)
def test_a_statement_is_found_by_any_usual_name(name: str, key: str) -> None:
    assert statements().find(name).key == key


def test_an_unknown_statement_lists_what_comes_near() -> None:
    with pytest.raises(UnknownStatement, match="Atrial fibrillation"):
        statements().find("atrial fibrilation")


def test_a_question_is_matched_to_the_statements_it_mentions() -> None:
    found = {row.key for row in statements().mentioned("Is there atrial fibrillation, or a 2nd degree heart block?")}
    assert found == {"atrial_fibrillation", "second_degree_av_block"}


def test_the_longest_name_wins() -> None:
    assert [row.key for row in statements().mentioned("left bundle branch block?")] == ["lbbb"]


@each_row
def test_a_sentence_names_only_its_own_statement_and_its_companions(row: Row) -> None:
    allowed = {row.key} | statements().companions(row.key)
    assert all(set(statements().named_in(template)) <= allowed for template in templates_of(row))


def test_the_digest_is_stable_and_covers_every_file() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", criteria_sha256())
    assert criteria_sha256() == criteria_sha256()


def test_evidence_ids_are_the_slots_that_templates_use() -> None:
    ledger = {item.id: item for item in ecgs.verdicts().ledger()}
    for row in ROWS:
        for template in templates_of(row):
            for slot in criterion_slots(template):
                item = ledger.get(f"crit:{slot}")
                assert item is None or isinstance(item, CriterionEvidence)


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("misspelt field", {"lable": "x"}, r"test.yaml: statement `x`, .*lable"),
    ("digit in a template", {"says": {"definite": "PR above 200"}}, r"test.yaml: statement `x`: digit"),
    ("unknown slot", {"says": {"definite": "{prr}"}}, r"statement `x`: unknown measurement `\{prr\}`"),
    ("unknown criterion", {"says": {"definite": "{crit:.nope}"}}, r"statement `x`: .*x.nope"),
    (
        "unknown source",
        {"criteria": {"id": "a", "text": "t", "value": "pr", "above": "1 ms", "source": "nope"}},
        "nope",
    ),
    ("unknown measurement", {"criteria": {"id": "a", "text": "t", "value": "prr", "above": "1 ms"}}, "prr"),
    ("wrong unit", {"criteria": {"id": "a", "text": "t", "value": "pr", "above": "1 mV"}}, "mV"),
    ("two tests", {"criteria": {"id": "a", "text": "t", "value": "pr", "above": "1 ms", "below": "2 ms"}}, "one test"),
    ("digit in a text", {"criteria": {"id": "a", "text": "over 1", "value": "pr", "above": "1 ms"}}, "limit"),
    ("unknown statement", {"suppressed_by": ["nope"]}, "nope"),
    ("itself", {"suppressed_by": ["x"]}, "circle"),
    ("mixed units", {"criteria": {"id": "a", "text": "t", "value": "pr + hr", "above": "1 ms"}}, "equal units"),
    ("code", {"criteria": {"id": "a", "text": "t", "value": "__import__('os')", "above": "1 ms"}}, "needed names"),
]


@pytest.mark.parametrize(("_what", "change", "message"), BROKEN, ids=[what for what, *_ in BROKEN])
def test_a_broken_file_names_file_statement_and_field(
    tmp_path: Path, _what: str, change: dict[str, Any], message: str
) -> None:
    row = {
        "key": "x",
        "label": "X",
        "criteria": {"id": "a", "text": "PR above {limit}", "value": "pr", "above": "200 ms"},
        "says": {"definite": "X: {pr}"},
    }
    for name in ("sources.yaml", "contiguity.yaml"):
        (tmp_path / name).write_text((criteria_folder() / name).read_text("utf-8"), "utf-8")
    content = {"family": "test", "position": 1, "statements": [row | change]}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(CriteriaError, match=message):
        load(tmp_path)


def test_a_row_without_criteria_is_kept_and_never_evaluated(tmp_path: Path) -> None:
    for name in ("sources.yaml", "contiguity.yaml"):
        (tmp_path / name).write_text((criteria_folder() / name).read_text("utf-8"), "utf-8")
    content = {"family": "t", "position": 1, "statements": [{"key": "dig", "label": "Digitalis", "scp": ["DIG"]}]}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(content), "utf-8")
    table = load(tmp_path)
    assert table.find("DIG").key == "dig"
    assert table.order == ()


def _steps(row: Row) -> list[Named]:
    """The criteria of a row, without those inside a list of leads, which inherit its source."""
    inner = {
        id(child)
        for criterion in criteria_in(row.criteria)
        if isinstance(criterion, InLeads)
        for child in criteria_in(criterion.where)
    }
    return [criterion for criterion in criteria_in(row.criteria) if id(criterion) not in inner]


def _inside_leads(row: Row, node: Named) -> bool:
    return any(
        node in list(criteria_in(outer.where)) for outer in criteria_in(row.criteria) if isinstance(outer, InLeads)
    )
