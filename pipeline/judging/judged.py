"""One submission with the judge's row of every image: figures, intervals, and where they come from."""

import itertools
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from pipeline.contracts import Track
from pipeline.judging.bootstrap import differences, intervals, resampled
from pipeline.judging.breakdown import confusion
from pipeline.judging.means import each_image

WORST, BEST = 20, 5  # images named
UNKNOWN = {"gmac": np.nan, "mparams": np.nan}


@dataclass(frozen=True)
class Judged:
    """A submission, judged.

    Attributes:
        track: whose judge and format it is
        zip: the submission
        truth: index rows of the split, N
        given: the submission's answers, in the order of truth
        images: the judge's rows, in the order of truth
        compute: gmac and mparams, NaN where nobody says, and `compute`: where they are from
        rules: what the organisers have not published
        notes: what is odd about the submission, though valid
        zip_hash: of a run's zip, taken before it was read; of anybody's nothing
    """

    track: Track
    zip: Path
    truth: pd.DataFrame
    given: pd.DataFrame
    images: pd.DataFrame
    compute: dict
    rules: object
    notes: tuple[str, ...] = ()
    zip_hash: str = ""

    @classmethod
    def of(cls, track: Track, zip: Path, truth: pd.DataFrame, rules: object, compute: dict | None = None) -> "Judged":
        """Read a zip and judge it. `compute` None: as the zip declares it, if it does.

        Raises:
            UserError: the zip is not valid.
        """
        findings, given, declared = track.upload.examine(zip, truth)
        findings.refuse(zip)
        given = given.set_index("image_id").loc[truth["image_id"]].reset_index()
        if compute is None:
            said = {name: declared[name] for name in UNKNOWN if name in declared}
            compute = UNKNOWN | said | {"compute": "declared, not recounted" if said else "not declared"}
        images = track.judge.per_image(truth, given)
        return cls(track, zip, truth, given, images, compute, rules, tuple(findings.notes))

    def figures(self, **changed: object) -> dict[str, float | None]:
        """The figures, with some rules changed; None where truth or compute is missing."""
        return self.track.figures(self.images, replace(self.rules, **changed), self.compute)

    def intervals(self) -> dict[str, list[float] | None]:
        """95 % intervals of the figures."""
        found = intervals(self.track.judge.means(self.images, self.rules), self._combine, self.fewest())
        return {name: limits and list(limits) for name, limits in found.items()}

    def draws(self) -> dict[str, np.ndarray]:
        """The figures over resamples of the images, (draws,) each; the same images whoever's submission it is."""
        return self._combine(resampled(self.track.judge.means(self.images, self.rules)))

    def counted(self) -> dict[str, int]:
        """How many images each figure of accuracy is a mean over: those whose truth has what it needs."""
        means = self.track.judge.means(self.images, self.rules)
        return {
            figure: int(np.any([means[name].denominator > 0 for name in names], axis=0).sum())
            for figure, names in self.track.judge.made_of.items()
        }

    def fewest(self) -> dict[str, int]:
        """How many images the rarest of the means that make up a figure is over; figures of compute alone have none."""
        means = self.track.judge.means(self.images, self.rules)
        counts = {name: np.count_nonzero(mean.denominator) for name, mean in means.items()}
        return {
            figure: min((counts[name] for name in names if counts[name]), default=0)
            for figure, names in self.track.judge.made_of.items()
        }

    def _combine(self, means: dict) -> dict:
        return self.track.judge.combine(means, self.compute, self.rules)

    def content(self) -> dict:
        """All that score.json holds."""
        ranked = [row for row in self.ranked() if row["score"] is not None]
        compute = {name: None if value != value else value for name, value in self.compute.items()}
        found = {
            **self.figures(),
            "images": len(self.images),
            "counted": self.counted(),
            **compute,
            "intervals": self.intervals(),
            **{key: self._groups(groups(self.truth)) for key, (_, groups) in self.track.judge.groups.items()},
            "worst": ranked[:WORST],
            "best": ranked[: -BEST - 1 : -1],
            "track": self.track.name,
            "rules": self.changed_rules(),
            "zip": self.zip.name,
        }
        if classes := self.track.classes:
            counts = confusion(self.truth["class_index"], self.given["class_index"], len(classes))
            found["confusion"] = counts.tolist()
        return found

    def changed_rules(self) -> dict:
        """The rules that are not as assumed."""
        assumed = asdict(type(self.rules)())
        return {name: value for name, value in asdict(self.rules).items() if value != assumed[name]}

    def _groups(self, masks: dict[str, np.ndarray]) -> dict[str, dict]:
        """Images and accuracy figures, each with its interval, of some of the images."""
        found = {}
        for name, mask_n in masks.items():
            some = replace(self, images=self.images[mask_n])
            figures, limits = (some.figures(), some.intervals()) if mask_n.any() else ({}, {})
            row = {figure: [figures.get(figure), limits.get(figure)] for figure in self.track.judge.accuracy}
            found[name] = {"images": int(mask_n.sum()), **row}
        return found

    def ranked(self) -> list[dict]:
        """Image and its own accuracy, the worst first; images without truth last."""
        values = each_image(self.track, self.images, self.rules)[self.track.judge.ranked]
        order = np.argsort(values if self.track.selects[1] == "max" else -values, kind="stable")
        ids = self.truth["image_id"].to_numpy()
        return [{"image_id": ids[i], "score": None if np.isnan(values[i]) else float(values[i])} for i in order]

    def other_rules(self) -> tuple[list[tuple[str, object, float | None]], list[float]]:
        """The headline figure with each rule changed, one at a time, and over all combinations of the rules."""
        headline = self.track.judge.headline
        choices = {
            field.name: (True, False) if field.type is bool else get_args(field.type)
            for field in fields(self.track.judge.Rules)
        }
        changes = [
            (rule, choice, self.figures(**{rule: choice})[headline])
            for rule, options in choices.items()
            for choice in options
            if choice != getattr(self.rules, rule)
        ]
        combinations = (dict(zip(choices, options, strict=True)) for options in itertools.product(*choices.values()))
        return changes, [self.figures(**combination)[headline] for combination in combinations]

    def less(self, other: "Judged") -> dict[str, tuple[float, float] | None]:
        """95 % intervals of this one's figures less another's, on the same resamples of the same images."""
        pair = [judged.track.judge.means(judged.images, judged.rules) for judged in (self, other)]
        return differences(*pair, self._combine, other._combine, self.fewest())
