"""What is decided over a whole set: which train rows are `tune`, which images are the same, which have an odd size."""

import hashlib

import numpy as np
import pandas as pd

from pipeline.dataset.index_table import SPLITS
from pipeline.dataset.problems import Problem

TUNE_SHARE = 0.05


def mark_duplicates(rows: pd.DataFrame) -> None:
    """Add a problem to every row whose image has the same bytes as another's."""
    known = rows[rows["content_hash"] != ""]
    for _, same in known[known.duplicated("content_hash", keep=False)].groupby("content_hash", sort=False):
        for i in same.index:
            other = next(same.loc[j] for j in same.index if j != i)
            code = "duplicate" if same["split"].nunique() == 1 else "duplicate-across-splits"
            said = f"same bytes as {other['image_id']} ({other['split']})"
            rows.at[i, "problems"] += (Problem(code, text=said),)


def mark_odd_sizes(rows: pd.DataFrame, usual: tuple[int, int]) -> None:
    """Add a problem to every row whose size is not the usual one (height, width)."""
    same = rows["height"].eq(usual[0]) & rows["width"].eq(usual[1])
    odd = rows[(rows["height"] > 0) & ~same]
    for i, row in odd.iterrows():
        said = f"{row['width']}x{row['height']}, most are {usual[1]}x{usual[0]}"
        rows.at[i, "problems"] += (Problem("image-size", text=said),)


def with_tune(rows: pd.DataFrame, usable: np.ndarray, stratum: str | None, seed: int) -> pd.Series:
    """`tune` takes a seeded 5 % of the usable train rows of each value of the column `stratum`, at least one of two.

    And never nothing from all. Images of equal content go the same way.
    """
    train = rows[(rows["split"] == "train") & usable]
    chosen: set[str] = set()
    for _, some in train.groupby(stratum) if stratum else [("", train)]:
        contents = _shuffled(some["content_hash"], seed)
        chosen.update(contents[: max(round(TUNE_SHARE * len(contents)), 1) if len(contents) > 1 else 0])
    if not chosen and len(train) > 1:
        chosen.update(_shuffled(train["content_hash"], seed)[:1])
    return rows["split"].where(~(rows["split"].eq("train") & rows["content_hash"].isin(chosen)), "tune")


def _shuffled(contents: pd.Series, seed: int) -> list[str]:
    """Distinct contents in an order that depends on the seed and on themselves alone."""
    return sorted(set(contents), key=lambda content: hashlib.sha256(f"{seed} {content}".encode()).digest())


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows by split and id."""
    rank = {split: number for number, split in enumerate(SPLITS)}
    return rows.sort_values(
        ["split", "image_id"], key=lambda column: column.map(rank) if column.name == "split" else column, kind="stable"
    ).reset_index(drop=True)
