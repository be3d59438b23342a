import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from pipeline.judging.coco import average_precision, craft_truth, part_truth
from pipeline.judging.means import share_above
from pipeline.masks import rle
from pipeline.tracks.spark2026 import CLASSES
from pipeline.verbs.index import index
from tests.makers import answers, spark2024


def rows(numbers):
    table = answers(numbers)
    table["image_path"] = [f"images/{image_id}.jpg" for image_id in table["image_id"]]
    return table


def boxes(table, shrink=0.0):
    """COCO results of the rows' boxes, a share of each box's height cut off."""
    found = []
    for i, row in enumerate(table.itertuples()):
        height = (row.y_max - row.y_min) * (1 - shrink * i)
        box = [row.x_min, row.y_min, row.x_max - row.x_min, height]
        found.append({"image_id": row.image_id, "category_id": row.class_index + 1, "bbox": box, "score": 1.0})
    return found


def test_perfect_results_have_full_precision():
    table = rows([1, 2, 3, 14])
    truth = craft_truth(table, CLASSES)
    assert average_precision(truth, boxes(table), "bbox") == pytest.approx({"ap": 1, "ap50": 1, "ap75": 1})
    parts = part_truth(table)
    results = [
        {
            "image_id": row.image_id,
            "category_id": k,
            "segmentation": {"size": [1024, 1024], "counts": counts},
            "score": 1,
        }
        for row in table.itertuples()
        for k, counts in ((1, row.body_rle), (2, row.panel_rle))
    ]
    assert average_precision(parts, results, "segm")["ap"] == pytest.approx(1.0)


@pytest.mark.parametrize("column", ["x_min", "y_max", None])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_image_without_a_true_box_is_left_out(column, value):
    """Not kept without an annotation: whatever is found in it would count as wrong."""
    table = rows([1, 2, 3])
    table.loc[1, column or ["x_min", "y_min", "x_max", "y_max"]] = value
    truth = craft_truth(table, CLASSES)
    assert [image["id"] for image in truth["images"]] == ["image 1", "image 3"]
    assert [annotation["image_id"] for annotation in truth["annotations"]] == ["image 1", "image 3"]
    json.dumps(truth, default=int, allow_nan=False)


def test_with_one_craft_of_one_class_an_image_and_one_threshold_recall_is_our_share():
    """All scores equal and every image with one box of one class: COCOeval's recall at t is the share above t."""
    table = rows([1] * 8)
    table["image_id"] = [f"image {i}" for i in range(8)]
    table["class_index"] = 0
    shrunk = boxes(table, 0.061)  # no IoU at a threshold, where ours and COCOeval differ
    iou = [box["bbox"][3] / (row.y_max - row.y_min) for box, row in zip(shrunk, table.itertuples(), strict=True)]
    expected = share_above(iou).mean()
    ours = {t: np.mean(np.array(iou) > t) for t in (0.5, 0.75)}
    from pycocotools.cocoeval import COCOeval

    ground = COCO()
    ground.dataset = craft_truth(table, CLASSES)
    ground.createIndex()
    judge = COCOeval(ground, ground.loadRes(shrunk), "bbox")
    judge.evaluate()
    judge.accumulate()
    recall = judge.eval["recall"][:, 0, 0, -1]
    assert recall.mean() == pytest.approx(expected)
    assert recall[[0, 5]] == pytest.approx([ours[0.5], ours[0.75]])


def test_the_index_exports_files_that_pycocotools_opens(tmp_path, capsys):
    data = spark2024(tmp_path / "set")
    table = index(data, coco=True)
    said = capsys.readouterr().out
    for split in ("train", "tune", "val"):
        some = table[table["split"] == split]
        craft, parts = (COCO(str(data / f"coco_{split}_{kind}.json")) for kind in ("craft", "parts"))
        assert len(craft.anns) == len(some)
        assert len(parts.anns) == 2 * len(some)
        assert f"coco_{split}_craft.json" in said
        for row in some.itertuples():
            (annotation,) = craft.loadAnns(craft.getAnnIds(imgIds=[row.image_id]))
            assert annotation["bbox"] == [row.x_min, row.y_min, row.x_max - row.x_min, row.y_max - row.y_min]
            assert craft.cats[annotation["category_id"]]["name"] == row.class_name
            assert (data / craft.imgs[row.image_id]["file_name"]).exists()
            union = rle.decode(row.body_rle, 1024, 1024) | rle.decode(row.panel_rle, 1024, 1024)
            assert np.array_equal(craft.annToMask(annotation) > 0, union)
            assert annotation["area"] == union.sum()
            for part in parts.loadAnns(parts.getAnnIds(imgIds=[row.image_id])):
                counts = row.body_rle if part["category_id"] == 1 else row.panel_rle
                mask = rle.decode(counts, 1024, 1024)
                assert np.array_equal(parts.annToMask(part) > 0, mask)
                ys, xs = np.nonzero(mask)
                box = [xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()]
                assert part["bbox"] == box
    assert not (data / "coco_test_craft.json").exists()
    assert json.loads((data / "coco_val_parts.json").read_text())["categories"][0] == {"id": 1, "name": "body"}
