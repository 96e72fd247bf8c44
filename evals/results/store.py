"""Saved results: one small JSON document a task, model and split, beside the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from calipers.errors import MissingPart
from calipers.evals.framework import Result, read_results, results_json
from calipers.evals.framework.provenance import stale_parts
from calipers.evals.framework.registry import package_of, task_names

#: The repository; a wheel holds no documentation.
ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "docs" / "results"


class SavedResults(Mapping[str, Result]):
    """Name → result; the name is the task's, with its split and model where they were named.

    Args:
        folder: where the documents lie.

    Raises:
        MissingPart: there is no such folder.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        if not folder.is_dir():
            raise MissingPart(f"found no `{folder}`; needed a clone of the repository with saved results")
        self._results = {
            path.stem: results[0] for path in sorted(folder.glob("*.json")) if (results := read_results(path))
        }

    def __getitem__(self, name: str) -> Result:
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        order = {task: place for place, task in enumerate(task_names())}
        return iter(sorted(self._results, key=lambda name: (order.get(self._results[name].task, len(order)), name)))

    def __len__(self) -> int:
        return len(self._results)


def name_of(result: Result) -> str:
    """What a result is saved as: `triage.validation`, `tool_choice.embedded`, `grounding.judge-embedded-unadapted`."""
    asked = result.provenance.get("asked") or {}
    split, model, judge = asked.get("split") or "all", asked.get("model"), asked.get("judge")
    parts = [result.task, *([split] if split != "all" else []), *([model] if model else [])]
    parts += [f"judge-{judge}"] if judge else []
    return ".".join(part.replace("/", "-").replace(":", "-").replace(",", "+") for part in parts)


def take(run: Path, folder: Path = FOLDER) -> list[Path]:
    """Save every result of a run's folder.

    Args:
        run: what `calipers eval --out` wrote.
        folder: where to save them.

    Raises:
        UsageError: the run holds no results.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for result in read_results(run):
        path = folder / f"{name_of(result)}.json"
        path.write_text(results_json([result]) + "\n", encoding="utf-8")
        written.append(path)
    return written


def stale(results: Mapping[str, Result]) -> dict[str, tuple[str, ...]]:
    """Name → the files that have changed since it was taken, for results that have gone stale."""
    found = {}
    for name, result in results.items():
        parts = stale_parts(result.provenance, package_of(result.task)) if result.task in task_names() else ("task",)
        if parts:
            found[name] = parts
    return found
