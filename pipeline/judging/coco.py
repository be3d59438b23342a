"""Truth as COCO files, and pycocotools' average precision of COCO results."""

import contextlib
import io

import numpy as np
import pandas as pd
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pipeline.masks import rle
from pipeline.masks.columns import BOX, PARTS


def craft_truth(rows: pd.DataFrame, classes: tuple[str, ...]) -> dict:
    """COCO annotations of whole craft: category = class index + 1, box, and the union of body and panel as RLE.

    Args:
        rows: index rows. Images whose class or box is unknown are left out.
        classes: names of the categories.
    """
    rows = rows[(rows["class_index"] >= 0) & np.isfinite(rows[BOX]).all(axis=1)]  # JSON has no word for the others
    annotations = []
    for row in rows.itertuples():
        shown = {}
        if isinstance(row.body_rle, str):
            shown = {"segmentation": rle.union([row.body_rle, row.panel_rle], row.height, row.width)}
        box = [row.x_min, row.y_min, row.x_max - row.x_min, row.y_max - row.y_min]
        annotations.append({"category_id": row.class_index + 1, "image_id": row.image_id, "bbox": box, **shown})
    return _file(rows, annotations, classes)


def part_truth(rows: pd.DataFrame) -> dict:
    """COCO annotations of parts: category 1 body, 2 panel, masks as RLE with their boxes; empty masks have none.

    Images without masks are left out.
    """
    rows = rows[rows["body_rle"].notna()]
    annotations = []
    for row in rows.itertuples():
        for category, part in enumerate(PARTS, 1):
            counts = getattr(row, f"{part}_rle")
            if rle.area(counts, row.height, row.width):
                shown = {"size": [row.height, row.width], "counts": counts}
                box = rle.box(counts, row.height, row.width)
                annotations.append(
                    {"category_id": category, "image_id": row.image_id, "bbox": box, "segmentation": shown}
                )
    return _file(rows, annotations, PARTS)


def _file(rows: pd.DataFrame, annotations: list[dict], names: tuple[str, ...]) -> dict:
    for number, annotation in enumerate(annotations, 1):
        shape = annotation.get("segmentation")
        area = annotation["bbox"][2] * annotation["bbox"][3]
        if shape:
            area = rle.area(shape["counts"], *shape["size"])
        annotation |= {"id": number, "area": float(area), "iscrowd": 0}
    columns = zip(rows["image_id"], rows["image_path"], rows["height"], rows["width"], strict=True)
    return {
        "images": [{"id": i, "file_name": path, "height": int(h), "width": int(w)} for i, path, h, w in columns],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(names, 1)],
    }


def average_precision(truth: dict, results: list[dict], kind: str) -> dict[str, float]:
    """COCOeval's AP over IoU 0.50 ... 0.95, AP50 and AP75 of COCO results, by `kind`, bbox or segm.

    Results of images that truth does not list are passed over.
    """
    known = {image["id"] for image in truth["images"]}
    results = [record for record in results if record["image_id"] in known]
    if not results:
        return dict.fromkeys(("ap", "ap50", "ap75"), 0.0)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints as it goes
        ground = COCO()
        ground.dataset = truth
        ground.createIndex()
        judge = COCOeval(ground, ground.loadRes(results), kind)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return dict(zip(("ap", "ap50", "ap75"), map(float, judge.stats[:3]), strict=True))
