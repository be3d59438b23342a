"""Accuracy against compute as a picture: every network, the front, and where it bends."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from pipeline.contracts import Track
from pipeline.files import written_aside
from pipeline.search.labels import Label, write_labels
from pipeline.search.pareto import Point, front, knee

DPI = 110
WIDE = 8.0  # times: compute that spans more is on a logarithmic axis
LARGEST, LEAST = 420.0, 14.0  # areas of markers in square points: of the most parameters, and added to all
COLOURS = ("#0b5cad", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#0e7490", "#be123c", "#4d4d4d")
FRONT = "#1c2530"
SIDE = {"max": "more", "min": "less"}
LEGIBLE = 600  # characters of all names together, from which only the front is named


def draw_pareto(path: Path, track: Track, points: Sequence[Point]) -> None:
    """The figure that selects against compute; a marker's area is the network's parameters, its colour its kind.

    Args:
        path: of the PNG
        track: whose figure it is, and whether the highest or the lowest of it is best
        points: one or more
    """
    figure = Figure(figsize=(10.5, 6.4), layout="constrained", dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    found = front(points, track.selects[1])
    bend = knee(found)
    most = max(point.mparams for point in points)
    kinds = list(dict.fromkeys(point.kind for point in points))
    colours = {kind: COLOURS[number % len(COLOURS)] for number, kind in enumerate(kinds)}
    for point in sorted(points, key=lambda point: -point.mparams):  # the small ones on top
        axes.scatter(
            point.gmac, point.value, _area(point.mparams, most), colours[point.kind], alpha=0.85, linewidth=0, zorder=3
        )
    _axes(axes, track, points)
    corners = _steps(found)
    axes.plot(*corners.T, color=FRONT, linewidth=1.2, zorder=2)
    for point in found:
        ring = _area(point.mparams, most)
        axes.scatter(point.gmac, point.value, ring, "none", edgecolors=FRONT, linewidths=1.1, zorder=4)
    if bend:
        ring = 2.2 * _area(bend.mparams, most) + 90
        axes.scatter(bend.gmac, bend.value, ring, "none", edgecolors=FRONT, linewidths=1.4, linestyle="--", zorder=4)
    _legend(axes, colours, most, min(point.mparams for point in points), bend)
    canvas.draw()  # settles the layout, which the labels are placed in
    figure.set_layout_engine("none")
    first = [*([bend] if bend else []), *(point for point in found if point is not bend)]
    crowded = sum(len(point.name) for point in points) >= LEGIBLE
    order = [*first, *(point for point in points if point not in first)]
    labels = [
        Label(
            "" if crowded and point not in first else point.name,
            point.gmac,
            point.value,
            math.sqrt(_area(point.mparams, most) / math.pi) + (4 if point is bend else 0),
            colours[point.kind],
        )
        for point in order
    ]
    write_labels(axes, labels, corners)
    with written_aside(path) as aside:
        figure.savefig(aside, dpi=DPI)


def _area(mparams: float, most: float) -> float:
    return LEAST + LARGEST * mparams / most


def _axes(axes: Axes, track: Track, points: Sequence[Point]) -> None:
    headline, best = track.selects
    axes.set_xlabel("10$^9$ multiply-accumulates of one image, one view (less is better)")
    words = track.judge.words[headline]
    axes.set_ylabel(f"{headline}: {words}" + ("" if "better" in words else f" ({SIDE[best]} is better)"))
    gmacs, values = [point.gmac for point in points], [point.value for point in points]
    if max(gmacs) > WIDE * min(gmacs) > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(min(gmacs) / 1.35, max(gmacs) * 1.35)
    else:
        axes.margins(x=0.12)
    span = (max(values) - min(values)) or abs(max(values)) or 1.0
    axes.set_ylim(min(values) - 0.16 * span, max(values) + 0.16 * span)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _steps(found: Sequence[Point]) -> np.ndarray:
    """Corners (N, 2) of the front: the best that so much compute buys."""
    gmacs, values = ([getattr(point, of) for point in found] for of in ("gmac", "value"))
    return np.stack([np.repeat(gmacs, 2)[1:], np.repeat(values, 2)[:-1]], axis=1)


def _legend(axes: Axes, colours: dict[str, str], most: float, least: float, bend: Point | None) -> None:
    """What colours, rings and areas say, beside the axes."""
    entries = [axes.scatter([], [], 60, colour, alpha=0.75, linewidth=0, label=kind)
               for kind, colour in colours.items() if kind]  # fmt: skip
    entries += axes.plot([], [], color=FRONT, linewidth=1.2, marker="o", fillstyle="none", label="front: none beats it")
    if bend:
        words = "its knee: farthest from the\nchord of its ends"
        entries.append(axes.scatter([], [], 150, "none", edgecolors=FRONT, linestyle="--", label=words))
    for mparams in dict.fromkeys((round(least, 2), round(most, 2))):
        area = _area(mparams, most)
        entries.append(axes.scatter([], [], area, "#9aa5b1", linewidth=0, label=f"{mparams:g} M parameters"))
    axes.legend(
        handles=entries, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, labelspacing=1.1, borderpad=0.2
    )
