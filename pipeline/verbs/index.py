"""index: check every file of a data set and write what is known of it to index.parquet."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline.dataset.file_findings import CHECKING, FOUND, Key, changes, keys_of, remember, remembered
from pipeline.dataset.index_table import (
    BOX,
    FILE,
    SPLITS,
    about_index,
    problem_report,
    read_index,
    usual_size,
    write_index,
)
from pipeline.dataset.integrity import Labelled, check_image
from pipeline.dataset.splits import in_order, mark_duplicates, mark_odd_sizes, with_tune
from pipeline.errors import UserError
from pipeline.files import DiskError, drop_leftovers, file_hash, write_text
from pipeline.judging.coco import craft_truth, part_truth
from pipeline.locks import alone_in
from pipeline.processes import cores, spread
from pipeline.progress import progress
from pipeline.run_folder import find_data
from pipeline.sources import differences, sources
from pipeline.tracks.spark2024 import CLASSES, SIZE, reader

KEEP_EVERY = 5000  # images between two points from which a killed run goes on
CODE = (  # that decides what the index says
    *(*CHECKING, "verbs/index.py", "dataset/index_table.py", "dataset/splits.py"),
    *("tracks/spark2024/__init__.py", "tracks/spark2024/reader.py", "tracks/spark2024/table.py", "dataset/folders.py"),
)


def index(data: Path | None = None, seed: int | None = None, strict: bool = False, coco: bool = False) -> pd.DataFrame:
    """Check every file of a data set and write index.parquet: labels, masks as RLE, splits, and what is wrong.

    Reads SPARK 2022, 2024 and 2026 layouts (see data/README.md). A seeded 5 % of the train rows become the split
    `tune` (at least one image of each class), on which models are selected. Files that have not changed since the last
    run are not read again, and nothing is written where nothing has changed.

    Args:
        data: folder of the data set; default: the only one in data/
        seed: chooses the rows of `tune`; default: the one that the index was made with, 0 for a new one
        strict: exit with 2 if anything at all is wrong
        coco: also write the labels as COCO files, two a split: whole craft by class, and parts

    Example:
        ./run.sh index --data data/spark2026

    Returns:
        The rows of the index (pipeline/dataset/index_table.py).
    """
    folder = find_data(data)
    items = reader.items(folder)
    rows = _standing(folder, items, seed)
    if rows is None:
        rows = _make(folder, items, seed)
    remarks = reader.remarks(folder, items)
    _report(folder, rows, remarks)
    if coco:
        _write_coco(folder, rows)
    bad = (rows["problems"] != "").sum()
    if strict and (bad or remarks):
        raise UserError(f"--strict: {bad} rows have problems and there are {len(remarks)} notes, listed above.")
    return rows


def ensure_index(folder: Path) -> pd.DataFrame:
    """The index of a folder, made first where it is missing or its files are other than those it was made from."""
    items = reader.items(folder)
    changed = _changed(folder, items, None)
    if changed:
        print(f"index of {folder}: {changed}. Making it")
        rows = _make(folder, items, None)
        if bad := (rows["problems"] != "").sum():
            print(f"{bad} of {len(rows)} images have problems, which `./run.sh index` lists")
    return read_index(folder)


def is_current(folder: Path) -> bool:
    """Whether the index of a folder is there and says what the files say."""
    return not _changed(folder, reader.items(folder), None)


def _standing(folder: Path, items: list[reader.Item], seed: int | None) -> pd.DataFrame | None:
    """The index that is there, if it is whole and nothing has changed."""
    try:
        return None if _changed(folder, items, seed) else read_index(folder)
    except UserError:
        return None


def _changed(folder: Path, items: list[reader.Item], seed: int | None) -> str:
    """What the index of a folder does not know yet, in words; empty where it stands.

    Raises:
        UserError: it is damaged.
    """
    if not (folder / FILE).exists():
        return "there is none yet"
    about = about_index(folder)
    now = _about(folder, about.get("seed") if seed is None else seed)
    tables, were = now["tables"], about.get("tables", {})
    words = [f"{name} has changed" for name in tables if were.get(name, tables[name]) != tables[name]]
    words += [f"{name} is new" for name in tables if name not in were]
    words += [f"{name} is gone" for name in were if name not in tables]
    if not words:
        words = differences(about, now) or [changes(items, keys_of(folder, items), remembered(folder)[0])]
    return "; ".join(filter(None, words))


def _about(folder: Path, seed: int | None) -> dict:
    """What an index is made from, files of images and masks apart, which index.cache lists."""
    tables = {path.name: file_hash(path) for path in reader.tables(folder)}
    return {"seed": seed or 0, "tables": tables, "code": sources(CODE)}


def _make(folder: Path, items: list[reader.Item], seed: int | None) -> pd.DataFrame:
    """Check what has not been checked yet and write index and cache."""
    try:
        with alone_in(folder, "index"):
            drop_leftovers(folder)
            known, seed_then = remembered(folder)
            about = _about(folder, _seed_of(folder, seed_then) if seed is None else seed)
            rows = _checked(folder, items, known, about["seed"])
            usual = usual_size(rows, SIZE)
            rows.loc[~rows["box_valid"].astype(bool), BOX] = float("nan")
            mark_duplicates(rows)
            mark_odd_sizes(rows, usual)
            rows["split"] = with_tune(rows, about["seed"])
            rows = in_order(rows)
            write_index(folder / FILE, rows, about)
    except DiskError as error:
        advice = "Free some space; a set on a disk that may not be written can be linked into a folder"
        links = f"mkdir -p data/mine && ln -s {shlex.quote(str(folder.resolve()))}/* data/mine/"
        raise UserError(f"{error.what} {advice}: {links}") from error
    return rows


def _seed_of(folder: Path, otherwise: int | None) -> int | None:
    """The seed that the index was made with; a damaged index leaves the one in index.cache."""
    try:
        return about_index(folder).get("seed", otherwise) if (folder / FILE).exists() else otherwise
    except UserError:
        return otherwise


def _checked(folder: Path, items: list[reader.Item], known: dict[Key, dict], seed: int) -> pd.DataFrame:
    """A row an item; what is known of files that are as they were is not looked for again."""
    keys = keys_of(folder, items)
    fresh = [i for i, key in enumerate(keys) if key not in known]
    print(f"index: {len(items)} images in {folder}, {len(fresh)} to check")
    passing: dict[Key, dict] = {}
    for count, (i, facts) in enumerate(zip(fresh, _check_all(folder, [items[i] for i in fresh]), strict=True), start=1):
        unread = facts.pop("unread")
        own = " | ".join(filter(None, [items[i].complaint, *facts["problems"]]))
        (passing if unread else known)[keys[i]] = {**facts, "problems": own}
        if count % KEEP_EVERY == 0:
            remember(folder, known, seed)
    remember(folder, {key: known[key] for key in keys if key in known}, seed)
    rows = pd.DataFrame([item._asdict() for item in items])
    rows[BOX] = [item.box or (float("nan"),) * 4 for item in items]
    for name in FOUND:
        rows[name] = [(passing.get(key) or known[key])[name] for key in keys]
    return rows


def _check_all(folder: Path, items: list[reader.Item]) -> Iterator[dict]:
    jobs = [
        Labelled(folder, Path(item.image_path), Path(item.mask_path) if item.mask_path else None, item.box)
        for item in items
    ]
    processes = min(cores(), len(jobs) // 50)  # a process takes as long to start as fifty images to check
    return progress(spread(check_image, jobs, processes, chunk=16), len(jobs), "index")


def _report(folder: Path, rows: pd.DataFrame, remarks: list[str]) -> None:
    table = pd.crosstab(rows["class_name"].fillna("(no label)"), rows["split"], margins=True, margins_name="all")
    print(table[[split for split in (*SPLITS, "all") if split in table]].to_string())
    height, width = usual_size(rows, SIZE)
    if (height, width) != (SIZE, SIZE):
        print(f"images are {width}x{height}: good for local work; uploads are {SIZE}x{SIZE}")
    for remark in remarks:
        print(f"note: {remark}")
    bad = rows["problems"] != ""
    if bad.any():
        print(f"{bad.sum()} of {len(rows)} images have problems; they are kept and marked:\n{problem_report(rows)}")
    else:
        print("no problems found")
    print(f"index: {folder / FILE}")


def _write_coco(folder: Path, rows: pd.DataFrame) -> None:
    """coco_<split>_craft.json and coco_<split>_parts.json of the splits with labels; unusable images are left out."""
    for split, some in rows[rows["height"] > 0].groupby("split"):
        for kind, content in (("craft", craft_truth(some, CLASSES)), ("parts", part_truth(some))):
            if content["annotations"]:
                path = folder / f"coco_{split}_{kind}.json"
                write_text(path, json.dumps(content, default=int, allow_nan=False) + "\n")
                print(f"COCO: {path}, {len(content['annotations'])} annotations of {len(content['images'])} images")
