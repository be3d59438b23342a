"""The zip of SPARK 2026 Stream 1: write it, read it, check it.

The organisers' format was not found; this one is assumed, and stands here alone so that it is easy to change. Flat zip:
    submission.csv    image_id, class, bbox "(x_min, y_min, x_max, y_max)", body_rle, panel_rle (COCO counts)
    coco_bbox.json    COCO results: category_id = class index + 1, bbox [x, y, width, height], score
    coco_segm.json    COCO results: category_id 1 body, 2 panel; empty masks have no record
    efficiency.json   gmac, mparams (one view, one image), and how they were counted
"""

import csv
import io
import json
import zipfile
from pathlib import Path

import pandas as pd

from pipeline.errors import UserError, offenders, reason
from pipeline.masks import rle
from pipeline.masks.columns import BOX
from pipeline.tracks import archive
from pipeline.tracks.findings import Findings
from pipeline.tracks.spark2026.checks import (
    BBOX,
    BBOX_SAME,
    BOXES_GOOD,
    BUDGET_GOOD,
    CHECKS,
    CLASSES_GOOD,
    COLUMNS_GOOD,
    CSV,
    EFFICIENCY,
    IMAGES_GOOD,
    JSON_GOOD,
    MASKS_GOOD,
    SEGM,
    SEGM_SAME,
    check_efficiency,
    check_images,
    check_records,
    checked_row,
    odd_boxes,
)
from pipeline.tracks.spark2026.members import COLUMNS, read_csv, read_json

MOST_BYTES = 2**30  # of a member, however many images
MEMBERS = (CSV, BBOX, SEGM, EFFICIENCY)


def write(path: Path, predictions: pd.DataFrame, efficiency: dict) -> None:
    """Write the zip; the same rows give the same bytes.

    Args:
        path: of the zip.
        predictions: rows of predictions.parquet, in the order wanted.
        efficiency: gmac, mparams and what else is to be said.

    Raises:
        UserError: a file would be larger than a submission's may be, or answers have no class.
    """
    rows = predictions.to_dict("records")
    if nameless := [row["image_id"] for row in rows if row["class_index"] < 0]:
        raise UserError(f"a submission cannot be made of answers without a class:\n{offenders(nameless)}")
    content = {
        CSV: _csv(rows),
        BBOX: _json([_bbox_record(row) for row in rows]),
        SEGM: _json([record for row in rows for record in _segm_records(row)]),
        EFFICIENCY: json.dumps(efficiency, indent=2, sort_keys=True, allow_nan=False) + "\n",
    }
    most = _most_bytes(predictions)
    large = [
        f"{name}: {len(text):,} bytes, expected at most {most:,}" for name, text in content.items() if len(text) > most
    ]
    if large:
        raise UserError(f"a submission cannot be made of these answers:\n{offenders(large)}")
    with zipfile.ZipFile(path, "w") as out:
        for name, text in content.items():
            archive.add_member(out, name, text, zipfile.ZIP_DEFLATED)


