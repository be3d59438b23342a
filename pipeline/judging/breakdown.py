"""Which images a figure comes from: by class, by size of the craft, and which classes are taken for which."""

import numpy as np
import pandas as pd

SIDES = {"small": (0, 128), "medium": (128, 384), "large": (384, np.inf)}  # longest side of the true box, pixels


def by_class(truth: pd.DataFrame) -> dict[str, np.ndarray]:
    """Masks (N,) of the images of each true class, in the order of the classes."""
    known = truth[truth["class_index"] >= 0].drop_duplicates("class_index").sort_values("class_index")
    return {row.class_name: (truth["class_index"] == row.class_index).to_numpy() for row in known.itertuples()}


def by_size(truth: pd.DataFrame) -> dict[str, np.ndarray]:
    """Masks (N,) of the images whose true box is small, medium and large; those without a box are in none."""
    side = sides(truth)
    return {f"{name} ({_range(low, high)})": (side >= low) & (side < high) for name, (low, high) in SIDES.items()}


def sides(truth: pd.DataFrame) -> np.ndarray:
    """Longest sides (N,) of the true boxes, pixels; NaN where there is none."""
    return np.maximum(truth["x_max"] - truth["x_min"], truth["y_max"] - truth["y_min"]).to_numpy()


def _range(low: float, high: float) -> str:
    return f"{low:g} px and more" if high == np.inf else f"under {high:g} px" if low == 0 else f"{low:g} to {high:g} px"


def confusion(true_n: np.ndarray, given_n: np.ndarray, classes: int) -> np.ndarray:
    """Images (classes, classes) of each true class, row, by the class given, column; unknown truth is left out."""
    counts = np.zeros((classes, classes), int)
    known = np.asarray(true_n) >= 0
    np.add.at(counts, (np.asarray(true_n)[known], np.asarray(given_n)[known]), 1)
    return counts
