import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.masks.boxes import box_from_mask, box_iou, without_specks

CORNER = st.integers(0, 12)
BOXES = st.tuples(CORNER, CORNER, st.integers(1, 8), st.integers(1, 8)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (6, 3), (8, 4), (0, 4)])
def test_one_pixel(x, y):
    mask_hw = np.zeros((5, 9), np.uint8)
    mask_hw[y, x] = 1
    assert box_from_mask(mask_hw) == (x, y, x + 1, y + 1)


def test_extent_of_apart_pixels_is_in_whole_numbers():
    mask_hw = np.zeros((5, 9), bool)
    mask_hw[1, 7] = mask_hw[3, 2] = True
    box = box_from_mask(mask_hw)
    assert box == (2, 1, 8, 4)
    assert all(type(value) is int for value in box)


def test_full_and_empty():
    assert box_from_mask(np.ones((5, 9), bool)) == (0, 0, 9, 5)
    assert box_from_mask(np.zeros((5, 9), bool)) is None


@given(BOXES, BOXES)
def test_iou_is_that_of_the_drawn_boxes(first, second):
    def drawn(box):
        mask_hw = np.zeros((20, 20), bool)
        mask_hw[box[1] : box[3], box[0] : box[2]] = True
        return mask_hw

    expected = (drawn(first) & drawn(second)).sum() / (drawn(first) | drawn(second)).sum()
    assert box_iou(np.array([first]), np.array([second]))[0] == pytest.approx(expected)
    assert box_from_mask(drawn(first)) == first


def test_iou_in_closed_form():
    first = [[0, 0, 2, 2], [0, 0, 10, 10], [0, 0, 4, 4], [0, 0, 1, 1], [0.5, 0.5, 1, 1]]
    second = [[1, 1, 3, 3], [0, 0, 10, 5], [1, 1, 3, 3], [1, 0, 2, 1], [0.5, 0.5, 1, 1]]
    np.testing.assert_allclose(box_iou(np.array(first), np.array(second)), [1 / 7, 1 / 2, 1 / 4, 0, 1])


@pytest.mark.parametrize(
    "bad", [(np.nan, 0, 4, 4), (0, 0, 4, np.nan), (np.nan,) * 4, (4, 4, 0, 0), (2, 2, 2, 2), (0, 0, np.inf, 4)]
)
def test_no_area_no_number_no_overlap(bad):
    good = np.array([[0, 0, 4, 4]])
    for pair in ((np.array([bad]), good), (good, np.array([bad])), (np.array([bad]), np.array([bad]))):
        iou = box_iou(*pair)
        assert iou.shape == (1,)
        assert iou[0] == 0


def test_no_boxes():
    assert box_iou(np.zeros((0, 4)), np.zeros((0, 4))).shape == (0,)


def spotted():
    """Parts of 100, 5, 4 and 1 pixels, the last touching the first by a corner only."""
    mask_hw = np.zeros((40, 40), bool)
    mask_hw[0:10, 0:10] = mask_hw[10, 10] = True
    mask_hw[30, 0:5] = mask_hw[35, 10:14] = True
    return mask_hw


@pytest.mark.parametrize(("share", "areas"), [(0.0, 110), (4 / 101, 110), (4.5 / 101, 106), (0.06, 101), (1.0, 101)])
def test_specks(share, areas):
    mask_hw = spotted()
    kept = without_specks(mask_hw, share)
    assert kept.dtype == bool
    assert kept.sum() == areas
    assert not (kept & ~mask_hw).any()
    assert kept[:11, :11].sum() == 101


@given(arrays(bool, (6, 7)))
def test_specks_of_anything_leave_the_largest_part(mask_hw):
    kept = without_specks(mask_hw, 0.9)
    assert not (kept & ~mask_hw).any()
    assert kept.any() == mask_hw.any()
    np.testing.assert_array_equal(without_specks(mask_hw, 0.0), mask_hw)
