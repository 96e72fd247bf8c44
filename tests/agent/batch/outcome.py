"""What a review left behind, as its tests look at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def lines(out: Path) -> list[dict[str, Any]]:
    """The lines of `cases.jsonl`."""
    return [json.loads(line) for line in (out / "cases.jsonl").read_text().splitlines()]


def stable_bytes(out: Path) -> dict[str, bytes]:
    """Every file that must not depend on when, where or by whom it was made."""
    changing = {"run.json", "workers.log", ".lock"}
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and p.name not in changing}


def whole_lines(out: Path) -> list[str]:
    """The lines that are whole, as a kill left them."""
    return [line for line in (out / "cases.jsonl").read_text().splitlines(keepends=True) if line.endswith("\n")]
