"""A small network: timm's encoder cut where it is deep enough, a light pyramid over it, nothing that learns nothing."""

import timm
import torch
from torch import nn
from torch.nn import functional

WIDTH = 48  # of the pyramid, where none is given


class CompactNet(nn.Module):
    """forward(image_bchw): normalised. Returns mask logits (b, channels, h, w), and with a head class logits (b, k).

    Args:
        encoder: any of timm's that gives features.
        channels: of the masks.
        head: of the class: `classes` and `dropout`; None: there is none.
        deepest: stride of the last stage that is kept; what lies behind it is deleted.
        finest: stride of the finest feature; masks are twice as fine, before they are enlarged to the image.
        width: of the pyramid.

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

    def forward(self, image_bchw: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        features = self.encoder(image_bchw)
        mask_bchw = functional.interpolate(
            self.decoder(features), image_bchw.shape[-2:], mode="bilinear", align_corners=False
        )
        if self.classification_head is None:
            return mask_bchw
        return mask_bchw, self.classification_head(features[-1])


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
