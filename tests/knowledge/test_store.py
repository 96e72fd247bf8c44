"""The index: the published model's numbers, repeatable builds, a crash that changes nothing, many readers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from calipers.errors import MissingPart
from calipers.knowledge.guidelines import passages
from calipers.knowledge.store import embedding, guideline_index
from calipers.knowledge.store.folders import IndexFolder
from calipers.knowledge.store.guideline_index import GuidelineIndex, build_guideline_index
from calipers.knowledge.store.word_index import WordIndex
from calipers.knowledge.store.wording import mended, spelled_out, stem

needs_weights = pytest.mark.skipif(
    embedding.weights_folder() is None, reason="found no sentence embedding weights; needed `calipers fetch`"
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> GuidelineIndex:
    return GuidelineIndex(build_guideline_index(tmp_path_factory.mktemp("home")))


@needs_weights
def test_embeddings_are_those_of_the_published_model() -> None:
    # all-MiniLM-L6-v2 by sentence-transformers 6.2.0 with PyTorch 2.13.0, first five of 384.
    published = {
        "First-degree AV block is a PR interval above 200 ms.": [
            -0.0183161,
            0.0333747,
            -0.0547182,
            -0.0088875,
            -0.0337339,
        ],
        "torsade de pointes": [-0.0876312, 0.0792240, -0.0199165, -0.0507486, -0.0605410],
    }
    vectors = embedding.embedder()(list(published))
    assert vectors.dtype == np.float32
    assert np.abs(vectors[:, :5] - np.array(list(published.values()))).max() < 2e-6
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5


@needs_weights
def test_the_shipped_vectors_fit_the_corpus() -> None:
    with np.load(str(guideline_index._EMBEDDED)) as packed:
        assert str(packed["version"]) == guideline_index.index_version(), (
            "the corpus changed: run `python -m calipers.knowledge.store.guideline_index`"
        )


def test_missing_weights_are_said_to_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    monkeypatch.setattr(embedding, "find_spec", lambda name: None)
    embedding.embedder.cache_clear()
    with pytest.raises(MissingPart, match="calipers fetch"):
        embedding.embedder()


@needs_weights
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("1st degree hb PR cutoff", "guide:bradycardia_2018.av_first"),
        ("wellens", "guide:wellens_1982.pattern"),
        ("smith modified sgarbosa ratio", "guide:smith_2012.ratio"),
        ("QTc limit in athletes", "guide:athletes_2017.qt"),
    ],
)
def test_shorthand_and_slips_find_their_passage(index: GuidelineIndex, question: str, expected: str) -> None:
    assert expected in {hit.passage.id for hit in index.search(question)[:2]}


@needs_weights
@pytest.mark.parametrize(
    "question", ["recipe for apple pie", "dose of amiodarone for VT", "insulin sliding scale", "?"]
)
def test_a_question_about_something_else_finds_nothing(index: GuidelineIndex, question: str) -> None:
    assert index.search(question) == []


@needs_weights
def test_two_builds_answer_alike(index: GuidelineIndex, tmp_path: Path) -> None:
    again = GuidelineIndex(build_guideline_index(tmp_path))
    for question in ("LBBB criteria", "posterior MI leads", "epsilon wave", "AF in WPW"):
        assert index.search(question) == again.search(question)


@needs_weights
def test_threads_read_one_index(index: GuidelineIndex) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(index.search, ["brugada type 1 ecg"] * 12))
    assert all(hits == found[0] and hits for hits in found)


@needs_weights
def test_processes_read_one_index(tmp_path: Path) -> None:
    build_guideline_index(tmp_path)
    code = (
        "import sys; from pathlib import Path; from calipers.tools.retrieve import search_guidelines; "
        "print(search_guidelines('epsilon wave', home=Path(sys.argv[1]))[0].passage.id)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [one.communicate(timeout=120)[0].strip() for one in running] == ["guide:arvc_2010.epsilon"] * 2


def write(word: str) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        (folder / "content").write_text(word)

    return build


def test_a_crash_while_building_leaves_the_old_index(tmp_path: Path) -> None:
    place = IndexFolder(tmp_path, "things")
    old = place.publish("1", write("old"))

    def crash(folder: Path) -> None:
        (folder / "content").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.publish("2", crash)
    assert place.current() == old
    assert place.current("2") is None
    assert [path.name for path in tmp_path.iterdir() if "building" in path.name] == []


def test_the_index_before_the_last_stays_for_its_readers(tmp_path: Path) -> None:
    place = IndexFolder(tmp_path, "things")
    first, second, third = (place.publish(str(turn), write(str(turn))) for turn in range(3))
    assert place.current() == third
    assert second.is_dir()
    assert not first.exists()


def test_a_torn_pointer_counts_as_no_index(tmp_path: Path) -> None:
    place = IndexFolder(tmp_path, "things")
    place.publish("1", write("old"))
    (tmp_path / "things.json").write_text('{"version": "1", "fol')
    assert place.current() is None


def test_british_and_american_spellings_meet() -> None:
    for one, other in (
        ("ischaemia", "ischemia"),
        ("hyperkalaemia", "hyperkalemia"),
        ("repolarisation", "repolarization"),
    ):
        assert stem(one) == stem(other)


def test_only_unknown_words_are_mended() -> None:
    known = {"mitrale", "sgarbossa", "degree"}
    assert mended("sgarbosa mitral degrees", known, lambda word: False) == "sgarbossa mitral degrees"
    assert mended("sgarbosa", known, lambda word: True) == "sgarbosa"


def test_abbreviations_are_spelled_out() -> None:
    assert "wolff-parkinson-white" in spelled_out("WPW in kids")


def test_coverage_counts_words_that_nobody_holds() -> None:
    texts = WordIndex([passage.searched for passage in passages().values()])
    assert texts.coverage("epsilon wave").max() == pytest.approx(1.0)
    assert texts.coverage("epsilon zebra").max() < 0.7
    assert texts.coverage("PR 417").max() == pytest.approx(1.0)  # the number is the patient's
