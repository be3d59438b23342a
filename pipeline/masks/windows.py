"""Square windows in images: around a craft, cut out, and put back. Differentiable in the images' values.

A window is its centre's x and y, -1 to 1 across the image, and its side as a share of the image's: (b, 3).
"""

import torch
from torch.nn import functional

MARGIN = 1.25  # side of the window by the longest side of the craft
JITTER = (0.06, 0.15)  # standard deviation of a jittered window's place, by its side, and of its side's logarithm
CELLS = 32  # to a side of the map on which a craft's parts are told from specks
REACH = 2  # cells: parts of a craft lie no further apart
LEAST_SEEN, MOST_SIDE = 0.6, 2.5  # of a true window: what is found beyond them teaches nothing
FOUND = 0.5  # share of training images whose window is the one found, where that fits
OVERSAMPLED = 2  # points per pixel and axis of a crop, averaged


def shrunk(image_bchw: torch.Tensor, size: int) -> torch.Tensor:
    """An image at a lower square size, by averages over areas."""
    return functional.adaptive_avg_pool2d(image_bchw, size)


def resized(image_bchw: torch.Tensor, size: int) -> torch.Tensor:
    """An image or map at another square size: as `shrunk` where that is lower, else straight between the pixels."""
    if size <= image_bchw.shape[-1]:
        return shrunk(image_bchw, size)
    return functional.interpolate(image_bchw, (size, size), mode="bilinear", align_corners=False)


def window_of(craft_bhw: torch.Tensor) -> torch.Tensor:
    """The window around a craft (b, h, w), inside the image; where there is no craft, the whole image."""
    sides = []
    for profile_bn in (craft_bhw.any(dim=1), craft_bhw.any(dim=2)):
        count = profile_bn.shape[1]
        low_b = profile_bn.float().argmax(dim=1) / count
        high_b = 1 - profile_bn.flip(1).float().argmax(dim=1) / count
        sides.append((low_b, high_b))
    (left_b, right_b), (top_b, bottom_b) = sides
    side_b = MARGIN * torch.maximum(right_b - left_b, bottom_b - top_b)
    return inside(torch.stack([left_b + right_b - 1, top_b + bottom_b - 1, side_b], dim=1))


def inside(window_b3: torch.Tensor) -> torch.Tensor:
    """Windows moved and cut until they lie inside the image."""
    side_b = window_b3[:, 2].clamp(max=1)
    centre_b2 = torch.minimum(torch.maximum(window_b3[:, :2], (side_b - 1)[:, None]), (1 - side_b)[:, None])
    return torch.cat([centre_b2, side_b[:, None]], dim=1)


def jittered(window_b3: torch.Tensor) -> torch.Tensor:
    """Windows as a first look that errs a little finds them."""
    noise_b3 = torch.randn_like(window_b3) * window_b3.new_tensor([2 * JITTER[0], 2 * JITTER[0], JITTER[1]])
    side_b1 = window_b3[:, 2:]
    return inside(torch.cat([window_b3[:, :2] + side_b1 * noise_b3[:, :2], side_b1 * noise_b3[:, 2:].exp()], dim=1))


def found_window(probability_bhw: torch.Tensor, level: float) -> torch.Tensor:
    """The window around what reaches a level and hangs together, by REACH, with the likeliest place."""
    cells_bhw = functional.adaptive_max_pool2d(probability_bhw, min(CELLS, probability_bhw.shape[-1]))
    known_bhw = (cells_bhw > level).float()
    grown_bhw = known_bhw * (cells_bhw >= cells_bhw.amax(dim=(1, 2), keepdim=True)).float()
    for _ in range(CELLS):
        grown_bhw = known_bhw * functional.max_pool2d(grown_bhw, 2 * REACH + 1, 1, REACH)
    part_bhw = functional.interpolate(grown_bhw[:, None], probability_bhw.shape[1:])[:, 0]
    return window_of((probability_bhw > level) & (part_bhw > 0.5))


