"""A case on disk: `report.json`, `report.html`, `trace.png`, and the facts of the run in `run.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calipers.agent.report_page import report_page
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.report import Report
from calipers.tools.render import render


def write_case(folder: Path, ecg: Ecg, report: Report, run: dict[str, Any], priors: Sequence[Ecg] = ()) -> None:
    """Write one interpreted case.

    Equal input and version give byte-identical `report.json` and `report.html`; clock time and paths are
    in `run.json` only.

    Raises:
        UsageError: the folder cannot be written.
    """
    shown = [
        key for key in ("pr", "qrs", "qt") if any(m.id == key and m.status == "measured" for m in report.measurements)
    ]
    picture = render(ecg, measurements={item.id: item for item in report.measurements}, evidence=shown, format="png8")
    page = report_page(report, ecg, priors)
    facts = run | {"finished_at": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(report.model_dump_json(indent=1) + "\n", "utf-8")
        (folder / "report.html").write_text(page, "utf-8")
        picture.save(folder / "trace.png")
        (folder / "run.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    except OSError as problem:
        raise UsageError(
            f"found `{folder}`, which cannot be written: {problem.strerror}; needed a writable folder"
        ) from problem
