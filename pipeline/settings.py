"""The sections of a config that every task has, and how a field says its range."""

import math
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, NamedTuple

from pipeline.errors import UserError


class Range(NamedTuple):
    """Which numbers a field may hold."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf
    unit: str = ""

    def holds(self, value: float) -> bool:
        """Whether a number lies inside."""
        return self.least <= value <= self.most and self.above < value < self.below

    def __str__(self) -> str:
        low = f"more than {self.above:g}" if self.above > -math.inf else f"{self.least:.10g}"
        if self.most < math.inf:
            words = f"{low} to {self.most:.10g}"
        elif self.below < math.inf:
            words = f"{low} to below {self.below:g}"
        else:
            words = low if self.above > -math.inf else f"{low} or more"
        return words + self.unit


def ranged(default: Any, unit: str = "", **limits: float) -> Any:
    """A field with a default whose value must lie in Range(**limits)."""
    return field(default=default, metadata={"range": Range(unit=unit, **limits)})


def out_of_range(config: object, prefix: str = "") -> list[str]:
    """A line for each value of a config, sections included, that is outside its field's range."""
    wrong = []
    for each in fields(config):
        value = getattr(config, each.name)
        if is_dataclass(value):
            wrong += out_of_range(value, f"{prefix}{each.name}.")
        elif "range" in each.metadata and not each.metadata["range"].holds(value):
            wrong.append(f"{prefix}{each.name} is {value}, expected {each.metadata['range']}")
    return wrong


def flat(config: object, prefix: str = "") -> dict[str, object]:
    """Dotted names and values, `{"optim.lr": 0.005, ...}`, of a config or a nested dict."""
    parts = config.items() if isinstance(config, dict) else vars(config).items()
    values: dict[str, object] = {}
    for name, value in parts:
        nested = is_dataclass(value) or isinstance(value, dict)
        values |= flat(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return values


@dataclass
class OptimConfig:
    """The optimiser and its schedule: linear warm-up, then cosine to zero.

    Args:
        name: adamw or sgd
        momentum: of sgd (adamw has its own)
        lr: peak learning rate of decoder and class head
        encoder_lr_factor: the encoder's learning rate as a share of lr
        weight_decay: on weight matrices and kernels only
        epochs: after each the network is judged on `tune`
        images_per_epoch: images seen in an epoch; 0: each of them once
        warmup_epochs: of linear warm-up, may be a fraction
        batch_size: images a step
        clip_norm: largest gradient norm
        ema_decay: of the moving average of the weights, reached after a warm-up; 0: no average
        amp: automatic mixed precision: auto (on a GPU only, bfloat16 where it has it), bf16 (anywhere) or off
        balance: how the losses, times their weights, are weighed against each other: none (not at all: their sum), ew,
            rlw, dwa, uw, gradnorm, pcgrad, or another of losses/balance
        gradients: log the norms and cosines of the losses' gradients at what they share, of each epoch's first batch
    """

    name: Literal["adamw", "sgd"] = "adamw"
    momentum: float = ranged(0.9, least=0, below=1)
    lr: float = ranged(5e-3, above=0)
    encoder_lr_factor: float = ranged(0.1, least=0)
    weight_decay: float = ranged(1e-4, least=0)
    epochs: int = ranged(30, above=0)
    images_per_epoch: int = ranged(0, least=0)
    warmup_epochs: float = ranged(1.0, least=0)
    batch_size: int = ranged(16, least=2, unit=", for batch normalisation")
    clip_norm: float = ranged(1.0, above=0)
    ema_decay: float = ranged(0.999, least=0, below=1)
    amp: Literal["auto", "bf16", "off"] = "auto"
    balance: str = "none"
    gradients: bool = False


@dataclass
class LoaderConfig:
    """Reading images.

    Args:
        workers: processes that read and augment; -1: the cores less one on a GPU, none on a CPU
        cache: keep decoded images at working size on disk, beside the data set
    """

    workers: int = ranged(-1, least=-1)
    cache: bool = True


@dataclass
class Config:
    """Everything that decides what a training run gives. A task adds its sections; `model` has a `size`, in pixels.

    Args:
        track: the competition
        seed: of weights, order, augmentation and dropout
        fit_on: train, or train+val for the final model (val then says nothing any more)
    """

    track: str = ""
    seed: int = ranged(0, least=0, most=2**32 - 1)
    fit_on: Literal["train", "train+val"] = "train"
    optim: OptimConfig = field(default_factory=OptimConfig)
    loader: LoaderConfig = field(default_factory=LoaderConfig)


def budgeted(images: int, epochs: int) -> dict[str, int]:
    """Values of the config for a training that sees so many images, judged so many times on the way.

    Raises:
        UserError: no epoch, or fewer images than epochs.
    """
    if not 1 <= epochs <= images:
        raise UserError(f"--budget {images} --epochs {epochs}: expected 1 epoch or more, and an image or more in each.")
    return {"optim.epochs": epochs, "optim.images_per_epoch": round(images / epochs)}
