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

from pipeline.errors import UserError
from pipeline.files import written_aside
from pipeline.masks import rle
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
    FIRST_LINE,
    IMAGES_GOOD,
    JSON_GOOD,
    MASKS_GOOD,
    MEMBERS_GOOD,
    OPENS,
    SEGM,
    SEGM_SAME,
    SIZES_GOOD,
    check_efficiency,
    check_images,
    check_records,
    checked_row,
)

MOST_BYTES = 512 * 2**20  # of a member: 25 kB an image of the largest split, where 1 kB is usual
MEMBERS = (CSV, BBOX, SEGM, EFFICIENCY)
COLUMNS = ["image_id", "class", "bbox", "body_rle", "panel_rle"]
EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time in the zip, so that the same answers give the same bytes


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
    with written_aside(path) as aside, zipfile.ZipFile(aside, "w") as archive:
        for name, text in content.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, text)


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
    with zipfile.ZipFile(path) as archive:
        return {kind: json.loads(archive.read(name)) for kind, name in (("bbox", BBOX), ("segm", SEGM))}


def examine(path: Path, image_ids: list[str]) -> tuple[Findings, pd.DataFrame, dict]:
    """All that is wrong with a zip, and what it answers as far as that can be read; arguments as of `read`."""
    findings = Findings(CHECKS)
    members = _members(path, findings)
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(COLUMNS_GOOD, JSON_GOOD)
    table = _read_csv(members[CSV], findings[COLUMNS_GOOD])
    efficiency = _read_json(members, EFFICIENCY, dict, findings[JSON_GOOD])
    boxes = _read_json(members, BBOX, list, findings[JSON_GOOD])
    masks = _read_json(members, SEGM, list, findings[JSON_GOOD])
    if findings.complaints:
        return findings, pd.DataFrame(), {}
    findings.begin(IMAGES_GOOD, CLASSES_GOOD, BOXES_GOOD, MASKS_GOOD, BUDGET_GOOD, BBOX_SAME, SEGM_SAME)
    check_images(table["image_id"].tolist(), image_ids, findings[IMAGES_GOOD])
    rows = [checked_row(line, row, findings) for line, row in enumerate(table.to_dict("records"), FIRST_LINE)]
    check_efficiency(efficiency, findings[BUDGET_GOOD])
    check_records(boxes, masks, rows, findings)
    return findings, pd.DataFrame(rows), efficiency


def _members(path: Path, findings: Findings) -> dict[str, str]:
    findings.begin(OPENS)
    try:
        with zipfile.ZipFile(path) as archive:
            findings.begin(MEMBERS_GOOD, SIZES_GOOD)
            names = archive.namelist()
            odd = findings[MEMBERS_GOOD]
            for name in sorted(set(names) - set(MEMBERS)):
                odd.append(f"member {name!r}: not expected; the zip is flat and holds {', '.join(MEMBERS)}")
            odd += [f"member {name!r}: missing" for name in MEMBERS if name not in names]
            odd += [f"member {name!r}: {names.count(name)} times" for name in MEMBERS if names.count(name) > 1]
            for member in archive.infolist():
                if member.file_size > MOST_BYTES:
                    said = f"{member.file_size:,} bytes unpacked, expected at most {MOST_BYTES:,}"
                    findings[SIZES_GOOD].append(f"member {member.filename!r}: {said}")
            return {} if findings.complaints else {name: archive.read(name).decode("utf-8") for name in MEMBERS}
    except FileNotFoundError:
        raise UserError(f"no file {path.absolute()}: run `./run.sh package` first.") from None
    except Exception as error:  # damaged zips fail in many ways that have no common base
        findings[OPENS].append(f"the zip cannot be read: {type(error).__name__} {error}")
        return {}


def _read_csv(text: str, complaints: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        complaints.append(f"{CSV}: not a CSV file: {error}")
        return pd.DataFrame()
    if list(table) != COLUMNS:
        complaints.append(f"{CSV}: columns {list(table)}, expected {COLUMNS}")
    return table


def _read_json(members: dict[str, str], name: str, kind: type, complaints: list[str]) -> dict | list:
    try:
        content = json.loads(members[name])
    except (ValueError, RecursionError) as error:
        complaints.append(f"{name}: not JSON: {error}")
        return kind()
    if not isinstance(content, kind):
        complaints.append(f"{name}: expected a {kind.__name__}, found a {type(content).__name__}")
        return kind()
    return content
