"""`python -m calipers.evals.results`: write `docs/results.md` and `.html`, cut README's table, name and renew what is stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from calipers.errors import CalipersError
from calipers.evals.results.html import html
from calipers.evals.results.page import page
from calipers.evals.results.renewal import due, renew
from calipers.evals.results.store import ROOT, SavedResults, stale, take
from calipers.evals.results.table import cut_readme, not_run, rows, weakest
from calipers.settings import settings

#: Changed files that are named before the rest is counted.
_NAMED = 3


def main() -> int:
    """Do what is asked."""
    given = _parser().parse_args()
    try:
        for run in given.take:
            for path in take(run):
                print(f"Saved {path}")
        if given.stale:
            return _say_stale()
        left = []
        if given.renew is not None:
            run = given.run or settings().home / "evals" / "renewed"
            left = renew(given.renew, run, given.minutes, lambda line: print(line, flush=True))
        _write(readme=given.readme)
        return 1 if left else 0
    except CalipersError as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m calipers.evals.results", description=__doc__)
    add = parser.add_argument
    add("--take", type=Path, nargs="+", default=[], metavar="RUN", help="save the results of runs first")
    add("--readme", action="store_true", help="cut README's table as well")
    add("--stale", action="store_true", help="only name the results that have gone stale")
    add("--renew", nargs="*", metavar="NAME", help="first take what is stale again (of these names), two at a time")
    add("--minutes", type=float, default=60.0, help="begin nothing after so long; the next --renew goes on")
    add("--run", type=Path, metavar="DIR", help="where --renew keeps its runs; by default under CALIPERS_HOME")
    return parser


def _say_stale() -> int:
    results = SavedResults()
    gone = stale(results)
    for name, files in gone.items():
        print(f"{name}: {_listed(files)} changed since it was taken")
    absent = [one.name for one in due((), results) if one.name not in results]
    if absent:
        print(f"never taken: {', '.join(absent)}")
    return 1 if gone or absent else 0


def _listed(files: Sequence[str]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(files[:_NAMED]) + more


def _write(*, readme: bool) -> None:
    results, lines = SavedResults(), rows()
    (ROOT / "docs" / "results.md").write_text(page(results, lines), encoding="utf-8")
    (ROOT / "docs" / "results.html").write_text(html(results, lines), encoding="utf-8")
    for row in not_run(results, lines):
        print(f"not run, and left out of README: {row.what}")
    for one in weakest(results, lines):
        if one.attained < 1.0 and not one.why:
            print(f"below what was asked, and no reason is written: {one.what}")
    if readme:
        cut_readme(ROOT / "README.md", results, lines)


if __name__ == "__main__":
    sys.exit(main())
