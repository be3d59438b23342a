import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.dataset.mask_colours import colours_from_labels, foreign_pixels, labels_from_colours

BLACK_RED_BLUE = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.int64)


def nearest(mask_rgb):
    """Label of the least distance; where red and blue are equally near, the first of them."""
    return ((mask_rgb[:, :, None].astype(np.int64) - BLACK_RED_BLUE) ** 2).sum(-1).argmin(-1)


def through_jpeg(labels_hw, quality):
    """Colours of a label map as a JPEG gives them back."""
    bgr = cv2.cvtColor(colours_from_labels(labels_hw), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)


def craft():
    """A body with two wings, a slanted dish and a thin boom."""
    labels_hw = np.zeros((512, 512), np.uint8)
    cv2.rectangle(labels_hw, (200, 180), (290, 330), 1, -1)
    cv2.ellipse(labels_hw, (245, 150), (60, 25), 20, 0, 360, 1, -1)
    cv2.line(labels_hw, (245, 330), (300, 470), 1, 4)
    cv2.fillPoly(labels_hw, [np.array([[60, 220], [195, 240], [195, 300], [60, 280]])], 2)
    cv2.fillPoly(labels_hw, [np.array([[295, 240], [440, 200], [440, 262], [295, 300]])], 2)
    return labels_hw


def iou(first, second):
    return (first & second).sum() / (first | second).sum()


def test_every_red_and_blue_at_some_greens_is_the_nearest_colour():
    red, blue = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    for green in (0, 1, 127, 128, 200, 255):
        mask_rgb = np.stack([red, np.full_like(red, green), blue], axis=2).astype(np.uint8)
        np.testing.assert_array_equal(labels_from_colours(mask_rgb), nearest(mask_rgb))


@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3))))
def test_any_colour_is_the_nearest_colour(mask_rgb):
    labels_hw = labels_from_colours(mask_rgb)
    assert labels_hw.dtype == np.uint8
    np.testing.assert_array_equal(labels_hw, nearest(mask_rgb))


@pytest.mark.parametrize(
    ("colour", "label"),
    [((127, 0, 0), 0), ((128, 0, 0), 1), ((128, 0, 128), 1), ((128, 0, 129), 2), ((0, 0, 128), 2), ((0, 255, 127), 0)],
)
def test_borders_between_the_colours(colour, label):
    assert labels_from_colours(np.array([[colour]], np.uint8)).item() == label


@given(arrays(np.uint8, (4, 6), elements=st.integers(0, 2)))
def test_pure_colours_go_there_and_back(labels_hw):
    np.testing.assert_array_equal(labels_from_colours(colours_from_labels(labels_hw)), labels_hw)


@pytest.mark.parametrize("quality", [75, 85, 95])
def test_jpeg_masks_survive_by_nearest_colour_and_not_by_equality(quality):
    labels_hw = craft()
    mask_rgb = through_jpeg(labels_hw, quality)
    found = labels_from_colours(mask_rgb)
    for label in (1, 2):
        assert iou(found == label, labels_hw == label) >= 0.99
        equal = (mask_rgb == colours_from_labels(np.array(label))).all(axis=2)
        assert iou(equal, labels_hw == label) < 0.6


@pytest.mark.parametrize("quality", [75, 95])
def test_jpeg_makes_few_foreign_pixels(quality):
    mask_rgb = through_jpeg(craft(), quality)
    assert foreign_pixels(mask_rgb, labels_from_colours(mask_rgb)) < 0.02 * (craft() > 0).sum()


def test_pure_colours_are_not_foreign_and_other_paint_is():
    mask_rgb = colours_from_labels(np.array([[0, 1, 2]]))
    assert foreign_pixels(mask_rgb, labels_from_colours(mask_rgb)) == 0
    others = [(0, 255, 0), (255, 255, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255), (128, 128, 128), (120, 0, 0)]
    mask_rgb = np.array([others], np.uint8)
    assert foreign_pixels(mask_rgb, labels_from_colours(mask_rgb)) == len(others)


@pytest.mark.parametrize("gap", [2, 3, 6])
@pytest.mark.parametrize("quality", [75, 90, 95])
def test_a_panel_with_thin_gaps_survives(quality, gap):
    """Gaps of one pixel do not: JPEG halves the colour's resolution, which leaves an IoU of 0.97."""
    labels_hw = np.zeros((512, 512), np.uint8)
    labels_hw[200:320, 180:260], labels_hw[230:290, 260:480] = 1, 2
    for x in range(290, 480, 30):
        labels_hw[230:290, x : x + gap] = 0
    mask_rgb = through_jpeg(labels_hw, quality)
    assert iou(labels_from_colours(mask_rgb) == 2, labels_hw == 2) >= 0.99
    assert iou((mask_rgb == [0, 0, 255]).all(axis=2), labels_hw == 2) < 0.6


@pytest.mark.parametrize("paint", [(0, 255, 0), (128, 128, 128), (255, 255, 255)])
def test_other_paint_is_foreign_through_a_jpeg_too(paint):
    labels_hw = craft()
    mask_rgb = np.where(labels_hw[..., None] > 0, np.array(paint, np.uint8), np.uint8(0))
    _, data = cv2.imencode(".jpg", mask_rgb, [cv2.IMWRITE_JPEG_QUALITY, 90])
    mask_rgb = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    assert foreign_pixels(mask_rgb, labels_from_colours(mask_rgb)) > 0.95 * (labels_hw > 0).sum()
