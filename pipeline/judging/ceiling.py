"""What is lost before any model errs: truth pushed through the forms that answers take, to be judged."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pandas as pd

from pipeline.dataset.mask_colours import BODY, PANEL, colours_from_labels, labels_from_colours
from pipeline.dataset.pixels import decoded
from pipeline.masks import rle
from pipeline.masks.postprocess import answer

QUALITY = 95  # of the JPEG that masks are published as


def ceilings(size: int, stride: int) -> dict[str, Callable[[pd.Series], dict]]:
    """The forms, by name; the last is a network's working size and the stride of its masks."""
    return {
        "RLE, box from mask": through_rle,
        "JPEG mask": through_jpeg,
        "512 px": partial(through_size, size=512, stride=1),
        "256 px": partial(through_size, size=256, stride=1),
        f"{size} px, stride {stride}": partial(through_size, size=size, stride=stride),
    }


def through_rle(row: pd.Series) -> dict:
    """Truth's own masks, and the box from them."""
    labels_hw = _labels(row)
    return answer(np.stack([labels_hw == BODY, labels_hw == PANEL]).astype(np.float32), row.height, row.width)


def through_jpeg(row: pd.Series) -> dict:
    """The same after a JPEG file with halved colour, as libraries write unless told."""
    bgr = colours_from_labels(_labels(row))[..., ::-1]
    content = cv2.imencode(".jpg", np.ascontiguousarray(bgr), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    labels_hw = labels_from_colours(decoded(content.tobytes()).rgb_hwc)
    return answer(np.stack([labels_hw == BODY, labels_hw == PANEL]).astype(np.float32), row.height, row.width)


def through_size(row: pd.Series, size: int, stride: int) -> dict:
    """Soft masks of size / stride pixels: the share of each pixel that a part covers, enlarged as answers are.

    Not quite the best there can be: sharpened a little, they gain up to 0.01.
    """
    labels_hw = _labels(row)
    small = []
    for part in (BODY, PANEL):
        share_hw = cv2.resize(
            (labels_hw == part).astype(np.float32), (size // stride,) * 2, interpolation=cv2.INTER_AREA
        )
        small.append(cv2.resize(share_hw, (size, size), interpolation=cv2.INTER_LINEAR))
    return answer(np.stack(small), row.height, row.width)


def _labels(row: pd.Series) -> np.ndarray:
    labels_hw = np.where(rle.decode(row.body_rle, row.height, row.width), BODY, 0).astype(np.uint8)
    labels_hw[rle.decode(row.panel_rle, row.height, row.width)] = PANEL
    return labels_hw
