"""How several losses make one gradient. Adding a way is one edit: its class, under its name.

The losses come multiplied by their weights of the config. All but PCGrad train on a weighted sum of them again. UPGrad
of torchjd is not here: it needs quadprog, which is GPL.
"""

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torchjd import scalarization
from torchjd.aggregation import PCGradWeighting

from pipeline.errors import UserError, nearest
from pipeline.losses.gradients import gradients, last_layer

NONE = "none"  # the sum that the losses' module gives
BALANCES: dict[str, type["Balance"]] = {}
LEAST = 1e-12  # what no divisor is below


def balance(name: str) -> Callable:
    """Make a class a value of optim.balance."""

    def add(kind: type["Balance"]) -> type["Balance"]:
        BALANCES[name] = kind
        return kind

    return add


class Balance(nn.Module):
    """A weighted sum of the losses, which `total` gives.

    Its state dict has all that a resumed training needs, at the end of an epoch.

    Attributes:
        of_gradients: whether it compares gradients, so that they must not be scaled as 16-bit ones are.
    """

    of_gradients = False

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def learnt(self) -> list[nn.Parameter]:
        """Parameters that the training's optimiser is to learn beside the network's."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def total(self, losses_k: torch.Tensor) -> torch.Tensor:
        """What is to become small, of the losses (k,) of a batch."""
        raise NotImplementedError

    def backward(
        self, losses: Sequence[torch.Tensor], shared: Sequence[nn.Parameter], backward: Callable
    ) -> torch.Tensor:
        """Put a step's gradients into the parameters' empty `grad`, and return the losses' weights (k,) in them.

        Args:
            losses: scalars, each multiplied by its weight of the config.
            shared: the parameters that all losses teach.
            backward: takes a tensor and what torch.Tensor.backward does.
        """
        losses_k = torch.stack(list(losses))
        total = self.total(losses_k)
        (weights_k,) = torch.autograd.grad(total, losses_k, retain_graph=True)
        backward(total)
        return weights_k

    def end_epoch(self, means_k: torch.Tensor) -> None:
        """Take note of an epoch's means of the losses (k,)."""


@balance("ew")
class Equal(Balance):
    """Equal weighting: each counts once."""

    def total(self, losses_k: torch.Tensor) -> torch.Tensor:
        return scalarization.Sum()(losses_k)


@balance("rlw")
class RandomWeights(Balance):
    """Random loss weighting: softmax of k normal numbers, drawn anew for each step (https://arxiv.org/abs/2111.10603).

    The weights sum to 1, as published: k times less than the others'.
    """

    def total(self, losses_k: torch.Tensor) -> torch.Tensor:
        return scalarization.Random()(losses_k)


@balance("dwa")
class DynamicWeightAverage(Balance):
    """Dynamic weight average (https://arxiv.org/abs/1803.10704): more weight to a loss that falls slowly.

    weights = k softmax(means of the last epoch / means of the one before / TEMPERATURE); ones for two epochs. A loss
    that was 0 counts as one that stays as it is. Not torchjd's, whose history no state dict has.
    """

    TEMPERATURE = 2.0

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.register_buffer("weights_k", torch.ones(count))
        self.register_buffer("before_k", torch.full((count,), torch.nan))

    def total(self, losses_k: torch.Tensor) -> torch.Tensor:
        return (self.weights_k * losses_k).sum()

    def end_epoch(self, means_k: torch.Tensor) -> None:
        if not self.before_k.isnan().any():
            rates_k = means_k / self.before_k
            rates_k = torch.where(rates_k.isfinite(), rates_k, 1)
            self.weights_k = self.count * (rates_k / self.TEMPERATURE).softmax(dim=0)
        self.before_k = means_k


