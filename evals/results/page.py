"""`docs/results.md`: the weakest rows first, then every claim, then every saved result with its interval and peers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from calipers.evals.framework import Result
from calipers.evals.results.reached import reached_by_controls
from calipers.evals.results.slots import Slot, fill, fill_with_intervals, number, slots
from calipers.evals.results.table import Row, weakest
from calipers.evals.results.targets import Standing, Target

_INTRODUCTION: Final = """# Results

Written by `make results` from `docs/results/*.json`; edit neither by hand. The same with plots:
[results.html](results.html); how it works: [evals.md](evals.md). Intervals are 95 %, from resampling patients. `python -m calipers.evals.results --stale`
names the results that today's code, tables or weights would not repeat; `--renew` takes those again, on two processes;
`calipers eval TASK --out RUN` repeats one, with its samples, prompts and raw answers in `RUN/samples`, and
`calipers eval --compare A B` holds two runs against each other.

PTB-XL is CC BY 4.0 (Wagner 2020), LUDB ODC-BY 1.0 (Kalyakulina 2020). No figure here is of patients outside these
sets; fold 9 of PTB-XL and LUDB's 41 validation records were not trained or tuned on. A `control` is no program: it
repeats, shuffles or says nothing, and shows what a broken product would score.
"""
PEERS: Final = Path(__file__).with_name("peers.yaml")
#: Rows that the page opens with.
WEAKEST: Final = 3
#: Published figures of models that cannot run here: what, figure, source.
PUBLISHED: Final = (
    ("ECG-Reasoning-Benchmark, Completion, best published model", "< 6 %", "arXiv 2603.14326"),
    ("Grounded ECG understanding, PTB-XL, GEM 7B (diagnosis accuracy / lead accuracy)", "73.6 / 48.0 %",
     "arXiv 2503.06073v2, Table 1, judged by GPT-4o"),
    ("the same, PULSE 7B", "59.2 / 6.3 %", "the same table"),
    ("ECGBench, five superclasses from pictures, PULSE-7B (macro AUC / F1 / Hamming loss)", "0.824 / 74.8 / 11.0 %",
     "arXiv 2410.19008, Table 3"),
    ("the same, GPT-4o; MERL, zero-shot from signals", "0.556 / 28.3 / 26.2 %; 0.742", "the same table"),
    ("71 statements of PTB-XL, xresnet1d101, fold 10 (five times the training data)", "macro AUROC 0.925",
     "Strodthoff 2021, doi 10.1109/JBHI.2020.3022989"),
)  # fmt: skip
#: Groups beyond this are left to the JSON.
_GROUPS: Final = 14
#: Columns of a group's table.
_COLUMNS: Final = 8


def page(results: Mapping[str, Result], rows: Sequence[Row]) -> str:
    """The whole document."""
    parts = [
        _INTRODUCTION,
        "## The three weakest rows\n",
        *weakest_lines(weakest(results, rows)[:WEAKEST]),
        "\n## The claims\n",
        "Each figure with its interval where one was taken, the observations behind it (the fewest and the most), what was"
        " asked for, peers in the same run, and what was published.\n",
        table(CLAIM_HEADER, claim_lines(results, rows)),
        "\n## What a control reaches as well\n",
        REACHED + "\n",
        table(REACHED_HEADER, reached_lines(results)),
        "\n## Who runs, and who cannot\n",
        "Of each task the peers in the same run; any model that is named by `--model` reads where `none` reads.\n",
        table(PEER_HEADER, peer_lines()),
        "\n## What it takes\n",
        took(results) + "\n",
        table(TOOK_HEADER, took_lines(results)),
        "\n## Published of models that cannot run here\n",
        table(("what", "figure", "source"), PUBLISHED),
        "\nOther judges, other records: they stand beside ours, not against them.\n",
    ]
    parts += [part for name, result in results.items() for part in _section(name, result)]
    return "\n".join(parts).rstrip() + "\n"


def weakest_lines(found: Sequence[Standing]) -> list[str]:
    """A numbered line for each row: what it attained of what was asked, and why."""
    return [
        f"{place}. **{one.what}**: {_number(one.value)} where {one.target.limit_text()} was {one.target.by}"
        f" (`{one.target.result}`, `{one.target.metric}`)"
        + (f". {one.why}" if one.why and one.attained < 1.0 else "; the limit is met." if one.attained >= 1.0 else ".")
        for place, one in enumerate(found, start=1)
    ]


REACHED: Final = (
    "Figures on which a reader that sees no ECG, or another's, does as well within the interval. They measure style,"
    " prevalence or one side of a pair, and prove nothing alone; what stands beside them in the same row must."
)
REACHED_HEADER: Final = ("result", "figure", "Calipers", "control", "its figure")


def reached_lines(results: Mapping[str, Result]) -> list[tuple[str, ...]]:
    """Such figures as lines of a table."""
    return [
        (one.result, one.metric, _number(one.value), one.control, _number(one.theirs))
        for one in reached_by_controls(results)
    ]


TOOK_HEADER: Final = ("task", "n", "seconds", "load average at its start")


def took(results: Mapping[str, Result]) -> str:
    """How long all tasks took together, a sentence."""
    minutes = sum(result.seconds for result in results.values()) / 60.0
    return f"{minutes:,.0f} minutes of tasks in all, of which `--renew` runs two at a time, one process each."


def took_lines(results: Mapping[str, Result]) -> list[tuple[str, ...]]:
    """Seconds of every task, where it was taken, as lines of a table."""
    return [
        (name, f"{result.n:,}", f"{result.seconds:,.0f}", f"{result.provenance.get('load', '–')}")
        for name, result in sorted(results.items(), key=lambda item: -item[1].seconds)
    ]


def peer_lines() -> list[tuple[str, ...]]:
    """Task by task who runs beside it, as lines of a table."""
    entries: Mapping[str, Mapping[str, str]] = yaml.safe_load(PEERS.read_text(encoding="utf-8"))
    return [(task, *(str(one[key]) for key in _PEER_KEYS)) for task, one in entries.items()]


_PEER_KEYS: Final = ("none", "embedded", "base", "neurokit2", "openecg", "controls")
PEER_HEADER: Final = ("task", "`none`", "`embedded`", "its base, not fine-tuned", "NeuroKit2", "openecg", "controls")
CLAIM_HEADER: Final = ("what", "figure [95 % interval]", "n", "asked", "peers, same run", "published", "command")


def claim_lines(results: Mapping[str, Result], rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The claims as lines of a table; the first cell links to the result behind it."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        what = f"[{row.what}](#{anchor(row.result)})" if row.result in results else row.what
        asked = "; ".join(_asked(target, results, alone=len(row.asked) == 1) for target in row.asked) or "–"
        peers, published = fill(row.peers, results) or "–", row.published or "–"
        figure = fill_with_intervals(row.figure, results)
        lines.append((what, figure, _n(results, list(slots(row.figure))), asked, peers, published, row.command))
    return lines


def _asked(target: Target, results: Mapping[str, Result], *, alone: bool) -> str:
    """`≥ 0.95`, with the figure's name where a row has several; strong where it was missed."""
    words = target.limit_text() if alone else f"{target.metric.rpartition('/')[2]} {target.limit_text()}"
    attained = target.attained(results)
    return f"**{words}, missed**" if attained is not None and attained < 1.0 else words


