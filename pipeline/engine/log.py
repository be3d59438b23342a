"""A run's numbers: one JSON line per epoch, and the same as curves."""

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.files import write_text, written_aside

matplotlib.use("agg")


def write_lines(path: Path, lines: list[dict]) -> None:
    """Write a metrics file whole."""
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines))


def draw_curves(path: Path, lines: list[dict], curves: dict[str, Sequence[str]]) -> None:
    """Columns of the metrics over epochs, as a PNG: title of a panel -> names of its columns."""
    figure = Figure(figsize=(13, 3.6), layout="constrained")
    for axes, (title, names) in zip(figure.subplots(1, len(curves)), curves.items(), strict=True):
        for name in names:
            points = [(line["epoch"], line[name]) for line in lines if line.get(name) is not None]
            if points:
                axes.plot(*zip(*points, strict=True), marker=".", label=name)
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
        if title.startswith("score") and all(0 <= line[name] <= 1 for line in lines for name in names):
            axes.set_ylim(0, 1.02)
    with written_aside(path) as aside:
        figure.savefig(aside, dpi=110)
