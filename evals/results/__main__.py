"""`python -m calipers.evals.results`: write `docs/results.md`; cut README's table; save runs; name what is stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from calipers.errors import CalipersError
from calipers.evals.results.page import page
from calipers.evals.results.store import ROOT, SavedResults, stale, take
from calipers.evals.results.table import cut_readme, not_run, rows


def main() -> int:
    """Do what is asked."""
    parser = argparse.ArgumentParser(prog="python -m calipers.evals.results", description=__doc__)
    parser.add_argument(
        "--take", type=Path, nargs="+", default=[], metavar="RUN", help="save the results of runs first"
    )
    parser.add_argument("--readme", action="store_true", help="cut README's table as well")
    parser.add_argument("--stale", action="store_true", help="only name the results that have gone stale")
    given = parser.parse_args()
    try:
        for run in given.take:
            for path in take(run):
                print(f"Saved {path}")
        results = SavedResults()
        gone = stale(results)
        for name, parts in gone.items():
            print(f"{name}: {', '.join(parts)} changed since it was taken")
        if given.stale:
            return 1 if gone else 0
        (ROOT / "docs" / "results.md").write_text(page(results, rows()), encoding="utf-8")
        for row in not_run(results, rows()):
            print(f"not run, and left out of README: {row.what}")
        if given.readme:
            cut_readme(ROOT / "README.md", results, rows())
    except CalipersError as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