def anchor(name: str) -> str:
    """The fragment that a heading of that name gets."""
    return "".join(sign for sign in name.lower() if sign.isalnum() or sign in "-_")


def _n(results: Mapping[str, Result], found: Sequence[Slot]) -> str:
    """Observations behind the figures, from the fewest to the most; records where they were not counted."""
    counts = sorted({count for slot in found if (count := _count(results, slot)) is not None})
    return " to ".join(f"{count:,.0f}" for count in dict.fromkeys((counts[0], counts[-1]))) if counts else "–"


def _count(results: Mapping[str, Result], slot: Slot) -> float | None:
    if slot.result not in results:
        return None
    group = slot.metric.rpartition("/")[0]
    count = results[slot.result].counts.get(slot.metric)
    return count if count is not None else number(results, slot.result, f"{group}/n" if group else "n")


def _section(name: str, result: Result) -> Iterator[str]:
    yield f"\n## {name}\n"
    yield taken(result)
    yield table(FIGURE_HEADER, figure_lines(result))
    readers, judged, others = split_groups(result)
    titled = (
        ("Readers, peers and controls", readers),
        ("By a judge beside the code", judged),
        ("Parts of the data", others),
    )
    for title, groups in titled:
        if groups:
            yield f"\n{title}:\n"
            yield table(*group_lines(dict(list(groups.items())[:_GROUPS])))
        if len(groups) > _GROUPS:
            yield f"\n{len(groups) - _GROUPS} more in [{name}.json](results/{name}.json).\n"


