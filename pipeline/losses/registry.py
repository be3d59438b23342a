"""Losses by name: each a weight of a recipe and a column of the log. Adding one is one edit, its function."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import make_dataclass

import torch

from pipeline.settings import ranged

Loss = Callable[[Mapping[str, torch.Tensor], Mapping[str, torch.Tensor]], torch.Tensor]


class Losses:
    """The losses of a kind of network, in the order in which they are added.

    Attributes, by a loss's name: functions; defaults: weights; meanings: in words; traits: what else is said of it.
    """

    def __init__(self) -> None:
        self.functions: dict[str, Loss] = {}
        self.defaults: dict[str, float] = {}
        self.meanings: dict[str, str] = {}
        self.traits: dict[str, dict] = {}

    def __call__(self, weight: float, meaning: str, **traits: object) -> Callable[[Loss], Loss]:
        """Make a function of (outputs, batch) a loss: a weight of the config by its name, and a column of the log."""

        def add(function: Loss) -> Loss:
            name = function.__name__
            self.functions[name], self.defaults[name] = function, weight
            self.meanings[name], self.traits[name] = meaning, traits
            return function

        return add

    def config(self, name: str, module: str) -> type:
        """A dataclass of their weights, called `name` in a module, whose docstring says what they mean."""
        fields = [(loss, float, ranged(weight, least=0)) for loss, weight in self.defaults.items()]
        made = make_dataclass(name, fields)
        made.__module__ = module
        meanings = "\n".join(f"    {loss}: {meaning}" for loss, meaning in self.meanings.items())
        made.__doc__ = f"Weights of the losses' sum.\n\nArgs:\n{meanings}"
        return made

    def of(self, names: Iterable[str], outputs: Mapping, batch: Mapping) -> dict[str, torch.Tensor]:
        """Some losses by name, unweighted."""
        return {name: self.functions[name](outputs, batch) for name in names}


def weights_of(config: object) -> dict[str, float]:
    """The weights of a config that are not 0."""
    return {name: weight for name, weight in vars(config).items() if weight}
