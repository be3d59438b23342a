"""Where SPARK 2022, 2024 and 2026 keep images, masks and labels: from files to what the index needs.

SPARK 2024 (2026 is taken to be the same: its file tree was not found):
    images/<Class>/<split>/<name>_img.jpg   mask/<Class>/<split>/<name>_layer.jpg   images/test/<name>_img.jpg
    train.csv, val.csv: `Class`, `Image name`, `Mask name`, `Bounding box` as (x_min, y_min, x_max, y_max)
SPARK 2022 Stream 1:
    <split>/<name>.png   train.csv, val.csv: `filename`, `class`, `bbox` as [row_min, col_min, row_max, col_max]
"""

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.errors import UserError
from pipeline.tracks.spark2024 import CLASSES

COLUMNS = {
    "class": ("class", "label"),
    "image": ("imagename", "filename", "image"),
    "mask": ("maskname", "mask"),
    "box": ("boundingbox", "bbox", "box"),
}
ALIASES = {"earthobservationsat1": "ObservationSat1", "proba3csc": "Proba3"}  # SPARK 2022's names
IMAGE_PLACES = ("images/{cls}/{split}/{name}", "{cls}/{split}/{name}", "images/{split}/{cls}/{name}", "{split}/{name}")
MASK_PLACES = ("mask/{cls}/{split}/{name}", "masks/{cls}/{split}/{name}", "mask/{split}/{cls}/{name}")
NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf)"
BETWEEN = r"(?:\s*,\s*|\s+)"
BOX = re.compile(r"\s*[\[(]?\s*" + BETWEEN.join([NUMBER] * 4) + r"\s*[\])]?\s*", re.ASCII)
TEST_PLACES = ("images/test", "test")
IMAGE_ENDINGS = (".jpg", ".jpeg", ".png")


class Item(NamedTuple):
    """One image as the files name it. Paths relative to the set; box in pixels, max exclusive, or None."""

    image_id: str
    split: str
    class_name: str | None
    class_index: int
    box: tuple[float, float, float, float] | None
    image_path: str
    mask_path: str | None
    complaint: str


def read(folder: Path) -> tuple[list[Item], list[str]]:
    """All images of a data set's folder, and remarks on files that belong to none of them.

    Raises:
        UserError: no labels and no test images there, or a CSV lacks a column; with all that was looked for.
    """
    csvs = {split: path for split in ("train", "val") if (path := folder / f"{split}.csv").exists()}
    items = [item for split, path in csvs.items() for item in _labelled(folder, split, path)]
    place = next((folder / place for place in TEST_PLACES if (folder / place).is_dir()), None)
    names = sorted(path.name for path in place.iterdir() if _is_image(path)) if place else []
    if place and not _inside_csv(items, place.relative_to(folder)):
        items += [Item(n, "test", None, -1, None, f"{place.relative_to(folder)}/{n}", None, "") for n in names]
    if not items:
        raise UserError(
            f"no SPARK data in {folder.absolute()}: looked for train.csv, val.csv and images in "
            f"{' or '.join(TEST_PLACES)}. data/README.md shows the layout."
        )
    return _unique(items), _remarks(folder, items)


def changed_since(folder: Path, moment: float) -> Path | None:
    """A table or the folder of test images that is newer than a time (seconds since 1970), if any."""
    sources = [folder / name for name in ("train.csv", "val.csv", *TEST_PLACES)]
    return next((path for path in sources if path.exists() and path.stat().st_mtime > moment), None)


def class_of(text: str) -> tuple[str, int]:
    """Official name and index of a class however it is spelt; the text itself and -1 where it is none of the ten."""
    key = _key(text)
    known = {_key(name): name for name in CLASSES} | ALIASES
    return (known[key], CLASSES.index(known[key])) if key in known else (str(text), -1)


def _key(text: str) -> str:
    """Letters and digits alone: case, spaces and underscores do not matter."""
    return re.sub("[^a-z0-9]", "", str(text).lower())


