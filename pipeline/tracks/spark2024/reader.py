"""Where SPARK 2022, 2024 and 2026 keep images, masks and labels: from files to what the index needs.

SPARK 2024 (2026 is taken to be the same: its file tree was not found):
    images/<Class>/<split>/<name>_img.jpg   mask/<Class>/<split>/<name>_layer.jpg   images/test/<name>_img.jpg
    train.csv, val.csv: `Class`, `Image name`, `Mask name`, `Bounding box` as (x_min, y_min, x_max, y_max)
SPARK 2022 Stream 1:
    <split>/<name>.png   train.csv, val.csv: `filename`, `class`, `bbox` as [row_min, col_min, row_max, col_max]
"""

import errno
import functools
import re
import stat
from pathlib import Path
from typing import NamedTuple

from pipeline.dataset.folders import image_files, is_utf8, left_out, remark, walk
from pipeline.dataset.problems import Problem
from pipeline.errors import UserError, offenders
from pipeline.tracks.spark2024 import CLASSES
from pipeline.tracks.spark2024.table import key, read_table

ALIASES = {"earthobservationsat1": "ObservationSat1", "proba3csc": "Proba3"}  # SPARK 2022's names
IMAGE_PLACES = ("images/{cls}/{split}/{name}", "{cls}/{split}/{name}", "images/{split}/{cls}/{name}", "{split}/{name}")
MASK_PLACES = ("mask/{cls}/{split}/{name}", "masks/{cls}/{split}/{name}", "mask/{split}/{cls}/{name}")
NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf)"
BETWEEN = r"(?:\s*,\s*|\s+)"
BOX = re.compile(r"\s*[\[(]?\s*" + BETWEEN.join([NUMBER] * 4) + r"\s*[\])]?\s*", re.ASCII)
TEST_PLACES = ("images/test", "test")
TABLES = ("train.csv", "val.csv")
TOPS = ("images", "mask", "masks", "train", "val", "test", *CLASSES)  # folders in which files may lie


class Item(NamedTuple):
    """One image as the files name it. Paths relative to the set; box in pixels, max exclusive, or None."""

    image_id: str
    split: str
    class_name: str | None
    class_index: int
    box: tuple[float, float, float, float] | None
    image_path: str
    mask_path: str | None
    problems: tuple[Problem, ...] = ()


def items(folder: Path) -> list[Item]:
    """All images of a data set's folder: those of the tables, and those that lie flat in the test folder.

    Raises:
        UserError: no labels and no test images there, a table or the test folder cannot be read, or a row leads out of
            the set; with all that was looked for.
    """
    found = [item for path in tables(folder) for item in _labelled(folder, path)]
    place = _test_place(folder)
    if place and not any(item.image_path.rpartition("/")[0] == place for item in found):
        names = [path.name for path in image_files(folder / place)[0] if len(path.parts) == 1]
        found += [Item(name, "test", None, -1, None, f"{place}/{name}", None) for name in names]
    if not found:
        there = remarks(folder, [])
        raise UserError(
            f"no SPARK data in {folder.absolute()}: looked for train.csv, val.csv and images in "
            f"{' or '.join(TEST_PLACES)}. data/README.md shows the layout."
            + (f" There is:\n{offenders(there)}" if there else "")
        )
    return _unique(found)


def tables(folder: Path) -> list[Path]:
    """The CSVs that are read: those of the two that are there."""
    return [folder / name for name in TABLES if _exists(folder / name)]


def remarks(folder: Path, items: list[Item]) -> list[str]:
    """What lies in a data set's folder and is none of its items: one line for each kind, so that a report stays short.

    Raises:
        UserError: a folder of images or masks cannot be read.
    """
    empty = [path.name for path in tables(folder) if not any(item.split == path.stem for item in items)]
    csvs = [path.name for path in folder.glob("*") if path.suffix.lower() == ".csv" and path.name not in TABLES]
    stray = sorted(name for name in csvs if is_utf8(name) and not name.startswith("."))
    named = {item.image_path for item in items} | {item.mask_path for item in items}
    found = walk(folder, TOPS)
    place = _test_place(folder)
    loose: list[str] = []
    deep: list[str] = []
    for path in found.images:
        if path.as_posix() not in named:
            above = [parent.as_posix() for parent in path.parents]
            (deep if place in above[1:] else loose).append(path.as_posix())
    kinds = {
        f"tables other than {' and '.join(TABLES)} (case matters)": stray,
        f"test images that do not lie in {place} itself": deep,
        "image files that no CSV names": loose,
    }
    return [
        *(f"{name} has no rows" for name in empty),
        *(remark(kind, names) for kind, names in kinds.items() if names),
        *left_out(found),
    ]


