"""Index folders that are built aside and published by one rename, so that readers never see half an index."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_STALE_S: Final = 3600.0


class IndexFolder:
    """`<root>/<name>.json` names the folder that holds the current index and the version of its content.

    A build writes into a folder of its own, and the pointer is replaced last: a crash leaves the old index,
    and readers in other processes keep the one they opened until the next build after this one.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name

    def current(self, version: str | None = None) -> Path | None:
        """The published folder; None if there is none, or none of this version."""
        try:
            entry = json.loads(self._pointer.read_text("utf-8"))
            folder = self.root / str(entry["folder"])
            fits = version is None or entry["version"] == version
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return folder if fits and folder.is_dir() else None

    def publish(self, version: str, build: Callable[[Path], None]) -> Path:
        """Build into a new folder and make it the current one."""
        self.root.mkdir(parents=True, exist_ok=True)
        before = self.current()
        folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-building-", dir=self.root))
        try:
            build(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        target = self.root / f"{self.name}-{version[:12]}-{folder.name.rsplit('-', 1)[1]}"
        os.replace(folder, target)
        self._point(version, target.name)
        self._sweep({target, before} if before else {target})
        return target

    @property
    def _pointer(self) -> Path:
        return self.root / f"{self.name}.json"

    def _point(self, version: str, folder: str) -> None:
        handle, name = tempfile.mkstemp(dir=self.root, suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"version": version, "folder": folder}, file)
        os.replace(name, self._pointer)

    def _sweep(self, kept: set[Path]) -> None:
        """Remove indexes before the last one, and what a crashed build left an hour ago."""
        for folder in self.root.glob(f"{self.name}-*"):
            building = folder.name.startswith(f"{self.name}-building-")
            if folder in kept or (building and time.time() - folder.stat().st_mtime < _STALE_S):
                continue
            shutil.rmtree(folder, ignore_errors=True)
