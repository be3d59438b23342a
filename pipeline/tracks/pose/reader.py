"""From the files of SPEED, SPEED+ and SPARK 2022 Stream 2 to what the index needs; layout.py says where they lie."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts import Reader
from pipeline.dataset.folders import left_out, remark, walk
from pipeline.dataset.problems import Problem, has_problem
from pipeline.errors import UserError
from pipeline.masks.columns import BOX_FIELDS
from pipeline.poses.camera import Camera
from pipeline.poses.columns import CAMERA, CAMERA_FIELD, MASK_FIELD, POSE_FIELDS
from pipeline.tracks.pose.integrity import Labelled, check_image
from pipeline.tracks.pose.labels import Pose
from pipeline.tracks.pose.layout import CAMERA_FILE, OF_DOMAIN, OF_SPARK, OF_SPEED, Table, built_in, tables_of

TRUTH = (
    pa.field("domain", pa.string()),  # synthetic, lightbox, sunlamp, real ...: never null
    CAMERA_FIELD,  # never null
    *POSE_FIELDS,
    *BOX_FIELDS,  # of the mask, or of the key points where there is none
    MASK_FIELD,
)
ABOVE = 3  # folders, from a sequence's images to the set: SPARK 2022's <part>/images/<sequence>
UNUSABLE = (
    *("image-missing", "image-unreadable", "image-undecodable", "pose-millimetres"),
    *("mask-missing", "mask-unreadable", "mask-undecodable", "mask-size"),
)
CODE = (
    *(f"dataset/{name}.py" for name in ("integrity", "problems", "pixels", "folders")),
    *("masks/boxes.py", "masks/rle.py", "masks/columns.py"),
    *("poses/camera.py", "poses/camera_json.py", "poses/columns.py", "poses/key_points.py"),
    *(f"tracks/pose/{name}.py" for name in ("__init__", "reader", "layout", "labels", "integrity")),
)


class Item(NamedTuple):
    """One image as a table names it. Paths below the set's folder; image_id is <domain>/<file name>."""

    image_id: str
    split: str
    domain: str
    image_path: str
    mask_path: str | None
    quaternion: tuple[float, ...] | None
    translation_m: tuple[float, ...] | None
    lens: tuple[float, ...]  # the camera's nine numbers, of images of the next two
    lens_height: int
    lens_width: int
    tango: bool
    table: str
    problems: tuple[Problem, ...] = ()


def items(folder: Path) -> list[Item]:
    """All images that the tables of a data set's folder name.

    Raises:
        UserError: there is no table, or one cannot be read; with all that was looked for.
    """
    found = tables_of(folder)
    if not found:
        wanted = [f"<domain>/{name}" for name in OF_DOMAIN] + [f"{stem}.json" for stem in OF_SPEED] + list(OF_SPARK)
        raise UserError(
            f"no poses in {folder.absolute()}: looked for {', '.join(wanted)}. data/README.md shows the layouts."
        )
    return _unique([item for table in found for item in _items(folder, table)])


def _items(folder: Path, table: Table) -> list[Item]:
    rows = table.read(folder)
    posed = any(pose.quaternion or pose.problems for _, pose in rows)
    split = table.split or ("val" if posed else "test")
    lens = tuple(table.camera.values.tolist()), table.camera.height, table.camera.width
    return [
        Item(
            f"{table.domain}/{name}",
            split,
            table.domain,
            f"{table.images}/{name}",
            f"{table.masks}/{_stem(name)}.png" if table.masks and split != "test" else None,
            pose.quaternion,
            pose.translation_m,
            *lens,
            table.tango,
            table.path,
            pose.problems or _lack(pose, split, table.path),
        )
        for name, pose in rows
    ]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _lack(pose: Pose, split: str, where: str) -> tuple[Problem, ...]:
    lacks = split != "test" and pose.quaternion is None
    return (Problem("pose-missing", where, "no rotation and no translation"),) if lacks else ()


def _unique(items: list[Item]) -> list[Item]:
    """Ids that occur again get a number, and a problem."""
    seen: Counter = Counter()
    unique = []
    for item in items:
        seen[item.image_id] += 1
        if (count := seen[item.image_id]) > 1:
            problems = (*item.problems, Problem("row-repeated", item.image_path))
            item = item._replace(image_id=f"{item.image_id}#{count}", problems=problems)
        unique.append(item)
    return unique


def check(folder: Path, item: Item) -> dict:
    """What is found in an item's files."""
    mask = Path(item.mask_path) if item.mask_path else None
    camera = Camera.of(item.lens, item.lens_height, item.lens_width)
    pose = Pose(item.quaternion, item.translation_m)
    return check_image(Labelled(folder, Path(item.image_path), mask, camera, pose, item.tango))


def tables(folder: Path) -> list[Path]:
    """The tables of poses that are there, and the camera's."""
    names = [CAMERA_FILE] if (folder / CAMERA_FILE).exists() else []
    return [folder / name for name in (*names, *(table.path for table in tables_of(folder)))]


def beside(folder: Path) -> dict[str, list[float]]:
    """The camera of a folder of images that is no data set: the nearest, there or in a folder above.

    It is that of a camera.json, or, up to `ABOVE` folders above, the known one of a set of SPEED (2019) or SPARK 2022.

    Raises:
        UserError: there is none, or it is damaged.
    """
    for level, place in enumerate((folder.absolute(), *folder.absolute().parents)):
        if (place / CAMERA_FILE).exists():
            return {CAMERA: Camera.read(place / CAMERA_FILE).shares.tolist()}
        if level <= ABOVE and (camera := built_in(place)):
            return {CAMERA: camera.shares.tolist()}
    raise UserError(
        f"no camera for the images of {folder.absolute()}: looked for {CAMERA_FILE} there and in all folders above, "
        f"and for the tables of SPEED (2019) and SPARK 2022, whose cameras are known, up to {ABOVE} folders above. "
        f"Copy the {CAMERA_FILE} that came with the images beside them: without it no pose can be told."
    )


def remarks(folder: Path, items: list[Item]) -> list[str]:
    """What lies in a data set's folder and is none of its items, a line for each kind.

    Raises:
        UserError: a folder of images or masks cannot be read.
    """
    found = tables_of(folder)
    tops = tuple({table.images.partition("/")[0] for table in found})
    there = walk(folder, tops)
    named = {item.image_path for item in items} | {item.mask_path for item in items}
    loose = [path.as_posix() for path in there.images if path.as_posix() not in named]
    known = {table.path for table in found}
    there = there._replace(others=[path for path in there.others if path.as_posix() not in known])
    return [
        *(f"{path} has no rows" for path in sorted(known - {item.table for item in items})),
        *([remark("image files that no table names", loose)] if loose else []),
        *left_out(there),
    ]


def usable(rows: pd.DataFrame) -> np.ndarray:
    """Which index rows can be trained on: image, pose and, where the set has masks, the mask are there."""
    return ~has_problem(rows, UNUSABLE).to_numpy() & labelled(rows)


def labelled(rows: pd.DataFrame) -> np.ndarray:
    """Which index rows have a pose."""
    return rows["quaternion"].notna().to_numpy() & rows["translation_m"].notna().to_numpy()


READER = Reader(
    items=items,
    files=lambda item: (item.image_path, item.mask_path),
    check=check,
    tables=tables,
    remarks=remarks,
    usable=usable,
    labelled=labelled,
    truth=TRUTH,
    beside=beside,
    stratum="domain",
    code=CODE,
)
