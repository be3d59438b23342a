"""Square windows in images: around a craft, cut out, and put back. Differentiable in the images' values.

A window is its centre's x and y, -1 to 1 across the image, and its side as a share of the image's: (b, 3).
"""

import torch
from torch.nn import functional

MARGIN = 1.25  # side of the window by the longest side of the craft
JITTER = 0.06  # of its side: standard deviation of a jittered window's place, and of the logarithm of its side
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
    noise_b3 = JITTER * torch.randn_like(window_b3)
    side_b1 = window_b3[:, 2:] * noise_b3[:, 2:].exp()
    return inside(torch.cat([window_b3[:, :2] + 2 * window_b3[:, 2:] * noise_b3[:, :2], side_b1], dim=1))


def crop(image_bchw: torch.Tensor, window_b3: torch.Tensor, size: int) -> torch.Tensor:
    """What lies in windows, at size x size pixels."""
    x_b, y_b, side_b = window_b3.to(image_bchw.dtype).unbind(dim=1)
    grid_bhw2 = _grid(side_b, x_b, y_b, OVERSAMPLED * size)
    found_bchw = functional.grid_sample(image_bchw, grid_bhw2, padding_mode="border", align_corners=False)
    return functional.avg_pool2d(found_bchw, OVERSAMPLED)


def pasted(coarse_bchw: torch.Tensor, fine_bchw: torch.Tensor, window_b3: torch.Tensor, size: int) -> torch.Tensor:
    """Maps of the whole image, size x size pixels: the fine ones inside their windows, the coarse ones outside."""
    whole_bchw = functional.interpolate(coarse_bchw, (size, size), mode="bilinear", align_corners=False)
    x_b, y_b, side_b = window_b3.to(fine_bchw.dtype).unbind(dim=1)
    grid_bhw2 = _grid(1 / side_b, -x_b / side_b, -y_b / side_b, size)
    near_bchw = functional.grid_sample(fine_bchw, grid_bhw2, padding_mode="border", align_corners=False)
    within_b1hw = (grid_bhw2.abs() <= 1).all(dim=3)[:, None]
    return torch.where(within_b1hw, near_bchw, whole_bchw)


def in_image(box_b4: torch.Tensor, window_b3: torch.Tensor) -> torch.Tensor:
    """Boxes (b, 4), x_min, y_min, x_max, y_max as shares of their windows, as shares of the image."""
    side_b1 = window_b3[:, 2:]
    corner_b2 = (window_b3[:, :2] + 1 - side_b1) / 2
    return corner_b2.repeat(1, 2) + side_b1 * box_b4


def _grid(scale_b: torch.Tensor, x_b: torch.Tensor, y_b: torch.Tensor, size: int) -> torch.Tensor:
    """Points (b, size, size, 2) of a square map, scaled and moved."""
    nought_b = torch.zeros_like(scale_b)
    theta_b23 = torch.stack([scale_b, nought_b, x_b, nought_b, scale_b, y_b], dim=1).view(-1, 2, 3)
    return functional.affine_grid(theta_b23, [len(scale_b), 1, size, size], align_corners=False)
