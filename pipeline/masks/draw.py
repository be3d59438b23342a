"""Pictures of answers: body red, panel blue, box and words over the image."""

from pathlib import Path

import cv2
import numpy as np

from pipeline.files import written_aside
from pipeline.masks import rle

BODY_RGB, PANEL_RGB, BOX_RGB = (255, 70, 70), (80, 120, 255), (120, 255, 120)
RIGHT_RGB, MISSED_RGB, EXTRA_RGB = (130, 130, 130), (220, 60, 50), (240, 200, 60)
LEAST_WINDOW = 96  # pixels; smaller ones show grain


def overlay(
    image_hwc: np.ndarray, body_rle: str, panel_rle: str, box: tuple[float, ...], words: str | None = None
) -> np.ndarray:
    """A copy of the RGB uint8 image with masks tinted and outlined, the box drawn and any words in the upper left.

    Of a box that is not known (NaN) nothing is drawn.
    """
    height, width = image_hwc.shape[:2]
    drawn = image_hwc.copy()
    thick = max(round(height / 500), 1)
    for counts, colour in ((body_rle, BODY_RGB), (panel_rle, PANEL_RGB)):
        mask_hw = rle.decode(counts, height, width)
        drawn[mask_hw] = 0.65 * drawn[mask_hw] + 0.35 * np.array(colour)
        outlines, _ = cv2.findContours(mask_hw.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, outlines, -1, colour, thick)
    if np.isfinite(box).all():
        x_min, y_min, x_max, y_max = (round(value) for value in box)
        for inset in range(thick):  # a thick line of OpenCV's would reach out of the box
            cv2.rectangle(drawn, (x_min + inset, y_min + inset), (x_max - 1 - inset, y_max - 1 - inset), BOX_RGB, 1)
    return drawn if words is None else with_words(drawn, words)


def errors(truth: tuple[str, str], given: tuple[str, str], height: int, width: int) -> np.ndarray:
    """RGB picture of body and panel codes: grey where they agree, red where truth was missed, yellow where too much."""
    drawn = np.zeros((height, width, 3), np.uint8)
    pairs = [[rle.decode(counts, height, width) for counts in pair] for pair in zip(truth, given, strict=True)]
    for true_hw, given_hw in pairs:
        drawn[given_hw & ~true_hw] = EXTRA_RGB
    for true_hw, given_hw in pairs:
        drawn[true_hw & ~given_hw] = MISSED_RGB
        drawn[true_hw & given_hw] = RIGHT_RGB
    return drawn


def window(boxes: list[tuple[float, ...]], height: int, width: int) -> tuple[int, int, int]:
    """The square inside the image that shows all boxes with a margin: left, top and side, pixels.

    Boxes that are not known (NaN) are passed over; with no other, it is the largest square in the middle.
    """
    known = [box for box in boxes if np.isfinite(box).all()]
    corners = np.array(known or [(0, 0, width, height)])
    low, high = corners[:, :2].min(0), corners[:, 2:].max(0)
    side = int(min(max(1.3 * (high - low).max(), LEAST_WINDOW), height, width))
    left, top = np.clip((low + high) / 2 - side / 2, 0, (width - side, height - side)).astype(int)
    return int(left), int(top), side


def with_words(image_hwc: np.ndarray, words: str) -> np.ndarray:
    """A copy with a line of white text on a dark bar along its upper edge."""
    drawn = image_hwc.copy()
    scale = drawn.shape[0] / 700
    bar = round(34 * scale)
    drawn[:bar] = drawn[:bar] // 3
    place = (round(8 * scale), round(24 * scale))
    cv2.putText(
        drawn,
        words,
        place,
        cv2.FONT_HERSHEY_SIMPLEX,
        0.75 * scale,
        (255, 255, 255),
        max(round(scale * 1.5), 1),
        cv2.LINE_AA,
    )
    return drawn


def sheet(rows: list[list[np.ndarray]], side: int) -> np.ndarray:
    """Square RGB pictures as a grid, each `side` pixels wide, 4 pixels of white between."""
    cells = [[cv2.resize(cell, (side, side), interpolation=cv2.INTER_AREA) for cell in row] for row in rows]
    framed = [
        [cv2.copyMakeBorder(cell, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(255,) * 3) for cell in row] for row in cells
    ]
    return np.vstack([np.hstack(row) for row in framed])


def save(path: Path, image_hwc: np.ndarray) -> None:
    """Write an RGB picture in the format of the path's ending, whole. Raises DiskError where the disk is full."""
    content = cv2.imencode(path.suffix, cv2.cvtColor(image_hwc, cv2.COLOR_RGB2BGR))[1].tobytes()
    with written_aside(path) as aside:
        aside.write_bytes(content)
