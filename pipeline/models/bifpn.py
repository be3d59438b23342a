"""BiFPN: features of several strides, fused from deep to fine and back, layer after layer.

Source: Tan et al., EfficientDet: Scalable and Efficient Object Detection, https://arxiv.org/abs/1911.09070, section 3.
Simpler than in its code: a feature of the encoder is brought to the common width once, for both ways and for the levels
that are pooled from it.
"""

import torch
from torch import nn
from torch.nn import functional

LEAST = 1e-4  # keeps a sum of weights that are all 0 from dividing by it


class BiFPN(nn.Module):
    """forward(features): (b, c, h, w) each, from fine to deep, each half as large as the one before, rounded up.

    Returns levels (b, width, h, w), of their sizes and then of those that are pooled. Modules are in the order in which
    they work; what no level that is returned depends on is not there.

    Args:
        channels: of the features.
        width: of the pyramid.
        layers: how often all levels are fused.
        pooled: how many deeper levels are made of the deepest feature, by max pooling.
        finest_only: the last layer makes the finest level alone.
    """

    def __init__(
        self, channels: list[int], width: int, layers: int, pooled: int = 0, finest_only: bool = False
    ) -> None:
        super().__init__()
        self.sideways = nn.ModuleList(_pointwise(of, width) for of in channels)
        self.pooled = pooled
        count = len(channels) + pooled
        self.layers = nn.ModuleList(
            BiFPNLayer(count, width, back=not finest_only or layer < layers - 1) for layer in range(layers)
        )

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        levels = [sideways(feature) for sideways, feature in zip(self.sideways, features, strict=True)]
        for _ in range(self.pooled):
            levels.append(_halved(levels[-1]))
        for layer in self.layers:
            levels = layer(levels)
        return levels


class BiFPNLayer(nn.Module):
    """Once from deep to fine, then, with `back`, from fine to deep.

    forward(levels): `count` of (b, width, h, w), from fine to deep. Returns the same sizes; without `back` the finest
    alone.
    """

    def __init__(self, count: int, width: int, back: bool) -> None:
        super().__init__()
        self.down = nn.ModuleList(Fusion(2, width) for _ in range(count - 1))  # makes levels count - 2 to 0
        inputs = [3] * (count - 2) + [2] if back and count > 1 else []  # the deepest has none of the way down
        self.back = nn.ModuleList(Fusion(number, width) for number in inputs)  # makes levels 1 to count - 1

    def forward(self, levels: list[torch.Tensor]) -> list[torch.Tensor]:
        fused = [levels[-1]]
        for level, fusion in zip(reversed(levels[:-1]), self.down, strict=True):
            fused.append(fusion([level, functional.interpolate(fused[-1], level.shape[-2:], mode="nearest")]))
        fused.reverse()
        found = fused[:1]
        for number, fusion in enumerate(self.back, 1):
            between = [fused[number]] if number < len(self.back) else []
            found.append(fusion([levels[number], *between, _halved(found[-1])]))
        return found


class Fusion(nn.Module):
    """Fast normalised fusion: the mean of `count` maps by weights that are learnt and not below 0; then a depthwise
    separable convolution.

    forward(maps): (b, width, h, w) each. Returns (b, width, h, w).
    """

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(count))
        self.convolution = separable(width, width)

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        weights = self.weights.relu()
        shares = weights / (weights.sum() + LEAST)
        mean = sum(share * each for share, each in zip(shares.unbind(), maps, strict=True))
        return self.convolution(functional.silu(mean))


def separable(of: int, width: int) -> nn.Sequential:
    """A depthwise convolution of 3 x 3, one of 1 x 1 to `width` channels, batch normalisation; (b, of, h, w) to
    (b, width, h, w)."""
    return nn.Sequential(nn.Conv2d(of, of, 3, padding=1, groups=of, bias=False), *_pointwise(of, width))


def _pointwise(of: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(of, width, 1, bias=False), nn.BatchNorm2d(width))


def _halved(level_bchw: torch.Tensor) -> torch.Tensor:
    """At half the size, rounded up."""
    return functional.max_pool2d(level_bchw, 3, stride=2, padding=1)
