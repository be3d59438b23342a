"""What is kept of a training: last.ckpt to resume from, best.safetensors for everybody else."""

import io
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn

from pipeline.errors import UserError, reason
from pipeline.files import write_bytes


def save_last(path: Path, state: dict) -> None:
    """Write everything that resuming needs, whole. Raises DiskError where the disk is full."""
    content = io.BytesIO()  # torch and safetensors tell a full disk in words of their own
    torch.save(state, content)
    write_bytes(path, content.getbuffer())


def load_last(path: Path) -> dict:
    """Read what `save_last` wrote. Raises UserError where the file is damaged."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a cut file fails in many ways
        raise UserError(f"{path} is damaged ({type(error).__name__}); start again with --overwrite.") from error


def save_weights(path: Path, network: nn.Module) -> None:
    """Write a network's weights, whole. Raises DiskError where the disk is full."""
    write_bytes(path, save({key: tensor.detach().cpu().contiguous() for key, tensor in network.state_dict().items()}))


def load_weights(path: Path, network: nn.Module) -> None:
    """Read weights into a network of the same config. Raises UserError where they are damaged or of another one."""
    try:
        network.load_state_dict(load_file(path))
    except Exception as error:  # a damaged file and one of another network fail in many ways
        raise UserError(f"{path} does not fit the run's config or is damaged: {reason(error, 300)}") from error
