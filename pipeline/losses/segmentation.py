"""The loss of the multi-task network: masks by Dice, BCE and Lovasz, the class by cross-entropy."""

import torch
from segmentation_models_pytorch.losses import DiceLoss, LovaszLoss
from torch import nn
from torch.nn import functional

from pipeline.config import LossConfig


class MultiTaskLoss(nn.Module):
    """Weighted sum of the losses; a weight of 0 leaves one out.

    forward(mask_logits_bchw, class_logits_bk, mask_bchw, class_b): `mask_bchw` in [0, 1] (b, 2, h, w), soft at the
    edges; `class_b` class indices. Returns the sum and a dict of the unweighted parts.
    """

    def __init__(self, config: LossConfig) -> None:
        super().__init__()
        self.config = config
        self.dice = DiceLoss("multilabel")
        self.lovasz = LovaszLoss("multilabel", from_logits=True)

    def forward(
        self,
        mask_logits_bchw: torch.Tensor,
        class_logits_bk: torch.Tensor,
        mask_bchw: torch.Tensor,
        class_b: torch.Tensor,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        mask_logits_bchw = mask_logits_bchw.float()
        compute = {
            "dice": lambda: self.dice(mask_logits_bchw, mask_bchw),
            "bce": lambda: functional.binary_cross_entropy_with_logits(mask_logits_bchw, mask_bchw),
            "lovasz": lambda: self.lovasz(mask_logits_bchw, (mask_bchw > 0.5).float()),
            "cls": lambda: functional.cross_entropy(class_logits_bk.float(), class_b),
        }
        weights = {name: weight for name, weight in vars(self.config).items() if weight}
        parts = {name: compute[name]() for name in weights}
        total = sum((weights[name] * part for name, part in parts.items()), torch.zeros(()))
        return total, parts
