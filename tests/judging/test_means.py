import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judging.means import THRESHOLDS, Mean, Median, mean_of, share_above


def test_a_mean_is_over_the_images_that_count():
    mean = mean_of(np.array([1.0, 0.5, 0.25]), np.array([True, False, True]))
    assert mean.mean == 0.625
    np.testing.assert_array_equal(mean.each, [1.0, np.nan, 0.25])


def test_what_does_not_count_may_be_no_number():
    assert mean_of(np.array([np.nan, 0.5]), np.array([False, True])).mean == 0.5


def test_of_no_image_there_is_no_mean():
    assert np.isnan(mean_of(np.array([1.0]), np.array([False])).mean)
    assert np.isnan(mean_of(np.array([]), np.array([], bool)).mean)


def test_a_ratio_of_sums_weighs_images_by_their_denominators():
    pooled = Mean(np.array([1.0, 30.0]), np.array([2.0, 100.0]))
    assert pooled.mean == 31 / 102
    np.testing.assert_array_equal(pooled.each, [0.5, 0.3])


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_medians_are_those_of_the_images_as_often_as_they_are_drawn(count):
    rng = np.random.default_rng(count)
    values, counts = rng.integers(0, 9, count) / 4, rng.random(count) < 0.7
    median = Median(*mean_of(values, counts))
    assert median.mean == (np.median(values[counts]) if counts.any() else pytest.approx(np.nan, nan_ok=True))
    weights_dn = rng.integers(0, 4, (50, count))
    drawn = [np.repeat(values[counts], weights_n[counts]) for weights_n in weights_dn]
    expected = [np.median(some) if len(some) else np.nan for some in drawn]
    np.testing.assert_array_equal(median.resampled(weights_dn), expected)


def test_of_no_image_there_is_no_median():
    for values, counts in (([1.0], [False]), ([], [])):
        assert np.isnan(Median(*mean_of(np.array(values), np.array(counts, bool))).mean)


@pytest.mark.parametrize(
    ("iou", "above", "reached"),
    [(0.0, 0, 0), (0.5, 0, 1), (0.5001, 1, 1), (0.55, 1, 2), (0.7, 4, 5), (0.94, 9, 9), (0.95, 9, 10), (1.0, 10, 10)],
)
def test_thresholds_are_exact(iou, above, reached):
    assert share_above([iou]) == above / 10
    assert share_above([iou], strict=False) == reached / 10


@given(st.lists(st.floats(0, 1), min_size=1))
def test_the_share_is_a_count_of_thresholds(ious):
    expected = [sum(iou > hundredths / 100 for hundredths in range(50, 100, 5)) / 10 for iou in ious]
    np.testing.assert_allclose(share_above(ious), expected)


def test_thresholds_are_coco_s():
    assert THRESHOLDS.tolist() == [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]


def test_no_number_is_above_nothing():
    assert share_above([np.nan]).tolist() == [0.0]
