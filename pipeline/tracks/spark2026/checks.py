"""What may be wrong inside a submission's files; every function adds its complaints, in words."""

import math
import re
from collections import Counter
from collections.abc import Callable

import numpy as np

from pipeline.errors import brief
from pipeline.masks import rle
from pipeline.masks.boxes import box_iou
from pipeline.masks.columns import BOX, MASKS
from pipeline.tracks import archive
from pipeline.tracks.findings import Findings
from pipeline.tracks.spark2026 import BUDGET_GMAC, BUDGET_MPARAMS, CLASSES

CSV, BBOX, SEGM, EFFICIENCY = "submission.csv", "coco_bbox.json", "coco_segm.json", "efficiency.json"
COLUMNS_GOOD, JSON_GOOD = "submission.csv has its columns", "the JSON files are JSON"
IMAGES_GOOD, CLASSES_GOOD = "every image of the split once, and no other", "classes are of the ten"
BOXES_GOOD, MASKS_GOOD = "boxes are finite, upright and inside", "masks are COCO RLE of their image's size"
BUDGET_GOOD = "compute and parameters are given, and within the budgets"
BBOX_SAME, SEGM_SAME = "coco_bbox.json says the same, with scores", "coco_segm.json says the same, with scores"
CHECKS = (
    *(*archive.CHECKS, COLUMNS_GOOD, JSON_GOOD, IMAGES_GOOD, CLASSES_GOOD, BOXES_GOOD, MASKS_GOOD),
    *(BUDGET_GOOD, BBOX_SAME, SEGM_SAME),
)
FAR = 1e9  # pixels; a larger number is no place in an image, and may not even fit a float
HARDLY, CLEARLY = 0.5, 0.1  # IoU below which a box does not fit its masks, and by which another fits better
FOUR = r"\s*,\s*".join([r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"] * 4)
BOXES = [
    re.compile(rf"\s*{opening}\s*{FOUR}\s*{closing}\s*", re.ASCII)
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]"), ("", ""))
]


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


def parse_box(text: str) -> tuple[float, ...] | None:
    """Four numbers with commas between, in one pair of brackets or none; None for anything else.

    Stricter than the reader of data sets: what the organisers' reader does not take must not pass here.
    """
    found = next(filter(None, (box.fullmatch(text) for box in BOXES)), None)
    return tuple(map(float, found.groups())) if found else None


def checked_row(line: int, row: dict, size: tuple[int, int], findings: Findings) -> dict:
    """One line of the CSV in the project's terms: class known, box finite, inside and not empty, RLE of full size.

    `size` is the height and width that the answer must have. `wrong` names the columns that are complained of.
    """
    where = f"{CSV}: line {line}: image {brief(row['image_id'])}"
    height, width = size
    wrong = set()
    if row["class"] not in CLASSES:
        wrong.add("class")
        findings[CLASSES_GOOD].append(f"{where}: class {brief(row['class'])}, expected one of {', '.join(CLASSES)}")
    box = parse_box(row["bbox"]) or (math.nan,) * 4
    if complaint := _box_complaint(box, height, width):
        wrong.add("bbox")
        findings[BOXES_GOOD].append(f"{where}: bbox {brief(row['bbox'])}{complaint}")
    for part in ("body_rle", "panel_rle"):
        try:
            rle.check(row[part], height, width)
        except rle.RleError as error:
            wrong.add(part)
            findings[MASKS_GOOD].append(f"{where}: {part}: {error}")
    return {
        "image_id": row["image_id"],
        "class_name": row["class"],
        "class_index": CLASSES.index(row["class"]) if row["class"] in CLASSES else -1,
        **dict(zip(BOX, box, strict=True)),
        "body_rle": row["body_rle"],
        "panel_rle": row["panel_rle"],
        "height": height,
        "width": width,
        "wrong": wrong,
    }


def _box_complaint(box: tuple[float, ...], height: int, width: int) -> str:
    if not all(map(math.isfinite, box)):
        return ", expected four finite numbers with commas between, (x_min, y_min, x_max, y_max)"
    if not (0 <= box[0] < box[2] <= width and 0 <= box[1] < box[3] <= height):
        return (
            f" is empty, inverted or outside; expected 0 <= x_min < x_max <= {width} and 0 <= y_min < y_max <= {height}"
        )
    return ""


def check_efficiency(efficiency: dict, complaints: list[str]) -> None:
    """Compute and parameters are numbers within the budgets."""
    for name, budget in (("gmac", BUDGET_GMAC), ("mparams", BUDGET_MPARAMS)):
        value = efficiency.get(name)
        if name not in efficiency:
            complaints.append(f"{EFFICIENCY}: {name} is missing")
        elif not _is_number(value) or not 0 < value < math.inf:
            complaints.append(f"{EFFICIENCY}: {name} is {brief(value)}, expected a number above 0")
        elif value > budget:
            complaints.append(f"{EFFICIENCY}: {name} is {brief(value)}, over the budget of {budget:g}")


def check_records(boxes: list, masks: list, rows: list[dict], image_ids: list[str], findings: Findings) -> None:
    """The COCO files must say the same as the CSV, with a score to each record.

    What the CSV is complained of already, and images that it lacks or has twice, are not held against them again.
    """
    said = [row["image_id"] for row in rows]
    doubted = set(image_ids) - set(said) | {image_id for image_id, count in Counter(said).items() if count > 1}
    expected = {(row["image_id"], row["class_index"] + 1): _xywh(row) for row in rows}
    spoilt = {row["image_id"] for row in rows if row["wrong"] & {"class", "bbox"}} | doubted
    _compare(BBOX, boxes, "bbox", expected, lambda image, _: image in spoilt, findings[BBOX_SAME])
    parts = [(row, category, part) for row in rows for category, part in ((1, "body_rle"), (2, "panel_rle"))]
    expected = {
        (row["image_id"], category): {"size": [row["height"], row["width"]], "counts": row[part]}
        for row, category, part in parts
        if part not in row["wrong"] and not _empty(row[part])
    }
    cut = {(row["image_id"], category) for row, category, part in parts if part in row["wrong"]}
    _compare(
        SEGM,
        masks,
        "segmentation",
        expected,
        lambda image, category: image in doubted or (image, category) in cut,
        findings[SEGM_SAME],
    )


def _compare(
    where: str, records: list, field: str, expected: dict, skipped: Callable[[str, int], bool], complaints: list[str]
) -> None:
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
        if skipped(image, category):
            continue
        if (image, category) in seen:
            complaints.append(f"{named}: twice")
        elif (image, category) not in expected:
            complaints.append(f"{named}: {CSV} has no such answer")
        elif not _same(record[field], expected[image, category]):
            complaints.append(f"{named}: {field} {_difference(record[field], expected[image, category])}")
        seen.add((image, category))
    missing = [key for key in expected if key not in seen and not skipped(*key)]
    complaints += [f"{where}: image {brief(image)}, category {category}: missing" for image, category in missing]


def _difference(found: object, expected: object) -> str:
    if isinstance(found, dict) and isinstance(found.get("counts"), list):
        return "has counts as a list (COCO's uncompressed RLE), expected a text (compressed RLE)"
    return f"{brief(found)} differs from {CSV}, expected {brief(expected)}"


def _same(found: object, expected: object) -> bool:
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        pairs = zip(found, expected, strict=True)
        return all(_is_number(a) and abs(a) < FAR and math.isclose(a, b, abs_tol=1e-6) for a, b in pairs)
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


def odd_boxes(rows: list[dict]) -> list[str]:
    """A note where the boxes of most images do not fit their masks: valid by the letter, and hardly meant."""
    pairs = [([row[corner] for corner in BOX], extent) for row in rows if (extent := _extent(row))]
    if len(pairs) <= len(rows) / 2:
        return []
    box_n4, extent_n4 = map(np.array, zip(*pairs, strict=True))
    iou_n, turned_n = box_iou(box_n4, extent_n4), box_iou(box_n4[:, [1, 0, 3, 2]], extent_n4)
    if turned_n.mean() > iou_n.mean() + CLEARLY:
        said = f"mean IoU {iou_n.mean():.2f} over {len(pairs)} images, {turned_n.mean():.2f} with x and y swapped"
        return [f"boxes and masks of most images hardly overlap: {said}; masks transposed, or boxes row first?"]
    apart = int((iou_n < HARDLY).sum())
    if apart > len(rows) / 2:
        return [f"boxes and masks of {apart} of {len(rows)} images hardly overlap (IoU below {HARDLY})"]
    return []


def _extent(row: dict) -> list[float] | None:
    """Corners of body and panel together; None where both are empty."""
    boxes = [rle.box(row[part], row["height"], row["width"]) for part in MASKS]
    shown = [box for box in boxes if box[2] and box[3]]
    if not shown:
        return None
    low, far = zip(*(((x, y), (x + width, y + height)) for x, y, width, height in shown), strict=True)
    return [*map(min, zip(*low, strict=True)), *map(max, zip(*far, strict=True))]
