"""Whether Calipers is right: benchmarks with peers in the same run, intervals on every figure, one command.

>>> from calipers.evals import Options, run
>>> run(["measurement"], Options(data=data_folder(), n=3))            # doctest: +SKIP
"""

from calipers.evals.framework import Options, Outcome, Result, data_folder, results_json, run, task_names

__all__ = ["Options", "Outcome", "Result", "data_folder", "results_json", "run", "task_names"]
