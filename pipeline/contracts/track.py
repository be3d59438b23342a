"""What stages ask of a competition."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from pipeline.contracts.reader import Reader
from pipeline.contracts.task import Task

NO_COMPUTE = {"gmac": 0.0, "mparams": 0.0}  # for figures that do not depend on it


class Reward(NamedTuple):
    """What a track pays for little compute.

    Attributes:
        figures: of the judge
        parameters: words beside a network's parameters
        compute: words beside its multiply-accumulates
        lines: what else there is to say
        rejected: why such an upload would not be judged at all; empty: it would be
    """

    figures: dict[str, float]
    parameters: str
    compute: str
    lines: list[str]
    rejected: str = ""


class Against(NamedTuple):
    """What figures of single images are shown against, in a picture.

    Attributes:
        words: what it is, with its unit
        of: index rows -> its values (N,), NaN where it is not known
        figures: of the judge
    """

    words: str
    of: Callable
    figures: tuple[str, ...]


@dataclass(frozen=True)
class NoRules:
    """Of a judge whose rules are all published."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """How answers are judged.

    Attributes:
        per_image: truth (index rows), given (answers, in any order) -> what is judged of each image, in truth's order;
            NaN where there is no truth
        means: such rows, rules -> name -> judging.means.Mean
        combine: name -> value of each mean, compute (gmac, mparams), rules -> figures, element by element; NaN where
            truth is missing
        words: figures of the card -> what they are, in words
        made_of: figure -> means that it is made of; figures of compute alone are not named
        accuracy: figures that the answers alone decide
        ranked: the one that orders images
        headline: the score
        Rules: frozen dataclass of what is not published; each field has its choices as its type
        groups: key in score.json -> title, and a function: index rows -> group -> which rows
        against: what single images' figures are shown against; None: nothing
        aside: figures -> what is shown below them
    """

    per_image: Callable
    means: Callable
    combine: Callable
    words: Mapping[str, str]
    made_of: Mapping[str, tuple[str, ...]]
    accuracy: tuple[str, ...]
    ranked: str
    headline: str
    Rules: type = NoRules
    groups: Mapping[str, tuple[str, Callable]] = field(default_factory=dict)
    against: Against | None = None
    aside: Callable = lambda figures: ""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The file that is uploaded.

    Attributes:
        name: of the file in a run's folder
        write: path, rows of answers, compute -> None; the same rows give the same bytes, whatever the path is called:
            it gets its name once it is examined; raises UserError
        examine: path, images -> Findings of every check, rows of answers as far as they can be read, declared compute
        results: path, rows of answers -> COCO results by kind; None: it has no such form
        in_pixels: whether answers are in pixels, so that an upload is of images of the track's size alone
        code: files below pipeline/ that decide its bytes
    """

    name: str
    write: Callable
    examine: Callable
    results: Callable | None = None
    in_pixels: bool = True
    code: tuple[str, ...] = ()

    def read(self, path: Path, images: pd.DataFrame) -> tuple[pd.DataFrame, dict]:
        """What an upload answers, checked.

        Args:
            path: of it.
            images: every image that must be answered, once each: image_id, and height and width of its answer.

        Returns:
            One row per image, and the compute it declares: gmac and mparams, where it does.

        Raises:
            UserError: anything is wrong; with every complaint.
        """
        findings, rows, declared = self.examine(path, images)
        findings.refuse(path)
        return rows, declared


@dataclass(frozen=True, kw_only=True, eq=False)  # there is one of each
class Track:
    """A competition: what its organisers define.

    Attributes:
        name: as recipes and options name it
        task: what its networks learn
        reader: of its data sets
        size_hw: height and width of the organisers' images in pixels
        views: test-time views that may be averaged
        no_views: why others may not
        judge: of answers
        selects: the figure that chooses the weights on `tune`, and whether the highest or the lowest wins
        upload: the file that is uploaded
        classes: names of the confusion matrix, by class_index; none where classes are not judged
        coco: index rows -> truth in COCO's form, by kind; None: it has no such form
        ceilings: working size, stride -> name of a form of answers -> index row -> truth pushed through it; None: none
        reward: gmac, mparams -> Reward; None: compute is not paid
        plainly: opened zip, answer -> masks as pixels, the plainest way; what `bench` holds the judge against
        hub: the data set's name on the Hugging Face hub; None: it is not there
    """

    name: str
    task: Task
    reader: Reader
    size_hw: tuple[int, int]
    views: tuple[str, ...] = ("none",)
    no_views: str = ""
    judge: Judge
    selects: tuple[str, Literal["max", "min"]]
    upload: Upload
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
