"""What is wrong with one image of a craft: its files are read, decoded and held against its pose."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.dataset.integrity import both_checked, content_hash
from pipeline.dataset.problems import Problem
from pipeline.masks import rle
from pipeline.masks.boxes import box_from_mask, box_iou
from pipeline.masks.columns import BOX
from pipeline.poses.camera import Camera
from pipeline.poses.key_points import TANGO
from pipeline.tracks.pose.labels import Pose

LEAST_IOU = 0.5  # of the boxes of mask and key points: of a true pose it is far more
SHOWN = 127  # a mask's pixel above it is the craft's


class Labelled(NamedTuple):
    """What the data set says of an image. Paths below `folder`; the camera of images of the size it names."""

    folder: Path
    image: Path
    mask: Path | None
    camera: Camera
    pose: Pose
    tango: bool  # whether the key points are the craft's


def check_image(item: Labelled) -> dict:
    """Read an image and its mask.

    Returns:
        content_hash, height, width, camera (in shares of the image), mask_rle, x_min .. y_max (of the mask, or of the
        key points where there is none; NaN: neither) and problems (a list), as the index has them; unread, where a file
        is there and could not be read.
    """
    problems: list[Problem] = []
    pictures, mask, (height, width) = both_checked(item.folder, item.image, item.mask, problems)
    camera = _resized(item.camera, height, width)
    if height and (height, width) != (item.camera.height, item.camera.width):
        said = f"image {width}x{height}, camera {item.camera.width}x{item.camera.height}: taken to be resized"
        problems.append(Problem("camera-size", item.image.as_posix(), said))
    mask_hw = None if mask is None else _craft(mask, (height, width), item.mask.as_posix(), problems)
    shown = None if mask_hw is None else box_from_mask(mask_hw)
    if height and item.tango and item.pose.quaternion:
        expected = extent(item.pose, camera)
        if shown and (problem := _misfit(shown, expected, item.pose, camera)):
            problems.append(problem)
        shown = shown or expected
    return {
        "content_hash": content_hash(pictures[0]),
        "height": height,
        "width": width,
        "camera": camera.shares.tolist(),
        "mask_rle": None if mask_hw is None else rle.encode(mask_hw),
        **dict(zip(BOX, map(float, shown or [np.nan] * 4), strict=True)),
        "problems": problems,
        "unread": any(picture.unread for picture in pictures),
    }


def _resized(camera: Camera, height: int, width: int) -> Camera:
    """The camera of the same images at another size; of one that is not known (0), as it is."""
    return Camera.of_shares(camera.shares, height, width) if height else camera


def _craft(mask_hwc: np.ndarray, size_hw: tuple[int, int], where: str, problems: list[Problem]) -> np.ndarray | None:
    """The craft's pixels, bool (height, width), of a mask that is 255 there in any channel; None of another size."""
    height, width = mask_hwc.shape[:2]
    if (height, width) != size_hw:
        said = f"{width}x{height}, image {size_hw[1]}x{size_hw[0]}"
        problems.append(Problem("mask-size", where, said))
        return None
    red, green, blue = cv2.split(mask_hwc)
    value_hw = cv2.max(cv2.max(red, green), blue)
    craft_hw = value_hw > SHOWN
    painted, between = int(np.count_nonzero(craft_hw)), cv2.countNonZero(cv2.inRange(value_hw, 1, 254))
    if between > max(painted // 2, value_hw.size // 2000):
        said = f"{between} pixels are neither 0 nor 255 ({painted} are above {SHOWN})"
        problems.append(Problem("mask-values", where, said))
    if not painted:
        problems.append(Problem("mask-empty", where, f"no pixel above {SHOWN}"))
    return craft_hw


def extent(pose: Pose, camera: Camera) -> tuple[float, ...] | None:
    """The box (x_min .. y_max, pixels) of Tango's key points, cut at the image; None where nothing is left of it."""
    pixels_k2 = camera.project(Rotation.from_quat(pose.quaternion, scalar_first=True).apply(TANGO) + pose.translation_m)
    seen_n2 = pixels_k2[np.isfinite(pixels_k2).all(axis=1)]
    if not len(seen_n2):
        return None
    corners = np.clip([seen_n2.min(axis=0), seen_n2.max(axis=0)], 0, (camera.width, camera.height))
    return tuple(map(float, corners.ravel())) if (corners[1] > corners[0]).all() else None


def _misfit(shown: Sequence, expected: Sequence | None, pose: Pose, camera: Camera) -> Problem | None:
    """The problem of a mask that lies elsewhere than its pose says, and how the pose may be meant."""

    def fits(box: Sequence | None) -> bool:
        return box is not None and box_iou(np.array([box]), np.array([shown]))[0] >= LEAST_IOU

    if fits(expected):
        return None
    w, x, y, z = pose.quaternion
    meanings = {"the scalar last": (z, w, x, y), "camera to body": (w, -x, -y, -z)}
    meant = [words for words, other in meanings.items() if fits(extent(pose._replace(quaternion=other), camera))]
    hint = f" (fits with {meant[0]})" if meant else ""
    return Problem("mask-pose", text=f"box of the mask {_text(shown)}, of the pose {_text(expected)}{hint}")


def _text(box: Sequence | None) -> str:
    return "outside" if box is None else "(" + ", ".join(f"{value:.0f}" for value in box) + ")"
