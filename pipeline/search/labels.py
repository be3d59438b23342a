"""Names written beside the points of a picture, where they cover neither each other nor a point nor a line."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

POINTS_AN_INCH = 72
AWAY = (3, 12, 24, 38, 54, 72, 92)  # points between a marker's edge and its name
ANGLES = (0, 30, -30, 60, -60, 90, -90, 120, -120, 150, -150, 180)  # degrees, the right first
NEAR = 12  # points: a name farther away has a line to its marker
SIZE = 8.5  # of the letters, points


class Label(NamedTuple):
    """A name and its point.

    Attributes:
        text: the name; empty: the point is only not to be written on
        x, y: of the point, as data
        radius: of its marker, in points
        colour: of the letters
    """

    text: str
    x: float
    y: float
    radius: float
    colour: str


def write_labels(axes: Axes, labels: Sequence[Label], corners: np.ndarray) -> list[Bbox]:
    """Write each name beside its point, the first ones nearest; one for which there is no room is left out.

    Args:
        axes: whose layout is settled
        labels: the names
        corners: (N, 2) of a line of upright and level pieces, as data, that is not to be written on

    Returns:
        Boxes of the names that were written, in pixels.
    """
    scale = axes.figure.dpi / POINTS_AN_INCH
    centres = axes.transData.transform(np.array([(label.x, label.y) for label in labels], float))
    taken = [_box(*centre, *[2 * label.radius * scale] * 2) for centre, label in zip(centres, labels, strict=True)]
    taken += [Bbox([one, other]).padded(2) for one, other in pairwise(axes.transData.transform(corners))]
    room, written = axes.get_window_extent(), []
    for centre, label in zip(centres, labels, strict=True):
        if not label.text:
            continue
        width, height = _extent(axes, label.text)
        for away, middle in _places(label.radius, width / scale, height / scale):
            box = _box(*(centre + scale * np.array(middle)), width, height)
            if _inside(box, room) and not any(_overlap(box, other) for other in (*written, *taken)):
                written.append(box)
                _write(axes, label, middle, away > NEAR)
                break
    return written


def _places(radius: float, width: float, height: float) -> Iterator[tuple[float, tuple[float, float]]]:
    """How far from a marker's edge, and where the middle of its text then is, in points from its centre."""
    for away in AWAY:
        for angle in ANGLES:
            along, across = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            reach = radius + away
            yield away, (along * (reach + width / 2), across * (reach + height / 2))


def _extent(axes: Axes, text: str) -> tuple[float, float]:
    trial = axes.text(0, 0, text, fontsize=SIZE)
    box = trial.get_window_extent()
    trial.remove()
    return box.width + 4, box.height + 2


def _write(axes: Axes, label: Label, middle: tuple[float, float], with_line: bool) -> None:
    line = {"arrowstyle": "-", "color": label.colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2, "alpha": 0.6}
    axes.annotate(
        label.text,
        (label.x, label.y),
        middle,
        color=label.colour,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SIZE,
        arrowprops=line if with_line else None,
        zorder=5,
    )


def _box(x: float, y: float, width: float, height: float) -> Bbox:
    return Bbox.from_bounds(x - width / 2, y - height / 2, width, height)


def _overlap(one: Bbox, other: Bbox) -> bool:
    """Whether they do; unlike Bbox.overlaps also of boxes given from right to left."""
    return one.x0 < other.xmax and other.xmin < one.x1 and one.y0 < other.ymax and other.ymin < one.y1


def _inside(box: Bbox, room: Bbox) -> bool:
    return room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1
