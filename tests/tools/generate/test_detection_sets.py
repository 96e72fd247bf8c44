"""A set's pages as detectors read them: boxes where the names and traces stand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calipers.leads import LEADS
from calipers.tools.generate.detection_sets import CLASSES, COCO, YOLO, write_detection
from calipers.tools.generate.request import Request
from calipers.tools.generate.training_sets import write_set


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("set")
    write_set([Request(hr=72.0)], out)
    return out


def test_every_lead_has_a_box_a_name_and_a_trace(made: Path) -> None:
    coco = json.loads((made / COCO).read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    found = [names[one["category_id"]] for one in coco["annotations"]]
    assert {f"lead {lead}" for lead in LEADS} <= set(found)
    assert {f"name {lead}" for lead in LEADS} <= set(found)
    assert found.count("trace") == 13
    assert len({one["id"] for one in coco["annotations"]}) == len(found)


def test_a_names_box_holds_its_letters(made: Path) -> None:
    coco = json.loads((made / COCO).read_text())
    dark = np.asarray(Image.open(made / coco["images"][0]["file_name"]).convert("L")) < 110
    names = [one for one in coco["annotations"] if CLASSES[one["category_id"] - 1].startswith("name")]
    for one in names:
        left, top, width, height = one["bbox"]
        box = dark[round(top) : round(top + height), round(left) : round(left + width)]
        assert box.mean() > 0.15, "half of a box of bold letters is ink, paper has none"


def test_a_traces_polygon_lies_on_its_ink(made: Path) -> None:
    coco = json.loads((made / COCO).read_text())
    dark = np.asarray(Image.open(made / coco["images"][0]["file_name"]).convert("L")) < 130
    for one in (one for one in coco["annotations"] if CLASSES[one["category_id"] - 1] == "trace"):
        rim = np.reshape(one["segmentation"][0], (-1, 2))
        upper, lower = rim[: len(rim) // 2], rim[len(rim) // 2 :][::-1]
        middle = np.round((upper + lower) / 2 - 0.5).astype(int)
        on_ink = [dark[y - 1 : y + 2, x - 1 : x + 2].any() for x, y in middle]
        assert np.mean(on_ink) > 0.95


def test_yolo_says_the_same_boxes_as_coco(made: Path) -> None:
    coco = json.loads((made / COCO).read_text())
    image = coco["images"][0]
    lines = (made / image["file_name"]).with_suffix(".txt").read_text().splitlines()
    boxes = [one for one in coco["annotations"] if CLASSES[one["category_id"] - 1] != "trace"]
    assert len(lines) == len(boxes)
    for line, one in zip(lines, boxes, strict=True):
        kind, x, y, width, height = (float(word) for word in line.split())
        left, top, wide, high = one["bbox"]
        assert int(kind) == one["category_id"] - 1
        assert (x * image["width"], y * image["height"]) == pytest.approx((left + wide / 2, top + high / 2), abs=0.2)
        assert (width * image["width"], height * image["height"]) == pytest.approx((wide, high), abs=0.2)
    assert "0: lead I" in (made / YOLO).read_text()


def test_writing_again_changes_nothing(made: Path) -> None:
    before = (made / COCO).read_bytes()
    write_detection(made, ["synthetic-0000-000000"])
    assert (made / COCO).read_bytes() == before
