"""Answers and their errors as pictures."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from pipeline.masks.columns import BOX
from pipeline.masks.draw import sheet, window, with_words
from pipeline.poses import columns
from pipeline.poses.camera import Camera
from pipeline.poses.drawing import with_pose
from pipeline.poses.rotations import angle_between, matrix_of

SIDE = 330  # of a picture, pixels
LEGEND = (
    "What surrounds the craft: with the true pose, and with the answer. The body's axes x red, y green, z blue, half a "
    "metre each; key points as answered, filled where they are sure; the box where there is a head for it."
)


def answered(image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
    """An answer over its image, with its distance in words."""
    words = f"{np.linalg.norm(row[columns.TRANSLATION]):.2f} m" + (" (fall-back)" if row["fallback"] else "")
    return with_words(_posed(image_hwc, row), words)


def compared(image_hwc: np.ndarray, truth: pd.Series, given: pd.Series) -> tuple[np.ndarray, str]:
    """What surrounds the craft with truth and with the answer, side by side; and words."""
    height, width = image_hwc.shape[:2]
    left, top, side = window([tuple(truth[BOX].astype(float))], height, width)
    pictures = [_axes(image_hwc, truth), _posed(image_hwc, given)]
    near = [picture[top : top + side, left : left + side] for picture in pictures]
    ranges = [np.linalg.norm(of[columns.TRANSLATION]) for of in (truth, given)]
    turns = [matrix_of(torch.tensor(of[columns.QUATERNION])) for of in (truth, given)]
    degrees = math.degrees(angle_between(*turns))
    return sheet([near], SIDE), f"at {ranges[0]:.2f} m, answered {ranges[1]:.2f} m, {degrees:.1f} degrees off"


def _axes(image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
    camera = Camera.of_shares(row[columns.CAMERA], *image_hwc.shape[:2])
    return with_pose(image_hwc, row[columns.QUATERNION], row[columns.TRANSLATION], camera)


def _posed(image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
    """An answer's axes, key points and box."""
    return with_pose(
        image_hwc,
        row[columns.QUATERNION],
        row[columns.TRANSLATION],
        Camera.of_shares(row[columns.CAMERA], *image_hwc.shape[:2]),
        np.reshape(row["key_points_px"], (-1, 2)),
        np.asarray(row["key_point_scores"]),
        [row[corner] for corner in BOX],
    )
