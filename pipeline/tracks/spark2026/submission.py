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

from pipeline.errors import brief, reason
from pipeline.files import written_aside
from pipeline.masks import rle
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
    CORNERS,
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
)

MOST_BYTES = 512 * 2**20  # of a member: 25 kB an image of the largest split, where 1 kB is usual
MEMBERS = (CSV, BBOX, SEGM, EFFICIENCY)
MARKS_EACH = 16  # opening brackets and commas in a record of a JSON file; usual are 9
NAMES = {dict: "an object, {...}", list: "a list, [...]"}
csv.field_size_limit(MOST_BYTES)  # an RLE may be longer than Python's 131,072
COLUMNS = ["image_id", "class", "bbox", "body_rle", "panel_rle"]


def write(path: Path, predictions: pd.DataFrame, efficiency: dict) -> None:
    """Write the zip; the same rows give the same bytes.

    Args:
        path: of the zip.
        predictions: rows of predictions.parquet, in the order wanted.
        efficiency: gmac, mparams and what else is to be said.
    """
    rows = predictions.to_dict("records")
    content = {
        CSV: _csv(rows),
        BBOX: _json([_bbox_record(row) for row in rows]),
        SEGM: _json([record for row in rows for record in _segm_records(row)]),
        EFFICIENCY: json.dumps(efficiency, indent=2, sort_keys=True, allow_nan=False) + "\n",
    }
    with written_aside(path) as aside, zipfile.ZipFile(aside, "w") as out:
        for name, text in content.items():
            archive.add_member(out, name, text, zipfile.ZIP_DEFLATED)


def _csv(rows: list[dict]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        box = "(" + ", ".join(f"{row[corner]:.10g}" for corner in CORNERS) + ")"
        writer.writerow([row["image_id"], row["class_name"], box, row["body_rle"], row["panel_rle"]])
    return out.getvalue()


def _bbox_record(row: dict) -> dict:
    x_min, y_min, x_max, y_max = (row[corner] for corner in CORNERS)
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


def read(path: Path, image_ids: list[str]) -> tuple[pd.DataFrame, dict]:
    """What a zip answers, checked.

    Args:
        path: of the zip.
        image_ids: every image that must be answered, once each.

    Returns:
        A row an image (image_id, class_name, class_index, x_min .. y_max, body_rle, panel_rle), in the zip's order,
        and efficiency.json.

    Raises:
        UserError: anything is wrong; with every complaint.
    """
    findings, rows, efficiency = examine(path, image_ids)
    findings.refuse(path)
    return rows, efficiency


def results(path: Path, rows: pd.DataFrame) -> dict[str, list[dict]]:
    """The COCO results of a zip that `read` took, by kind, bbox and segm."""
    with zipfile.ZipFile(path) as members:
        return {kind: json.loads(members.read(name)) for kind, name in (("bbox", BBOX), ("segm", SEGM))}


def examine(path: Path, image_ids: list[str]) -> tuple[Findings, pd.DataFrame, dict]:
    """All that is wrong with a zip, and what it answers as far as that can be read; arguments as of `read`."""
    findings = Findings(CHECKS)
    archive.check_members(path, list(MEMBERS), MOST_BYTES, findings)
    members = {} if findings.complaints else _unpacked(path, findings)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(COLUMNS_GOOD, JSON_GOOD)
    most = 10 * len(image_ids) + 1000  # records: of more nothing is said but that
    lines = _read_csv(members[CSV], most, findings[COLUMNS_GOOD])
    efficiency = _read_json(members, EFFICIENCY, dict, most, findings[JSON_GOOD])
    boxes = _read_json(members, BBOX, list, most, findings[JSON_GOOD])
    masks = _read_json(members, SEGM, list, most, findings[JSON_GOOD])
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(IMAGES_GOOD, CLASSES_GOOD, BOXES_GOOD, MASKS_GOOD, BUDGET_GOOD, BBOX_SAME, SEGM_SAME)
    check_images({line: row["image_id"] for line, row in lines.items()}, image_ids, findings[IMAGES_GOOD])
    rows = [checked_row(line, row, findings) for line, row in lines.items()]
    check_efficiency(efficiency, findings[BUDGET_GOOD])
    check_records(boxes, masks, rows, findings)
    return findings, pd.DataFrame(rows), efficiency


def _unpacked(path: Path, findings: Findings) -> dict[str, bytes]:
    members = {}
    try:
        with zipfile.ZipFile(path) as zipped:
            for name in MEMBERS:
                members[name] = zipped.read(name)
    except Exception as error:  # damaged zips fail in many ways that have no common base
        findings[archive.OPENS].append(f"the zip cannot be read: {reason(error)}")
    return members


def _read_csv(content: bytes, most: int, complaints: list[str]) -> dict[int, dict[str, str]]:
    """Rows by the number of their last line."""
    rows: dict[int, dict[str, str]] = {}
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
        header = next(lines, [])
        if header != COLUMNS:
            complaints.append(f"{CSV}: columns {brief(header)}, expected {COLUMNS}")
            return rows
        for cells in lines:
            if len(cells) != len(COLUMNS):
                complaints.append(f"{CSV}: line {lines.line_num}: {len(cells)} cells, expected {len(COLUMNS)}")
            rows[lines.line_num] = dict(zip(COLUMNS, cells, strict=False))
            if len(rows) > most:
                complaints.append(f"{CSV}: more than {most:,} rows, expected one an image")
                return rows
    except (UnicodeDecodeError, csv.Error) as error:
        complaints.append(f"{CSV}: no CSV in UTF-8: {reason(error)}")
    return rows


def _read_json(members: dict[str, bytes], name: str, kind: type, most: int, complaints: list[str]) -> dict | list:
    marks = sum(members[name].count(mark) for mark in (b"{", b"[", b","))
    if marks > MARKS_EACH * most:  # they would fill the memory
        complaints.append(f"{name}: {marks:,} values, expected at most {MARKS_EACH * most:,} for so many images")
        return kind()
    try:
        content = json.loads(members[name].decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        complaints.append(f"{name}: no JSON in UTF-8: {reason(error)}")
        return kind()
    if not isinstance(content, kind):
        complaints.append(f"{name}: expected {NAMES[kind]}, found {brief(content)}")
        return kind()
    return content


def _once(pairs: list[tuple[str, object]]) -> dict:
    """An object whose keys occur once. Raises ValueError where one does not: readers differ in which they take."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError(f"a key twice among {brief([key for key, _ in pairs])}")
    return content