def fits(window_b3: torch.Tensor, true_b3: torch.Tensor) -> torch.Tensor:
    """Which windows (b,) cover LEAST_SEEN of the true ones, and are not more than MOST_SIDE times as large."""
    half_b2, true_half_b2 = window_b3[:, 2:], true_b3[:, 2:]
    low_b2 = torch.maximum(window_b3[:, :2] - half_b2, true_b3[:, :2] - true_half_b2)
    high_b2 = torch.minimum(window_b3[:, :2] + half_b2, true_b3[:, :2] + true_half_b2)
    covered_b = ((high_b2 - low_b2).clamp(min=0) / (2 * true_half_b2)).prod(dim=1)
    return (covered_b >= LEAST_SEEN) & (window_b3[:, 2] <= MOST_SIDE * true_b3[:, 2])


def crop(image_bchw: torch.Tensor, window_b3: torch.Tensor, size: int) -> torch.Tensor:
    """What lies in windows, at size x size pixels; in single precision, as half would misplace it by a pixel."""
    with torch.autocast(image_bchw.device.type, enabled=False):
        x_b, y_b, side_b = window_b3.float().unbind(dim=1)
        grid_bhw2 = _grid(side_b, x_b, y_b, OVERSAMPLED * size)
        found_bchw = functional.grid_sample(image_bchw.float(), grid_bhw2, padding_mode="border", align_corners=False)
        return functional.avg_pool2d(found_bchw, OVERSAMPLED)


def pasted(coarse_bchw: torch.Tensor, fine_bchw: torch.Tensor, window_b3: torch.Tensor, size: int) -> torch.Tensor:
    """Maps of the whole image, size x size pixels: the fine ones inside their windows, the coarse ones outside."""
    with torch.autocast(fine_bchw.device.type, enabled=False):
        whole_bchw = resized(coarse_bchw.float(), size)
        x_b, y_b, side_b = window_b3.float().unbind(dim=1)
        grid_bhw2 = _grid(1 / side_b, -x_b / side_b, -y_b / side_b, size)
        near_bchw = functional.grid_sample(fine_bchw.float(), grid_bhw2, padding_mode="border", align_corners=False)
        within_b1hw = (grid_bhw2.abs() <= 1).all(dim=3)[:, None]
        return torch.where(within_b1hw, near_bchw, whole_bchw)


def in_image(pairs_bn: torch.Tensor, window_b3: torch.Tensor) -> torch.Tensor:
    """Pairs of x and y (b, n), such as a box's corners, as shares of their windows, as shares of the image."""
    side_b1 = window_b3[:, 2:]
    return _corner(window_b3).repeat(1, pairs_bn.shape[1] // 2) + side_b1 * pairs_bn


def in_window(points_bk2: torch.Tensor, window_b3: torch.Tensor) -> torch.Tensor:
    """Places (b, k, 2) in shares of the image as shares of windows."""
    return (points_bk2 - _corner(window_b3)[:, None]) / window_b3[:, None, 2:]


def taught(found_b3: torch.Tensor, true_b3: torch.Tensor) -> torch.Tensor:
    """The windows to look at in training: some of those found, where they fit, else the true ones, jittered."""
    as_found_b1 = fits(found_b3, true_b3)[:, None] & (torch.rand_like(true_b3[:, :1]) < FOUND)
    return torch.where(as_found_b1, found_b3, jittered(true_b3))


def _corner(window_b3: torch.Tensor) -> torch.Tensor:
    """Upper left corners (b, 2), shares of the image."""
    return (window_b3[:, :2] + 1 - window_b3[:, 2:]) / 2


def _grid(scale_b: torch.Tensor, x_b: torch.Tensor, y_b: torch.Tensor, size: int) -> torch.Tensor:
    """Points (b, size, size, 2) of a square map, scaled and moved."""
    nought_b = torch.zeros_like(scale_b)
    theta_b23 = torch.stack([scale_b, nought_b, x_b, nought_b, scale_b, y_b], dim=1).view(-1, 2, 3)
    return functional.affine_grid(theta_b23, [len(scale_b), 1, size, size], align_corners=False)