@balance("uw")
class Uncertainty(Balance):
    """Uncertainty weighting: sum of exp(-s) loss / 2 + s / 2, with learnt log-variances s (k,), 0 at first.

    https://arxiv.org/abs/1705.07115. The gradients of s are clipped together with the network's.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.sum = scalarization.UW(count)

    def total(self, losses_k: torch.Tensor) -> torch.Tensor:
        return self.sum(losses_k)


@balance("gradnorm")
class GradNorm(Balance):
    """GradNorm (https://arxiv.org/abs/1711.02257): gradients of like norm, larger for a loss that falls slowly.

    At the last shared layer each weighted gradient has a norm G; its target is mean(G) r ** ALPHA, where r is the loss
    as a share of its first value, over the mean of these shares. After each step Adam takes sum |G - target|, targets
    held fixed, one step down along the weights; they are then made to sum to k again. Its step is ours.
    The last shared layer is the last kernel of `shared`, in its order, that every loss reaches.
    """

    of_gradients = True
    ALPHA, STEP = 1.5, 0.025

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.weights_k = nn.Parameter(torch.ones(count), requires_grad=False)
        self.register_buffer("first_k", torch.full((count,), torch.nan))
        self.adam = torch.optim.Adam([self.weights_k], lr=self.STEP)
        self.layer: int | None = None

    def get_extra_state(self) -> dict:
        return self.adam.state_dict()

    def set_extra_state(self, state: dict) -> None:
        self.adam.load_state_dict(state)

    def total(self, losses_k: torch.Tensor) -> torch.Tensor:
        return (self.weights_k * losses_k).sum()

    def backward(
        self, losses: Sequence[torch.Tensor], shared: Sequence[nn.Parameter], backward: Callable
    ) -> torch.Tensor:
        if self.layer is None:
            self.layer = last_layer(losses, shared, backward)
        norms_k = gradients(losses, [shared[self.layer]], backward).norm(dim=1)
        weights_k = super().backward(losses, shared, backward)
        self._learn(norms_k, torch.stack(list(losses)).detach())
        return weights_k

    @torch.no_grad()
    def _learn(self, norms_k: torch.Tensor, losses_k: torch.Tensor) -> None:
        """Move the weights, given the unweighted norms."""
        self.first_k.copy_(torch.where(self.first_k > 0, self.first_k, losses_k))  # NaN, or 0 in the first batches
        shares_k = losses_k / self.first_k.clamp(min=LEAST)
        rates_k = shares_k / shares_k.mean().clamp(min=LEAST)
        weighted_k = self.weights_k * norms_k
        self.weights_k.grad = norms_k * (weighted_k - weighted_k.mean() * rates_k**self.ALPHA).sign()
        self.adam.step()
        self.weights_k.clamp_(min=0)
        self.weights_k *= self.count / self.weights_k.sum()


@balance("pcgrad")
class PCGrad(Balance):
    """Gradient surgery (https://arxiv.org/abs/2001.06782), on the shared parameters; others get the sum's gradient.

    Of each loss's gradient, what points against another's is taken away, one after the other in random order; the rest
    is summed. The weights returned are those that the gradients then have in the sum.
    """

    of_gradients = True

    def backward(
        self, losses: Sequence[torch.Tensor], shared: Sequence[nn.Parameter], backward: Callable
    ) -> torch.Tensor:
        rows_kn = gradients(losses, shared, backward, others=True)
        weights_k = PCGradWeighting()(rows_kn @ rows_kn.T)
        parts = (weights_k @ rows_kn).split([parameter.numel() for parameter in shared])
        for parameter, part in zip(shared, parts, strict=True):
            parameter.grad = part.view_as(parameter)
        return weights_k


def balanced(name: str, losses: Sequence[str]) -> Balance | None:
    """The way of a name, for losses of these names; None for the sum as it is.

    Raises:
        UserError: there is no such way, or there are not two losses.
    """
    if name == NONE:
        return None
    known = [NONE, *BALANCES]
    if name not in known:
        raise UserError(f"unknown optim.balance {name!r}.{nearest(name, known)} There are {', '.join(known)}.")
    if len(losses) < 2:
        raise UserError(
            f"optim.balance {name} weighs losses against each other, and there is {' '.join(losses) or 'none'}: "
            f"give two or more a weight, or leave it at {NONE}."
        )
    return BALANCES[name](len(losses))
