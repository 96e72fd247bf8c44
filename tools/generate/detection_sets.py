"""A labelled set's boxes and masks as detectors read them: one COCO file, and YOLO's text beside each picture.

COCO (Lin 2014) holds every lead's box, every lead name's box, and every trace as a polygon; YOLO holds the boxes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calipers.leads import LEADS

COCO: Final = "annotations.coco.json"
YOLO: Final = "data.yaml"
TRACE: Final = "trace"
#: In the order of the categories' numbers; COCO counts from 1, YOLO, which has no traces, from 0.
CLASSES: Final[tuple[str, ...]] = (*(f"lead {lead}" for lead in LEADS), *(f"name {lead}" for lead in LEADS), TRACE)
#: Half of a trace's polygon's height, pixels.
_HALF_PX: Final = 1.0

Corners = Sequence[float]


def write_detection(folder: Path, ids: Sequence[str]) -> None:
    """Write `annotations.coco.json`, `data.yaml` and each picture's `ID.txt` from a set's `ID.json` and `ID.masks.npz`.

    Args:
        folder: of the set.
        ids: of its ECGs.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, name in enumerate(ids, 1):
        width, height = _size(folder / f"{name}.png")
        images.append({"id": number, "file_name": f"{name}.png", "width": width, "height": height})
        found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        boxes = list(_boxes(found, width, height))
        annotations += [_annotation(number, kind, box, _rectangle(box)) for kind, box in boxes]
        with np.load(folder / f"{name}.masks.npz") as masks:
            outlines = [_outline(masks[key], width, height) for key in masks.files]
        annotations += [_annotation(number, TRACE, _around(outline), outline) for outline in outlines]
        lines = [f"{CLASSES.index(kind)} {_relative(box, width, height)}" for kind, box in boxes]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for number, annotation in enumerate(annotations, 1):
        annotation["id"] = number
    document = {
        "info": {"description": "Synthetic ECG pages by Calipers", "version": "1"},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)],
    }
    (folder / COCO).write_text(json.dumps(document), encoding="utf-8")
    names = "\n".join(f"  {number}: {name}" for number, name in enumerate(CLASSES[:-1]))
    (folder / YOLO).write_text(f"path: .\ntrain: .\nval: .\nnames:\n{names}\n", encoding="utf-8")


def _size(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


def _boxes(found: dict[str, Any], width: int, height: int) -> Iterator[tuple[str, Corners]]:
    for kind, key in (("lead", "boxes_px"), ("name", "names_px")):
        for lead, boxes in found[key].items():
            for left, top, right, bottom in boxes:
                inside = (max(left, 0.0), max(top, 0.0), min(right, float(width)), min(bottom, float(height)))
                yield f"{kind} {lead}", inside


def _outline(points: NDArray[np.int16], width: int, height: int) -> NDArray[np.float64]:
    """(2 n, 2) a polygon around a trace: out along its upper edge, back along its lower."""
    line = points.astype(np.float64)
    half = np.array([0.0, _HALF_PX])
    rim = np.concatenate([line - half, line[::-1] + half])
    inside: NDArray[np.float64] = np.clip(rim, 0.0, np.array([width, height], np.float64))
    return inside


def _around(polygon: NDArray[np.float64]) -> Corners:
    return [*polygon.min(axis=0).tolist(), *polygon.max(axis=0).tolist()]


def _rectangle(box: Corners) -> NDArray[np.float64]:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _annotation(image: int, kind: str, box: Corners, polygon: NDArray[np.float64]) -> dict[str, Any]:
    left, top, right, bottom = (round(float(value), 1) for value in box)
    x, y = polygon.T
    area = abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2
    return {
        "id": 0,
        "image_id": image,
        "category_id": 1 + CLASSES.index(kind),
        "bbox": [left, top, round(right - left, 1), round(bottom - top, 1)],
        "area": round(area, 1),
        "segmentation": [np.round(polygon, 1).ravel().tolist()],
        "iscrowd": 0,
    }


def _relative(box: Corners, width: int, height: int) -> str:
    """Centre and size as shares of the picture."""
    left, top, right, bottom = box
    shares = ((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height)
    return " ".join(f"{share:.6f}" for share in shares)
