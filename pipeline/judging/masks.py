"""How far a predicted and a true mask cover one another, from their run-length codes."""

from typing import NamedTuple

import numpy as np
from pycocotools import mask as coco

from pipeline.masks import rle


class Overlap(NamedTuple):
    """Pixels of truth, of the answer, and of both."""

    truth: float
    given: float
    both: float


NO_TRUTH = Overlap(np.nan, np.nan, np.nan)


def overlap(truth: str | None, given: str, height: int, width: int) -> Overlap:
    """Pixel counts of a mask of truth and an answer, without decoding them; NaN where there is no truth.

    Raises:
        RleError: counts that do not fit height x width.
    """
    if not isinstance(truth, str):
        return NO_TRUTH
    pair = []
    for counts in (truth, given):
        rle.check(counts, height, width)
        pair.append(rle.as_coco(counts, height, width))
    both = coco.merge(pair, intersect=True)
    return Overlap(*(float(area) for area in coco.area([*pair, both])))


def iou(truth_n: np.ndarray, given_n: np.ndarray, both_n: np.ndarray) -> np.ndarray:
    """Intersection over union (N,) from pixel counts; 1 where both masks are empty."""
    union_n = truth_n + given_n - both_n
    return np.divide(both_n, union_n, out=np.ones(len(union_n)), where=union_n > 0)
