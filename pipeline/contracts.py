"""What a stage may ask of a competition, whichever it is. tracks/README.md says who asks what and when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa


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
        remarks: folder, items -> lines on what lies there and is no item
        usable: index rows -> which of them can be trained on, bool (N,)
        labelled: index rows -> which of them have any truth, bool (N,)
        truth: the columns of truth in the index
        stratum: the column of which each value gets its share of `tune`; None: none
        code: files below pipeline/ that decide what the index says
    """

    items: Callable
    files: Callable
    check: Callable
    tables: Callable
    remarks: Callable
    usable: Callable
    labelled: Callable
    truth: Sequence[pa.Field]
    stratum: str | None
    code: tuple[str, ...]


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
        recipe: taken where none is named
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
    recipe: str
    reader: Reader
    size_hw: tuple[int, int]
    views: tuple[str, ...]
    no_views: str = ""
    judge: ModuleType
    selects: tuple[str, Literal["max", "min"]]
    upload: ModuleType
    upload_name: str
    upload_code: tuple[str, ...]
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
