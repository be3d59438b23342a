"""Intervals by resampling images with replacement (Efron's percentile bootstrap), one draw for all figures."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.metrics.parts import Part

DRAWS = 2000
LEAST = 10  # images: of fewer, resamples say nothing
AT_ONCE = 100  # draws held in memory
Figures = Mapping[str, np.ndarray | float]


def resampled(parts: Mapping[str, Part], seed: int = 0, draws: int = DRAWS) -> dict[str, np.ndarray]:
    """The mean of each part in `draws` resamples of the N images: (draws,) each, NaN where no image counts.

    A resample that lacks a part which the images have is NaN in all parts: figures made of it would be others. The same
    seed and N draw the same images, so that two submissions can be compared on the same resamples.
    """
    sums = np.column_stack([column for part in parts.values() for column in part])
    count = len(sums)
    rng = np.random.default_rng(seed)
    rows = []
    for start in range(0, draws, AT_ONCE):
        some = min(AT_ONCE, draws - start)
        weights = np.stack([np.bincount(rng.integers(0, count, count), minlength=count) for _ in range(some)])
        rows.append(weights.astype(float) @ sums)
    totals = np.concatenate(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = totals[:, 0::2] / totals[:, 1::2]
    there = sums[:, 1::2].sum(0) > 0
    means[np.isnan(means[:, there]).any(1)] = np.nan
    return dict(zip(parts, means.T, strict=True))


def interval(values: np.ndarray, share: float = 0.95) -> tuple[float, float] | None:
    """The middle `share` of resampled figures, those left out that are missing; None where half of them are.

    None, too, of a figure that is the same number whatever is drawn.
    """
    if np.ndim(values) == 0 or np.isnan(values).mean() >= 0.5:
        return None
    low, high = np.nanquantile(values, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def intervals(
    parts: Mapping[str, Part], combine: Callable[[Mapping], Figures]
) -> dict[str, tuple[float, float] | None]:
    """95 % intervals of the figures that `combine` makes of the parts' means; None of fewer than LEAST images."""
    few = _count(parts) < LEAST
    return {name: None if few else interval(values) for name, values in combine(resampled(parts)).items()}


def _count(parts: Mapping[str, Part]) -> int:
    return len(next(iter(parts.values())).numerator)


def differences(
    first: Mapping[str, Part],
    second: Mapping[str, Part],
    combine_first: Callable[[Mapping], Figures],
    combine_second: Callable[[Mapping], Figures],
) -> dict[str, tuple[float, float] | None]:
    """95 % intervals of first less second over the same resamples of the same images (paired bootstrap).

    None of fewer than LEAST images.
    """
    few = _count(first) < LEAST
    one, other = combine_first(resampled(first)), combine_second(resampled(second))
    return {name: None if few else interval(np.subtract(one[name], other[name])) for name in one}
