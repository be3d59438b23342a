"""What a stage may ask of a competition, whichever it is. tracks/README.md says who asks what and when."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.settings import Config

if TYPE_CHECKING:  # it takes seconds, and checking files needs none of it
    import torch
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How the files of a data set become rows of the index.

    Attributes:
        items: folder -> an object an image (a NamedTuple): image_id, split, image_path, complaint ("code: text", joined
            by " | "), and truth that tables hold; raises UserError where nothing can be read
        files: item -> paths of its files below the folder, None where it has none; their sizes and times are watched
        check: folder, item -> what is found in its files: content_hash, height, width, problems (list of "code: text"),
            unread (a file is there and could not be read), and truth that files hold; runs in many processes
        tables: folder -> paths of the tables it is read from, whose content is watched
        usable: index rows -> which of them can be trained on, bool (N,)
        labelled: index rows -> which of them have any truth, bool (N,)
        truth: the columns of truth in the index
        remarks: folder, items -> lines on what lies there and is no item
        stratum: the column of which each value gets its share of `tune`; None: none
        code: files below pipeline/ that decide what the index says
    """

    items: Callable
    files: Callable
    check: Callable
    tables: Callable
    usable: Callable
    labelled: Callable
    truth: Sequence[pa.Field]
    remarks: Callable = lambda folder, items: []
    stratum: str | None = None
    code: tuple[str, ...] = ()


class Asked(NamedTuple):
    """One image to answer.

    Attributes:
        image_id: its name
        image_hwc: RGB uint8 pixels (size, size, 3) at working size
        height: its own, pixels
        width: its own, pixels
        fault: why it could not be read whole; empty: it was
    """

    image_id: str
    image_hwc: np.ndarray
    height: int
    width: int
    fault: str = ""


class Network(Protocol):
    """What engine, cost and export ask of a network; one whose `wants_batch` is true is given the batch in training."""

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

    def remarks(self, rows: pd.DataFrame) -> list[str]:
        """What is odd about the rows to train on, a line each."""
        return []

    def augment(self, config: Config) -> Callable:
        """A function of (image_hwc, target_hwc, epoch, index) that gives such a pair; here nothing is changed."""
        return lambda image_hwc, target_hwc, epoch, index: (image_hwc, target_hwc)

    @abstractmethod
    def loss(self, config: Config) -> "nn.Module":
        """forward(outputs, batch) gives the sum and a dict of its parts, for the log."""

    def merge(self, network: Network, image_bchw: "torch.Tensor", views: str) -> "dict[str, torch.Tensor]":
        """What the network says of images in [0, 1], over some test-time views; the first axis is the images'."""
        if views != "none":
            raise NotImplementedError(f"views {views}")
        return network(image_bchw)

    @abstractmethod
    def answer(self, outputs: Mapping[str, np.ndarray], asked: Asked) -> dict:
        """One row of `columns`, with height, width and fallback, of what `merge` said of an image."""

    @abstractmethod
    def draw(self, image_hwc: np.ndarray, row: Mapping) -> np.ndarray:
        """An answer over its image, RGB uint8."""

    @abstractmethod
    def compare(self, image_hwc: np.ndarray, truth: pd.Series, given: pd.Series) -> tuple[np.ndarray, str]:
        """Truth, answer and error as one RGB uint8 picture, and in words."""


class Reward(NamedTuple):
    """What a track pays for little compute.

    Attributes:
        figures: of the judge
        parameters: words beside a network's parameters
        compute: words beside its multiply-accumulates
        lines: what else there is to say
    """

    figures: dict[str, float]
    parameters: str
    compute: str
    lines: list[str]


@dataclass(frozen=True, kw_only=True)
class Track:
    """A competition: what its organisers define.

    Attributes:
        name: as recipes and options name it
        task: what its networks learn
        recipe: taken where none is named; empty: it has none
        reader: of its data sets
        size_hw: height and width of an answer in pixels; images of the test split must have it
        views: test-time views that may be averaged
        no_views: why others may not
        judge: module with per_image, means, combine, Rules, WORDS (figures, as shown), MADE_OF (figure -> means whose
            images it is a mean over), ACCURACY (figures of accuracy), RANKED (the one that orders images), HEADLINE
            (the score), GROUPS (key in score.json -> title, and function of index rows -> group -> which rows) and
            aside (what is shown beside the score)
        selects: the figure that chooses the weights on `tune`, and whether the highest or the lowest wins
        upload: module with write, read, examine (read, told check by check), results (COCO's, by kind) and CHECKS
        upload_name: file name of the upload in a run's folder
        upload_code: files below pipeline/ that decide an upload's bytes
        classes: names of the confusion matrix, by class_index; none where classes are not judged
        coco: index rows -> truth in COCO's form, by kind; None: it has no such form
        ceilings: working size, stride -> name of a form of answers -> index row -> truth pushed through it; None: none
        reward: gmac, mparams -> Reward; None: compute is not paid
        plainly: opened zip, answer -> masks as pixels, the plainest way; what `bench` holds the judge against
        hub: the data set's name on the Hugging Face hub; None: it is not there
    """

    name: str
    task: Task
    recipe: str = ""
    reader: Reader
    size_hw: tuple[int, int]
    views: tuple[str, ...] = ("none",)
    no_views: str = ""
    judge: ModuleType
    selects: tuple[str, Literal["max", "min"]]
    upload: ModuleType
    upload_name: str
    upload_code: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    coco: Callable | None = None
    ceilings: Callable | None = None
    reward: Callable | None = None
    plainly: Callable | None = None
    hub: str | None = None

    def figures(self, images: pd.DataFrame, rules: object, compute: dict[str, float]) -> dict[str, float | None]:
        """The judge's figures of `per_image` rows; None where no image has the truth that a figure needs."""
        means = {name: np.float64(mean.mean) for name, mean in self.judge.means(images, rules).items()}
        figures = self.judge.combine(means, compute, rules)
        return {name: None if np.isnan(value) else float(value) for name, value in figures.items()}

    def better(self, one: float, other: float) -> bool:
        """Whether a value of the figure that selects beats another."""
        return one > other if self.selects[1] == "max" else one < other
