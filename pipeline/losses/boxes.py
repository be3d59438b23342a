"""Losses of a box, given as shares of the image."""

import torch

from pipeline.masks.extent import soft_extent


def giou(box_b4: torch.Tensor, other_b4: torch.Tensor) -> torch.Tensor:
    """Generalised IoU (b,) of boxes x_min, y_min, x_max, y_max; a box that is upside down has no area.

    IoU less the share of the smallest box around both that neither fills (Rezatofighi et al. 2019).
    """
    low = torch.maximum(box_b4[:, :2], other_b4[:, :2])
    high = torch.minimum(box_b4[:, 2:], other_b4[:, 2:])
    both = _area(low, high)
    union = _area(box_b4[:, :2], box_b4[:, 2:]) + _area(other_b4[:, :2], other_b4[:, 2:]) - both
    hull = _area(torch.minimum(box_b4, other_b4)[:, :2], torch.maximum(box_b4, other_b4)[:, 2:])
    least = torch.finfo(box_b4.dtype).eps
    return both / union.clamp(min=least) - (hull - union) / hull.clamp(min=least)


def _area(low_b2: torch.Tensor, high_b2: torch.Tensor) -> torch.Tensor:
    return (high_b2 - low_b2).clamp(min=0).prod(dim=1)


def box_loss(box_b4: torch.Tensor, mask_bhw: torch.Tensor) -> torch.Tensor:
    """L1 distance of the four sides, in shares of the image, and 1 - GIoU, between given boxes and those of masks.

    Args:
        box_b4: x_min, y_min, x_max, y_max as shares of the image.
        mask_bhw: of the whole craft, bool; images without a true pixel do not count.
    """
    shown_b = mask_bhw.any(dim=2).any(dim=1)
    true_b4 = soft_extent(torch.where(mask_bhw, 1e4, -1e4).to(box_b4.dtype))
    each_b = (box_b4 - true_b4).abs().sum(dim=1) + 1 - giou(box_b4, true_b4)
    return (each_b * shown_b).sum() / shown_b.sum().clamp(min=1)
