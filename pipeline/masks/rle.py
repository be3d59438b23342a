"""COCO run-length encoding: masks as the compressed ASCII `counts` that pycocotools reads and writes.

Runs go down the columns, the first run counts zeros. The string packs 5 bits a character from "0" (48) on, low bits
first, bit 5 = more follow, bit 4 of the last = sign; from the fourth run on, the difference to the run two before it
(pycocotools, `maskApi.c`, rleToString).
"""

import cv2
import numpy as np
from pycocotools import mask as coco


class RleError(ValueError):
    """Counts that are not a run-length code of the stated size."""


def encode(mask_hw: np.ndarray) -> str:
    """Counts of a boolean or 0/1 mask of shape (height, width)."""
    columns_wh = cv2.transpose(np.ascontiguousarray(mask_hw, np.uint8))  # several times as fast as numpy's copy
    return coco.encode(columns_wh.T)["counts"].decode("ascii")


def decode(counts: str, height: int, width: int) -> np.ndarray:
    """Boolean mask (height, width) of checked counts. Raises RleError as `check` does."""
    check(counts, height, width)
    return cv2.transpose(coco.decode(as_coco(counts, height, width)).T).view(bool)


def check(counts: str, height: int, width: int) -> None:
    """Raise RleError unless the runs are whole, not negative and sum to height x width.

    pycocotools itself does not look: it decodes a short sum into memory that nobody initialised, and never comes back
    from comparing a long one.
    """
    if isinstance(counts, str) and len(counts) > longest(height, width):  # before runs take eight bytes each
        most = longest(height, width)
        raise RleError(f"{len(counts):,} characters, expected at most {most:,} for {height} x {width} pixels")
    lengths = runs(counts)
    if (lengths < 0).any():
        raise RleError("a run of negative length")
    if lengths.max() > height * width:  # before they are summed: enough of them overflow
        raise RleError(f"a run of {lengths.max()} pixels, expected at most {height} x {width} = {height * width}")
    if lengths.sum() != height * width:
        raise RleError(f"runs sum to {lengths.sum()}, expected {height} x {width} = {height * width}")


def longest(height: int, width: int) -> int:
    """Characters that the counts of a mask may have, twice what the finest checkerboard needs: one a pixel."""
    return 2 * height * width + 1000


def runs(counts: str) -> np.ndarray:
    """Run lengths (int64) in a counts string. Raises RleError for what is not such a string."""
    if not isinstance(counts, str) or not counts:
        raise RleError(f"expected a text of COCO counts, found {counts!r}")
    try:
        chars = np.frombuffer(counts.encode("ascii"), np.uint8).astype(np.int64) - 48
    except UnicodeEncodeError as error:
        raise RleError("characters outside ASCII") from error
    if chars.min() < 0 or chars.max() > 63:
        raise RleError("characters outside '0'..'o'")
    ends = np.flatnonzero((chars & 32) == 0)
    if not len(ends) or ends[-1] + 1 < len(chars):
        raise RleError("the text ends in the middle of a run")
    starts = np.concatenate(([0], ends[:-1] + 1))
    widths = ends - starts + 1
    if widths.max() > 7:
        raise RleError("a run longer than any image")
    place = np.arange(len(chars)) - starts.repeat(widths)
    values = np.add.reduceat((chars & 31) << (5 * place), starts)
    values -= np.where(chars[ends] & 16, np.int64(1) << (5 * widths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def as_coco(counts: str, height: int, width: int) -> dict:
    """The dict that pycocotools takes."""
    return {"size": [int(height), int(width)], "counts": counts.encode("ascii")}


def area(counts: str, height: int, width: int) -> int:
    """Number of pixels set."""
    return int(coco.area(as_coco(counts, height, width)))


def union(masks: list[str], height: int, width: int) -> dict:
    """The union of masks as COCO's dict, counts as text, without decoding them."""
    merged = coco.merge([as_coco(counts, height, width) for counts in masks])
    return {"size": [int(height), int(width)], "counts": merged["counts"].decode("ascii")}


def box(counts: str, height: int, width: int) -> list[float]:
    """COCO's [x, y, width, height] of a mask, pixels."""
    return coco.toBbox(as_coco(counts, height, width)).tolist()
