"""What every benchmark shares: a task, its result, its intervals, its report, and the registry."""

from calipers.evals.framework.bootstrap import Bootstrap, Estimate
from calipers.evals.framework.data import data_folder, part
from calipers.evals.framework.document import Block, Document, Figure, Section, Table
from calipers.evals.framework.parallel import each
from calipers.evals.framework.registry import find, run, run_task, saved, task_names, write_outcome
from calipers.evals.framework.result import Result, Scores, read_results, results_json
from calipers.evals.framework.tallies import Row
from calipers.evals.framework.task import Options, Outcome, Split, Task, spread

__all__ = [
    "Block",
    "Bootstrap",
    "Document",
    "Estimate",
    "Figure",
    "Options",
    "Outcome",
    "Result",
    "Row",
    "Scores",
    "Section",
    "Split",
    "Table",
    "Task",
    "data_folder",
    "each",
    "find",
    "part",
    "read_results",
    "results_json",
    "run",
    "run_task",
    "saved",
    "spread",
    "task_names",
    "write_outcome",
]
