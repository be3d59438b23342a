"""Which device is used: one GPU where there is one that works, else the CPU."""

import platform

import torch
from torch import nn

from pipeline.errors import UserError, reason
from pipeline.processes import cores


def on_device(network: nn.Module) -> nn.Module:
    """The network on the device, channels last.

    Raises:
        UserError: a GPU is seen and cannot be used.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return network.to(device, memory_format=torch.channels_last)
    except RuntimeError as error:
        raise gpu_unusable(error) from error


def gpu_unusable(error: Exception) -> UserError:
    """The words for a GPU that is there and does not work."""
    return UserError(
        f"the GPU cannot be used: {reason(error)} (`nvidia-smi` shows who is using it). "
        "On the CPU instead: CUDA_VISIBLE_DEVICES= ./run.sh ..."
    )


def machine() -> str:
    """This one, in words."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{cores()} CPU cores"
    return f"{platform.machine()}, {device}, torch {torch.__version__}"
