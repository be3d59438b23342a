"""What is wrong with the images of a data set, as data: a kind, the file that has it, and words."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from pipeline.errors import offenders


class Problem(NamedTuple):
    """What is wrong with an image.

    Attributes:
        code: its kind, as `mask-missing`
        path: of the file that has it, below the set's folder; empty where it is a matter of several, or of none
        text: the rest, in words
    """

    code: str
    path: str = ""
    text: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.path, self.text)))


FIELD = pa.field("problems", pa.list_(pa.struct([(name, pa.string()) for name in Problem._fields])))


def as_dicts(problems: Iterable[tuple[Problem, ...]]) -> list[list[dict]]:
    """Tuples of problems as parquet files take them."""
    return [[problem._asdict() for problem in found] for found in problems]


def from_dicts(cells: Iterable[Iterable[dict]]) -> list[tuple[Problem, ...]]:
    """Tuples of problems out of a parquet file's column."""
    return [tuple(Problem(**found) for found in cell) for cell in cells]


def has_problem(rows: pd.DataFrame, codes: Collection[str] | None = None) -> pd.Series:
    """Which index rows have a problem, of some kinds where they are given."""
    return pd.Series(
        [any(codes is None or problem.code in codes for problem in found) for found in rows["problems"]],
        rows.index,
        dtype=bool,
    )


def problem_counts(rows: pd.DataFrame) -> dict[str, int]:
    """How many index rows have each kind of problem."""
    kinds = Counter(code for found in rows["problems"] for code in {problem.code for problem in found})
    return dict(sorted(kinds.items()))


def problem_report(rows: pd.DataFrame) -> str:
    """All problems of an index, by kind, with the first five images of each."""
    lines: dict[str, list[str]] = {}
    for image_id, found in zip(rows["image_id"], rows["problems"], strict=True):
        for problem in found:
            lines.setdefault(problem.code, []).append(": ".join(filter(None, (image_id, str(problem)))))
    return "\n".join(f"{code}: {len(said)}\n{offenders(said)}" for code, said in sorted(lines.items()))
