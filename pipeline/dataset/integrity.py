"""What is wrong with one labelled image: its files are read, decoded and held against each other."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.dataset.mask_colours import BODY, PANEL, foreign_pixels, labels_from_colours
from pipeline.files import file_hash
from pipeline.masks import rle
from pipeline.masks.boxes import box_from_mask, box_iou

MIN_BOX_IOU = 0.9  # JPEG masks move an edge by a pixel; more is a wrong box
BOX_SLACK = 2  # pixels a side that are never held against a small box


class Labelled(NamedTuple):
    """What the data set says of an image. Paths are whole; box in pixels, max exclusive; None where not said."""

    image: Path
    mask: Path | None
    box: tuple[float, float, float, float] | None
    size: int


def check_image(item: Labelled) -> dict:
    """Read an image and its mask.

    Returns:
        content_hash, height, width, body_rle, panel_rle and problems (list of "code: text"), as the index has them.
    """
    facts = {"content_hash": "", "height": 0, "width": 0, "body_rle": None, "panel_rle": None, "problems": []}
    image = _decode(item.image, "image", facts["problems"])
    with suppress(OSError, ValueError):
        facts["content_hash"] = file_hash(item.image)
    if image is not None:
        facts["height"], facts["width"] = image.shape[:2]
        if image.shape[:2] != (item.size, item.size):
            size = f"{image.shape[1]}x{image.shape[0]}"
            facts["problems"].append(f"image-size: {size}, expected {item.size}x{item.size}")
    if item.box:
        facts["problems"] += _box_problems(item.box, facts["width"] or item.size, facts["height"] or item.size)
    mask = _decode(item.mask, "mask", facts["problems"]) if item.mask else None
    if mask is not None:
        _check_mask(item, mask, image, facts)
    return facts


def _decode(path: Path, kind: str, problems: list[str]) -> np.ndarray | None:
    """RGB pixels (height, width, 3), or None and why not."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError):  # missing, or a name that no file can have
        problems.append(f"{kind}-missing: {path.name}")
        return None
    ends = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND"}  # JPEG, PNG: without its end marker a file was cut
    whole = ends.get(data[:2], b"") in data[-64:]
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data and whole else None
    except cv2.error:  # a header that claims more pixels than OpenCV takes
        pixels = None
    if pixels is None:
        problems.append(f"{kind}-undecodable: {path.name}, {len(data)} bytes{'' if whole else ', cut short'}")
    return pixels


def _check_mask(item: Labelled, mask_rgb: np.ndarray, image: np.ndarray | None, facts: dict) -> None:
    problems = facts["problems"]
    height, width = mask_rgb.shape[:2]
    if image is not None and image.shape[:2] != (height, width):
        problems.append(f"mask-size: {width}x{height}, image {image.shape[1]}x{image.shape[0]}")
        return
    facts["height"], facts["width"] = height, width
    labels_hw = labels_from_colours(mask_rgb)
    facts["body_rle"], facts["panel_rle"] = rle.encode(labels_hw == BODY), rle.encode(labels_hw == PANEL)
    painted = int((labels_hw > 0).sum())
    foreign = foreign_pixels(mask_rgb, labels_hw)
    if foreign > max(painted // 2, labels_hw.size // 2000):
        problems.append(f"mask-colours: {foreign} pixels are neither black, red nor blue ({painted} are red or blue)")
    if not painted:
        problems.append("mask-empty: neither red nor blue")
    elif item.box:
        problems += _box_against_mask(item.box, box_from_mask(labels_hw > 0))


def _box_problems(box: tuple, width: int, height: int) -> list[str]:
    x_min, y_min, x_max, y_max = box
    if not np.isfinite(box).all() or x_max <= x_min or y_max <= y_min:
        return [f"box-invalid: {_text(box)}"]
    if x_min < 0 or y_min < 0 or x_max > width or y_max > height:
        return [f"box-outside: {_text(box)}, image {width}x{height}"]
    return []


def _box_against_mask(box: tuple, extent: tuple) -> list[str]:
    def differs(other: tuple) -> bool:
        iou = box_iou(np.array([other]), np.array([extent]))[0]
        return not (iou >= MIN_BOX_IOU or np.abs(np.subtract(other, extent)).max() <= BOX_SLACK)

    if not differs(box):
        return []
    x_min, y_min, x_max, y_max = box
    hint = "" if differs((y_min, x_min, y_max, x_max)) else " (fits with rows and columns swapped)"
    return [f"box-mask: box {_text(box)}, mask {_text(extent)}{hint}"]


def _text(box: tuple) -> str:
    return "(" + ", ".join(f"{value:g}" for value in box) + ")"
