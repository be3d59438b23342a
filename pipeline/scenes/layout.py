"""The SPARK 2024 layout on disk: which files a simulated set holds, and how image, mask and box are written."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.dataset.mask_colours import colours_from_labels
from pipeline.dataset.pixels import read_pixels
from pipeline.errors import UserError
from pipeline.files import written_aside
from pipeline.scenes.studio import Studio

COLUMNS = ("Class", "Image name", "Mask name", "Bounding box")
IMAGE_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 90]
# 4:4:4, for a mask with halved colour loses thin panels
MASK_QUALITY = [
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
]


@dataclass(frozen=True)
class Shot:
    """One image to make.

    Attributes:
        split: train, val or test
        index: place in the split, from 0
        craft: its class
        image: path below the set's folder
        mask: path below the set's folder; None on the test split
    """

    split: str
    index: int
    craft: str
    image: Path
    mask: Path | None

    @property
    def image_id(self) -> str:
        """What names it in the index: `<Class>/<name>`, the bare name on the test split."""
        return self.image.name if self.mask is None else f"{self.craft}/{self.image.name}"

    def row(self, box: str) -> tuple[str, ...]:
        """The line of the CSV, in the order of COLUMNS."""
        return self.craft, self.image.name, self.mask.name, box


def shots(studio: Studio, train: int, val: int, test: int) -> list[Shot]:
    """All images of a set. Names repeat across classes; within a class, those of val follow those of train."""
    first_val = -(-train // len(studio.classes))
    return [
        *(_labelled(studio, "train", index, 0) for index in range(train)),
        *(_labelled(studio, "val", index, first_val) for index in range(val)),
        *(
            Shot("test", index, studio.craft_of("test", index), Path(f"images/test/test_{index:05d}_img.jpg"), None)
            for index in range(test)
        ),
    ]


def _labelled(studio: Studio, split: str, index: int, first: int) -> Shot:
    craft, name = studio.craft_of(split, index), f"{first + index // len(studio.classes):05d}"
    image, mask = Path("images", craft, split, f"{name}_img.jpg"), Path("mask", craft, split, f"{name}_layer.jpg")
    return Shot(split, index, craft, image, mask)


def is_made(out: Path, shot: Shot) -> bool:
    """Whether the files of a shot stand; each is either whole or not there."""
    return all(_has_content(out / path) for path in (shot.image, shot.mask) if path is not None)


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0  # a machine that lost power leaves files of no bytes


def save(out: Path, shot: Shot, image: np.ndarray, labels: np.ndarray) -> None:
    """Write the mask of labels (S, S) uint8, where the split has one, then the image (S, S, 3) uint8 RGB.

    Raises:
        UserError: the disk is full or the folder may not be written.
    """
    if shot.mask is not None:
        _write(out / shot.mask, encode_mask(labels))
    _write(out / shot.image, cv2.imencode(".jpg", image[..., ::-1], IMAGE_QUALITY)[1].tobytes())


def _write(path: Path, content: bytes) -> None:
    with written_aside(path) as aside:
        aside.write_bytes(content)


def encode_mask(labels: np.ndarray) -> bytes:
    """Labels (S, S) uint8 -> a JPEG with body (255, 0, 0), panel (0, 0, 255) and black, RGB."""
    return cv2.imencode(".jpg", colours_from_labels(labels)[..., ::-1], MASK_QUALITY)[1].tobytes()


def read_rgb(path: Path) -> np.ndarray:
    """An image or mask of a set, (S, S, 3) uint8 RGB. Raises UserError where it is not whole."""
    try:
        return read_pixels(path)
    except UserError as error:
        raise UserError(f"{error} Delete it and run the same simulate command again, which makes it anew.") from error


def stored_box(path: Path) -> str:
    """The box of a mask file as text, `(x_min, y_min, x_max, y_max)`, pixels, max exclusive.

    It is read from the file and not from the scene, so that box and mask agree to the pixel, also after a restart.
    """
    rgb = read_rgb(path)
    x, y, width, height = cv2.boundingRect(cv2.max(rgb[..., 0], rgb[..., 2]) // 128)
    return f"({x}, {y}, {x + width}, {y + height})"
