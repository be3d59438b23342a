"""The losses of masks, class and box. Adding one is one edit: its function, with its name, weight and meaning."""

from collections.abc import Mapping

import torch
from segmentation_models_pytorch.losses import DiceLoss, JaccardLoss, LovaszLoss
from torch import nn
from torch.nn import functional

from pipeline.losses.boxes import box_loss
from pipeline.losses.registry import Losses, weights_of
from pipeline.masks.extent import soft_extent
from pipeline.masks.softmax import against_background, with_background

loss = Losses()


@loss(1.0, "soft Dice over body and panel")
def dice(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return DiceLoss("multilabel")(against_background(outputs["mask"]), batch["mask"])


@loss(1.0, "binary cross-entropy of every pixel")
def bce(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(against_background(outputs["mask"]), batch["mask"])


@loss(0.0, "Lovasz hinge")
def lovasz(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return LovaszLoss("multilabel", from_logits=True)(
        against_background(outputs["mask"]), (batch["mask"] > 0.5).float()
    )


@loss(0.0, "L1 and GIoU of the true box and the soft extent of body and panel together")
def box(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return box_loss(soft_extent(against_background(outputs["mask"]).amax(dim=1)), (batch["mask"] > 0.5).any(dim=1))


@loss(0.0, "cross-entropy of background, body and panel; for masks by softmax", of_softmax=True)
def ce(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return functional.cross_entropy(outputs["mask"], with_background(batch["mask"]))


@loss(0.0, "soft Jaccard index of background, body and panel; for masks by softmax", of_softmax=True)
def jaccard(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return JaccardLoss("multiclass")(outputs["mask"], with_background(batch["mask"]).argmax(dim=1))


@loss(1.0, "cross-entropy of the class")
def cls(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return functional.cross_entropy(outputs["class"], batch["class"])


LossConfig = loss.config("LossConfig", __name__)
OF_SOFTMAX = {name for name, traits in loss.traits.items() if traits.get("of_softmax")}  # masks exclude each other


class WeightedSum(nn.Module):
    """Weighted sum of the losses; a weight of 0 leaves one out.

    forward(outputs, batch): `mask` logits (b, 2, h, w), or with background (b, 3, h, w), and `class` logits (b, k); of
    the batch `mask` uint8 (b, 2, h, w), 255 where a pixel is all of a part, and `class` (b,) indices. Returns the sum
    and a dict of the unweighted losses.
    """

    def __init__(self, config: LossConfig) -> None:
        super().__init__()
        self.weights = weights_of(config)

    def forward(
        self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        outputs = {name: tensor.float() for name, tensor in outputs.items()}
        batch = {**batch, "mask": batch["mask"].float() / 255}
        each = loss.of(self.weights, outputs, batch)
        total = sum((self.weights[name] * value for name, value in each.items()), torch.zeros(()))
        return total, each
