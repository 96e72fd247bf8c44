"""Results as DESIGN §5 has them: metrics as plain numbers, a 95 % interval beside each, groups below."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from calipers.errors import UsageError
from calipers.evals.framework.bootstrap import Estimate

SCHEMA: Final = "calipers.eval/1"

Scores = Mapping[str, Estimate | None]


@dataclass(frozen=True)
class Result:
    """What one task found.

    Attributes:
        task: its name.
        n: records that it scored.
        metrics: name → fraction or number (the unit is in the name).
        ci95: name → (low, high) of the 95 % interval, for metrics that have one.
        groups: group → the same kind of metrics on a part of the data, or of a peer on the same data.
        seconds: how long it took.
        counts: name → observations that a metric rests on, for metrics that were estimated.
        provenance: versions, hashes, what was asked, and the machine; empty where nobody noted them.
    """

    task: str
    n: int
    metrics: Mapping[str, float]
    ci95: Mapping[str, tuple[float, float]]
    groups: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, task: str, n: int, scores: Scores, groups: Mapping[str, Mapping[str, float]], seconds: float) -> Result:
        """Build a result from estimates; what could not be estimated is left out."""
        known = {name: estimate for name, estimate in scores.items() if estimate is not None}
        return cls(
            task=task,
            n=n,
            metrics={name: estimate.value for name, estimate in known.items()},
            ci95={name: (estimate.low, estimate.high) for name, estimate in known.items() if estimate.has_interval},
            groups=groups,
            seconds=seconds,
            counts={name: int(estimate.n) for name, estimate in known.items()},
        )

    def as_json(self) -> dict[str, object]:
        """The task's entry in the document; numbers rounded to six digits."""
        return {
            "task": self.task,
            "n": self.n,
            "metrics": _plain(self.metrics),
            "ci95": {name: [round(low, 6), round(high, 6)] for name, (low, high) in self.ci95.items()},
            "groups": {name: _plain(values) for name, values in self.groups.items()},
            "seconds": round(self.seconds, 1),
            **({"counts": dict(self.counts)} if self.counts else {}),
            **({"provenance": dict(self.provenance)} if self.provenance else {}),
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Result:
        """Read a task's entry back."""
        return cls(
            task=entry["task"],
            n=entry["n"],
            metrics=entry["metrics"],
            ci95={name: (low, high) for name, (low, high) in entry["ci95"].items()},
            groups=entry["groups"],
            seconds=entry["seconds"],
            provenance=entry.get("provenance", {}),
            counts=entry.get("counts", {}),
        )

    def as_text(self) -> str:
        """The metrics as lines for a terminal."""
        lines = [f"{self.task}: {self.n} records, {self.seconds:.0f} s"]
        width = max(map(len, self.metrics), default=0)
        for name, value in self.metrics.items():
            interval = "  [{:.4g}, {:.4g}]".format(*self.ci95[name]) if name in self.ci95 else ""
            lines.append(f"  {name:<{width}}  {value:8.4g}{interval}")
        return "\n".join(lines)


def point_values(scores: Scores) -> dict[str, float]:
    """The estimates without their intervals, for a group; what could not be estimated is left out."""
    return {name: estimate.value for name, estimate in scores.items() if estimate is not None}


def results_json(results: Sequence[Result]) -> str:
    """The whole document, `calipers.eval/1`."""
    document = {"schema": SCHEMA, "tasks": [result.as_json() for result in results]}
    return json.dumps(document, indent=1, allow_nan=False)


def read_results(path: Path) -> list[Result]:
    """The results in a document, or in every document of a folder, in the order of their names.

    Raises:
        UsageError: there is no such file, or it is not such a document.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found: list[Result] = []
    for file in files:
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"found no results in `{file}` ({error}); needed what `calipers eval --out` writes"
            ) from error
        if document.get("schema") != SCHEMA:
            raise UsageError(f"found schema `{document.get('schema')}` in `{file}`; needed `{SCHEMA}`")
        found += [Result.from_json(entry) for entry in document["tasks"]]
    return found


def _plain(values: Mapping[str, float]) -> dict[str, float]:
    return {
        name: value if isinstance(value, int) else round(float(value), 6)
        for name, value in values.items()
        if math.isfinite(value)
    }
