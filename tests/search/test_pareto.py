"""The front and its knee against what can be worked out by hand."""

import numpy as np
import pytest

from pipeline.search import pareto_picture
from pipeline.search.pareto import Point, front, knee
from pipeline.tracks import track_named


def points(*pairs):
    return [Point(str(number), gmac, 1.0, value) for number, (gmac, value) in enumerate(pairs)]


def names(found):
    return [point.name for point in found]


def test_what_another_beats_is_not_on_the_front():
    #               0          1          2 beaten by 1  3          4 dearer than 3 and worse
    some = points((4, 0.5), (1, 0.25), (2, 0.125), (8, 0.75), (16, 0.625))
    assert names(front(some, "max")) == ["1", "0", "3"]
    assert names(front(some, "min")) == ["1", "2"]


@pytest.mark.parametrize("best", ["max", "min"])
def test_the_front_is_what_the_definition_says(best):
    rng = np.random.default_rng(3)
    some = points(*rng.integers(0, 12, (60, 2)).tolist())  # with many ties
    sign = 1 if best == "max" else -1

    def beaten(one):
        return any(
            other.gmac <= one.gmac
            and sign * other.value >= sign * one.value
            and (other.gmac, other.value) != (one.gmac, one.value)
            for other in some
        )

    wanted = {(one.gmac, one.value) for one in some if not beaten(one)}
    found = front(some, best)
    assert {(one.gmac, one.value) for one in found} == wanted
    assert len(found) == len(wanted)  # one for each
    assert [one.gmac for one in found] == sorted(one.gmac for one in found)


def test_of_equals_the_first_stands_for_all():
    assert names(front(points((2, 0.5), (2, 0.5), (3, 0.5), (2, 0.25)), "max")) == ["0"]
    assert front([], "max") == []


def test_the_knee_of_a_bent_line_is_its_corner():
    # scaled: (0, 0), (0.25, 0.75), (0.5, 0.875), (1, 1): 0.5, 0.375 above the chord
    some = front(points((10, 1), (12, 4), (14, 4.5), (18, 5)), "max")
    assert knee(some).name == "1"
    # the same turned over, where the lowest is best
    assert knee(front(points((10, -1), (12, -4), (14, -4.5), (18, -5)), "min")).name == "1"


def test_the_knee_of_a_root_is_at_a_quarter():
    # the root of x is farthest above x where its slope is 1: at x = 1 / 4
    some = points(*((x, x**0.5) for x in np.linspace(0, 1, 101)))
    assert knee(front(some, "max")).gmac == pytest.approx(0.25)


def test_of_equally_far_points_the_cheapest_is_the_knee():
    assert knee(points((0, 0), (1, 2), (2, 3), (4, 4))).name == "1"  # both 1 / 4 above


@pytest.mark.parametrize(
    "few",
    [(), ((1, 1),), ((1, 1), (2, 2)), ((0, 0), (1, 1), (2, 2)), ((0, 0), (2, 1), (3, 3))],
    ids=["none", "one", "two", "straight", "hanging"],
)
def test_a_front_that_does_not_bend_has_no_knee(few):
    assert knee(points(*few)) is None


@pytest.mark.parametrize(("length", "named"), [(29, 20), (30, 3)])
def test_of_many_long_names_only_those_of_the_front_are_written(length, named, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(pareto_picture, "write_labels", lambda axes, labels, corners: written.extend(labels))
    values = [0.3, 0.5, 0.6, *(0.1 + number / 100 for number in range(17))]  # the first three beat the rest
    some = [Point(f"{number:0{length}}", 1 + number, 1.0, value) for number, value in enumerate(values)]
    pareto_picture.draw_pareto(tmp_path / "pareto.png", track_named("spark2026"), some)
    assert len(written) == 20
    texts = [label.text for label in written if label.text]
    assert len(texts) == named
    assert {one.name for one in some[:3]} == set(texts[:3])