def parse_box(text: str, row_first: bool) -> tuple[float, float, float, float] | None:
    """(x_min, y_min, x_max, y_max) of four numbers in round or square brackets, or None where there are not four."""
    numbers = BOX.fullmatch(str(text))
    if not numbers:
        return None
    first, second, third, fourth = map(float, numbers.groups())
    return (second, first, fourth, third) if row_first else (first, second, third, fourth)


def _labelled(folder: Path, split: str, path: Path) -> list[Item]:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path} is not a CSV file: {error}") from error
    if not isinstance(table.index, pd.RangeIndex):
        raise UserError(f"{path} has more cells in a row than columns; a box with commas must stand in quotes.")
    column, row_first = _columns(path, list(table))
    cells = {role: table[name].str.strip() for role, name in column.items()}
    rows = [dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)]
    image_place = _place(folder, IMAGE_PLACES, split, [(row["class"], row["image"]) for row in rows])
    mask_place = None
    if "mask" in column:
        mask_place = _place(folder, MASK_PLACES, split, [(row["class"], row["mask"]) for row in rows])
    return [_item(row, split, image_place, mask_place, row_first) for row in rows]


def _item(row: dict, split: str, image_place: str, mask_place: str | None, row_first: bool) -> Item:
    name, index = class_of(row["class"])
    box = parse_box(row["box"], row_first)
    complaints = [] if index >= 0 else [f"class-unknown: {name!r}"]
    if box is None:
        complaints.append(f"box-unreadable: {row['box']!r}")
    return Item(
        image_id=f"{name}/{row['image']}",
        split=split,
        class_name=name,
        class_index=index,
        box=box,
        image_path=image_place.format(cls=row["class"], split=split, name=row["image"]),
        mask_path=mask_place and mask_place.format(cls=row["class"], split=split, name=row["mask"]),
        complaint=" | ".join(complaints),
    )


def _columns(path: Path, header: list[str]) -> tuple[dict[str, str], bool]:
    """Which column holds what, and whether boxes are row first: only SPARK 2022 calls its images `filename`."""
    by_key = {_key(name): name for name in header}
    column = {role: by_key[key] for role, keys in COLUMNS.items() for key in reversed(keys) if key in by_key}
    missing = [role for role in ("class", "image", "box") if role not in column]
    if missing:
        wanted = "; ".join(f"{role}: one of {', '.join(COLUMNS[role])}" for role in missing)
        raise UserError(f"{path} has columns {header}; no column for {wanted} (case, spaces and _ do not matter).")
    return column, _key(column["image"]) == "filename"


def _place(folder: Path, places: tuple[str, ...], split: str, names: list[tuple[str, str]]) -> str:
    """The pattern under which most of some sampled files exist; the first where none does."""
    sample = names[:: max(len(names) // 50, 1)]

    def hits(place: str) -> int:
        return sum(_exists(folder / place.format(cls=cls, split=split, name=name)) for cls, name in sample)

    return max(places, key=hits)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_ENDINGS and not path.name.startswith(".")


def _inside_csv(items: list[Item], place: Path) -> bool:
    return any(Path(item.image_path).parent == place for item in items)


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
                complaint = " | ".join(filter(None, [item.complaint, f"row-repeated: {item.image_path}"]))
                item = item._replace(complaint=complaint)
                image_id = f"{image_id}#{seen[image_id]}"
            item = item._replace(image_id=image_id)
        unique.append(item)
    return unique


def _remarks(folder: Path, items: list[Item]) -> list[str]:
    """Image files that no row names, and junk; by top folder, so that the report stays short."""
    named = {item.image_path for item in items} | {item.mask_path for item in items}
    loose, junk = [], []
    for top in ("images", "mask", "masks", "train", "val", "test", *CLASSES):
        for path in (folder / top).rglob("*") if (folder / top).is_dir() else ():
            relative = path.relative_to(folder).as_posix()
            if path.name.startswith("._"):
                junk.append(relative)
            elif _is_image(path) and relative not in named:
                loose.append(relative)
    remarks = [f"{len(junk)} junk files (._*) skipped"] if junk else []
    if loose:
        remarks.append(f"{len(loose)} image files that no CSV names, left out: {', '.join(sorted(loose)[:5])}")
    return remarks
