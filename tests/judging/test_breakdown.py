import numpy as np
import pandas as pd

from pipeline.judging.breakdown import by_class, by_size, confusion


def rows(*boxes_and_classes):
    names = ["x_min", "y_min", "x_max", "y_max", "class_index"]
    table = pd.DataFrame(boxes_and_classes, columns=names)
    return table.assign(class_name=["none" if i < 0 else f"class {i}" for i in table["class_index"]])


def test_sizes_go_by_the_longest_side_and_every_box_has_one():
    truth = rows((0, 0, 127, 10, 0), (0, 0, 10, 128, 0), (5, 5, 388.9, 10, 0), (0, 0, 384, 2, 0), (np.nan,) * 4 + (0,))
    found = by_size(truth)
    assert list(found) == ["small (under 128 px)", "medium (128 to 384 px)", "large (384 px and more)"]
    assert [mask.tolist() for mask in found.values()] == [
        [True, False, False, False, False],
        [False, True, True, False, False],
        [False, False, False, True, False],
    ]


def test_classes_in_their_order_without_unknown_ones():
    truth = rows((0, 0, 1, 1, 2), (0, 0, 1, 1, 0), (0, 0, 1, 1, -1), (0, 0, 1, 1, 2))
    found = by_class(truth)
    assert list(found) == ["class 0", "class 2"]
    assert found["class 2"].tolist() == [True, False, False, True]


def test_confusion():
    counts = confusion(np.array([0, 0, 1, 2, -1]), np.array([0, 1, 1, 0, 2]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
