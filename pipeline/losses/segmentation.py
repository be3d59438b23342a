"""The losses of masks and class. Adding one is one edit: its function, with its name, weight and meaning."""

from collections.abc import Callable, Mapping
from dataclasses import make_dataclass

import torch
from segmentation_models_pytorch.losses import DiceLoss, LovaszLoss
from torch import nn
from torch.nn import functional

from pipeline.settings import ranged

DEFAULTS: dict[str, float] = {}
MEANINGS: dict[str, str] = {}
LOSSES: dict[str, Callable] = {}


def loss(weight: float, meaning: str) -> Callable:
    """Make a function of (outputs, batch) a loss: a weight of the config by its name, and a column of the log."""

    def add(function: Callable) -> Callable:
        name = function.__name__
        DEFAULTS[name], MEANINGS[name], LOSSES[name] = weight, meaning, function
        return function

    return add


@loss(1.0, "soft Dice over body and panel")
def dice(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return DiceLoss("multilabel")(outputs["mask"], batch["mask"])


@loss(1.0, "binary cross-entropy of every pixel")
def bce(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(outputs["mask"], batch["mask"])


@loss(0.0, "Lovasz hinge")
def lovasz(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return LovaszLoss("multilabel", from_logits=True)(outputs["mask"], (batch["mask"] > 0.5).float())


@loss(1.0, "cross-entropy of the class")
def cls(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return functional.cross_entropy(outputs["class"], batch["class"])


LossConfig = make_dataclass("LossConfig", [(name, float, ranged(DEFAULTS[name], least=0)) for name in LOSSES])
LossConfig.__module__ = __name__
LossConfig.__doc__ = "Weights of the losses' sum.\n\nArgs:\n" + "\n".join(
    f"    {name}: {meaning}" for name, meaning in MEANINGS.items()
)


class WeightedSum(nn.Module):
    """Weighted sum of the losses; a weight of 0 leaves one out.

    forward(outputs, batch): `mask` logits (b, 2, h, w) and `class` logits (b, k); of the batch `mask` uint8
    (b, 2, h, w), 255 where a pixel is all of a part, and `class` (b,) indices. Returns the sum and a dict of the
    unweighted losses.
    """

    def __init__(self, config: LossConfig) -> None:
        super().__init__()
        self.weights = {name: weight for name, weight in vars(config).items() if weight}

    def forward(
        self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        outputs = {name: tensor.float() for name, tensor in outputs.items()}
        batch = {**batch, "mask": batch["mask"].float() / 255}
        each = {name: LOSSES[name](outputs, batch) for name in self.weights}
        total = sum((self.weights[name] * value for name, value in each.items()), torch.zeros(()))
        return total, each
