"""The SPARK 2024 layout: how image, mask and box are written, and in which files."""

import csv
import io
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from pipeline.dataset.mask_colours import colours_from_labels, labels_from_colours
from pipeline.scenes.craft import CLASSES
from pipeline.scenes.domain import DOMAINS
from pipeline.scenes.layout import Layout, Shot, read_rgb, write_file
from pipeline.scenes.studio import Studio

COLUMNS = ("Class", "Image name", "Mask name", "Bounding box")
IMAGE_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 90]
# 4:4:4, for a mask with halved colour loses thin panels
MASK_QUALITY = [
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
]


def shots(studio: Studio, train: int, val: int, test: int) -> list[Shot]:
    """All images of a set. Names repeat across classes; within a class, those of val follow those of train."""
    first_val = -(-train // len(studio.classes))
    return [
        *(_labelled(studio, "train", index, 0) for index in range(train)),
        *(_labelled(studio, "val", index, first_val) for index in range(val)),
        *(_unlabelled(studio, index) for index in range(test)),
    ]


def _labelled(studio: Studio, split: str, index: int, first: int) -> Shot:
    craft, name = studio.craft_of(split, index), f"{first + index // len(studio.classes):05d}"
    image, mask = Path("images", craft, split, f"{name}_img.jpg"), Path("mask", craft, split, f"{name}_layer.jpg")
    return Shot(split, index, craft, f"{craft}/{image.name}", image, mask, Path(f"{split}.csv"))


def _unlabelled(studio: Studio, index: int) -> Shot:
    image = Path(f"images/test/test_{index:05d}_img.jpg")
    return Shot("test", index, studio.craft_of("test", index), image.name, image, None, None)


def save(out: Path, shot: Shot, image: np.ndarray, labels: np.ndarray) -> None:
    """Write the mask of labels (S, S) uint8, where the split has one, then the image (S, S, 3) uint8 RGB.

    Raises:
        UserError: the disk is full or the folder may not be written.
    """
    if shot.mask is not None:
        write_file(out / shot.mask, encode_mask(labels))
    write_file(out / shot.image, cv2.imencode(".jpg", image[..., ::-1], IMAGE_QUALITY)[1].tobytes())


def encode_mask(labels: np.ndarray) -> bytes:
    """Labels (S, S) uint8 -> a JPEG with body (255, 0, 0), panel (0, 0, 255) and black, RGB."""
    return cv2.imencode(".jpg", colours_from_labels(labels)[..., ::-1], MASK_QUALITY)[1].tobytes()


def stored_labels(path: Path) -> np.ndarray:
    """Labels (S, S) uint8 of a mask file. Raises UserError where it is not whole."""
    return labels_from_colours(read_rgb(path))


def row(out: Path, shot: Shot, label: dict[str, object]) -> tuple[str, ...]:
    """The line of the CSV, in the order of COLUMNS.

    The box is read from the mask's file and not from the scene, so that they agree to the pixel, also after a restart.
    """
    return shot.craft, shot.image.name, shot.mask.name, stored_box(out / shot.mask)


def stored_box(path: Path) -> str:
    """The box of a mask file as text, `(x_min, y_min, x_max, y_max)`, pixels, max exclusive."""
    x, y, width, height = cv2.boundingRect((stored_labels(path) > 0).astype(np.uint8))
    return f"({x}, {y}, {x + width}, {y + height})"


def written(rows: list[tuple[str, ...]]) -> str:
    """The text of a CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue()


def length(path: Path) -> int:
    """How many rows a CSV has."""
    return len(pd.read_csv(path))  # pandas' errors are ValueErrors


LAYOUT = Layout(
    settings={},  # those of sets that were made when there was one layout
    folder="sim",
    craft=CLASSES,
    own_craft=True,
    domains=DOMAINS,
    judging=(),
    poses=False,
    published=True,
    shots=shots,
    save=save,
    row=row,
    written=written,
    length=length,
    labels=stored_labels,
    tables=(Path("train.csv"), Path("val.csv")),
)