FIGURE_HEADER: Final = ("figure", "value", "95 % interval", "n")


def figure_lines(result: Result) -> list[tuple[str, ...]]:
    """Every figure of a result with its interval and the observations that it rests on."""
    return [
        (
            metric,
            _number(value),
            "{:.4g} to {:.4g}".format(*result.ci95[metric]) if metric in result.ci95 else "–",
            f"{result.counts[metric]:,}" if metric in result.counts else "–",
        )
        for metric, value in result.metrics.items()
    ]


Groups = dict[str, Mapping[str, float]]


def split_groups(result: Result) -> tuple[Groups, Groups, Groups]:
    """The groups that are readers, peers or controls; a judge's criteria; and parts of the data."""
    readers = {group: values for group, values in result.groups.items() if _is_reader(group)}
    judged = {group: values for group, values in result.groups.items() if group.startswith("judge ")}
    return (
        readers,
        judged,
        {group: values for group, values in result.groups.items() if group not in {*readers, *judged}},
    )


def _is_reader(group: str) -> bool:
    return group.startswith(("reader ", "model ", "control")) or group in ("calipers", "openecg", "neurokit2")


def taken(result: Result) -> str:
    """How and when a result was taken, a line."""
    noted: Mapping[str, Any] = result.provenance
    asked = noted.get("asked") or {}
    options = [f"`--{key} {value}`" for key, value in asked.items() if key != "seed" and value not in (None, "all")]
    words = [f"n = {result.n:,}", f"{result.seconds:.0f} s"]
    if noted:
        words += [f"seed {asked.get('seed')}", str(noted.get("started", ""))[:16].replace("T", " ")]
    if "code" in noted:
        words += [
            f"commit {noted.get('commit') or 'unknown'}",
            f"code {noted['code']}, tables {noted['tables']}, weights {noted['weights']}",
            f"{noted.get('machine')}, load {noted.get('load')}",
        ]
    else:
        words.append("taken before hashes were noted")
    return "; ".join([*words, *options]) + ".\n"


def group_lines(groups: Mapping[str, Mapping[str, float]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and lines of groups, as many of their figures as a page is wide."""
    metrics = list(dict.fromkeys(metric for values in groups.values() for metric in values))[:_COLUMNS]
    lines = [
        (group, *(_number(values[metric]) if metric in values else "–" for metric in metrics))
        for group, values in groups.items()
    ]
    return ("part", *metrics), lines


def table(header: Sequence[str], lines: Any) -> str:
    """A Markdown table; the first column is text."""
    rule = "|---|" + "---:|" * (len(header) - 1)
    cells = ("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return "\n".join(["| " + " | ".join(header) + " |", rule, *cells])


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and abs(value) > 1 else f"{value:.4g}"
