"""The index: one row an image of a data set, in `index.parquet`."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError, offenders
from pipeline.files import written_aside

FILE = "index.parquet"
SPLITS = ("train", "tune", "val", "test")
BOX = ["x_min", "y_min", "x_max", "y_max"]
SCHEMA = pa.schema(
    [
        ("image_id", pa.string()),  # unique in the set
        ("split", pa.string()),  # one of SPLITS
        ("class_name", pa.string()),  # the track's spelling; as found where the track does not know it; null on test
        ("class_index", pa.int8()),  # -1: unknown or no label
        *((corner, pa.float64()) for corner in BOX),  # pixels, max exclusive; NaN: no label
        ("body_rle", pa.string()),  # COCO counts; null: no mask
        ("panel_rle", pa.string()),
        ("height", pa.int32()),  # pixels; 0: neither image nor mask can be read
        ("width", pa.int32()),
        ("image_path", pa.string()),  # relative to the set's folder, / between parts
        ("mask_path", pa.string()),
        ("content_hash", pa.string()),  # BLAKE2b-128 of the image file's bytes; empty: no file
        ("problems", pa.string()),  # "code: text" joined by " | "; empty: none
    ]
)
UNUSABLE = ("image-missing", "image-undecodable", "mask-missing", "mask-undecodable", "mask-size", "class-unknown")


def write_index(path: Path, rows: pd.DataFrame) -> None:
    """Write an index; the same rows give the same bytes."""
    with written_aside(path) as aside:
        pq.write_table(pa.Table.from_pandas(rows, SCHEMA, preserve_index=False), aside, compression="zstd")


def read_index(folder: Path) -> pd.DataFrame:
    """The index of a data set's folder.

    Raises:
        UserError: there is none, or not one of this layout.
    """
    path = folder / FILE
    try:
        rows = pq.read_table(path).to_pandas()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: run `./run.sh index --data {folder}` first.") from None
    except pa.ArrowInvalid as error:
        raise UserError(f"{path} is not a parquet file ({error}): run `./run.sh index --data {folder}`.") from None
    missing = [name for name in SCHEMA.names if name not in rows]
    if missing:
        raise UserError(f"{path} lacks columns {missing}: delete it and run `./run.sh index --data {folder}`.")
    return rows


def rows_of(index: pd.DataFrame, splits: tuple[str, ...]) -> pd.DataFrame:
    """The rows of some splits. Raises UserError where a split is empty."""
    counts = index["split"].value_counts()
    empty = [split for split in splits if not counts.get(split)]
    if empty:
        there = ", ".join(f"{split} {counts[split]}" for split in SPLITS if counts.get(split)) or "no images at all"
        raise UserError(
            f"no images of split {', '.join(empty)} in the index; it holds {there}. "
            "If you added files, run `./run.sh index`."
        )
    return index[index["split"].isin(splits)].reset_index(drop=True)


def usable(rows: pd.DataFrame) -> np.ndarray:
    """Which rows can be trained on: image, mask and a known class are there."""
    blocked = rows["problems"].str.contains(rf"(?:^| \| )(?:{'|'.join(UNUSABLE)}): ")
    return (~blocked & rows["body_rle"].notna()).to_numpy()


def problem_report(rows: pd.DataFrame) -> str:
    """All problems of an index, by kind, with the first five images of each."""
    found: dict[str, list[str]] = {}
    for image_id, problems in zip(rows["image_id"], rows["problems"], strict=True):
        for problem in filter(None, problems.split(" | ")):
            code, _, text = problem.partition(": ")
            found.setdefault(code, []).append(f"{image_id}: {text}" if text else image_id)
    return "\n".join(f"{code}: {len(lines)}\n{offenders(lines)}" for code, lines in sorted(found.items()))
