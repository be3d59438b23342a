import numpy as np
import pytest
import torch

from pipeline.masks.boxes import box_from_mask
from pipeline.masks.views import VIEWS, turned_back, views

IMAGE_BCHW = torch.arange(2 * 3 * 5 * 5, dtype=torch.float32).reshape(2, 3, 5, 5)


def turned(name):
    """What each view makes of the image, as numpy."""
    return [view.augment_image(IMAGE_BCHW).numpy() for view in views(name)]


def as_set(images):
    return {np.ascontiguousarray(image).tobytes() for image in images}


@pytest.mark.parametrize("name", VIEWS)
def test_undoing_gives_the_image_back(name):
    for view in views(name):
        np.testing.assert_array_equal(view.deaugment_mask(view.augment_image(IMAGE_BCHW)), IMAGE_BCHW)


@pytest.mark.parametrize(("name", "count"), [("none", 1), ("hflip", 2), ("flips", 4), ("d4", 8)])
def test_number_of_different_views_the_image_itself_among_them(name, count):
    assert len(views(name)) == len(turned(name)) == len(as_set(turned(name))) == count
    assert as_set([IMAGE_BCHW.numpy()]) <= as_set(turned(name))


def test_d4_is_all_quarter_turns_of_the_image_and_its_mirror():
    image = IMAGE_BCHW.numpy()
    mirrored = image[..., ::-1]
    expected = [np.rot90(version, turns, axes=(2, 3)) for version in (image, mirrored) for turns in range(4)]
    assert as_set(turned("d4")) == as_set(expected)


def test_flips_mirror_and_do_not_turn():
    image = IMAGE_BCHW.numpy()
    assert as_set(turned("hflip")) == as_set([image, image[..., ::-1]])
    four = [image, image[..., ::-1], image[..., ::-1, :], image[..., ::-1, ::-1]]
    assert as_set(turned("flips")) == as_set(four)


@pytest.mark.parametrize("name", ["none", "hflip", "flips"])
def test_views_without_turns_take_images_that_are_not_square(name):
    wide_bchw = IMAGE_BCHW[..., :3, :]
    for view in views(name):
        assert view.augment_image(wide_bchw).shape == wide_bchw.shape
        np.testing.assert_array_equal(view.deaugment_mask(view.augment_image(wide_bchw)), wide_bchw)


@pytest.mark.parametrize(("name", "width"), [("none", 5), ("hflip", 5), ("flips", 5), ("d4", 9), ("flips", 9)])
def test_a_box_turned_back_is_that_of_the_mask_turned_back(name, width):
    mask_bchw = torch.zeros(2, 1, 9, width)
    mask_bchw[0, :, 1:4, 0:2] = mask_bchw[1, :, 3:8, 3:4] = 1.0
    for view in views(name):
        seen, there = (boxes(of) for of in (view.augment_image(mask_bchw), mask_bchw))
        torch.testing.assert_close(turned_back(view, seen), there)


def boxes(mask_bchw):
    """As shares of the image."""
    height, width = mask_bchw.shape[2:]
    boxes_b4 = [box_from_mask(mask_hw.numpy()) for mask_hw in mask_bchw[:, 0] > 0]
    return torch.tensor(boxes_b4) / torch.tensor([width, height, width, height])


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError):
        views("d8")