def _csv(rows: list[dict]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        box = "(" + ", ".join(f"{row[corner]:.10g}" for corner in BOX) + ")"
        writer.writerow([row["image_id"], row["class_name"], box, row["body_rle"], row["panel_rle"]])
    return out.getvalue()


def _bbox_record(row: dict) -> dict:
    x_min, y_min, x_max, y_max = (row[corner] for corner in BOX)
    return {
        "image_id": row["image_id"],
        "category_id": int(row["class_index"]) + 1,
        "bbox": [x_min, y_min, x_max - x_min, y_max - y_min],
        "score": round(float(max(row["class_probs"])), 6),
    }


def _segm_records(row: dict) -> list[dict]:
    return [
        {
            "image_id": row["image_id"],
            "category_id": category,
            "segmentation": {"size": [int(row["height"]), int(row["width"])], "counts": row[f"{part}_rle"]},
            "score": round(float(row[f"{part}_score"]), 6),
        }
        for category, part in ((1, "body"), (2, "panel"))
        if rle.area(row[f"{part}_rle"], row["height"], row["width"])
    ]


def _json(records: list[dict]) -> str:
    return "[\n" + ",\n".join(json.dumps(record, allow_nan=False) for record in records) + "\n]\n"


def results(path: Path, rows: pd.DataFrame) -> dict[str, list[dict]]:
    """The COCO results of a valid zip, by kind, bbox and segm."""
    with zipfile.ZipFile(path) as members:
        return {kind: json.loads(members.read(name)) for kind, name in (("bbox", BBOX), ("segm", SEGM))}


def examine(path: Path, images: pd.DataFrame) -> tuple[Findings, pd.DataFrame, dict]:
    """All that is wrong with a zip, and what it answers as far as that can be read.

    Args:
        path: of the zip.
        images: every image that must be answered, once each: image_id, and height and width of its answer.

    Returns:
        Complaints by check; one row per image (image_id, class_name, class_index, x_min .. y_max, body_rle, panel_rle,
        height, width), in the zip's order; efficiency.json.
    """
    findings = Findings(CHECKS)
    archive.check_members(path, list(MEMBERS), _most_bytes(images), findings)
    members = {} if findings.complaints else _unpacked(path, findings)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(COLUMNS_GOOD, JSON_GOOD)
    most = 10 * len(images) + 1000  # records: of more nothing is said but that
    lines = read_csv(path, most, _longest_mask(images), findings[COLUMNS_GOOD])
    efficiency = read_json(members[EFFICIENCY], EFFICIENCY, dict, most, findings[JSON_GOOD])
    boxes = read_json(members[BBOX], BBOX, list, most, findings[JSON_GOOD])
    masks = read_json(members[SEGM], SEGM, list, most, findings[JSON_GOOD])
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(IMAGES_GOOD, CLASSES_GOOD, BOXES_GOOD, MASKS_GOOD, BUDGET_GOOD, BBOX_SAME, SEGM_SAME)
    image_ids = images["image_id"].tolist()
    check_images({line: row["image_id"] for line, row in lines.items()}, image_ids, findings[IMAGES_GOOD])
    sizes = dict(zip(image_ids, zip(images["height"], images["width"], strict=True), strict=True))
    usual = next(iter(sizes.values()))  # of an image that is none of these
    rows = [checked_row(line, row, sizes.get(row["image_id"], usual), findings) for line, row in lines.items()]
    check_efficiency(efficiency, findings[BUDGET_GOOD])
    check_records(boxes, masks, rows, image_ids, findings)
    if not findings.complaints:
        findings.notes += odd_boxes(rows)
    return findings, pd.DataFrame(rows).drop(columns="wrong", errors="ignore"), efficiency


def _longest_mask(images: pd.DataFrame) -> int:
    """Characters that the largest image's mask may take."""
    return max((rle.longest(*size) for size in set(zip(images["height"], images["width"], strict=True))), default=0)


def _most_bytes(images: pd.DataFrame) -> int:
    """Bytes that a member may have: two masks an image, each backslash doubled, and what stands around them."""
    sizes = images[["height", "width"]].value_counts()
    need = sum(count * (4 * rle.longest(*map(int, size)) + 2000) for size, count in sizes.items())
    return min(need + 2**20, MOST_BYTES)


def _unpacked(path: Path, findings: Findings) -> dict[str, bytes]:
    """The JSON members; of the CSV only that it unpacks whole."""
    members = {}
    try:
        with zipfile.ZipFile(path) as zipped:
            for name in (BBOX, SEGM, EFFICIENCY):
                members[name] = zipped.read(name)
            with zipped.open(CSV) as member:
                while member.read(2**20):
                    pass
    except Exception as error:  # damaged zips fail in many ways that have no common base
        findings[archive.OPENS].append(f"the zip cannot be read: {reason(error)}")
    return members
