"""The losses of pose, key points, box and mask. Adding one is one edit: its function, with weight, meaning and head."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional
from torchvision.ops import complete_box_iou_loss, generalized_box_iou_loss

from pipeline.losses.registry import Losses, weights_of
from pipeline.masks.windows import crop, in_window, shrunk
from pipeline.poses.key_points import heat_maps
from pipeline.poses.positions import seen_along, seen_at, translation_of
from pipeline.poses.rotations import angle_between, matrix_of_6d

FIRST = "1"  # stands for the first of two looks, which is no head
SIGMA = 2.0  # of the key points' Gaussians, pixels of the heat map

loss = Losses()


@loss(1.0, "of head P: angle in radians, and distance by the craft's distance", head="P")
def pose(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return sum(pose_errors(outputs, batch).values())


@loss(1.0, "of head H: squared error of the key points' heat maps; 1 if they are all empty", head="H")
def heat(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    found_bkhw = outputs["heat"]
    points_bk2 = seen_at(batch["key_points"], *(batch[name] for name in ("rotation", "translation", "camera")))
    if "window" in outputs:
        points_bk2 = in_window(points_bk2, outputs["window"].float())
    inside_bk1 = ((points_bk2 >= 0) & (points_bk2 <= 1)).all(dim=-1, keepdim=True)
    true_bkhw = heat_maps(torch.where(inside_bk1, points_bk2, torch.nan), *found_bkhw.shape[-2:], SIGMA)
    return (found_bkhw - true_bkhw).square().sum(dim=(2, 3)).mean() / (math.pi * SIGMA**2)


@loss(1.0, "of head B: complete IoU", head="B")
def ciou(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return _of_boxes(complete_box_iou_loss, outputs["box"], batch["box"])


@loss(0.0, "of head B: generalised IoU", head="B")
def giou(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return _of_boxes(generalized_box_iou_loss, outputs["box"], batch["box"])


@loss(1.0, "of head S: binary cross-entropy of every pixel", head="S")
def bce(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return _of_masks(functional.binary_cross_entropy_with_logits, outputs, batch)


@loss(0.0, "of head S: squared error of every pixel's probability", head="S")
def mse(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    return _of_masks(_squared, outputs, batch)


@loss(1.0, "of two looks: how far the window found is off, by its side, and the logarithm of that", head=FIRST)
def window(outputs: Mapping, batch: Mapping) -> torch.Tensor:
    apart_b3, side_b1 = (outputs["found"] - outputs["around"]).abs(), outputs["around"][:, 2:].exp()
    return (apart_b3[:, :2] / side_b1).mean() + apart_b3[:, 2].mean()


PoseLossConfig = loss.config("PoseLossConfig", __name__)


class PoseLoss(nn.Module):
    """Weighted sum of the losses of the heads that there are; a weight of 0 leaves one out.

    forward(outputs, batch): outputs as models.pose_net.PoseNet or, in training, models.pose_looks.PoseLooks gives them;
    of the batch, for heads P and H, `rotation` (b, 3, 3), `translation` (b, 3) in metres and `camera` (b, 9), fx, fy,
    cx, cy in shares of the image and k1, k2, p1, p2, k3; for B `box` (b, 4) in shares; for S `mask` uint8 (b, 1, size,
    size), 255 where a pixel is all of the craft, and `masked` (b,), whether it is known. Returns the sum and a dict of
    the unweighted losses and, of head P and for the log alone, `rotation_rad` and `translation_share`. All in float32,
    whatever autocast does.

    Args:
        config: weights of the losses, a PoseLossConfig.
        heads: letters of the network's heads.
        key_points: on the craft, (k, 3), metres in the body's frame.
    """

    def __init__(self, config: PoseLossConfig, heads: str, key_points: Sequence[Sequence[float]]) -> None:
        super().__init__()
        self.key_points = torch.tensor(key_points)
        weights = weights_of(config)
        self.weights = {name: weight for name, weight in weights.items() if loss.traits[name]["head"] in heads}

    def forward(
        self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        outputs = {name: tensor.float() for name, tensor in outputs.items()}
        device = next(iter(outputs.values())).device
        batch = {**batch, "key_points": self.key_points.to(device)}
        with torch.autocast(device.type, enabled=False):
            parts = loss.of(self.weights, outputs, batch)
            if "pose" in parts:
                with torch.no_grad():
                    parts |= pose_errors(outputs, batch)
        return sum((weight * parts[name] for name, weight in self.weights.items()), torch.zeros(())), parts


def untaught(config: PoseLossConfig, heads: str) -> list[str]:
    """A line for each head that no loss has a weight for."""
    of_head = {head: [name for name, traits in loss.traits.items() if traits["head"] == head] for head in heads}
    taught = weights_of(config)
    return [
        f"head {head} has no loss; give a weight to loss.{' or loss.'.join(names)}"
        for head, names in of_head.items()
        if not taught.keys() & names
    ]


def pose_errors(outputs: Mapping, batch: Mapping) -> dict[str, torch.Tensor]:
    """Means over a batch of the two parts of `pose`, that of SPNv2 (https://arxiv.org/abs/2203.04275)."""
    rotation_b33 = matrix_of_6d(outputs["rotation"])
    if "window" in outputs:
        rotation_b33 = seen_along(outputs["window"], batch["camera"]) @ rotation_b33
    angle_b = angle_between(rotation_b33, batch["rotation"])
    true_b3 = batch["translation"].float()
    missed_b3 = translation_of(outputs["position"], batch["camera"]) - true_b3
    share_b = torch.linalg.vector_norm(missed_b3, dim=1) / torch.linalg.vector_norm(true_b3, dim=1)
    return {"rotation_rad": angle_b.mean(), "translation_share": share_b.mean()}


def _of_boxes(loss_of: Callable, found_b4: torch.Tensor, true_b4: torch.Tensor) -> torch.Tensor:
    """The mean over those images whose box is known and has an area."""
    known_b = (true_b4[:, 2:] > true_b4[:, :2]).all(dim=1)  # NaN is not
    true_b4 = torch.where(known_b[:, None], true_b4.float(), found_b4.detach())
    return (loss_of(found_b4, true_b4) * known_b).sum() / known_b.sum().clamp(min=1)


def _squared(logits_b1hw: torch.Tensor, true_b1hw: torch.Tensor, reduction: str) -> torch.Tensor:
    return functional.mse_loss(logits_b1hw.sigmoid(), true_b1hw, reduction=reduction)


def _of_masks(loss_of: Callable, outputs: Mapping, batch: Mapping) -> torch.Tensor:
    """The mean over the pixels of those images whose mask is known."""
    found_b1hw = outputs["mask"]
    size, true_b1hw = found_b1hw.shape[-1], batch["mask"].float() / 255
    true_b1hw = crop(true_b1hw, outputs["window"], size) if "window" in outputs else shrunk(true_b1hw, size)
    each_b = loss_of(found_b1hw, true_b1hw, reduction="none").mean(dim=(1, 2, 3))
    return (each_b * batch["masked"]).sum() / batch["masked"].sum().clamp(min=1)
