"""bench: what this project claims of itself, measured: its speed, and its networks against the published ones."""

from pathlib import Path
from typing import Literal

from pipeline.tracks import DEFAULT
from pipeline.verbs.bench_models import bench_models
from pipeline.verbs.bench_score import bench_score


def bench(
    what: Literal["score", "models"] = "score",
    track: str = DEFAULT,
    count: int = 20000,
    dense: int = 300,
    table: Path | None = None,
    only: str | None = None,
    out: Path | None = None,
) -> dict:
    """Measure what this project claims of itself.

    `score` times the judging of a made-up zip against a straightforward way in the same run. `models` trains the rows
    of a table on the same simulated images, judges them there and in another domain, and writes the table after each;
    killed anywhere, the same command resumes.

    Args:
        what: score or models
        track: score: whose zip
        count: score: images in the zip
        dense: score: images for the straightforward way, at most count
        table: models: a YAML of rows; default: pipeline/recipes/table.yml
        only: models: names of rows, with commas between; default: all
        out: models: the file that is written; default: pipeline/recipes/RESULTS.md

    Raises:
        UserError: numbers that cannot be, a table with a mistake, or what training and scoring raise

    Example:
        ./run.sh bench score --count 20000

    Returns:
        The figures, by name, or by row.
    """
    if what == "models":
        return bench_models(table, only.split(",") if only else None, out)
    return bench_score(track, count, dense)
