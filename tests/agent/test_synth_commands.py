"""`calipers synth` on the command line, and what is refused of a synthetic ECG."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calipers import Agent, verify
from calipers.agent.cli import interpret_commands, synth_commands
from calipers.agent.cli.options import Format
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.models.simulator import Specification, simulate
from calipers.tools import generate
from calipers.tools.generate import Item, Synthesis
from calipers.tools.generate.writing import write_wfdb

_AS_THE_FILE_SAYS = dict.fromkeys(("fs", "unit", "leads", "age", "sex"))


def _made(text: str, **_: object) -> Synthesis:
    items = (
        Item(name="hr", requested=80.0, obtained=80.4, tolerance=4.0, met=True, unit="/min"),
        Item(name="lbbb", requested="present", obtained="not_met"),
    )
    provenance = {"candidates": 8, "learned_partly_from_simulated_signals": ["lbbb"]}
    ecg: Ecg = simulate(Specification("sinus", rate=80), 1).ecg
    return Synthesis(ecg=ecg, items=items, met=False, provenance=provenance)


def test_a_miss_is_printed_as_a_miss(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "synthesise", _made)
    synth_commands.synth(out=tmp_path / "made.hea", text="LBBB at 80")
    said = capsys.readouterr().out
    assert "SYNTHETIC: not recorded from a person" in said
    assert "lbbb  requested present  obtained not_met  NOT MET" in said
    assert "NOT all wishes met" in said
    assert "learned partly from simulated signals" in said
    assert json.loads((tmp_path / "made.json").read_text())["met"] is False


def test_interpret_refuses_a_synthetic_ecg_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write_wfdb(simulate(Specification("sinus", rate=70, noise="light"), 2).ecg, tmp_path / "made")
    with pytest.raises(UsageError, match="--allow-synthetic"):
        interpret_commands.interpret(record=files[:1], **_AS_THE_FILE_SAYS, output=Format.json, model="none")
    interpret_commands.interpret(
        record=files[:1], **_AS_THE_FILE_SAYS, output=Format.json, model="none", allow_synthetic=True
    )
    assert json.loads(capsys.readouterr().out)["provenance"]["synthetic"] is True


def test_every_claim_about_a_synthetic_ecg_carries_the_mark(tmp_path: Path) -> None:
    ecg = simulate(Specification("sinus", rate=70, noise="light"), 2).ecg
    agent = Agent("none", home=tmp_path)
    with pytest.raises(UsageError, match="allow_synthetic"):
        agent.interpret(ecg)
    with pytest.raises(UsageError, match="allow_synthetic"):
        agent.ask("one", "how long is the PR?", ecg)
    report = agent.interpret(ecg, allow_synthetic=True)
    assert report.claims
    assert all(claim.synthetic for claim in report.claims)
    assert verify(report, ecg) == []
    unmarked = report.model_copy(
        update={"claims": tuple(claim.model_copy(update={"synthetic": False}) for claim in report.claims)}
    )
    assert {fault.claim_id for fault in verify(unmarked)} == {claim.id for claim in report.claims}


def test_neither_words_nor_a_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found neither TEXT nor --like"):
        synth_commands.synth(out=tmp_path / "made.hea")
