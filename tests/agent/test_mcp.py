"""An MCP client that is not ours measures, interprets and is refused, through the protocol."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastmcp")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

from calipers.agent.mcp import build_server  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pydicom.data import get_testdata_file

    place = tmp_path_factory.mktemp("served")
    shutil.copy(str(get_testdata_file("waveform_ecg.dcm", download=False)), place / "demo.dcm")
    return place


def _call(folder: Path, tool: str, **arguments: Any) -> Any:
    from fastmcp import Client

    async def talk() -> Any:
        async with Client(build_server(folder)) as client:
            return await client.call_tool(tool, arguments, raise_on_error=False)

    return asyncio.run(talk())


def test_a_client_sees_the_tools_by_their_names(folder: Path) -> None:
    from fastmcp import Client

    async def names() -> set[str]:
        async with Client(build_server(folder)) as client:
            return {tool.name for tool in await client.list_tools()}

    expected = {"interpret", "ask", "measure", "explain", "classify", "compare", "search_guidelines", "render"}
    assert asyncio.run(names()) == expected


def test_a_measurement_comes_with_unit_and_interval(folder: Path) -> None:
    (pr,) = _call(folder, "measure", record="demo.dcm", ids=["pr"]).structured_content["result"]
    assert pr["printed"] == "149 ms"
    assert pr["uncertainty"] > 0


def test_every_claim_of_an_interpretation_brings_what_it_cites(folder: Path) -> None:
    told = _call(folder, "interpret", record="demo.dcm").structured_content
    given = {item["id"] for item in [*told["evidence"], *told["other_evidence"]]}
    assert told["claims"]
    assert all(key in given for claim in told["claims"] for key in claim["evidence"])


@pytest.mark.parametrize("path", ["../demo.dcm", "/etc/hostname"])
def test_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    refused = _call(folder, "measure", record=path)
    assert refused.is_error
    assert "outside the served folder" in refused.content[0].text


def test_an_unknown_id_is_told_in_one_line(folder: Path) -> None:
    refused = _call(folder, "measure", record="demo.dcm", ids=["st_everywhere"])
    assert refused.is_error
    assert "st_everywhere" in refused.content[0].text
