"""Run the bundles of a review again: how many give the same report.

python -m calipers.evals.review.replays REVIEW --n 100
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from calipers.agent.audit import load_bundle, replay


def main() -> None:
    """Print how many of the first `n` bundles are identical, and what differs in the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("review", type=Path)
    parser.add_argument("--n", type=int, default=100)
    given = parser.parse_args()
    bundles = sorted(given.review.glob("reports/*/bundle.zip"))[: given.n]
    differing = {}
    for path in bundles:
        outcome = replay(load_bundle(path))
        if not outcome.identical:
            differing[path.parent.name] = [one.model_dump() for one in outcome.differences]
    print(
        json.dumps(
            {"bundles": len(bundles), "identical": len(bundles) - len(differing), "differing": differing}, indent=1
        )
    )
    sys.exit(1 if differing or not bundles else 0)


if __name__ == "__main__":
    main()
