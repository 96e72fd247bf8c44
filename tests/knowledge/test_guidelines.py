"""The corpus is what it says: paraphrases with their document, and nothing claimed that was not seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calipers.knowledge import statements
from calipers.knowledge.guidelines import GuidelineError, passages
from calipers.knowledge.guidelines.corpus import read_corpus

CORPUS = passages()

DOCUMENT = """
- key: aha_1999
  society: AHA
  year: 1999
  title: A document
  passages:
    - id: one
      text: {text}
      topics: [a topic]
{more}
"""


def a_folder(tmp_path: Path, text: str, more: str = "") -> Path:
    (tmp_path / "seen.yaml").write_text("page: https://example.org\n", "utf-8")
    (tmp_path / "corpus.yaml").write_text(DOCUMENT.format(text=text, more=more), "utf-8")
    return tmp_path


def test_the_corpus_is_broad() -> None:
    assert len(CORPUS) >= 250
    assert len({passage.document.key for passage in CORPUS.values()}) >= 25


def test_every_passage_serves_statements_that_exist() -> None:
    known = set(statements())
    assert {key for passage in CORPUS.values() for key in passage.statements} <= known


def test_section_class_and_level_stand_only_where_a_page_was_seen() -> None:
    for passage in CORPUS.values():
        if passage.section or passage.recommendation_class or passage.level:
            assert passage.seen_at is not None, passage.id


def test_pages_are_addresses() -> None:
    assert all(re.match(r"https?://", passage.seen_at) for passage in CORPUS.values() if passage.seen_at)


def test_no_passage_recommends_treatment() -> None:
    treats = re.compile(
        r"\b(mg|anticoagula\w+|amiodarone|cardioversion|thromboly\w+|should be treated|beta[- ]?blocker)\b"
    )
    assert [passage.id for passage in CORPUS.values() if treats.search(passage.text)] == []


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("A sentence of sufficient length without its full stop", ""),
        ("A “quoted” sentence that pretends to be the original text.", ""),
        ("A sentence with a slot {pr} that code would fill with a value.", ""),
        ("A sentence that names a page which the table does not hold.", "      seen: elsewhere"),
        ("A sentence with a field that nobody knows of in this schema.", "      colour: red"),
    ],
)
def test_a_faulty_passage_is_refused_with_its_file(tmp_path: Path, text: str, more: str) -> None:
    with pytest.raises(GuidelineError, match=r"corpus\.yaml"):
        read_corpus(a_folder(tmp_path, f"'{text}'", more))


def test_a_sound_passage_is_read(tmp_path: Path) -> None:
    found = read_corpus(a_folder(tmp_path, "A sentence that says one thing and names its page.", "      seen: page"))
    assert found["guide:aha_1999.one"].seen_at == "https://example.org"
    assert found["guide:aha_1999.one"].source == "AHA 1999"
