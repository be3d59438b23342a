"""What is kept of a training: last.ckpt to go on from, best.safetensors for everybody else."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from pipeline.errors import UserError
from pipeline.files import written_aside


def save_last(path: Path, state: dict) -> None:
    """Write everything that resuming needs, whole."""
    with written_aside(path) as aside:
        torch.save(state, aside)


def load_last(path: Path) -> dict:
    """Read what `save_last` wrote. Raises UserError where the file is damaged."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a cut file fails in many ways
        raise UserError(f"{path} is damaged ({type(error).__name__}); start again with --overwrite.") from error


def save_weights(path: Path, network: nn.Module) -> None:
    """Write a network's weights, whole."""
    with written_aside(path) as aside:
        save_file({key: tensor.detach().cpu().contiguous() for key, tensor in network.state_dict().items()}, aside)


def load_weights(path: Path, network: nn.Module) -> None:
    """Read weights into a network of the same config. Raises UserError where they are damaged or of another one."""
    try:
        network.load_state_dict(load_file(path))
    except Exception as error:  # a damaged file and one of another network fail in many ways
        raise UserError(f"{path} does not fit the run's config or is damaged: {str(error)[:300]}") from error
