"""What engine and stages ask of what a network learns and answers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.settings import Config

if TYPE_CHECKING:  # it takes seconds, and checking files needs none of it
    import torch
    from torch import nn


class Asked(NamedTuple):
    """One image to answer.

    Attributes:
        image_id: its name
        image_hwc: RGB uint8 pixels (size, size, 3) at working size
        height: its own, pixels
        width: its own, pixels
        fault: why it could not be read whole; empty: it was
        known: what else is known of it, by the task's asked_columns
        decode: one of the task's `decodings`; empty: its own choice
    """

    image_id: str
    image_hwc: np.ndarray
    height: int
    width: int
    fault: str = ""
    known: Mapping[str, object] = {}
    decode: str = ""


class Network(Protocol):
    """What engine, cost and export ask of a network.

    One whose `wants_batch` is true is given the batch in training. Where all losses teach more of it than its encoder,
    `shared_parameters()` lists that: what losses are balanced on.
    """

    def __call__(self, image_bchw: "torch.Tensor") -> "dict[str, torch.Tensor]": ...
    def encoder_parameters(self) -> "list[nn.Parameter]": ...
    def example_input(self) -> "torch.Tensor": ...


class Task(ABC):
    """What a network learns and answers.

    Attributes:
        Config: of its recipes, with a section `model` that has a `size` and says what it is as text
        columns: of an answer, beside image_id, height, width, fallback and fault
        target: what a target map is called in a batch; target_channels: of it, 0 where there is none; target_columns:
            of the index, that it is made of
        asked_columns: of the index, that an answer needs beside the image: none of truth
        subsets: sets of what can be learnt together -> values of the config, by dotted name
        fallback_words: what an answer is where nothing was found
        legend: what pictures of `compare` show
        fit_code: files below pipeline/ that decide what a training gives; answer_code: an answer; both beside the
            engine's own
    """

    Config: type[Config]
    columns: Sequence[pa.Field]
    target: str = ""
    target_channels: int = 0
    target_columns: tuple[str, ...] = ()
    asked_columns: tuple[str, ...] = ()
    subsets: Mapping[str, dict[str, object]] = {}
    fallback_words: str = ""
    legend: str = ""
    fit_code: tuple[str, ...] = ()
    answer_code: tuple[str, ...] = ()

    @abstractmethod
    def network(self, config: Config, load_weights: bool = True) -> Network:
        """The network of a config, tried on an image; without weights where a checkpoint is loaded over it."""

    def impossible(self, config: Config) -> list[str]:
        """What keeps a network from being trained, beside values outside their range, a line each."""
        return []

    def target_of(self, values: tuple, size: int) -> np.ndarray:
        """uint8 (size, size, target_channels) of the values of `target_columns`."""
        return np.zeros((size, size, 0), np.uint8)

    @abstractmethod
    def labels(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """Targets that are no maps, by name, (N, ...) each."""

    def remarks(self, config: Config, rows: pd.DataFrame) -> list[str]:
        """What is odd about the rows to train on, a line each."""
        return []

    def untaught(self, config: Config, rows: pd.DataFrame) -> list[str]:
        """What a network of this config is to learn and no row to train on has, a line each."""
        return []

    def augment(self, config: Config) -> Callable:
        """A function of (image_hwc, target_hwc, epoch, index) that gives such a pair; here nothing is changed."""
        return lambda image_hwc, target_hwc, epoch, index: (image_hwc, target_hwc)

    @abstractmethod
    def loss(self, config: Config) -> "nn.Module":
        """forward(outputs, batch) gives the sum and a dict of its parts, for the log.

        `weights`, a dict, are those of the parts in the sum: what optim.balance and optim.gradients take the losses by.
        """

    def merge(self, network: Network, image_bchw: "torch.Tensor", views: str) -> "dict[str, torch.Tensor]":
        """What the network says of images in [0, 1], over some test-time views; the first axis is the images'."""
        if views != "none":
            raise NotImplementedError(f"views {views}")
        return network(image_bchw)

    def decodings(self, config: Config) -> tuple[str, ...]:
        """Ways to get an answer from the same outputs, by name; none: there is but one."""
        return ()

    @abstractmethod
    def answer(self, outputs: Mapping[str, np.ndarray], asked: Asked) -> dict:
        """One row of `columns`, with height, width and fallback, of what `merge` said of an image."""

    @abstractmethod
    def draw(self, image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
        """An answer over its image, RGB uint8."""

    @abstractmethod
    def compare(self, image_hwc: np.ndarray, truth: pd.Series, given: pd.Series) -> tuple[np.ndarray, str]:
        """Truth, answer and error as one RGB uint8 picture, and in words."""
