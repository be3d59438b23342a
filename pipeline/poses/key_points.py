"""Key points: where they are on the craft, the heat maps that a network learns, and the peaks of those it answers."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # it takes seconds, and reading a data set needs none of it
    import torch

SURE = 0.5  # a peak above this is believed

TANGO = np.array(
    [
        (-0.37, -0.385, 0.3215),
        (-0.37, 0.385, 0.3215),
        (0.37, 0.385, 0.3215),
        (0.37, -0.385, 0.3215),
        (-0.37, -0.264, 0),
        (-0.37, 0.304, 0),
        (0.37, 0.304, 0),
        (0.37, -0.264, 0),
        (-0.5427, 0.4877, 0.2535),
        (0.5427, 0.4877, 0.2591),
        (0.305, -0.579, 0.2515),
    ]
)
"""The eleven of SPEED and SPEED+, metres in the body's frame: tangoPoints.mat of https://github.com/tpark94/spnv2."""

TANGO_NAMES = (
    *(f"panel {corner}" for corner in ("-x -y", "-x +y", "+x +y", "+x -y")),
    *(f"bottom {corner}" for corner in ("-x -y", "-x +y", "+x +y", "+x -y")),
    *(f"antenna {corner}" for corner in ("-x +y", "+x +y", "+x -y")),
)


def heat_maps(points_bk2: "torch.Tensor", height: int, width: int, sigma: float) -> "torch.Tensor":
    """Maps (b, k, height, width), float32, of Gaussians that are 1 at points given in shares of the image.

    sigma is in pixels of the map. The centre of its pixel (i, j) is at ((i + 0.5) / width, (j + 0.5) / height). A point
    outside leaves what reaches into the map; of one that is not known (NaN) the map is 0.
    """
    x_bk1, y_bk1 = points_bk2.float().split(1, dim=-1)
    across_bkw = ((x_bk1 * width - _centres(x_bk1, width)) / sigma).square().mul(-0.5).exp()
    down_bkh = ((y_bk1 * height - _centres(y_bk1, height)) / sigma).square().mul(-0.5).exp()
    return (down_bkh[..., :, None] * across_bkw[..., None, :]).nan_to_num(nan=0)


def peaks(heat_khw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where maps (..., k, h, w) are highest, x and y in shares of the image (..., k, 2), and how high (..., k).

    The highest pixel is refined, each way apart, by the parabola through the logarithms of it and its two neighbours,
    which finds the centre of a Gaussian exactly. Where a neighbour is outside the map or not above 0, the pixel's
    centre stays.
    """
    *leading, height, width = heat_khw.shape
    maps_nhw = np.asarray(heat_khw).reshape(-1, height, width)
    number = np.arange(len(maps_nhw))
    row, column = np.divmod(maps_nhw.reshape(len(maps_nhw), -1).argmax(axis=1), width)
    framed = np.pad(maps_nhw, ((0, 0), (1, 1), (1, 1)))  # with 0, which is not above 0
    sideways = np.stack([framed[number, row + 1, column + step] for step in range(3)])
    upright = np.stack([framed[number, row + step, column + 1] for step in range(3)])
    x = (column + 0.5 + _offset(sideways)) / width
    y = (row + 0.5 + _offset(upright)) / height
    return np.stack([x, y], axis=1).reshape(*leading, 2), maps_nhw[number, row, column].reshape(leading)


def _centres(like: "torch.Tensor", count: int) -> "torch.Tensor":
    return like.new_ones(count).cumsum(0) - 0.5


def _offset(three_3n: np.ndarray) -> np.ndarray:
    """Where the top of the Gaussian through three neighbouring values is, pixels from the middle one; else 0."""
    three_3n = three_3n.astype(float)
    before, middle, after = np.log(np.where(three_3n > 0, three_3n, np.nan))
    bend = before - 2 * middle + after
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = (before - after) / (2 * bend)
    return np.where((bend < 0) & np.isfinite(offset), offset, 0.0)
