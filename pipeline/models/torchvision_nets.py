"""torchvision's segmentation networks, with the parts that those of segmentation-models-pytorch have."""

import torch
import torchvision
from torch import nn
from torch.nn import functional

DECODERS = ("deeplabv3", "fcn")
ENCODERS = ("mobilenet_v3_large", "resnet50", "resnet101")

# torch's default. MobileNetV3 brings 0.01, which takes hundreds of steps to follow: after 192 on simulated images its
# bodies had an IoU of 0.43 by the statistics of a batch, and of 0 by those that are kept.
MOMENTUM = 0.1


class TorchvisionNet(nn.Module):
    """`deeplabv3` or `fcn` on one of torchvision's encoders, and a class head where one is asked.

    forward(image_bchw): normalised. Returns logits (b, channels, h, w), and with a class head class logits (b, k).

    Args:
        decoder: one of DECODERS.
        encoder: one of ENCODERS.
        channels: of the masks.
        head: of the class: `classes` and `dropout`; None: there is none.

    Raises:
        ValueError: torchvision has no such network.
    """

    def __init__(self, decoder: str, encoder: str, channels: int, head: dict | None) -> None:
        super().__init__()
        if decoder not in DECODERS:
            raise ValueError(f"torchvision has no such decoder; there are tv-{', tv-'.join(DECODERS)}")
        whole = torchvision.models.get_model(
            f"{decoder}_{encoder}", weights=None, weights_backbone=None, num_classes=channels, aux_loss=False
        )
        for module in whole.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = MOMENTUM
        self.encoder, self.decoder = whole.backbone, whole.classifier
        self.classification_head = None
        if head is not None:
            width = self.decoder[0].convs[0][0].in_channels if decoder == "deeplabv3" else self.decoder[0].in_channels
            self.classification_head = nn.Sequential(
                nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(head["dropout"]), nn.Linear(width, head["classes"])
            )

    def forward(self, image_bchw: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        deepest_bchw = self.encoder(image_bchw)["out"]
        mask_bchw = self.decoder(deepest_bchw)
        mask_bchw = functional.interpolate(mask_bchw, image_bchw.shape[-2:], mode="bilinear", align_corners=False)
        if self.classification_head is None:
            return mask_bchw
        return mask_bchw, self.classification_head(deepest_bchw)


def encoder_state(encoder: str) -> dict[str, torch.Tensor]:
    """torchvision's ImageNet weights of an encoder, downloaded, as its networks name them. Raises what urllib does."""
    state = torchvision.models.get_model_weights(encoder).DEFAULT.get_state_dict(progress=False)
    return {name.removeprefix("features."): tensor for name, tensor in state.items()}