@functools.cache
def class_of(text: str) -> tuple[str, int]:
    """Official name and index of a class however it is spelt; the text itself and -1 where it is none of the ten."""
    known_as = key(text)
    known = {key(name): name for name in CLASSES} | ALIASES
    return (known[known_as], CLASSES.index(known[known_as])) if known_as in known else (str(text), -1)


def parse_box(text: str, row_first: bool) -> tuple[float, float, float, float] | None:
    """(x_min, y_min, x_max, y_max) of four numbers in round or square brackets, or None where there are not four."""
    numbers = BOX.fullmatch(str(text))
    if not numbers:
        return None
    first, second, third, fourth = map(float, numbers.groups())
    return (second, first, fourth, third) if row_first else (first, second, third, fourth)


def _labelled(folder: Path, path: Path) -> list[Item]:
    rows, row_first = read_table(path)
    split = path.stem
    image_place = _place(folder, IMAGE_PLACES, split, [(row["class"], row["image"]) for row in rows])
    mask_place = _place(folder, MASK_PLACES, split, [(row["class"], row["mask"]) for row in rows if row.get("mask")])
    found = [_item(row, split, image_place, mask_place, row_first) for row in rows]
    outside = [
        f"row {number}: {where}"
        for number, item in enumerate(found, 1)
        for where in (item.image_path, item.mask_path)
        if where and _leads_out(where)
    ]
    if outside:
        raise UserError(f"{path} names files outside of the set:\n{offenders(outside)}")
    return found


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")


def _item(row: dict, split: str, image_place: str, mask_place: str, row_first: bool) -> Item:
    name, index = class_of(row["class"])
    box = parse_box(row["box"], row_first)
    problems = [] if index >= 0 else [Problem("class-unknown", text=repr(name))]
    if box is None:
        problems.append(Problem("box-unreadable", text=repr(row["box"])))
    if row.get("mask") == "":
        problems.append(Problem("mask-missing", text="no mask named"))
    return Item(
        image_id=f"{name}/{row['image']}",
        split=split,
        class_name=name,
        class_index=index,
        box=box,
        image_path=image_place.format(cls=row["class"], split=split, name=row["image"]),
        mask_path=mask_place.format(cls=row["class"], split=split, name=row["mask"]) if row.get("mask") else None,
        problems=tuple(problems),
    )


def _place(folder: Path, places: tuple[str, ...], split: str, names: list[tuple[str, str]]) -> str:
    """The pattern under which most of some sampled files exist; the first where none does."""
    sample = names[:: max(len(names) // 50, 1)]

    def hits(place: str) -> int:
        return sum(_exists(folder / place.format(cls=cls, split=split, name=name)) for cls, name in sample)

    return max(places, key=hits)


def _test_place(folder: Path) -> str | None:
    """The folder of test images; one that cannot be looked into is taken for one, so that its reading says why."""
    return next((place for place in TEST_PLACES if _exists(folder / place, folder=True)), None)


def _exists(path: Path, folder: bool = False) -> bool:
    """Whether a file, or a folder, is there; a link that leads nowhere or what may not be looked at is taken to be."""
    try:
        mode = path.stat().st_mode
    except ValueError:  # a name that no file can have
        return False
    except OSError as error:
        gone = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
        return error.errno != errno.ENAMETOOLONG and (not gone or path.is_symlink())
    return stat.S_ISDIR(mode) if folder else True


def _unique(items: list[Item]) -> list[Item]:
    """Ids that occur more than once get their split in the middle, and a number where that is not enough."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.image_id] = counts.get(item.image_id, 0) + 1
    seen: dict[str, int] = {}
    unique = []
    for item in items:
        if counts[item.image_id] > 1:
            head, _, name = item.image_id.rpartition("/")
            image_id = f"{head}/{item.split}/{name}" if head else item.image_id
            seen[image_id] = seen.get(image_id, 0) + 1
            if seen[image_id] > 1:
                item = item._replace(problems=(*item.problems, Problem("row-repeated", item.image_path)))
                image_id = f"{image_id}#{seen[image_id]}"
            item = item._replace(image_id=image_id)
        unique.append(item)
    return unique
