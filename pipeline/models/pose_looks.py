"""Coarse to fine for a pose: a first look finds where the craft is, a second, by the same weights, sees it larger."""

import math
from collections.abc import Mapping

import torch
from torch import nn

from pipeline.masks.windows import MARGIN, crop, in_image, inside, pasted, shrunk, taught
from pipeline.models.pose_heads import GRID, Gathered
from pipeline.models.pose_net import PoseModelConfig, PoseNet
from pipeline.poses.positions import seen_at

LEAST_SIDE = 0.05  # of a window, as a share of the image's
START = (0.0, 0.0, math.log(0.5))  # in the middle, half as wide as the image
ABSENT = -10.0  # logit of a mask outside of the window


class PoseLooks(PoseNet):
    """Two looks by one network, always both; heads answer of the second.

    forward(image_bchw, batch): RGB in [0, 1], (b, 3, size, size). Returns what models.pose_net.PoseNet does, `position`
    and `box` of the whole image, `rotation` as it is seen along the ray to the window's centre, `heat` of the window,
    and `window` (b, 3) as masks.windows has it; `mask` logits (b, 1, size / 4, size / 4) of the whole image. In
    training, with a batch that holds `rotation`, `translation` and `camera`, the window is that found or that around
    the key points, jittered; `mask` is of the window, and `found` and `around` (b, 3) are the window found and the true
    one, the logarithm of its side for the side.

    Args:
        config: of the network.
        key_points: (k, 3), metres in the body's frame: the window is around them.

    Raises:
        RuntimeError, ValueError: timm has no such encoder, or it cannot be cut at these strides.
    """

    wants_batch = True

    def __init__(self, config: PoseModelConfig, key_points: torch.Tensor) -> None:
        super().__init__(config, key_points)
        self.coarse, self.fine, width = config.coarse, config.fine, config.width
        self.finder = nn.Sequential(
            Gathered(width, config.deepest), nn.Flatten(), nn.Linear(GRID * GRID * width, len(START))
        )
        nn.init.normal_(self.finder[-1].weight, std=1e-3)
        with torch.no_grad():
            self.finder[-1].bias.copy_(torch.tensor(START))

    def forward(self, image_bchw: torch.Tensor, batch: Mapping[str, torch.Tensor] | None = None) -> dict:
        found_b3 = self.finder(self.levels(shrunk(image_bchw, self.coarse))).float()
        window_b3 = _window(found_b3.detach())
        if batch is not None:
            true_b3 = around(seen_at(self.key_points, *(batch[of] for of in ("rotation", "translation", "camera"))))
            window_b3 = taught(window_b3, true_b3)
        outputs = super().forward(crop(image_bchw, window_b3, self.fine)) | {"window": window_b3}
        if "position" in outputs:
            outputs["position"] = _position_in_image(outputs["position"].float(), window_b3)
        if "box" in outputs:
            outputs["box"] = in_image(outputs["box"].float(), window_b3)
        if batch is not None:
            log_true_b3 = torch.cat([true_b3[:, :2], true_b3[:, 2:].log()], dim=1)
            return outputs | {"found": found_b3, "around": log_true_b3}
        if "mask" in outputs:
            nothing_b1hw = torch.full_like(outputs["mask"], ABSENT)
            outputs["mask"] = pasted(nothing_b1hw, outputs["mask"], window_b3, self.size // 4)
        return outputs


def around(points_bk2: torch.Tensor) -> torch.Tensor:
    """The window (b, 3) around points (b, k, 2) in shares of the image, inside it; the whole image around none."""
    known_bk1 = points_bk2.isfinite().all(dim=2, keepdim=True)
    low_b2 = torch.where(known_bk1, points_bk2, torch.inf).amin(dim=1).clamp(0, 1)
    high_b2 = torch.where(known_bk1, points_bk2, -torch.inf).amax(dim=1).clamp(0, 1)
    side_b1 = (MARGIN * (high_b2 - low_b2).amax(dim=1, keepdim=True)).clamp(min=LEAST_SIDE)
    window_b3 = torch.cat([low_b2 + high_b2 - 1, side_b1], dim=1)
    whole_b3 = torch.zeros_like(window_b3) + window_b3.new_tensor([0.0, 0.0, 1.0])
    return inside(torch.where((high_b2 >= low_b2).all(dim=1, keepdim=True), window_b3, whole_b3))


def _window(found_b3: torch.Tensor) -> torch.Tensor:
    side_b1 = found_b3[:, 2:].clamp(max=0).exp().clamp(min=LEAST_SIDE)
    return inside(torch.cat([found_b3[:, :2], side_b1], dim=1))


def _position_in_image(position_b3: torch.Tensor, window_b3: torch.Tensor) -> torch.Tensor:
    """x and y as shares of the image, and the depth: what is shown larger was taken for nearer by so much."""
    place_b2, depth_b1 = position_b3.split([2, 1], dim=1)
    return torch.cat([in_image(place_b2, window_b3), depth_b1 - window_b3[:, 2:].log()], dim=1)
