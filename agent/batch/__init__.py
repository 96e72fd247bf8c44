"""Batch review: many ECGs, one report each, worst first.

inputs.py      what is to be reviewed: a folder, a pattern, or a manifest (manifest.py); case_input.py one case of it
single_file.py one case from its files to its folder, inside a worker
own_parts.py   the user's own criteria, guidelines, tools and hooks, as a worker finds them
worker.py      the worker's process; supervised.py what becomes of one that dies or hangs
pool.py        the local engine, processes; ray_engine.py the same on Ray Data, up to a cluster
journal.py     cases.jsonl, appended and synced as cases finish
summary.py     what every case came to, as rows; index_page.py the same as a page
review.py      the run: what is left to do, who does it, what is written at the end
"""

from __future__ import annotations

from calipers.agent.batch.case_input import CaseInput
from calipers.agent.batch.inputs import find_cases
from calipers.agent.batch.journal import Line
from calipers.agent.batch.review import Engine, Progress, Reviewed, review

__all__ = ["CaseInput", "Engine", "Line", "Progress", "Reviewed", "find_cases", "review"]
