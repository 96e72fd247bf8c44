"""A published checkpoint on disk: its configuration, and the shapes of its weights without loading them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from calipers.errors import MissingPart

Shapes = dict[str, tuple[int, ...]]


def configuration(folder: Path) -> dict[str, Any]:
    """The checkpoint's `config.json`.

    Raises:
        MissingPart: there is none, or it is not JSON.
    """
    path = folder / "config.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise MissingPart(f"found no readable `config.json` in {folder}; needed the whole checkpoint") from problem
    return found


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a checkpoint, by its index where it has one.

    Raises:
        MissingPart: the folder holds none, or the index names a file that is not there.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise MissingPart(f"found no `{missing[0]}` in {folder}; needed all {len(names)} weight files")
        return tuple(folder / name for name in names)
    if not (folder / "model.safetensors").is_file():
        raise MissingPart(f"found no weights in {folder}; needed its safetensors files")
    return (folder / "model.safetensors",)


def weight_shapes(folder: Path) -> Shapes:
    """Name of every weight -> its shape, from the files' headers.

    Raises:
        MissingPart: a weight file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    shapes: Shapes = {}
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt") as opened:
                shapes |= {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
        except SafetensorError as problem:
            raise MissingPart(f"found a damaged weight file `{path.name}` ({problem}); needed it whole") from problem
    return shapes


def layers(shapes: Shapes, prefix: str) -> int:
    """How many numbered blocks stand behind a prefix that ends in a dot."""
    return len({name.removeprefix(prefix).split(".")[0] for name in shapes if name.startswith(prefix)})
