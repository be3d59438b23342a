"""A pose network of a config, tried before anything is trained."""

import difflib
from collections.abc import Sequence

import timm
import torch

from pipeline.errors import UserError, reason
from pipeline.models.look_sizes import looks_of, refuse_odd_sizes
from pipeline.models.pose_heads import HEADS
from pipeline.models.pose_looks import PoseLooks
from pipeline.models.pose_net import PoseModelConfig, PoseNet
from pipeline.models.weights import load_encoder_weights

FAULTS = (RuntimeError, AssertionError, ValueError, TypeError, IndexError, KeyError)  # of timm where something misfits


def build_pose_net(
    config: PoseModelConfig, key_points: Sequence[Sequence[float]], load_weights: bool = True
) -> PoseNet:
    """The network of a config, tried on an image; `load_weights=False` is for loading a checkpoint over it.

    Raises:
        UserError: the heads, encoder, sizes or weights do not exist or do not fit.
    """
    _refuse_odd(config)
    kind = PoseLooks if config.coarse else PoseNet
    try:
        network = kind(config, torch.tensor(key_points))
    except FAULTS as error:
        raise UserError(f"cannot build {config}: {reason(error, 200)}{_near(config.encoder)}") from error
    for name, size in looks_of(config).items():
        try:
            with torch.no_grad():
                PoseNet.forward(network.eval(), torch.zeros(1, 3, size, size))
        except FAULTS as error:
            words = f"{config} cannot run on an image of {size} px: {reason(error, 200)}."
            raise UserError(f"{words} Try another --model.{name}.") from error
    if load_weights:
        load_encoder_weights(network.net.encoder, config.encoder, config.weights)
    return network.train()


def _refuse_odd(config: PoseModelConfig) -> None:
    letters = config.heads
    if not letters or set(letters) - set(HEADS) or len(set(letters)) < len(letters):
        raise UserError(f"model.heads is {letters!r}, expected some of the letters {', '.join(HEADS)}, each once.")
    refuse_odd_sizes(config, {"size": config.size, **looks_of(config)})
    if not config.encoder.startswith("tu-"):
        raise UserError(f"model.encoder is {config.encoder}; expected one of timm's, tu-<name>{_near(config.encoder)}.")


def _near(encoder: str) -> str:
    names = [f"tu-{name}" for name in timm.list_models()]
    near = difflib.get_close_matches(encoder, names, 3)
    return f". Encoders with a similar name: {', '.join(near)}" if near and encoder not in names else ""
