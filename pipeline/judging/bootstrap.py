"""Intervals by resampling images with replacement (Efron's percentile bootstrap), one draw for all figures."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.judging.means import Mean, Median

DRAWS = 2000
LEAST = 10  # images: of fewer, resamples say nothing
AT_ONCE = 100  # draws held in memory
Figures = Mapping[str, np.ndarray | float]


def resampled(means: Mapping[str, Mean], seed: int = 0, draws: int = DRAWS) -> dict[str, np.ndarray]:
    """Each mean over `draws` resamples of the N images: (draws,) each, NaN where no image counts.

    A resample without any image of some mean is NaN in all of them: figures made of it would be others. The same seed
    and N draw the same images, so that two submissions can be compared on the same resamples.
    """
    sums = np.column_stack([column for mean in means.values() for column in mean])
    count = len(sums)
    rng = np.random.default_rng(seed)
    rows = []
    for start in range(0, draws, AT_ONCE):
        some = min(AT_ONCE, draws - start)
        weights = np.stack([np.bincount(rng.integers(0, count, count), minlength=count) for _ in range(some)])
        totals = weights.astype(float) @ sums
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = totals[:, 0::2] / totals[:, 1::2]
        for column, mean in enumerate(means.values()):
            if isinstance(mean, Median):
                drawn[:, column] = mean.resampled(weights)
        rows.append(drawn)
    drawn = np.concatenate(rows)
    there = sums[:, 1::2].sum(0) > 0
    drawn[np.isnan(drawn[:, there]).any(1)] = np.nan
    return dict(zip(means, drawn.T, strict=True))


def interval(values: np.ndarray, share: float = 0.95) -> tuple[float, float] | None:
    """The middle `share` of resampled figures, those left out that are missing; None where half of them are.

    None, too, of a figure that is the same number whatever is drawn.
    """
    if np.ndim(values) == 0 or np.isnan(values).mean() >= 0.5:
        return None
    low, high = np.nanquantile(values, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def intervals(
    means: Mapping[str, Mean], combine: Callable[[Mapping], Figures], images: Mapping[str, int]
) -> dict[str, tuple[float, float] | None]:
    """95 % intervals of the figures that `combine` makes of the means.

    None of a figure that rests on fewer than LEAST `images`, or on none.
    """
    return _of_enough(combine(resampled(means)), images)


def differences(
    first: Mapping[str, Mean],
    second: Mapping[str, Mean],
    combine_first: Callable[[Mapping], Figures],
    combine_second: Callable[[Mapping], Figures],
    images: Mapping[str, int],
) -> dict[str, tuple[float, float] | None]:
    """95 % intervals of first less second over the same resamples of the same images (paired bootstrap).

    None of a figure that rests on fewer than LEAST `images`, or on none.
    """
    one, other = combine_first(resampled(first)), combine_second(resampled(second))
    return _of_enough({name: np.subtract(one[name], other[name]) for name in one}, images)


def _of_enough(figures: Figures, images: Mapping[str, int]) -> dict[str, tuple[float, float] | None]:
    return {name: interval(values) if images.get(name, 0) >= LEAST else None for name, values in figures.items()}
