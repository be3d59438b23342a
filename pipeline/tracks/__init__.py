"""The competitions, a folder each; what their stages ask of any of them."""

from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.tracks.spark2024 import score as score2024
from pipeline.tracks.spark2024 import submission as submission2024
from pipeline.tracks.spark2026 import score as score2026
from pipeline.tracks.spark2026 import submission as submission2026


class Track(NamedTuple):
    """A competition.

    Attributes:
        name: as options name it
        zip_name: of its submission in a run's folder
        judge: module with per_image, means, combine, Rules, WORDS (figures, as shown), MADE_OF (figure -> means whose
            images it is a mean over), ACCURACY (figures of accuracy), RANKED (the one that orders images), HEADLINE
            (the score) and aside
        submission: module with write, read, examine (read, told check by check), results (COCO's) and CHECKS
    """

    name: str
    zip_name: str
    code: tuple[str, ...]
    judge: ModuleType
    submission: ModuleType

    def figures(self, images: pd.DataFrame, rules: object, compute: dict[str, float]) -> dict[str, float | None]:
        """The judge's figures of `per_image` rows; None where no image has the truth that a figure needs."""
        means = {name: np.float64(mean.mean) for name, mean in self.judge.means(images, rules).items()}
        figures = self.judge.combine(means, compute, rules)
        return {name: None if np.isnan(value) else float(value) for name, value in figures.items()}


SHARED = ("tracks/archive.py", "tracks/spark2024/__init__.py", "masks/rle.py")
FORM2024 = (*SHARED, "tracks/spark2024/submission.py")
FORM2026 = (
    *SHARED,
    "masks/boxes.py",
    *(f"tracks/spark2026/{name}.py" for name in ("__init__", "submission", "checks")),
)
TRACKS = {
    "spark2026": Track("spark2026", "submission.zip", FORM2026, score2026, submission2026),
    "spark2024": Track("spark2024", "submission_2024.zip", FORM2024, score2024, submission2024),
}
