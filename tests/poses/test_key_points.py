import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.poses.key_points import TANGO, TANGO_NAMES, heat_maps, peaks

inside = st.floats(0.02, 0.98)


def test_the_table_is_as_published():
    assert TANGO.shape == (11, 3) == (len(TANGO_NAMES), 3)
    assert len(set(TANGO_NAMES)) == 11
    span = np.ptp(TANGO, axis=0)
    assert np.allclose(span, [2 * 0.5427, 0.4877 + 0.579, 0.3215])
    signs = {"-": -1, "+": 1}
    for name, point in zip(TANGO_NAMES, TANGO, strict=True):
        part, x, y = name.split()
        assert (np.sign(point[:2]) == [signs[x[0]], signs[y[0]]]).all()
        assert (point[2] == 0) == (part == "bottom")


def test_a_heat_map_is_the_gaussian_about_the_point():
    point = torch.tensor([[[0.31, 0.74]]], dtype=torch.float64)
    heat = heat_maps(point, 20, 30, 1.7)
    assert heat.shape == (1, 1, 20, 30)
    assert heat.dtype == torch.float32
    for row, column in ((14, 9), (15, 8), (12, 11), (0, 0)):
        square = (column + 0.5 - 0.31 * 30) ** 2 + (row + 0.5 - 0.74 * 20) ** 2
        assert np.isclose(heat[0, 0, row, column], np.exp(-square / (2 * 1.7**2)), rtol=1e-4, atol=1e-12)


def test_a_point_on_a_pixels_centre_is_1_there():
    heat = heat_maps(torch.tensor([[[(6 + 0.5) / 16, (2 + 0.5) / 8]]]), 8, 16, 2.0)
    assert heat.max() == heat[0, 0, 2, 6] == 1


def test_points_outside_and_unknown_ones_leave_no_false_heat():
    heat = heat_maps(torch.tensor([[[np.nan, np.nan], [0.5, np.nan], [40.0, 0.5], [-0.01, 0.5]]]), 16, 16, 2.0)
    assert heat.isfinite().all()
    assert heat[0, :3].amax() == 0
    assert 0.9 < heat[0, 3].amax() < 1
    assert heat[0, 3, :, 0].amax() == heat[0, 3].amax()


@given(st.lists(st.tuples(inside, inside), min_size=1, max_size=5), st.sampled_from([1.0, 2.0, 3.5]))
def test_the_peak_of_a_gaussian_is_found_exactly(points, sigma):
    heat = heat_maps(torch.tensor([points]), 96, 128, sigma)[0].numpy()
    found, scores = peaks(heat)
    assert np.allclose(found * [128, 96], np.array(points) * [128, 96], atol=2e-3)
    assert (scores == heat.max(axis=(1, 2))).all()
    assert (scores > np.exp(-0.25 / sigma**2) - 1e-6).all()


def test_batches_are_answered_as_one_by_one():
    heat = np.random.default_rng(0).random((3, 4, 10, 12)).astype(np.float16)
    found, scores = peaks(heat)
    assert found.shape == (3, 4, 2)
    assert scores.shape == (3, 4)
    for image in range(3):
        assert np.array_equal(peaks(heat[image])[0], found[image])
        assert np.array_equal(peaks(heat[image])[1], scores[image])


def test_at_borders_and_beside_what_is_not_above_0_the_pixel_stays():
    maps = np.zeros((5, 6, 8))
    maps[0, 0, 0] = 0.9
    maps[1, 3, 4] = 0.8  # neighbours 0
    maps[2, 3, 3:6] = 0.2, 0.7, -0.1
    maps[2, 2:5, 4] = 0.6, 0.7, 0.1
    maps[3, 5, 4:7] = 0.3, 0.9, 0.1  # at the lower border: sideways alone
    found, scores = peaks(maps)
    assert scores.tolist() == [0.9, 0.8, 0.7, 0.9, 0]
    assert found[0].tolist() == [0.5 / 8, 0.5 / 6]
    assert found[1].tolist() == [4.5 / 8, 3.5 / 6]
    assert found[2, 0] == 4.5 / 8
    assert 3 / 6 < found[2, 1] < 3.5 / 6
    assert 5 / 8 < found[3, 0] < 5.5 / 8
    assert found[3, 1] == 5.5 / 6


@given(st.integers(0, 2**32 - 1))
def test_a_peak_is_never_outside_its_pixel(seed):
    rng = np.random.default_rng(seed)
    maps = rng.normal(0.2, 0.4, (4, 5, 7)).round(1)
    found, _ = peaks(maps)
    places = maps.reshape(4, -1).argmax(axis=1)
    rows, columns = places // 7, places % 7
    assert (abs(found * [7, 5] - np.stack([columns, rows], 1) - 0.5) <= 0.5).all()
    flat, _ = peaks(np.full((1, 5, 7), 0.5))
    assert np.allclose(flat, [[0.5 / 7, 0.5 / 5]])


def test_maps_that_are_no_numbers_give_a_place_and_no_score():
    found, scores = peaks(np.full((2, 5, 7), np.nan))
    assert np.isfinite(found).all()
    assert np.isnan(scores).all()
