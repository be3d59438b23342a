"""Boxes in pixels, (x_min, y_min, x_max, y_max) with max exclusive: one pixel at (x, y) is (x, y, x + 1, y + 1)."""

import cv2
import numpy as np


def box_from_mask(mask_hw: np.ndarray) -> tuple[int, int, int, int] | None:
    """Extent of the set pixels of a mask (height, width), or None where there is none."""
    columns, rows = np.flatnonzero(mask_hw.any(axis=0)), np.flatnonzero(mask_hw.any(axis=1))
    if len(columns) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def box_iou(first_n4: np.ndarray, second_n4: np.ndarray) -> np.ndarray:
    """Intersection over union, pair by pair, of two arrays of boxes (n, 4); 0 where either has no area or is NaN."""
    first_n4, second_n4 = np.asarray(first_n4, np.float64), np.asarray(second_n4, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        sides_n2 = np.minimum(first_n4[:, 2:], second_n4[:, 2:]) - np.maximum(first_n4[:, :2], second_n4[:, :2])
        overlap_n = np.prod(np.clip(sides_n2, 0, None), axis=1)
        area = [np.prod(np.clip(box[:, 2:] - box[:, :2], 0, None), axis=1) for box in (first_n4, second_n4)]
        union_n = area[0] + area[1] - overlap_n
        return np.where(union_n > 0, overlap_n / union_n, 0.0)


def without_specks(union_hw: np.ndarray, share: float) -> np.ndarray:
    """The mask less its 8-connected parts that are smaller than `share` of the largest part's area."""
    count, labels_hw, stats, _ = cv2.connectedComponentsWithStats(union_hw.astype(np.uint8), connectivity=8)
    if count <= 2:
        return union_hw.astype(bool)
    areas = stats[:, cv2.CC_STAT_AREA]
    kept = areas >= share * areas[1:].max()
    kept[0] = False
    return kept[labels_hw]
