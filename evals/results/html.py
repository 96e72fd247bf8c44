"""`docs/results.html`: what `docs/results.md` says, with plots, as one file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from calipers.evals.framework import Result
from calipers.evals.results.curves import cost, errors
from calipers.evals.results.page import (
    CLAIM_HEADER,
    FIGURE_HEADER,
    PEER_HEADER,
    PUBLISHED,
    REACHED,
    REACHED_HEADER,
    TOOK_HEADER,
    WEAKEST,
    anchor,
    claim_lines,
    figure_lines,
    group_lines,
    peer_lines,
    reached_lines,
    split_groups,
    taken,
    took,
    took_lines,
    weakest_lines,
)
from calipers.evals.results.plots import attained, shares
from calipers.evals.results.table import Row, weakest

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1c1c; --faint: #5d5d5d; --line: #d4d4d4; --paper: #ffffff;
  --own: #0b6e4f; --short: #b0432a; --c0: #b0531f; --c1: #4f5396; --c2: #8a6d1d; --c3: #7a2e4d; --c4: #33691e; --c5: #455a64 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --faint: #a8a8a8; --line: #3d3d3d; --paper: #161616;
  --own: #4cc79a; --short: #ef7d63; --c0: #f0a060; --c1: #a5a9ef; --c2: #dcc060; --c3: #e58fb3; --c4: #a5d27c; --c5: #a9bcc6 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 84rem; margin: 2rem auto;
  padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) } a { color: var(--own) }
.faint, .legend { color: var(--faint); font-size: .9rem } .legend span { margin-right: 1.2rem; white-space: nowrap }
.legend svg { vertical-align: -3px; margin-right: .3rem }
.wide { overflow-x: auto } table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; font-size: .9rem }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top }
th:first-child, td:first-child { text-align: left; min-width: 12rem } .claims td { text-align: left; min-width: 3rem; overflow-wrap: anywhere }
.claims td:first-child { min-width: 15rem } .claims td:nth-child(2) { min-width: 13rem } .claims td:nth-child(4) { min-width: 11rem }
.claims td:nth-child(5) { min-width: 10rem } .claims td:nth-child(6), .claims td:nth-child(7) { min-width: 9rem } .claims th { text-align: left }
.plot { max-width: 100%; height: auto; display: block } .plot text { fill: var(--ink); font-size: 12px }
.plot .label { text-anchor: end } .plot .tick { text-anchor: middle; fill: var(--faint) }
.grid { stroke: var(--line) } .limit { stroke: var(--ink); stroke-width: 1.5 } .reach { stroke: var(--own); stroke-width: 2 }
.line { fill: none; stroke: var(--own); stroke-width: 2 } .line.peer { stroke: var(--c1) } .peer { fill: var(--c1) }
.own, .met { fill: var(--own) } .short { fill: var(--short) } .other { fill: none; stroke-width: 1.6 }
""" + "".join(f".other-{k} {{ stroke: var(--c{k}) }}" for k in range(6))


def html(results: Mapping[str, Result], rows: Sequence[Row]) -> str:
    """The whole page."""
    found = weakest(results, rows)
    lines = "".join(f"<li>{_inline(line.partition('. ')[2])}</li>" for line in weakest_lines(found[:WEAKEST]))
    parts = [
        "<h1>Results</h1>",
        '<p class="faint">Written by <code>make results</code>. Intervals are 95 %, from resampling patients. A control is no'
        " program: it repeats, shuffles or says nothing, and shows what a broken product would score. Point at a mark for"
        " its value.</p>",
        f"<h2>The three weakest rows</h2><ol>{lines}</ol>",
        "<h2>What was asked for, and what was attained</h2>",
        '<p class="faint">Of each row the target that it is worst at. For what should be small, twice the limit attains half.</p>',
        attained(found),
        "<h2>The claims</h2>",
        _table(CLAIM_HEADER, claim_lines(results, rows), "claims"),
        f'<h2>What a control reaches as well</h2><p class="faint">{escape(REACHED)}</p>',
        _table(REACHED_HEADER, reached_lines(results), "claims"),
        "<h2>Who runs, and who cannot</h2>",
        _table(PEER_HEADER, peer_lines(), "claims"),
        f"<h2>What it takes</h2><p>{_inline(took(results))}</p>",
        _table(TOOK_HEADER, took_lines(results)),
        "<h2>Published of models that cannot run here</h2>",
        _table(("what", "figure", "source"), PUBLISHED, "claims"),
        *(part for name, result in results.items() for part in _section(name, result)),
    ]
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Calipers: results</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>\n'
    )
    return head + "\n".join(parts) + "\n</body></html>\n"


def _section(name: str, result: Result) -> Iterator[str]:
    readers, judged, _ = split_groups(result)
    yield f'<h2 id="{anchor(name)}">{escape(name)}</h2><p class="faint">{_inline(taken(result))}</p>'
    yield from (shares(result, readers), errors(result, readers), cost(result))
    if judged:
        yield "<p>By the judge, beside the code:</p>" + _table(*group_lines(judged))
    figures = figure_lines(result)
    words = f"{len(figures)} figures; parts of the data in results/{name}.json"
    yield f"<details><summary>{escape(words)}</summary>{_table(FIGURE_HEADER, figures)}</details>"


def _table(header: Sequence[str], lines: Sequence[Sequence[str]], kind: str = "") -> str:
    head = "".join(f"<th>{_inline(cell)}</th>" for cell in header)
    body = "\n".join("<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in line) + "</tr>" for line in lines)
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'
    )


def _inline(text: str) -> str:
    """The few marks of Markdown that rows use: links within the page, code, and strong words."""
    out = escape(text, quote=False)
    out = re.sub(r"^\[(.*)\]\((#[\w-]+)\)$", r'<a href="\2">\1</a>', out)
    out = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", out)
    return re.sub(r"`(.+?)`", r"<code>\1</code>", out)
