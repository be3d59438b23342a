"""SPARK's truth: what the index holds of it, what can be trained on, and the same in COCO's form."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts import Reader
from pipeline.dataset.problems import has_problem
from pipeline.judging.coco import craft_truth, part_truth
from pipeline.masks.columns import BOX, BOX_FIELDS, MASK_FIELDS, MASKS
from pipeline.tracks.spark2024 import CLASSES, reader
from pipeline.tracks.spark2024.integrity import Labelled, check_image

TRUTH = (
    pa.field(
        "class_name", pa.string()
    ),  # the track's spelling; as found where the track does not know it; null on test
    pa.field("class_index", pa.int8()),  # -1: unknown or no label
    *BOX_FIELDS,
    *MASK_FIELDS,
    pa.field("mask_path", pa.string()),  # relative to the set's folder
)
UNUSABLE = (
    *("image-missing", "image-unreadable", "image-undecodable", "class-unknown"),
    *("mask-missing", "mask-unreadable", "mask-undecodable", "mask-size"),
)
CODE = (
    *(f"dataset/{name}.py" for name in ("integrity", "problems", "pixels", "mask_colours", "folders")),
    *("masks/boxes.py", "masks/rle.py", "masks/columns.py"),
    *(f"tracks/spark2024/{name}.py" for name in ("__init__", "reader", "table", "integrity", "truth")),
)


def check(folder: Path, item: reader.Item) -> dict:
    """What is found in an item's files; a box that is none is cleared, since it is no truth."""
    mask = Path(item.mask_path) if item.mask_path else None
    facts = check_image(Labelled(folder, Path(item.image_path), mask, item.box))
    box = item.box if item.box and facts.pop("box_valid") else (float("nan"),) * 4
    facts.pop("box_valid", None)
    return facts | dict(zip(BOX, box, strict=True))


def usable(rows: pd.DataFrame) -> np.ndarray:
    """Which index rows can be trained on: image, mask and a known class are there."""
    return (~has_problem(rows, UNUSABLE) & rows[MASKS[0]].notna()).to_numpy()


def labelled(rows: pd.DataFrame) -> np.ndarray:
    """Which index rows have a class, a box or masks."""
    return (rows["class_index"].ge(0) | rows[BOX].notna().all(axis=1) | rows[MASKS[0]].notna()).to_numpy()


def coco(rows: pd.DataFrame) -> dict[str, dict]:
    """Truth in COCO's form: bbox, whole craft by class, and segm, body and panel apart."""
    return {"bbox": craft_truth(rows, CLASSES), "segm": part_truth(rows)}


READER = Reader(
    items=reader.items,
    files=lambda item: (item.image_path, item.mask_path),
    check=check,
    tables=reader.tables,
    remarks=reader.remarks,
    usable=usable,
    labelled=labelled,
    truth=TRUTH,
    stratum="class_name",
    code=CODE,
)
