"""Masks that exclude each other: background, body or panel."""

import torch


def against_background(mask_bchw: torch.Tensor) -> torch.Tensor:
    """Logits (b, 2, h, w) of body and panel; of softmax's three each against the background's.

    Their sigmoids are above 0.5 just where softmax prefers the part to the background.
    """
    return mask_bchw if mask_bchw.shape[1] == 2 else mask_bchw[:, 1:] - mask_bchw[:, :1]


def with_background(mask_bchw: torch.Tensor) -> torch.Tensor:
    """How much of each pixel is background, body and panel (b, 3, h, w), of how much is body and panel, 0 to 1."""
    background_b1hw = (1 - mask_bchw.sum(dim=1, keepdim=True)).clamp(min=0)
    all_bchw = torch.cat([background_b1hw, mask_bchw], dim=1)
    return all_bchw / all_bchw.sum(dim=1, keepdim=True)
