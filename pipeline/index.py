"""index: check every file of a data set and write what is known of it to index.parquet."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline.dataset.index_table import BOX, SPLITS, problem_report, read_index, usable, write_index
from pipeline.dataset.integrity import Labelled, check_image
from pipeline.errors import UserError
from pipeline.files import written_aside
from pipeline.metrics.coco import craft_truth, part_truth
from pipeline.processes import cores, spread
from pipeline.progress import progress
from pipeline.run_folder import find_data
from pipeline.tracks.spark2024 import CLASSES, SIZE, reader

TUNE_SHARE = 0.05
CHECKED_ALONE = ("content_hash", "height", "width", "body_rle", "panel_rle", "problems")
CHECKS = 1  # raise when a check changes, so that old findings are not reused
KEEP_EVERY = 5000  # images between two points from which a killed run goes on
KEY = ["image_path", "mask_path", "split_in_csv", "class_name", *BOX, "complaint", "stamp"]


def index(data: Path | None = None, seed: int = 0, strict: bool = False, coco: bool = False) -> pd.DataFrame:
    """Check every file of a data set and write index.parquet: labels, masks as RLE, splits, and what is wrong.

    Reads SPARK 2022, 2024 and 2026 layouts (see data/README.md). A seeded 5 % of the train rows become the split
    `tune` (at least one image of each class), on which models are selected. Files that have not changed since the last
    run are not read again.

    Args:
        data: folder of the data set; default: the only one in data/
        seed: chooses the rows of `tune`
        strict: exit with 2 if anything at all is wrong
        coco: also write the labels as COCO files, two a split: whole craft by class, and parts

    Example:
        ./run.sh index --data data/spark2026

    Returns:
        The rows of the index (pipeline/dataset/index_table.py).
    """
    folder = find_data(data)
    items, remarks = reader.read(folder)
    rows = _checked(folder, items)
    _mark_duplicates(rows)
    rows["split"] = _splits(rows, seed)
    rows = rows.sort_values(["split", "image_id"], key=_in_order, kind="stable").reset_index(drop=True)
    write_index(folder / "index.parquet", rows)
    _report(folder, rows, remarks)
    if coco:
        _write_coco(folder, rows)
    if strict and (rows["problems"] != "").any():
        raise UserError(f"--strict: {(rows['problems'] != '').sum()} rows have problems, listed above.")
    return rows


def _write_coco(folder: Path, rows: pd.DataFrame) -> None:
    """coco_<split>_craft.json and coco_<split>_parts.json of the splits with labels; unusable images are left out."""
    for split, some in rows[rows["height"] > 0].groupby("split"):
        for kind, content in (("craft", craft_truth(some, CLASSES)), ("parts", part_truth(some))):
            if content["annotations"]:
                path = folder / f"coco_{split}_{kind}.json"
                with written_aside(path) as aside:
                    aside.write_text(json.dumps(content, default=int) + "\n")
                print(f"COCO: {path}, {len(content['annotations'])} annotations of {len(content['images'])} images")


def _checked(folder: Path, items: list[reader.Item]) -> pd.DataFrame:
    """A row an item; those whose files and labels are as they were come from the last index."""
    rows = pd.DataFrame(
        [
            {
                **item._asdict(),
                **dict(zip(BOX, item.box or (float("nan"),) * 4, strict=True)),
                "split_in_csv": item.split,
                "stamp": " ".join(_stamp(folder, path) for path in (item.image_path, item.mask_path)),
            }
            for item in items
        ]
    )
    rows["key"] = ["|".join(map(str, (CHECKS, *row))) for row in rows[KEY].itertuples(index=False)]
    known = _last_time(folder)
    fresh = [i for i, key in enumerate(rows["key"]) if key not in known]
    print(f"index: {len(rows)} images in {folder}, {len(fresh)} to check")
    found = _check_all(folder, [items[i] for i in fresh])
    for count, (i, facts) in enumerate(zip(fresh, found, strict=True), start=1):
        own = " | ".join(filter(None, [items[i].complaint, *facts["problems"]]))
        known[rows["key"].iloc[i]] = {**facts, "problems": own}
        if count % KEEP_EVERY == 0:
            _remember(folder, known)
    known = {key: known[key] for key in rows["key"]}
    _remember(folder, known)
    for name in CHECKED_ALONE:
        rows[name] = [known[key][name] for key in rows["key"]]
    return rows


def _check_all(folder: Path, items: list[reader.Item]) -> Iterator[dict]:
    jobs = [
        Labelled(folder / item.image_path, folder / item.mask_path if item.mask_path else None, item.box, SIZE)
        for item in items
    ]
    processes = min(cores(), len(jobs) // 50)  # a process takes as long to start as fifty images to check
    return progress(spread(check_image, jobs, processes, chunk=16), len(jobs), "index")


def _stamp(folder: Path, path: str | None) -> str:
    """Size and time of a file, `-` where there is none."""
    try:
        stat = (folder / path).stat() if path else None
    except (OSError, ValueError):  # missing, or a name that no file can have
        stat = None
    return f"{stat.st_size}.{stat.st_mtime_ns}" if stat else "-"


def _last_time(folder: Path) -> dict[str, dict]:
    """What the last run found, by key. File times live in index.cache, so that index.parquet has none."""
    try:
        cache = pd.read_parquet(folder / "index.cache")
        return cache.set_index("key")[list(CHECKED_ALONE)].to_dict("index")
    except (OSError, KeyError, ValueError):
        return {}


def _remember(folder: Path, known: dict[str, dict]) -> None:
    with written_aside(folder / "index.cache") as aside:
        pd.DataFrame([{"key": key, **facts} for key, facts in known.items()]).to_parquet(aside, compression="zstd")


def _mark_duplicates(rows: pd.DataFrame) -> None:
    """Add a problem to every row whose image has the same bytes as another's."""
    known = rows[rows["content_hash"] != ""]
    for _, same in known[known.duplicated("content_hash", keep=False)].groupby("content_hash", sort=False):
        for i, row in same.iterrows():
            other = next(same.loc[j] for j in same.index if j != i)
            code = "duplicate" if same["split"].nunique() == 1 else "duplicate-across-splits"
            text = f"{code}: same bytes as {other['image_id']} ({other['split']})"
            rows.loc[i, "problems"] = " | ".join(filter(None, [row["problems"], text]))


