"""The box of a mask that is not yet one: differentiable in the mask's logits."""

import torch
from torch.nn import functional


def soft_extent(logits_bhw: torch.Tensor) -> torch.Tensor:
    """Boxes (b, 4) of masks: x_min, y_min, x_max, y_max as shares of the image, 0 to 1.

    Of each side, the mean over positions of the probability that nothing lies up to there: the running product of 1 - p
    of the highest probability in each column or row. For a mask of 0 and 1 this is its box; of an empty one the box is
    upside down, 1 to 0.
    """
    columns_bw, rows_bh = logits_bhw.amax(dim=1), logits_bhw.amax(dim=2)
    low_x, low_y = _empty_share(columns_bw), _empty_share(rows_bh)
    high_x, high_y = 1 - _empty_share(columns_bw.flip(1)), 1 - _empty_share(rows_bh.flip(1))
    return torch.stack([low_x, low_y, high_x, high_y], dim=1)


def _empty_share(logits_bn: torch.Tensor) -> torch.Tensor:
    return functional.logsigmoid(-logits_bn).cumsum(dim=1).exp().mean(dim=1)


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
