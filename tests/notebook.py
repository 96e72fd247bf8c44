"""Runs a notebook's cells in this process, without Jupyter, and compares what they print with what is stored.

python -m tests.notebook docs/tour.ipynb        # run it and store what it shows
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def differences(path: Path, names: dict[str, Any]) -> list[str]:
    """Where a cell prints something else than is stored; pictures need only be there."""
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    made = run(["".join(cell["source"]) for cell in cells], names)
    return [
        f"cell {number}: stored {_text(cell['outputs'])!r}, now {_text(outputs)!r}"
        for number, (cell, outputs) in enumerate(zip(cells, made, strict=True))
        if _text(cell["outputs"]) != _text(outputs) or _pictures(cell["outputs"]) != _pictures(outputs)
    ]


def run(sources: list[str], names: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The outputs of each cell, in notebook format 4."""
    scope = dict(names)
    return [_outputs(source, scope) for source in sources]


def store(path: Path, names: dict[str, Any]) -> None:
    """Run the notebook and write its outputs into it."""
    document = json.loads(path.read_text("utf-8"))
    cells = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    for number, (cell, outputs) in enumerate(
        zip(cells, run(["".join(c["source"]) for c in cells], names), strict=True)
    ):
        cell["outputs"], cell["execution_count"] = outputs, number + 1
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _outputs(source: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    ending = tree.body[-1] if tree.body else None
    last = ending if isinstance(ending, ast.Expr) else None
    if last is not None:
        tree.body.pop()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), scope)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), scope) if last is not None else None
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(keepends=True)})
    if value is not None:
        data: dict[str, Any] = {"text/plain": repr(value).splitlines(keepends=True)}
        svg = getattr(value, "_repr_svg_", lambda: None)()
        png = getattr(value, "_repr_png_", lambda: None)()
        if svg:
            data["image/svg+xml"] = svg.splitlines(keepends=True)
        elif png:
            data["image/png"] = base64.b64encode(png).decode()
        found.append({"output_type": "display_data", "data": data, "metadata": {}})
    return found


def _text(outputs: list[dict[str, Any]]) -> str:
    said = [
        "".join(output.get("text", [])) + "".join(output.get("data", {}).get("text/plain", [])) for output in outputs
    ]
    # A picture is told by its kind and size on paper, not by its bytes.
    return "\n".join(line.partition(" kB")[0].rpartition(",")[0] if " kB" in line else line for line in said)


def _pictures(outputs: list[dict[str, Any]]) -> list[str]:
    return [kind for output in outputs for kind in output.get("data", {}) if kind.startswith("image/")]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        store(Path(sys.argv[1]), {"home": Path(folder)})
