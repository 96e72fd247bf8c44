"""`python -m calipers.evals.gate`: exit with 1 where a figure is worse than the baseline and chance does not explain it.

`--write` renews the baseline: after a change that is meant, with the figures that it prints in the commit's message.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from calipers.evals.framework.tallies import score
from calipers.evals.gate.baseline import read_baseline, regressions, write_baseline
from calipers.evals.gate.samples import NO_DATA, all_rows, speed_ratios


def main() -> int:
    """Run the subset and compare."""
    parser = argparse.ArgumentParser(prog="python -m calipers.evals.gate", description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the baseline")
    given = parser.parse_args()
    started = time.perf_counter()
    rows, ratios = all_rows(NO_DATA), speed_ratios()
    for metric, estimate in score(rows).items():
        if estimate is not None:
            print(f"{metric}: {estimate.value:.3f} of {estimate.n}")
    print(f"speed_ratio_neurokit2: {np.median(ratios):.1f}; {time.perf_counter() - started:.0f} s")
    if given.write:
        write_baseline(rows, ratios)
        return 0
    before, ratio = read_baseline()
    found = regressions(before, rows, ratio, ratios)
    for one in found:
        print(f"REGRESSION {one.metric}: {one.before:.3f} → {one.after:.3f}; {one.detail}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
