"""What a simulated set is on disk: its images and masks, its tables, and how a layout says where they lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from pipeline.dataset.pixels import read_pixels
from pipeline.errors import UserError, nearest
from pipeline.files import written_aside
from pipeline.scenes.domain import Domain

LAYOUTS = {"spark2026": "spark_layout", "spark2024": "spark_layout", "pose": "speed_layout"}  # of each track


@dataclass(frozen=True)
class Shot:
    """One image to make.

    Attributes:
        split: train, val or test
        index: place in the split, from 0
        craft: its class
        image_id: what names it in the index
        image: path below the set's folder
        mask: path below the set's folder; None of images without labels
        table: path below the set's folder of the table that lists it; None: no table does
    """

    split: str
    index: int
    craft: str
    image_id: str
    image: Path
    mask: Path | None
    table: Path | None


def _nothing(studio: object) -> dict[Path, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a set lies on disk, and which craft and worlds its images show.

    Attributes:
        settings: what simulate.json says of it
        folder: name of a set below data/, where no other is given
        craft: built-in ones, in turn
        own_craft: whether the user's own may take their place
        domains: the worlds
        judging: worlds whose images are all for judging: they go to val
        poses: whether the truth is a pose, so that previews show key points
        published: whether the pixels of the real set have published statistics
        shots: studio, numbers of train, val and test images -> all images of a set
        save: folder, Shot, image (S, S, 3) or (S, S) uint8, labels (S, S) uint8 -> None; raises UserError
        row: folder, Shot, its row of labels.parquet -> its row in the table that lists it
        written: rows of a table -> its text
        length: path of a table -> number of rows; raises OSError or ValueError where it is not whole
        labels: path of a mask -> labels (S, S) uint8: 0 background, 1 body, 2 panel; raises UserError
        tables: those there are even where they list nothing
        beside: studio -> text of other files, by path below the set's folder
    """

    settings: Mapping[str, str]
    folder: str
    craft: tuple[str, ...]
    own_craft: bool
    domains: Mapping[str, Domain]
    judging: tuple[str, ...]
    poses: bool
    published: bool
    shots: Callable
    save: Callable
    row: Callable
    written: Callable
    length: Callable
    labels: Callable
    tables: tuple[Path, ...] = ()
    beside: Callable = _nothing


def layout_of(track: str) -> Layout:
    """The layout of a track's sets. Raises UserError for a track that nothing is rendered for."""
    if track not in LAYOUTS:
        names = list(LAYOUTS)
        raise UserError(
            f"nothing is rendered for a track {track!r}.{nearest(track, names)} There are {', '.join(names)}."
        )
    return import_module(f"pipeline.scenes.{LAYOUTS[track]}").LAYOUT


def is_made(out: Path, shot: Shot) -> bool:
    """Whether the files of a shot stand; each is either whole or not there."""
    return all(_has_content(out / path) for path in (shot.image, shot.mask) if path is not None)


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0  # a machine that lost power leaves files of no bytes


def write_file(path: Path, content: bytes) -> None:
    """Write an image or mask whole. Raises UserError where the disk is full or the folder may not be written."""
    with written_aside(path) as aside:
        aside.write_bytes(content)


def read_rgb(path: Path) -> np.ndarray:
    """An image or mask of a set, (S, S, 3) uint8 RGB. Raises UserError where it is not whole."""
    try:
        return read_pixels(path)
    except UserError as error:
        raise UserError(f"{error} Delete it and run the same simulate command again, which makes it anew.") from error
