"""What each image brings to a mean, so that means, intervals and single images all come from the same numbers."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.contracts import NO_COMPUTE, Track

THRESHOLDS = np.arange(50, 100, 5) / 100  # COCO's 0.50, 0.55 ... 0.95


class Mean(NamedTuple):
    """A mean over images as numerators and denominators, (N,) each: the figure is the ratio of their sums.

    An image that a rule leaves out has 0 in both.
    """

    numerator: np.ndarray
    denominator: np.ndarray

    @property
    def mean(self) -> float:
        """The figure; NaN where no image counts."""
        total = self.denominator.sum()
        return float(self.numerator.sum() / total) if total else np.nan

    @property
    def each(self) -> np.ndarray:
        """The figure of each image alone, (N,), NaN where it is left out."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.numerator / self.denominator


class Median(Mean):
    """The median over the images that count, numerators as values, where means are asked for."""

    __slots__ = ()

    @property
    def mean(self) -> float:
        """The median; NaN where no image counts."""
        return float(self.resampled(np.ones((1, len(self.numerator))))[0])

    def resampled(self, weights_dn: np.ndarray) -> np.ndarray:
        """Medians (d,) of resamples that have each image so many times; NaN where none counts."""
        if not len(self.numerator):
            return np.full(len(weights_dn), np.nan)
        order = np.argsort(self.numerator, kind="stable")
        up_to_dn = np.cumsum((weights_dn * (self.denominator > 0))[:, order], axis=1)
        half_d1 = up_to_dn[:, -1:] / 2
        low, high = (self.numerator[order][over_dn.argmax(1)] for over_dn in (up_to_dn >= half_d1, up_to_dn > half_d1))
        return np.where(half_d1[:, 0] > 0, (low + high) / 2, np.nan)


def mean_of(value_n: np.ndarray, counts_n: np.ndarray) -> Mean:
    """The plain mean of values over the images that count."""
    return Mean(np.where(counts_n, value_n, 0.0).astype(float), np.asarray(counts_n, float))


def share_above(iou_n: np.ndarray, strict: bool = True) -> np.ndarray:
    """Share of COCO's ten thresholds that each IoU is above (or, not strict, at least at), (N,)."""
    iou_n = np.asarray(iou_n, float)[:, None]
    return ((iou_n > THRESHOLDS) if strict else (iou_n >= THRESHOLDS)).mean(axis=1)


def each_image(track: Track, images: pd.DataFrame, rules: object) -> dict[str, np.ndarray]:
    """The judge's figures of every image apart, (N,) each; NaN where it has no truth for them.

    Args:
        track: whose judge
        images: as judge.per_image gives them
        rules: the judge's
    """
    means = {name: mean.each for name, mean in track.judge.means(images, rules).items()}
    figures = track.judge.combine(means, NO_COMPUTE, rules)
    return {name: np.broadcast_to(values, len(images)) for name, values in figures.items()}
