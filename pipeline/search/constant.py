"""What answers the same of every image: a score that a training must beat to have learnt anything."""

import numpy as np
import pandas as pd

from pipeline.contracts import Track
from pipeline.engine.fit import accuracy

TRIED = 20  # images whose truth is tried as everybody's answer


def constant(track: Track, fit_rows: pd.DataFrame, rows: pd.DataFrame, seed: int = 0) -> float:
    """The best value of the figure that selects where all `rows` are given the truth of one of some `fit_rows`."""
    some = np.random.default_rng(seed).choice(len(fit_rows), min(TRIED, len(fit_rows)), replace=False)
    truth = [column.name for column in track.reader.truth if column.name in rows]
    values = []
    for position in some:
        answer = fit_rows.iloc[position]
        given = rows.assign(**{name: [answer[name]] * len(rows) for name in truth})
        values.append(accuracy(track, rows, given)[track.selects[0]])
    return max(values) if track.selects[1] == "max" else min(values)
