"""A small network: timm's encoder cut where it is deep enough, a light pyramid over it, nothing that learns nothing."""

import timm
import torch
from torch import nn
from torch.nn import functional

WIDTH = 48  # of the pyramid, where none is given
GRID = 4  # cells to a side that the box head sees: one mean of all would hardly say where the craft is
HIDDEN = 64  # channels of the box head's hidden layer
LEAST = 1e-3  # side of the box head's boxes, as a share of the image: none is without area, even in single precision


class CompactNet(nn.Module):
    """forward(image_bchw): normalised. Returns mask logits (b, channels, h, w), then of each head that there is class
    logits (b, k) and boxes (b, 4).

    Args:
        encoder: any of timm's that gives features.
        channels: of the masks.
        head: of the class: `classes` and `dropout`; None: there is none.
        deepest: stride of the last stage that is kept; what lies behind it is deleted.
        finest: stride of the finest feature; masks are twice as fine, before they are enlarged to the image.
        width: of the pyramid.
        box_dropout: of the box head; None: there is none.

    Raises:
        RuntimeError, ValueError: timm has no such encoder, or it cannot be cut there.
    """

    def __init__(
        self,
        encoder: str,
        channels: int,
        head: dict | None,
        deepest: int,
        finest: int,
        width: int | None,
        box_dropout: float | None = None,
    ) -> None:
        super().__init__()
        self.encoder = CutEncoder(encoder, finest, deepest)
        self.decoder = DepthwisePyramid(self.encoder.channels, width or WIDTH, channels)
        self.classification_head = None
        if head is not None:
            self.classification_head = nn.Sequential(
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Dropout(head["dropout"]),
                nn.Linear(self.encoder.channels[-1], head["classes"]),
            )
        self.box_head = None if box_dropout is None else BoxHead(self.encoder.channels[-1], box_dropout)

    def forward(self, image_bchw: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        features = self.encoder(image_bchw)
        mask_bchw = functional.interpolate(
            self.decoder(features), image_bchw.shape[-2:], mode="bilinear", align_corners=False
        )
        heads = [head for head in (self.classification_head, self.box_head) if head is not None]
        return (mask_bchw, *(head(features[-1]) for head in heads)) if heads else mask_bchw


class BoxHead(nn.Module):
    """The box of the craft from GRID x GRID cells of the deepest feature: its centre and its sides by sigmoids.

    forward(feature_bchw): (b, width, h, w). Returns x_min, y_min, x_max, y_max (b, 4) as shares of the image: upright,
    the centre inside, the sides perhaps beyond.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool2d(GRID),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(GRID * GRID * width, HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(HIDDEN, 4),
        )

    def forward(self, feature_bchw: torch.Tensor) -> torch.Tensor:
        centre_b2, share_b2 = self.layers(feature_bchw).float().sigmoid().chunk(2, dim=1)
        half_b2 = (LEAST + (1 - LEAST) * share_b2) / 2
        return torch.cat([centre_b2 - half_b2, centre_b2 + half_b2], dim=1)


class CutEncoder(nn.Module):
    """The stages of a timm encoder from one stride to another; what none of them needs is deleted."""

    def __init__(self, name: str, finest: int, deepest: int) -> None:
        super().__init__()
        strides = timm.create_model(name, features_only=True).feature_info.reduction()
        if finest not in strides or deepest not in strides or finest > deepest:
            raise ValueError(f"{name} has features at strides {strides}, none at {finest} to {deepest}")
        kept = tuple(i for i, stride in enumerate(strides) if finest <= stride <= deepest)
        self.model = timm.create_model(name, features_only=True, out_indices=kept)
        self.channels = self.model.feature_info.channels()
        self._delete_dead(deepest)

    def forward(self, image_bchw: torch.Tensor) -> list[torch.Tensor]:
        return self.model(image_bchw)

    def _delete_dead(self, deepest: int) -> None:
        """Delete the modules at the end of every sequence whose parameters no kept feature depends on."""
        was = self.training
        features = self.model.eval()(torch.zeros(1, 3, 2 * deepest, 2 * deepest))
        parameters = list(self.model.parameters())
        used = torch.autograd.grad(sum(feature.sum() for feature in features), parameters, allow_unused=True)
        dead = {id(parameter) for parameter, gradient in zip(parameters, used, strict=True) if gradient is None}
        for module in self.model.modules():
            if isinstance(module, nn.Sequential):
                while len(module) and (own := list(module[-1].parameters())) and all(id(p) in dead for p in own):
                    del module[-1]
        if any(id(parameter) in dead for parameter in self.model.parameters()):
            raise ValueError(f"what lies behind stride {deepest} cannot be cut off")
        self.train(was)


class DepthwisePyramid(nn.Module):
    """A feature pyramid of depthwise convolutions, from the deepest feature to the finest, and logits of its quarters.

    forward(features): (b, c, h, w) each, from fine to deep. Returns (b, channels, 2 h, 2 w) of the first.
    """

    def __init__(self, widths: list[int], width: int, channels: int) -> None:
        super().__init__()
        self.sideways = nn.ModuleList(_block(nn.Conv2d(of, width, 1, bias=False), width) for of in widths)
        self.smooth = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
                *_block(nn.Conv2d(width, width, 1, bias=False), width),
            )
            for _ in widths
        )
        self.logits = nn.Sequential(nn.Conv2d(width, 4 * channels, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        found_bchw = None
        for feature, sideways, smooth in reversed(list(zip(features, self.sideways, self.smooth, strict=True))):
            here_bchw = sideways(feature)
            if found_bchw is not None:
                here_bchw = here_bchw + functional.interpolate(
                    found_bchw, here_bchw.shape[-2:], mode="bilinear", align_corners=False
                )
            found_bchw = smooth(here_bchw)
        return self.logits(found_bchw)


def _block(convolution: nn.Conv2d, width: int) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True))
