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
