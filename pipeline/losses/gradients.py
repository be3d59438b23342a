"""The gradients of several losses at the parameters that all of them teach."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import torch
from torch import nn
from torch.nn import functional

from pipeline.errors import UserError


def shared_parameters(network: nn.Module) -> list[nn.Parameter]:
    """What learns of the network's `shared_parameters()`, or where it has no such method of its encoder's."""
    every = getattr(network, "shared_parameters", network.encoder_parameters)()
    return [parameter for parameter in every if parameter.requires_grad]


def gradients(
    losses: Sequence[torch.Tensor],
    parameters: Sequence[nn.Parameter],
    backward: Callable = torch.Tensor.backward,
    others: bool = False,
) -> torch.Tensor:
    """Gradients (k, n) of each loss, flat, 0 at what it does not reach. The parameters' `grad` is empty, and stays so.

    Args:
        losses: scalars.
        parameters: of n numbers in all.
        backward: takes a tensor and what torch.Tensor.backward does.
        others: whether all other parameters get the sum's gradients.
    """
    rows = []
    for loss in losses:
        if loss.requires_grad:
            backward(loss, retain_graph=True, **({} if others else {"inputs": list(parameters)}))
        rows.append(
            torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten().float() for p in parameters])
        )
        _empty(parameters)
    return torch.stack(rows)


def gradient_cosines(
    losses: Mapping[str, torch.Tensor],
    shared: Sequence[nn.Parameter],
    backward: Callable = torch.Tensor.backward,
) -> dict[str, float]:
    """`norm_<loss>` of the gradient of each, and `cosine_<loss>_<other>` of each pair, 0 where one has no length.

    Of scalars by name, at the parameters that they share, as `gradients` takes them.
    """
    if not losses:
        return {}
    rows_kn = gradients(list(losses.values()), shared, backward)
    cosines_kk = functional.normalize(rows_kn) @ functional.normalize(rows_kn).T
    norms = {f"norm_{name}": norm for name, norm in zip(losses, rows_kn.norm(dim=1).tolist(), strict=True)}
    pairs = combinations(enumerate(losses), 2)
    return norms | {f"cosine_{one}_{other}": cosines_kk[i, j].item() for (i, one), (j, other) in pairs}


def last_layer(losses: Sequence[torch.Tensor], shared: Sequence[nn.Parameter], backward: Callable) -> int:
    """Place of the last kernel that every loss reaches. Raises UserError where there is none."""
    reached = {place for place, parameter in enumerate(shared) if parameter.ndim > 1}
    for loss in losses:
        if loss.requires_grad:
            backward(loss, retain_graph=True, inputs=list(shared))
            reached &= {place for place, parameter in enumerate(shared) if parameter.grad is not None}
            _empty(shared)
    if not reached:
        raise UserError("optim.balance gradnorm: no shared layer is reached by every loss; take another balance.")
    return max(reached)


def _empty(parameters: Sequence[nn.Parameter]) -> None:
    for parameter in parameters:
        parameter.grad = None
