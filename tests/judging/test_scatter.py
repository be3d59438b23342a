import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.judging.means import each_image
from pipeline.judging.scatter import drawn_against, middle_line
from pipeline.tracks import track_named
from tests.toy.track import TRACK

POSE = track_named("pose")


def poses(*rows):
    """Index rows and answers: true distance, turned by degrees about z, off by metres."""
    truth, answers = [], []
    for number, (distance, degrees, metres) in enumerate(rows):
        half = np.deg2rad(degrees) / 2
        known = {"image_id": str(number), "domain": "synthetic"}
        truth.append(known | {"quaternion": [1.0, 0, 0, 0], "translation_m": [0.0, 0, distance]})
        turned = [np.cos(half), 0, 0, np.sin(half)]
        answers.append(known | {"quaternion": turned, "translation_m": [metres, 0.0, distance]})
    return pd.DataFrame(truth), pd.DataFrame(answers)


def test_figures_of_single_images():
    truth, answers = poses((4.0, 10, 0.2), (8.0, 90, 0.4))
    found = each_image(POSE, POSE.judge.per_image(truth, answers), POSE.judge.Rules())
    assert found["rotation_deg"] == pytest.approx([10, 90])
    assert found["translation_m"] == pytest.approx([0.2, 0.4])
    assert found["speed_score"] == pytest.approx([np.deg2rad(10) + 0.05, np.deg2rad(90) + 0.05])


def test_medians_are_of_bins_of_as_many_points_in_the_order_of_x():
    x, y = np.arange(20.0)[::-1], np.arange(20.0) ** 2
    found_x, found_y = middle_line(x, y)
    assert found_x.tolist() == [2, 7, 12, 17]
    assert found_y.tolist() == [17**2, 12**2, 7**2, 2**2]


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=80))
def test_a_line_lies_within_its_points(points):
    x, y = np.array(points).T
    found_x, found_y = middle_line(x, y)
    assert 1 <= len(found_x) <= 10
    assert (np.diff(found_x) >= 0).all()
    assert y.min() <= found_y.min() and found_y.max() <= y.max()


def test_a_picture_has_a_panel_for_each_figure():
    truth, answers = poses(*((2 + i / 5, 1 + i, 0.1) for i in range(40)))
    with Image.open(io.BytesIO(drawn_against(POSE, truth, answers))) as picture:
        assert picture.size == (924, 374)


def test_nothing_is_drawn_of_unknown_truth_or_where_a_judge_shows_nothing():
    truth, answers = poses((3.0, 1, 0.1))
    nobody = truth.assign(quaternion=None, translation_m=None)
    assert drawn_against(POSE, nobody, answers) is None
    assert drawn_against(TRACK, truth, answers) is None
