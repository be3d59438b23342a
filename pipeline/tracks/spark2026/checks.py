"""What may be wrong inside a submission's files; every function adds its complaints, in words."""

import math

from pipeline.errors import brief
from pipeline.masks import rle
from pipeline.tracks import archive
from pipeline.tracks.findings import Findings
from pipeline.tracks.spark2024.reader import parse_box
from pipeline.tracks.spark2026 import BUDGET_GMAC, BUDGET_MPARAMS, CLASSES, SIZE

CSV, BBOX, SEGM, EFFICIENCY = "submission.csv", "coco_bbox.json", "coco_segm.json", "efficiency.json"
COLUMNS_GOOD, JSON_GOOD = "submission.csv has its columns", "the JSON files are JSON"
IMAGES_GOOD, CLASSES_GOOD = "every image of the split once, and no other", "classes are of the ten"
BOXES_GOOD, MASKS_GOOD = "boxes are finite, upright and inside", "masks are COCO RLE of 1024 x 1024 pixels"
BUDGET_GOOD = "compute and parameters are given, and within the budgets"
BBOX_SAME, SEGM_SAME = "coco_bbox.json says the same, with scores", "coco_segm.json says the same, with scores"
CHECKS = (
    *(*archive.CHECKS, COLUMNS_GOOD, JSON_GOOD, IMAGES_GOOD, CLASSES_GOOD, BOXES_GOOD, MASKS_GOOD),
    *(BUDGET_GOOD, BBOX_SAME, SEGM_SAME),
)
CORNERS = ["x_min", "y_min", "x_max", "y_max"]


def check_images(found: dict[int, str], image_ids: list[str], complaints: list[str]) -> None:
    """Every image of the split once, and no other. `found`: ids by line of the CSV."""
    wanted, seen = set(image_ids), {}
    if found and wanted and wanted.isdisjoint(found.values()):
        several = ", ".join(map(brief, list(found.values())[:2]))
        complaints.append(
            f"{CSV}: none of its images ({several} ...) is of this split ({image_ids[0]!r} ...); --split?"
        )
        return
    for line, image_id in found.items():
        if image_id in seen:
            complaints.append(f"{CSV}: line {line}: image {brief(image_id)} twice, first in line {seen[image_id]}")
        elif image_id not in wanted:
            complaints.append(f"{CSV}: line {line}: image {brief(image_id)} is not of this split")
        seen.setdefault(image_id, line)
    complaints += [f"{CSV}: image {image_id!r} is missing" for image_id in image_ids if image_id not in seen]


def checked_row(line: int, row: dict, findings: Findings) -> dict:
    """One line of the CSV in the project's terms: class known, box finite, inside and not empty, RLE of full size."""
    where = f"{CSV}: line {line}: image {brief(row['image_id'])}"
    if row["class"] not in CLASSES:
        findings[CLASSES_GOOD].append(f"{where}: class {brief(row['class'])}, expected one of {', '.join(CLASSES)}")
    box = parse_box(row["bbox"], row_first=False) or (math.nan,) * 4
    if not all(map(math.isfinite, box)):
        findings[BOXES_GOOD].append(
            f"{where}: bbox {brief(row['bbox'])}, expected four finite numbers (x_min, y_min, x_max, y_max)"
        )
    elif not (0 <= box[0] < box[2] <= SIZE and 0 <= box[1] < box[3] <= SIZE):
        order = f"0 <= min < max <= {SIZE}, for x and for y"
        findings[BOXES_GOOD].append(
            f"{where}: bbox {brief(row['bbox'])} is empty, inverted or outside; expected {order}"
        )
    for part in ("body_rle", "panel_rle"):
        try:
            rle.check(row[part], SIZE, SIZE)
        except rle.RleError as error:
            findings[MASKS_GOOD].append(f"{where}: {part}: {error}")
    return {
        "image_id": row["image_id"],
        "class_name": row["class"],
        "class_index": CLASSES.index(row["class"]) if row["class"] in CLASSES else -1,
        **dict(zip(CORNERS, box, strict=True)),
        "body_rle": row["body_rle"],
        "panel_rle": row["panel_rle"],
    }


def check_efficiency(efficiency: dict, complaints: list[str]) -> None:
    """Compute and parameters are numbers within the budgets."""
    for name, budget in (("gmac", BUDGET_GMAC), ("mparams", BUDGET_MPARAMS)):
        value = efficiency.get(name)
        if not _is_number(value) or not 0 < value < math.inf:
            complaints.append(f"{EFFICIENCY}: {name} is {brief(value)}, expected a number above 0")
        elif value > budget:
            complaints.append(f"{EFFICIENCY}: {name} is {brief(value)}, over the budget of {budget:g}")


def check_records(boxes: list, masks: list, rows: list[dict], findings: Findings) -> None:
    """The COCO files must say the same as the CSV, with a score to each record."""
    said_boxes = {row["image_id"]: row for row in rows}
    expected = {(image_id, row["class_index"] + 1): _xywh(row) for image_id, row in said_boxes.items()}
    _compare(BBOX, boxes, "bbox", expected, findings[BBOX_SAME])
    said_masks = {
        (row["image_id"], category): {"size": [SIZE, SIZE], "counts": row[part]}
        for row in rows
        for category, part in ((1, "body_rle"), (2, "panel_rle"))
        if not _empty(row[part])
    }
    _compare(SEGM, masks, "segmentation", said_masks, findings[SEGM_SAME])


def _compare(where: str, records: list, field: str, expected: dict, complaints: list[str]) -> None:
    seen = set()
    for number, record in enumerate(records):
        known = isinstance(record, dict) and {"image_id", "category_id", "score", field} <= record.keys()
        if not known:
            complaints.append(f"{where}: record {number}: expected image_id, category_id, score and {field}")
            continue
        image, category, score = record["image_id"], record["category_id"], record["score"]
        named = f"{where}: record {number} (image {brief(image)}, category {brief(category)})"
        if type(category) is not int or not isinstance(image, str):
            complaints.append(f"{named}: expected image_id a text and category_id a whole number")
            continue
        if not _is_number(score) or not 0 <= score <= 1:
            complaints.append(f"{named}: score {brief(score)}, expected 0 to 1")
        if (image, category) in seen:
            complaints.append(f"{named}: twice")
        elif (image, category) not in expected:
            complaints.append(f"{named}: {CSV} has no such answer")
        elif not _same(record[field], expected[image, category]):
            said = brief(expected[image, category])
            complaints.append(f"{named}: {field} {brief(record[field])} differs from {CSV}, expected {said}")
        seen.add((image, category))
    missing = [key for key in expected if key not in seen]
    complaints += [f"{where}: image {brief(image)}, category {category}: missing" for image, category in missing]


def _same(found: object, expected: object) -> bool:
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        pairs = zip(found, expected, strict=True)
        return all(_is_number(a) and abs(a) <= SIZE and math.isclose(a, b, abs_tol=1e-6) for a, b in pairs)
    return found == expected


def _xywh(row: dict) -> list[float]:
    return [row["x_min"], row["y_min"], row["x_max"] - row["x_min"], row["y_max"] - row["y_min"]]


def _empty(counts: str) -> bool:
    """Whether no pixel is set; counts that are none are complained of elsewhere."""
    try:
        return not rle.runs(counts)[1::2].any()
    except rle.RleError:
        return True


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
