"""Contact sheets of a set: forty images, plain, and with masks and boxes, or key points where the truth is a pose."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from pipeline.dataset.mask_colours import BODY, PANEL
from pipeline.masks import rle
from pipeline.masks.draw import overlay, save, sheet, with_words
from pipeline.scenes.labels import LABELS
from pipeline.scenes.layout import Layout, Shot, read_rgb

PREVIEWS = ("preview.png", "preview_masks.png")
SHOWN, COLUMNS, SIDE = 40, 8, 256
MOST_READ = 400  # masks looked at to choose from
SEEN_RGB, HIDDEN_RGB = (255, 230, 0), (255, 0, 255)


def draw_previews(folder: Path, labelled: list[Shot], layout: Layout) -> list[Path]:
    """Write both sheets into the set's folder: of each class images from small craft to large; their paths."""
    by_class: dict[str, list[Shot]] = {}
    for shot in sorted(labelled[:MOST_READ], key=lambda shot: _longest(layout.labels(folder / shot.mask))):
        by_class.setdefault(shot.craft, []).append(shot)
    each = max(SHOWN // len(by_class), 1)
    chosen = [shot for craft in sorted(by_class) for shot in _spread(by_class[craft], each)][:SHOWN]
    pairs = [_cells(folder, shot, layout) for shot in chosen]
    if layout.poses:
        rows = pd.read_parquet(folder / LABELS).set_index("image_id")
        for shot, (_, drawn) in zip(chosen, pairs, strict=True):
            _draw_key_points(drawn, rows.loc[shot.image_id])
    paths = [folder / name for name in PREVIEWS]
    for path, cells in zip(paths, map(list, zip(*pairs, strict=True)), strict=True):
        cells += [np.zeros_like(cells[0])] * (-len(cells) % COLUMNS)
        grid = sheet([cells[i : i + COLUMNS] for i in range(0, len(cells), COLUMNS)], SIDE)
        save(path, grid)
    return paths


def _spread(shots: list[Shot], count: int) -> list[Shot]:
    """At most `count` of them, evenly, the last among them."""
    return [shots[i] for i in sorted({len(shots) - 1 - k * len(shots) // count for k in range(count)})]


def _longest(labels: np.ndarray) -> int:
    """Longest side of the craft's box, pixels."""
    return max(cv2.boundingRect((labels > 0).astype(np.uint8))[2:])


def _cells(folder: Path, shot: Shot, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """The image with its class, and the same with masks and box, at twice a cell's size."""
    side = 2 * SIDE
    words = shot.image_id if layout.poses else shot.craft
    image = cv2.resize(read_rgb(folder / shot.image), (side, side), interpolation=cv2.INTER_AREA)
    labels = cv2.resize(layout.labels(folder / shot.mask), (side, side), interpolation=cv2.INTER_NEAREST)
    x, y, width, height = cv2.boundingRect((labels > 0).astype(np.uint8))
    body, panel = (rle.encode(labels == part) for part in (BODY, PANEL))
    return with_words(image, words), overlay(image, body, panel, (x, y, x + width, y + height), words)


def _draw_key_points(drawn: np.ndarray, label: pd.Series) -> None:
    """Draw an image's key points, yellow where they are seen, violet where they are hidden, into a cell, in place."""
    size = 2 * label["camera_matrix"][2]
    pixels = label["key_points_px"].reshape(-1, 2) * (len(drawn) / size) - 0.5
    for (x, y), seen in zip(pixels.round().astype(int).tolist(), label["key_points_seen"], strict=True):
        cv2.circle(drawn, (x, y), 4, SEEN_RGB if seen else HIDDEN_RGB, 2, cv2.LINE_AA)
