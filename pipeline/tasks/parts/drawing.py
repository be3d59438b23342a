"""Answers and their errors as pictures."""

from collections.abc import Mapping

import cv2
import numpy as np
import pandas as pd

from pipeline.masks.columns import BOX, MASKS
from pipeline.masks.draw import errors, overlay, sheet, window

SIDE = 250  # of a picture, pixels
FRAME_RGB = (255, 0, 255)
LEGEND = (
    "The whole image; what its frame holds with truth, with the answer, and the error. Body red, panel blue, box "
    "green. In the error: grey is right, red was missed, yellow is too much."
)


def answered(image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
    """An answer over its image, with its class in words."""
    named = f"{row['class_name']} {max(row['class_probs']):.2f}" if len(row["class_probs"]) else ""
    words = named + (" (fall-back)" if row["fallback"] else "")
    return overlay(image_hwc, *(row[mask] for mask in MASKS), tuple(row[corner] for corner in BOX), words)


def compared(image_hwc: np.ndarray, truth: pd.Series, given: pd.Series) -> tuple[np.ndarray, str]:
    """The image with the craft's surroundings framed; those with truth, with the answer, and its error; and words."""
    height, width = image_hwc.shape[:2]
    boxes = [tuple(of[BOX].astype(float)) for of in (truth, given)]
    masks = [tuple(of[MASKS]) for of in (truth, given)]
    left, top, side = window(boxes, height, width)
    framed = cv2.rectangle(image_hwc.copy(), (left, top), (left + side - 1, top + side - 1), FRAME_RGB, 3)
    near = [overlay(image_hwc, *parts, box) for parts, box in zip(masks, boxes, strict=True)]
    near.append(errors(*masks, height, width))
    picture = sheet([[framed, *(cell[top : top + side, left : left + side] for cell in near)]], SIDE)
    return picture, f"{truth['class_name']}, answered {given['class_name'] or 'no class'}"
