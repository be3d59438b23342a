"""Names beside points: none covers another, a point, or a line; what has no room is left out."""

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from pipeline.search.labels import Label, write_labels

NO_LINE = np.zeros((0, 2))


def axes(side: float = 6.0):
    figure = Figure(figsize=(side, side), dpi=100)
    FigureCanvasAgg(figure)
    found = figure.subplots()
    found.set(xlim=(0, 1), ylim=(0, 1))
    return found


def overlap(one, other):
    return min(one.x1, other.x1) > max(one.x0, other.x0) and min(one.y1, other.y1) > max(one.y0, other.y0)


def test_none_covers_another_or_a_point():
    rng = np.random.default_rng(0)
    places = 0.35 + 0.3 * rng.random((25, 2))
    on = axes()
    boxes = write_labels(on, [Label(f"decoder {i}", x, y, 6, "red") for i, (x, y) in enumerate(places)], NO_LINE)
    assert len(boxes) == 25
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
    pixels = on.transData.transform(places)
    assert not any(box.contains(*pixel) for box in boxes for pixel in pixels)
    on.figure.canvas.draw()
    written = [Text.get_window_extent(text) for text in on.texts]  # without its line
    for box, its in zip(boxes, written, strict=True):
        assert box.x0 <= its.x0 and its.x1 <= box.x1 and box.y0 <= its.y0 and its.y1 <= box.y1


def test_none_is_written_on_the_line():
    level = write_labels(axes(), [Label("name", 0.5, 0.5, 5, "red")], np.array([[0.0, 0.5], [1.0, 0.5]]))[0]
    free = write_labels(axes(), [Label("name", 0.5, 0.5, 5, "red")], NO_LINE)[0]
    middle = axes().transData.transform((0.5, 0.5))[1]
    assert free.y0 < middle < free.y1  # beside the point
    assert level.y0 > middle  # above the line


def test_what_has_no_room_is_left_out_the_last_first():
    on = axes(1.2)
    crowd = [Label(f"a long name {i}", 0.5, 0.5, 4, "red") for i in range(40)]
    boxes = write_labels(on, crowd, NO_LINE)
    assert len(boxes) < 40
    assert [text.get_text() for text in on.texts] == [f"a long name {i}" for i in range(len(boxes))]


def test_a_point_without_a_name_is_not_written_on():
    places = [(0.5, 0.5), *((x, 0.5) for x in (0.54, 0.56, 0.58, 0.62, 0.66))]
    on = axes()
    (box,) = write_labels(on, [Label("" if i else "name", x, y, 5, "red") for i, (x, y) in enumerate(places)], NO_LINE)
    assert not any(box.contains(*pixel) for pixel in on.transData.transform(places))
    assert [text.get_text() for text in on.texts] == ["name"]
    (free,) = write_labels(axes(), [Label("name", 0.5, 0.5, 5, "red")], NO_LINE)
    assert free.x0 != box.x0
