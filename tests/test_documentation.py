"""What the documentation shows runs, and gives what it says: docstrings, docs/api.md, and the notebook."""

from __future__ import annotations

import doctest
import inspect
import pydoc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import calipers
from calipers import Agent, Ecg
from calipers.tools import anonymise
from tests import notebook

ROOT = Path(__file__).parents[1]
OWN_CRITERIA = ROOT / "tests" / "agent" / "own_criteria.yaml"
FUNCTIONS = [name for name in calipers.__all__ if inspect.isfunction(getattr(calipers, name))]
#: Methods that need another model, a question back or minutes; what they do is shown in tests of their own.
UNSHOWN = {"resume", "synthesise", "review", "close", "ecg_of", "verify"}


@pytest.fixture(scope="module")
def names(demo_ecg: Ecg, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the examples may use."""
    from pydicom.data import get_testdata_file

    home = tmp_path_factory.mktemp("home")
    earlier = replace(demo_ecg, signal_mv=0.9 * demo_ecg.signal_mv)
    with Agent("none", home=home) as agent, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALIPERS_HOME", str(home))
        yield {
            "path": str(get_testdata_file("waveform_ecg.dcm", download=False)),
            "home": home,
            "ecg": demo_ecg,
            "earlier": earlier,
            "agent": agent,
            "own_criteria": OWN_CRITERIA,
            **{name: getattr(calipers, name) for name in calipers.__all__},
            **{name: getattr(anonymise, name) for name in anonymise.__all__},
        }


def run(name: str, text: str, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(text, dict(names), name, None, 0)
    assert test.examples, f"{name} shows no example"
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append, clear_globs=True)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_shows_an_example_that_runs(name: str, names: dict[str, Any]) -> None:
    run(name, getattr(calipers, name).__doc__ or "", names)


@pytest.mark.parametrize(
    "shown",
    [
        calipers,
        Agent,
        Agent.interpret,
        Agent.ask,
        Agent.stream,
        Ecg.from_array,
        calipers.ToolFinding,
        anonymise.anonymise_ecg,
    ],
    ids=lambda shown: getattr(shown, "__qualname__", "calipers"),
)
def test_the_examples_of_the_agent_and_the_nouns_run(shown: Any, names: dict[str, Any]) -> None:
    run(str(shown), inspect.getdoc(shown) or "", names)


def test_the_page_on_the_api_runs(names: dict[str, Any]) -> None:
    run("docs/api.md", (ROOT / "docs" / "api.md").read_text("utf-8"), names)


def test_everything_public_says_what_it_is() -> None:
    for name in calipers.__all__:
        thing = getattr(calipers, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert (thing.__doc__ or "").strip(), name
    for name, method in inspect.getmembers(Agent, inspect.isfunction):
        if not name.startswith("_"):
            assert (method.__doc__ or "").strip(), name


def test_every_method_of_the_agent_has_an_async_twin_with_the_same_arguments() -> None:
    for name in ("interpret", "ask", "resume", "stream", "synthesise", "review"):
        ours, twin = (inspect.signature(getattr(Agent, prefix + name)).parameters for prefix in ("", "a"))
        assert list(ours) == list(twin), name


def test_help_begins_with_what_to_do_and_shows_no_address_in_memory() -> None:
    text = pydoc.plain(pydoc.render_doc(Agent))
    assert " at 0x" not in text
    assert "every claim is verified before it is returned" in text
    first = (calipers.__doc__ or "").splitlines()
    assert any("calipers.read_ecg" in line for line in first[:5])
    assert max(map(len, [*first, *text.partition("Method resolution")[0].splitlines()[4:]])) <= 120


def test_the_notebook_runs_and_says_what_it_says(names: dict[str, Any]) -> None:
    path = ROOT / "docs" / "tour.ipynb"
    assert notebook.differences(path, {"home": names["home"]}) == []
