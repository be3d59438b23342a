"""Contact sheets of a set: forty images, plain, and with masks and boxes."""

from pathlib import Path

import cv2
import numpy as np

from pipeline.dataset.mask_colours import BODY, PANEL, labels_from_colours
from pipeline.masks import rle
from pipeline.masks.draw import overlay, save, sheet, with_words
from pipeline.scenes.layout import Shot, read_rgb, stored_box

PREVIEWS = ("preview.png", "preview_masks.png")
SHOWN, COLUMNS, SIDE = 40, 8, 256
MOST_READ = 400  # masks looked at to choose from


def draw_previews(folder: Path, labelled: list[Shot]) -> list[Path]:
    """Write both sheets into the set's folder: of each class images from small craft to large; their paths."""
    by_class: dict[str, list[Shot]] = {}
    for shot in sorted(labelled[:MOST_READ], key=lambda shot: _longest(folder, shot)):
        by_class.setdefault(shot.craft, []).append(shot)
    each = max(SHOWN // len(by_class), 1)
    chosen = [shot for craft in sorted(by_class) for shot in _spread(by_class[craft], each)][:SHOWN]
    plain, drawn = zip(*(_cells(folder, shot) for shot in chosen), strict=True)
    paths = [folder / name for name in PREVIEWS]
    for path, cells in zip(paths, (plain, drawn), strict=True):
        blank = [np.zeros_like(cells[0])] * (-len(cells) % COLUMNS)
        cells = [*cells, *blank]
        grid = sheet([cells[i : i + COLUMNS] for i in range(0, len(cells), COLUMNS)], SIDE)
        save(path, grid)
    return paths


def _spread(shots: list[Shot], count: int) -> list[Shot]:
    """At most `count` of them, evenly, the last among them."""
    return [shots[i] for i in sorted({len(shots) - 1 - k * len(shots) // count for k in range(count)})]


def _longest(folder: Path, shot: Shot) -> int:
    """Longest side of the craft's box, pixels."""
    x_min, y_min, x_max, y_max = map(int, stored_box(folder / shot.mask)[1:-1].split(", "))
    return max(x_max - x_min, y_max - y_min)


def _cells(folder: Path, shot: Shot) -> tuple[np.ndarray, np.ndarray]:
    """The image with its class, and the same with masks and box, at twice a cell's size."""
    side = 2 * SIDE
    image, mask = (read_rgb(folder / path) for path in (shot.image, shot.mask))
    image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    labels = cv2.resize(labels_from_colours(mask), (side, side), interpolation=cv2.INTER_NEAREST)
    x, y, width, height = cv2.boundingRect((labels > 0).astype(np.uint8))
    body, panel = (rle.encode(labels == part) for part in (BODY, PANEL))
    return with_words(image, shot.craft), overlay(image, body, panel, (x, y, x + width, y + height), shot.craft)
