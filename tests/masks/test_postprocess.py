import numpy as np
import pytest

from pipeline.masks import postprocess, rle
from pipeline.masks.postprocess import answer


def probabilities(body=(), panel=(), side=8):
    """Two maps of zeros but for (x, y, probability)."""
    mask_chw = np.zeros((2, side, side), np.float32)
    for channel, pixels in enumerate((body, panel)):
        for x, y, p in pixels:
            mask_chw[channel, y, x] = p
    return mask_chw


def masks(found):
    return [rle.decode(found[name], found["height"], found["width"]) for name in ("body_rle", "panel_rle")]


def box(found):
    return tuple(found[name] for name in ("x_min", "y_min", "x_max", "y_max"))


def test_overlap_goes_to_the_larger_and_a_tie_to_the_body():
    where = [(1, 2, 0.6), (2, 2, 0.9), (3, 2, 0.7)], [(1, 2, 0.7), (2, 2, 0.8), (3, 2, 0.7)]
    body_hw, panel_hw = masks(answer(probabilities(*where), 8, 8))
    assert np.argwhere(body_hw).tolist() == [[2, 2], [2, 3]]
    assert np.argwhere(panel_hw).tolist() == [[2, 1]]


def test_exactly_half_is_not_enough():
    found = answer(probabilities([(1, 1, 0.5), (2, 1, 0.500001)]), 8, 8)
    assert np.argwhere(masks(found)[0]).tolist() == [[1, 2]]


def test_the_box_reaches_farther_than_the_masks():
    body, panel = [(4, 4, 0.9), (5, 4, 0.16), (7, 4, 0.14)], [(4, 1, 0.2), (0, 4, 0.1)]
    found = answer(probabilities(body, panel), 8, 8)
    assert box(found) == (4, 1, 6, 5)
    assert [mask_hw.sum() for mask_hw in masks(found)] == [1, 0]


def test_faint_specks_do_not_move_the_box(monkeypatch):
    monkeypatch.setattr(postprocess, "SPECK_SHARE", 0.05)
    mask_chw = np.zeros((2, 64, 64), np.float32)
    mask_chw[0, 10:20, 10:20], mask_chw[0, 60, 60], mask_chw[1, 50, 5:12] = 0.9, 0.3, 0.3
    assert box(answer(mask_chw, 64, 64)) == (5, 10, 20, 51)


def test_probabilities_are_enlarged_before_they_are_cut():
    """Columns of 0, 1, 0.41, 0 enlarged fourfold pass 0.5 at x = 4 and 9.39, and 0.15 at 2.6 and 12.54; cut first they
    would end at 4 and 8, and at 4 and 12."""
    mask_chw = np.zeros((2, 4, 4), np.float32)
    mask_chw[0] = [0, 1, 0.41, 0]
    found = answer(mask_chw, 16, 16)
    assert box(found) == (3, 0, 13, 16)
    assert np.flatnonzero(masks(found)[0][0]).tolist() == [4, 5, 6, 7, 8]


def test_height_and_width_are_not_mixed_up():
    found = answer(probabilities([(7, 0, 0.9)]), 8, 32)
    assert (found["height"], found["width"]) == (8, 32)
    assert box(found)[1:] == (0, 32, 1)
    assert 24 <= box(found)[0] < 32


def test_specks_leave_masks_and_box(monkeypatch):
    monkeypatch.setattr(postprocess, "SPECK_SHARE", 0.01)
    mask_chw = np.zeros((2, 64, 64), np.float32)
    mask_chw[0, 10:20, 10:30] = mask_chw[1, 60, 60] = mask_chw[0, 50, 5:7] = 0.9
    found = answer(mask_chw, 64, 64)
    assert box(found) == (5, 10, 30, 51)
    assert [mask_hw.sum() for mask_hw in masks(found)] == [202, 0]
    assert found["panel_score"] == 0


def test_one_pixel():
    found = answer(probabilities([], [(5, 3, 0.75)]), 8, 8)
    assert box(found) == (5, 3, 6, 4)
    assert (found["body_score"], found["panel_score"], found["fallback"]) == (0, 0.75, False)


def test_scores_are_means_over_the_own_mask():
    found = answer(probabilities([(1, 1, 0.75), (2, 1, 1.0), (3, 1, 0.75), (6, 6, 0.25)], [(3, 1, 0.875)]), 8, 8)
    assert (found["body_score"], found["panel_score"]) == (0.875, 0.875)


def test_nothing_above_half_is_said_and_the_box_is_where_half_of_the_highest_is():
    found = answer(probabilities([(2, 3, 0.4), (5, 3, 0.19)], [(4, 6, 0.2)]), 8, 8)
    assert found["fallback"]
    assert box(found) == (2, 3, 5, 7)
    assert not any(mask_hw.any() for mask_hw in masks(found))
    assert (found["body_score"], found["panel_score"]) == (0, 0)


@pytest.mark.parametrize("value", [0, np.nan, -1])
def test_nothing_at_all_is_the_whole_image(value):
    found = answer(np.full((2, 8, 8), value, np.float32), 16, 32)
    assert found["fallback"]
    assert box(found) == (0, 0, 32, 16)
    assert not any(mask_hw.any() for mask_hw in masks(found))


def test_a_not_a_number_beside_an_answer_does_no_harm():
    mask_chw = probabilities([(2, 2, 0.9)])
    mask_chw[:, 6, 6] = np.nan
    found = answer(mask_chw, 8, 8)
    assert box(found) == (2, 2, 3, 3)
    assert found["body_score"] == pytest.approx(0.9)


def test_half_precision_is_taken():
    assert box(answer(probabilities([(5, 3, 0.75)]).astype(np.float16), 8, 8)) == (5, 3, 6, 4)


def test_scores_are_of_the_enlarged_probabilities():
    """A line of 0.2, 0.8 doubled by hand: 0.2, 0.35, 0.65, 0.8; the panel's half as much."""
    mask_chw = np.zeros((2, 2, 2), np.float32)
    mask_chw[:] = [0.2, 0.8]
    mask_chw[1] /= 2
    found = answer(mask_chw, 4, 4)
    assert np.flatnonzero(masks(found)[0][0]).tolist() == [2, 3]
    assert found["body_score"] == pytest.approx((0.65 + 0.8) / 2)
    assert found["panel_score"] == 0


def test_a_box_that_is_given_is_clipped_and_stands_in_pixels():
    mask_chw = probabilities([(2, 3, 0.9)])
    found = answer(mask_chw, 8, 32, np.float32([-0.25, 0.25, 0.53125, 1.5]))
    assert box(found) == (0, 2, 17, 8)
    assert found == answer(mask_chw, 8, 32) | {name: found[name] for name in ("x_min", "y_min", "x_max", "y_max")}


def test_a_given_box_without_area_is_none():
    mask_chw = np.zeros((2, 16, 16), np.float32)
    mask_chw[0, 2:6, 4:12] = 0.9
    assert box(answer(mask_chw, 16, 16, np.array([1.0, 1.0, 0.0, 0.0]))) == (4, 2, 12, 6)
