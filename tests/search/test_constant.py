import pandas as pd
import pytest

from pipeline.search.constant import constant
from tests.toy.track import TRACK


def rows(*numbers):
    return pd.DataFrame({"image_id": [str(i) for i in range(len(numbers))], "number": numbers})


def test_the_best_of_what_the_fitted_images_say():
    judged = rows(0.0, 1.0, 5.0)
    assert constant(TRACK, rows(9.0, 2.0, -4.0), judged) == pytest.approx((2 + 1 + 3) / 3)  # 2 for all of them
    assert constant(TRACK, judged, judged) == pytest.approx(5 / 3)  # the median


def test_some_of_many_are_tried_and_the_seed_says_which():
    judged = rows(0.0)
    many = rows(*map(float, range(1, 200)))
    found = {constant(TRACK, many, judged, seed) for seed in range(5)}
    assert len(found) > 1
    assert all(1 <= value < 100 for value in found)
