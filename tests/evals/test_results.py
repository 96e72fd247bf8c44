"""README's table: cut from saved results, and from nothing else."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calipers.agent.cli.app import app
from calipers.errors import UsageError
from calipers.evals.framework import Result, results_json, task_names
from calipers.evals.results import Row, SavedResults, cut_readme, fill, renewal, rows, stale, take
from calipers.evals.results.curves import cost, errors
from calipers.evals.results.html import html
from calipers.evals.results.page import page, peer_lines
from calipers.evals.results.reached import reached_by_controls
from calipers.evals.results.renewal import Taking, due, plan
from calipers.evals.results.slots import slots
from calipers.evals.results.store import ROOT
from calipers.evals.results.table import END, SAME, START
from calipers.evals.results.targets import Target

RESULT = Result(
    "triage", 1206, {"raised": 0.9944, "bias": -2.66}, {"raised": (0.98, 0.999)}, {"reader a: b's": {"raised": 0.5}}, 9.0,
    {"asked": {"split": "validation", "model": "embedded", "seed": 1}, "code": "x", "tables": "y", "weights": "z"},
)  # fmt: skip
SAVED = {"triage.validation": RESULT}


def test_figures_come_from_results() -> None:
    assert fill("{triage.validation:raised|pct1} {triage.validation:raised|pctci1}", SAVED) == "99.4 % [98.0, 99.9]"
    assert fill("{triage.validation:bias|signed1} of {triage.validation:n|num0}", SAVED) == "−2.7 of 1,206"
    assert fill("{triage.validation:reader a: b's/raised|num2}", SAVED) == "0.50"


@pytest.mark.parametrize(
    "slot", ["{measurement:qrs|pct1}", "{triage.validation:qrs|pct1}", "{triage.validation:a/b|num2}"]
)
def test_what_was_not_run_says_so(slot: str) -> None:
    assert fill(slot, SAVED) == "not run"


def test_a_wrong_form_is_refused() -> None:
    with pytest.raises(UsageError, match="percent"):
        fill("{triage.validation:raised|percent}", SAVED)


def test_every_row_is_whole_and_one_command_takes_what_it_shows() -> None:
    taken = {one.name for one in plan()}
    for row in rows():
        assert row.what
        assert row.command
        named = {slot.result for text in (row.figure, row.peers) for slot in slots(text)}
        assert named | {target.result for target in row.asked} <= taken, row.what


def test_every_task_of_the_plan_says_who_runs_beside_it_and_who_cannot() -> None:
    said = {line[0]: line[1:] for line in peer_lines()}
    assert set(said) == {taking.arguments[0] for taking in plan()}
    assert all(all(cells) for cells in said.values())


def test_the_commands_of_the_evidence_exist() -> None:
    commands = [row.command.strip("`") for row in rows() if row.command != SAME]
    for words in map(shlex.split, commands):
        if words[:2] == ["calipers", "eval"]:
            assert set(words[2:3]) <= set(task_names()), words
            assert CliRunner().invoke(app, [*words[1:], "--help"]).exit_code == 0, words
        elif words[0] == "calipers":
            assert CliRunner().invoke(app, [*words[1:], "--help"]).exit_code == 0, words
        else:
            assert words[:2] == ["python", "-m"], words
            assert find_spec(words[2]) is not None, words


def test_every_command_of_the_readme_is_a_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    called = {line.split()[1] for line in text.splitlines() if line.startswith("calipers ")}
    assert called >= {"interpret", "eval", "review"}
    for name in called:
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0, name


def test_a_target_says_how_much_was_attained() -> None:
    wanted = {
        "triage.validation:raised >= 0.5": 1.9888,
        "triage.validation:bias within 1.33": 0.5,
        "triage.validation:reader a: b's/raised <= 0.25 (asked of b)": 0.5,
        "triage.validation:reader a: b's/raised <= 0": 0.5,
        "triage.validation:raised <= 1.9888": 1.5,
    }
    for text, share in wanted.items():
        assert Target.parse(text).attained(SAVED) == pytest.approx(share, abs=1e-4), text
    assert Target.parse("speed:warm <= 1").attained(SAVED) is None
    with pytest.raises(UsageError, match="needed"):
        Target.parse("triage raised over 5")


def test_the_page_opens_with_the_weakest_rows_and_why() -> None:
    lines = [
        Row("well met", "{triage.validation:raised|pct1}", "`x`", (Target.parse("triage.validation:raised >= 0.5"),)),
        Row(
            "missed",
            "{triage.validation:bias|signed1}",
            "`y`",
            (Target.parse("triage.validation:bias within 2"),),
            "It leans.",
        ),
    ]
    text = page(SAVED, lines)
    assert text.index("1. **missed**: -2.66 where ± 2 was asked") < text.index("2. **well met**")
    assert "It leans." in text
    assert "| [well met](#triagevalidation) | 99.4 % [98.0 to 99.9] | 1,206 | ≥ 0.5 |" in text
    shown = html(SAVED, lines)
    assert '<h2 id="triagevalidation">' in shown
    assert '<a href="#triagevalidation">well met</a>' in shown
    assert "<strong>± 2, missed</strong>" in shown
    assert "prefers-color-scheme: dark" in shown
    assert shown.count("<svg") >= 2


def test_errors_are_drawn_around_zero_and_cost_as_curves() -> None:
    ours = {"qrs_bias_ms": -10.0, "qrs_sd_ms": 11.0, "coverage": 0.9}
    drawn = errors(replace(RESULT, metrics=ours), {"openecg": {"qrs_bias_ms": 8.6, "qrs_sd_ms": 22.9}})
    assert "Calipers, qrs: -10.0 ± 11.0 ms" in drawn
    assert "openecg, qrs: +8.6 ± 22.9 ms" in drawn
    assert "+40 ms" in drawn, "the axis reaches beyond 8.6 + 22.9"
    times = {"stage_measure_s": 0.09, "stage_neurokit2_s": 0.57, "measure_10s_s": 0.1, "measure_60s_s": 0.7,
             "measure_10s_peak_rss_gb": 0.3, "measured_per_s_1_workers": 8.0, "measured_per_s_2_workers": 16.0}  # fmt: skip
    curves = cost(replace(RESULT, metrics=times))
    assert curves.count("<svg") == 4
    assert curves.count("<polyline") == 3
    assert (errors(RESULT, {}), cost(RESULT)) == ("", "")


def test_a_figure_that_a_control_reaches_is_named() -> None:
    groups = {"reader control: silent": {"raised": 0.985, "held": 0.2}, "reader b": {"raised": 1.0}}
    result = replace(RESULT, metrics={"raised": 0.9944, "held": 0.99, "false_critical": 0.0}, groups=groups)
    (found,) = reached_by_controls({"triage": result})
    assert (found.metric, found.control) == ("raised", "control: silent"), "within the interval of 0.98 to 0.999"
    assert "| triage | raised | 0.9944 | control: silent | 0.985 |" in page({"triage": result}, [])


def test_only_what_is_absent_or_stale_is_due_and_the_longest_first() -> None:
    kept = replace(RESULT, provenance={"files": {}})
    gone = replace(RESULT, provenance={"files": {"evals/gone.py": "0"}})
    slow, quick = replace(gone, task="speed", seconds=900.0), replace(gone, task="retrieval", seconds=5.0)
    names = [one.name for one in due((), {"triage.validation": kept, "speed": slow, "retrieval": quick})]
    assert "triage.validation" not in names
    assert names[0] == "speed"
    assert names[-1] == "retrieval"
    with pytest.raises(UsageError, match="plan"):
        due(("nothing",), {})


def test_renewal_saves_what_it_takes_and_names_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(taking: Taking, out: Path) -> int:
        if taking.name == "speed":
            return 5
        out.mkdir(parents=True)
        (out / "triage.json").write_text(results_json([RESULT]))
        return 0

    monkeypatch.setattr(renewal, "_eval", taken)
    said: list[str] = []
    left = renewal.renew(("triage.validation", "speed"), tmp_path / "run", 1.0, said.append, tmp_path / "saved")
    assert left == ["speed"]
    assert [line.split(",")[0] for line in said] == ["triage.validation: taken", "speed: failed with 5"]
    assert (tmp_path / "saved" / "triage.validation.embedded.json").is_file()
    assert renewal.renew(("speed",), tmp_path / "run", -1.0, said.append, tmp_path / "saved") == ["speed"]
    assert "not begun" in said[-1]


def test_the_readme_changes_between_its_marks_only(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    row = Row("raised", "{triage.validation:raised|pct1}", "`calipers eval triage`")
    assert cut_readme(readme, SAVED, [row])
    text = readme.read_text()
    assert "| raised | 99.4 % | `calipers eval triage` |" in text
    assert "old" not in text
    assert (text.startswith("before\n"), text.endswith("after\n")) == (True, True)
    assert not cut_readme(readme, SAVED, [row, Row("absent", "{speed:warm|num2}", "`calipers eval speed`")])
    readme.write_text("no marks")
    with pytest.raises(UsageError, match="marks"):
        cut_readme(readme, SAVED, [row])


def test_runs_are_saved_under_task_split_and_model(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "triage.json").write_text(results_json([RESULT]))
    (path,) = take(tmp_path / "run", tmp_path / "saved")
    assert path.name == "triage.validation.embedded.json"
    results = SavedResults(tmp_path / "saved")
    assert list(results) == ["triage.validation.embedded"]
    assert results["triage.validation.embedded"].provenance == json.loads(path.read_text())["tasks"][0]["provenance"]
    assert stale(results) == {"triage.validation.embedded": ("code", "tables", "weights")}
    assert "`--model embedded`" in page(results, [])
