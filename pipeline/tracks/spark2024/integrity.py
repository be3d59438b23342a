"""What is wrong with one labelled image: its files are read, decoded and held against each other."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.dataset.integrity import both_checked, content_hash
from pipeline.dataset.mask_colours import BODY, PANEL, foreign_pixels, labels_from_colours
from pipeline.dataset.problems import Problem
from pipeline.masks import rle
from pipeline.masks.boxes import box_from_mask, box_iou

MIN_BOX_IOU = 0.9  # JPEG masks move an edge by a pixel; more is a wrong box
BOX_SLACK = 2  # pixels a side that are never held against a small box


class Labelled(NamedTuple):
    """What the data set says of an image. Box in pixels, max exclusive; None where not said."""

    folder: Path  # of the set
    image: Path  # below it
    mask: Path | None
    box: tuple[float, float, float, float] | None


def check_image(item: Labelled) -> dict:
    """Read an image and its mask.

    Returns:
        content_hash, height, width, body_rle, panel_rle and problems (a list), as the index has them;
        box_valid, false for a box that is none; unread, where a file is there and could not be read: such findings may
        be others tomorrow.
    """
    problems: list[Problem] = []
    pictures, mask, (height, width) = both_checked(item.folder, item.image, item.mask, problems)
    found = [] if item.box is None else _box_problems(item.box, width, height)
    facts = {
        "content_hash": content_hash(pictures[0]),
        "height": height,
        "width": width,
        "body_rle": None,
        "panel_rle": None,
        "problems": problems + found,
        "box_valid": not any(problem.code == "box-invalid" for problem in found),
        "unread": any(picture.unread for picture in pictures),
    }
    if mask is not None:
        _check_mask(item, mask, facts)
    return facts


def _check_mask(item: Labelled, mask_rgb: np.ndarray, facts: dict) -> None:
    problems, where = facts["problems"], item.mask.as_posix()
    height, width = mask_rgb.shape[:2]
    if (height, width) != (facts["height"], facts["width"]):
        said = f"{width}x{height}, image {facts['width']}x{facts['height']}"
        problems.append(Problem("mask-size", where, said))
        return
    labels_hw = labels_from_colours(mask_rgb)
    facts["body_rle"], facts["panel_rle"] = rle.encode(labels_hw == BODY), rle.encode(labels_hw == PANEL)
    painted = int((labels_hw > 0).sum())
    foreign = foreign_pixels(mask_rgb, labels_hw)
    if foreign > max(painted // 2, labels_hw.size // 2000):
        said = f"{foreign} pixels are neither black, red nor blue ({painted} are red or blue)"
        problems.append(Problem("mask-colours", where, said))
    if not painted:
        problems.append(Problem("mask-empty", where, "neither red nor blue"))
    elif item.box and facts["box_valid"]:
        problems += _box_against_mask(item.box, box_from_mask(labels_hw > 0))


def _box_problems(box: tuple, width: int, height: int) -> list[Problem]:
    """What is wrong with a box alone; of an image whose size is not known (0) nothing can be outside."""
    x_min, y_min, x_max, y_max = box
    if not np.isfinite(box).all() or x_max <= x_min or y_max <= y_min:
        return [Problem("box-invalid", text=_text(box))]
    if width and (x_min < 0 or y_min < 0 or x_max > width or y_max > height):
        return [Problem("box-outside", text=f"{_text(box)}, image {width}x{height}")]
    return []


def _box_against_mask(box: tuple, extent: tuple) -> list[Problem]:
    def differs(other: tuple) -> bool:
        iou = box_iou(np.array([other]), np.array([extent]))[0]
        return not (iou >= MIN_BOX_IOU or np.abs(np.subtract(other, extent)).max() <= BOX_SLACK)

    if not differs(box):
        return []
    x_min, y_min, x_max, y_max = box
    hint = "" if differs((y_min, x_min, y_max, x_max)) else " (fits with rows and columns swapped)"
    return [Problem("box-mask", text=f"box {_text(box)}, mask {_text(extent)}{hint}")]


def _text(box: tuple) -> str:
    return "(" + ", ".join(f"{value:g}" for value in box) + ")"
