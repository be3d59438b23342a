import numpy as np
import pytest

from pipeline.judging.bootstrap import differences, interval, intervals, resampled
from pipeline.judging.means import Mean, Median, mean_of


def part(values, counts=None):
    values = np.asarray(values, float)
    return mean_of(values, np.ones(len(values), bool) if counts is None else np.asarray(counts))


def itself(means):
    return dict(means)


def test_the_spread_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(1).normal(3, 2, 900)
    means = resampled({"m": part(values)})["m"]
    assert means.mean() == pytest.approx(values.mean(), abs=0.01)
    assert means.std() == pytest.approx(values.std() / np.sqrt(900), rel=0.05)


def test_the_interval_of_a_share_is_that_of_the_normal_approximation():
    right = np.arange(400) % 4 > 0  # three quarters
    low, high = intervals({"cls": part(right)}, itself, {"cls": 400})["cls"]
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert (low, high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.006)


def test_images_that_do_not_count_do_not_weigh():
    values = np.array([0.2, 0.9, 0.4, 0.7])
    means = resampled({"m": part(values, [True, False, True, False])}, draws=200)["m"]
    known = means[~np.isnan(means)]
    assert len(known) < 200  # where neither of the two was drawn
    assert (known.min(), known.max()) == pytest.approx((0.2, 0.4))


def test_a_ratio_is_resampled_as_a_ratio():
    pooled = Mean(np.array([10.0, 0.0]), np.array([100.0, 1.0]))
    assert pooled.mean == pytest.approx(10 / 101)
    found = np.unique(resampled({"p": pooled}, draws=100)["p"].round(9))
    assert found.tolist() == [0.0, round(10 / 101, 9), 0.1]


def test_medians_are_of_the_images_that_are_drawn_and_leave_means_as_they_are():
    values = np.random.default_rng(4).normal(3, 2, 41)
    drawn = resampled({"m": part(values), "median": Median(*part(values)), "again": part(values)}, seed=7, draws=120)
    rng = np.random.default_rng(7)
    assert drawn["median"].tolist() == [np.median(values[rng.integers(0, 41, 41)]) for _ in range(120)]
    alone = resampled({"m": part(values)}, seed=7, draws=120)["m"]
    for name in ("m", "again"):  # products of matrices of another shape differ in the last bit on some machines
        np.testing.assert_allclose(drawn[name], alone, rtol=1e-13)


def test_the_same_seed_draws_the_same_images_for_two_submissions():
    """Of two answers that differ by a constant the paired difference is that constant, whatever is drawn."""
    values = np.random.default_rng(2).uniform(size=300)
    first, second = {"m": part(values + 0.03)}, {"m": part(values)}
    assert differences(first, second, itself, itself, {"m": 300})["m"] == pytest.approx((0.03, 0.03))
    low, high = intervals(first, itself, {"m": 300})["m"]
    assert high - low > 0.05


def test_differences_of_chance_include_zero():
    rng = np.random.default_rng(3)
    first, second = (part(rng.uniform(size=200)) for _ in range(2))
    low, high = differences({"m": first}, {"m": second}, itself, itself, {"m": 200})["m"]
    assert low < 0 < high


def test_missing_figures_have_no_interval():
    nothing = part([0.0, 0.0], [False, False])
    assert np.isnan(nothing.mean)
    assert intervals({"m": nothing}, itself, {"m": 10}) == {"m": None}
    assert interval(np.array([1.0, np.nan])) is None
    assert interval(np.array([1.0, 2.0, np.nan])) == pytest.approx((1.025, 1.975))
    assert interval(np.array(0.7)) is None  # what does not depend on the images


def test_resamples_that_lack_a_part_do_not_count():
    """One image of forty has a panel: without it a figure of body and panel would be that of the body alone."""
    body, panel = part(np.full(40, 0.2)), part(np.ones(40), np.arange(40) == 7)
    drawn = resampled({"body": body, "panel": panel})
    assert interval((drawn["body"] + drawn["panel"]) / 2) == pytest.approx((0.6, 0.6))
    assert np.isnan(drawn["body"]).mean() == pytest.approx(np.exp(-1), abs=0.04)


def test_few_images_have_no_intervals():
    means = {"m": part(np.arange(40.0))}
    for images in ({"m": 9}, {}):
        assert intervals(means, itself, images) == differences(means, means, itself, itself, images) == {"m": None}
    assert intervals(means, itself, {"m": 10})["m"] is not None
