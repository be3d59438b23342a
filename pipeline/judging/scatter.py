"""How good every image's answer is, against something of the image: a picture."""

import io

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.contracts import Track
from pipeline.judging.means import each_image

BINS = 10  # of as many images each, whose medians are joined
LEAST = 5  # images of a bin


def middle_line(x_n: np.ndarray, y_n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Medians of x and of y in bins of as many points each, in the order of x."""
    order = np.argsort(x_n, kind="stable")
    bins = np.array_split(order, max(1, min(BINS, len(order) // LEAST)))
    return tuple(np.array([np.median(values[some]) for some in bins]) for values in (x_n, y_n))


def drawn_against(track: Track, truth: pd.DataFrame, given: pd.DataFrame) -> bytes | None:
    """A PNG with a panel for each of the figures in judge.against; None where there is nothing to show.

    Args:
        track: whose judge
        truth: index rows
        given: answers, one row per image
    """
    if track.judge.against is None:
        return None
    words, of, names = track.judge.against
    x_n, rules = np.asarray(of(truth), float), track.judge.Rules()
    figures = each_image(track, track.judge.per_image(truth, given), rules)
    known = {name: np.isfinite(x_n) & np.isfinite(figures[name]) for name in names}
    if not any(mask_n.any() for mask_n in known.values()):
        return None
    figure = Figure(figsize=(4.2 * len(names), 3.4), layout="constrained")
    for axes, (name, mask_n) in zip(figure.subplots(1, len(names), squeeze=False)[0], known.items(), strict=True):
        x, y = x_n[mask_n], figures[name][mask_n]
        axes.scatter(x, y, s=9, alpha=0.35, linewidths=0)
        if len(x):
            axes.plot(*middle_line(x, y), color="black", marker=".")
        if track.selects[1] == "min" and (y > 0).all():
            axes.set_yscale("log")
        axes.set(xlabel=words, ylabel=name)
        axes.grid(alpha=0.3)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
