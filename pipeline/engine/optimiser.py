"""AdamW or SGD with two learning rates, and the schedule: linear warm-up, then cosine to zero."""

import math
from collections.abc import Sequence

import torch
from torch import nn

from pipeline.contracts import Network
from pipeline.settings import OptimConfig


def optimiser_of(network: Network, config: OptimConfig, beside: Sequence[nn.Parameter] = ()) -> torch.optim.Optimizer:
    """Encoder and the rest apart, each with and without weight decay (none on biases and norms).

    Parameters that are learnt beside the network's are a group of their own, at the full rate and without decay.
    """
    encoder = {id(parameter) for parameter in network.encoder_parameters()}
    groups = []
    for of_encoder in (True, False):
        share = config.encoder_lr_factor if of_encoder else 1.0
        mine: list[nn.Parameter] = [p for p in network.parameters() if (id(p) in encoder) == of_encoder]
        for decay, chosen in (
            (config.weight_decay, [p for p in mine if p.ndim > 1]),
            (0.0, [p for p in mine if p.ndim <= 1]),
        ):
            if chosen:
                groups.append({"params": chosen, "weight_decay": decay, "peak_lr": config.lr * share})
    if beside:
        groups.append({"params": list(beside), "weight_decay": 0.0, "peak_lr": config.lr})
    if config.name == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum)
    return torch.optim.AdamW(groups, lr=config.lr)


def learning_rate_share(step: int, steps: int, warmup_steps: int) -> float:
    """Share of the peak learning rate at a step, counted from 0."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(steps - warmup_steps, 1)))


def set_learning_rate(optimiser: torch.optim.Optimizer, share: float) -> None:
    """Set each group's learning rate to a share of its peak."""
    for group in optimiser.param_groups:
        group["lr"] = group["peak_lr"] * share
