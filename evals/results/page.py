"""`docs/results.md`: every saved result, with its interval, its peers, and what it was taken from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from calipers.evals.framework import Result
from calipers.evals.results.table import Row, markdown

_INTRODUCTION: Final = """# Results

Written by `make results` from `docs/results/*.json`; edit neither by hand. Intervals are 95 %, from resampling
patients. `python -m calipers.evals.results --stale` names the results that today's code, tables or weights would not
repeat; `calipers eval TASK --out RUN` repeats one, with its samples, prompts and raw answers in `RUN/samples`, and
`calipers eval --compare A B` holds two runs against each other.

PTB-XL is CC BY 4.0 (Wagner 2020), LUDB ODC-BY 1.0 (Kalyakulina 2020). No figure here is of patients outside these
sets; fold 9 of PTB-XL and LUDB's 41 validation records were not trained or tuned on.
"""
#: Published figures of models that cannot run here: what, figure, source.
PUBLISHED: Final = (
    ("ECG-Reasoning-Benchmark, Completion, best published model", "< 6 %", "arXiv 2603.14326"),
    ("Grounded ECG understanding, PTB-XL, GEM 7B (diagnosis accuracy / lead accuracy)", "73.6 / 48.0 %",
     "arXiv 2503.06073v2, Table 1, judged by GPT-4o"),
    ("the same, PULSE 7B", "59.2 / 6.3 %", "the same table"),
    ("71 statements of PTB-XL, xresnet1d101, fold 10 (five times the training data)", "macro AUROC 0.925",
     "Strodthoff 2021, doi 10.1109/JBHI.2020.3022989"),
)  # fmt: skip
#: Groups beyond this are left to the JSON.
_GROUPS: Final = 14
#: Columns of a group's table.
_COLUMNS: Final = 8


def page(results: Mapping[str, Result], rows: list[Row]) -> str:
    """The whole document."""
    parts = [
        _INTRODUCTION,
        "## The claims\n",
        markdown(results, rows),
        "\n## Published of models that cannot run here\n",
    ]
    parts.append(_table(("what", "figure", "source"), PUBLISHED))
    parts.append("\nOther judges, other records: they stand beside ours, not against them.\n")
    parts += [part for name, result in results.items() for part in _section(name, result)]
    return "\n".join(parts).rstrip() + "\n"


def _section(name: str, result: Result) -> Iterator[str]:
    yield f"\n## {name}\n"
    yield _taken(result)
    yield _table(
        ("figure", "value", "95 % interval"),
        [(metric, _number(value), _interval(result, metric)) for metric, value in result.metrics.items()],
    )
    readers = {group: values for group, values in result.groups.items() if _is_reader(group)}
    others = {group: values for group, values in result.groups.items() if group not in readers}
    for title, groups in (("Readers and peers", readers), ("Parts of the data", others)):
        if groups:
            yield f"\n{title}:\n"
            yield _groups(dict(list(groups.items())[:_GROUPS]))
        if len(groups) > _GROUPS:
            yield f"\n{len(groups) - _GROUPS} more in `docs/results/{name}.json`.\n"


def _is_reader(group: str) -> bool:
    return group.startswith(("reader ", "model ", "control")) or group in ("calipers", "openecg", "neurokit2")


def _taken(result: Result) -> str:
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


def _groups(groups: Mapping[str, Mapping[str, float]]) -> str:
    metrics = list(dict.fromkeys(metric for values in groups.values() for metric in values))[:_COLUMNS]
    lines = [
        (group, *(_number(values[metric]) if metric in values else "–" for metric in metrics))
        for group, values in groups.items()
    ]
    return _table(("part", *metrics), lines)


def _table(header: tuple[str, ...], lines: Any) -> str:
    rule = "|---|" + "---:|" * (len(header) - 1)
    return "\n".join(["| " + " | ".join(header) + " |", rule, *("| " + " | ".join(line) + " |" for line in lines)])


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and abs(value) > 1 else f"{value:.4g}"


def _interval(result: Result, metric: str) -> str:
    if metric not in result.ci95:
        return "–"
    return "{:.4g} to {:.4g}".format(*result.ci95[metric])
