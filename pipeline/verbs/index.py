"""index: check every file of a data set and write what is known of it to index.parquet."""

import json
from pathlib import Path

import pandas as pd

from pipeline.contracts import Track
from pipeline.dataset.index_table import FILE, SPLITS, usual_size
from pipeline.dataset.problems import has_problem, problem_report
from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.run_folder import find_data
from pipeline.stages.indexed import renewed
from pipeline.tracks import DEFAULT, track_named

COCO_NAMES = {"bbox": "craft", "segm": "parts"}


def index(
    data: Path | None = None,
    seed: int | None = None,
    strict: bool = False,
    coco: bool = False,
    track: str = DEFAULT,
) -> pd.DataFrame:
    """Check every file of a data set and write index.parquet: labels, masks as RLE, splits, and what is wrong.

    Reads SPARK 2022, 2024 and 2026 layouts (see data/README.md). A seeded 5 % of the train rows become the split
    `tune` (at least one image of each class), on which models are selected. Files that have not changed since the last
    run are not read again, and nothing is written where nothing has changed.

    Args:
        data: folder of the data set; default: the only one in data/
        seed: chooses the rows of `tune`; default: the one that the index was made with, 0 for a new one
        strict: exit with 2 if anything at all is wrong
        coco: also write the labels as COCO files, two a split: whole craft by class, and parts
        track: the competition whose files they are

    Raises:
        UserError: there is no data set, a table cannot be read, or with `strict` anything is wrong

    Example:
        ./run.sh index --data data/sim

    Returns:
        The rows of the index (pipeline/dataset/index_table.py).
    """
    folder = find_data(data)
    form = track_named(track)
    if coco and form.coco is None:
        raise UserError(f"--coco: truth of track {track} has no COCO form.")
    items = form.reader.items(folder)
    rows = renewed(folder, form, items, seed)
    remarks = form.reader.remarks(folder, items)
    _report(folder, form, rows, remarks)
    if coco:
        _write_coco(folder, form, rows)
    bad = has_problem(rows).sum()
    if strict and (bad or remarks):
        raise UserError(f"--strict: {bad} rows have problems and there are {len(remarks)} notes, listed above.")
    return rows


def _report(folder: Path, track: Track, rows: pd.DataFrame, remarks: list[str]) -> None:
    stratum = track.reader.stratum
    names = rows[stratum].fillna("(no label)") if stratum else pd.Series("images", rows.index)
    table = pd.crosstab(names, rows["split"], margins=bool(stratum), margins_name="all")
    print(table[[split for split in (*SPLITS, "all") if split in table]].to_string())
    usual, wanted = usual_size(rows, track.size_hw), track.size_hw
    if usual != wanted and track.upload.in_pixels:
        print(f"images are {usual[1]}x{usual[0]}: good for local work; uploads are {wanted[1]}x{wanted[0]}")
    for remark in remarks:
        print(f"note: {remark}")
    if bad := has_problem(rows).sum():
        print(f"{bad} of {len(rows)} images have problems; they are kept and marked:\n{problem_report(rows)}")
    else:
        print("no problems found")
    print(f"index: {folder / FILE}")


def _write_coco(folder: Path, track: Track, rows: pd.DataFrame) -> None:
    """coco_<split>_craft.json and coco_<split>_parts.json of the splits with labels; unusable images are left out."""
    for split, some in rows[rows["height"] > 0].groupby("split"):
        for kind, content in track.coco(some).items():
            if content["annotations"]:
                path = folder / f"coco_{split}_{COCO_NAMES[kind]}.json"
                write_text(path, json.dumps(content, default=int, allow_nan=False) + "\n")
                print(f"COCO: {path}, {len(content['annotations'])} annotations of {len(content['images'])} images")