def _splits(rows: pd.DataFrame, seed: int) -> pd.Series:
    """`tune` takes a seeded 5 % of each class's usable train rows, at least one of two, and never nothing from all.

    Images of equal content go the same way.
    """
    train = rows[(rows["split"] == "train") & usable(rows)]
    chosen: set[str] = set()
    for _, of_class in train.groupby("class_name"):
        contents = _shuffled(of_class["content_hash"], seed)
        chosen.update(contents[: max(round(TUNE_SHARE * len(contents)), 1) if len(contents) > 1 else 0])
    if not chosen and len(train) > 1:
        chosen.update(_shuffled(train["content_hash"], seed)[:1])
    return rows["split"].where(~(rows["split"].eq("train") & rows["content_hash"].isin(chosen)), "tune")


def _shuffled(contents: pd.Series, seed: int) -> list[str]:
    """Distinct contents in an order that depends on the seed and on themselves alone."""
    return sorted(set(contents), key=lambda content: hashlib.sha256(f"{seed} {content}".encode()).digest())


def _in_order(column: pd.Series) -> pd.Series:
    return column.map(SPLITS.index) if column.name == "split" else column


def _report(folder: Path, rows: pd.DataFrame, remarks: list[str]) -> None:
    table = pd.crosstab(rows["class_name"].fillna("(no label)"), rows["split"], margins=True, margins_name="all")
    print(table[[split for split in (*SPLITS, "all") if split in table]].to_string())
    for remark in remarks:
        print(f"note: {remark}")
    bad = rows["problems"] != ""
    if bad.any():
        print(f"{bad.sum()} of {len(rows)} images have problems; they are kept and marked:\n{problem_report(rows)}")
    else:
        print("no problems found")
    print(f"written: {folder / 'index.parquet'}")


def ensure_index(folder: Path) -> pd.DataFrame:
    """The index of a folder, made first where it is missing or older than what it was made from."""
    made = folder / "index.parquet"
    if not made.exists():
        print(f"{folder} has no index yet: making it")
        index(folder)
    elif newest := reader.changed_since(folder, made.stat().st_mtime):
        print(f"{newest} is newer than the index of {folder}: making it again")
        index(folder)
    return read_index(folder)
