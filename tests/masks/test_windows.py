"""Windows against slices and plain loops."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from pipeline.masks.boxes import box_from_mask
from pipeline.masks.windows import (
    MARGIN,
    crop,
    fits,
    found_window,
    in_image,
    inside,
    jittered,
    pasted,
    resized,
    window_of,
)

SIZE = 64


def craft(left, top, width, height):
    """The mask (1, h, w) of a craft."""
    craft_bhw = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    craft_bhw[:, top : top + height, left : left + width] = True
    return craft_bhw


def test_a_window_is_the_square_around_the_craft_with_its_margin():
    craft_bhw = craft(20, 24, 16, 8)
    x, y, side = window_of(craft_bhw)[0].tolist()
    assert ((x + 1) * SIZE / 2, (y + 1) * SIZE / 2) == (28, 28)
    assert side * SIZE == pytest.approx(16 * MARGIN)


@given(st.integers(0, 63), st.integers(0, 63), st.integers(1, 64), st.integers(1, 64))
def test_windows_lie_inside_and_hold_the_craft(left, top, width, height):
    craft_bhw = craft(left, top, width, height)
    x, y, side = window_of(craft_bhw)[0].tolist()
    assert side <= 1
    for centre, low, high in ((x, left, min(left + width, 64)), (y, top, min(top + height, 64))):
        first, last = (centre + 1 - side) * SIZE / 2, (centre + 1 + side) * SIZE / 2
        assert -1e-4 <= first <= low + 1e-4
        assert high - 1e-4 <= last <= SIZE + 1e-4


def test_without_a_craft_the_window_is_the_whole_image():
    assert window_of(torch.zeros(2, 8, 8, dtype=torch.bool)).tolist() == [[0, 0, 1]] * 2
    assert inside(torch.tensor([[0.9, -0.9, 3.0]])).tolist() == [[0, 0, 1]]


def test_a_crop_on_the_grid_is_a_slice():
    image_bchw = torch.rand(2, 3, SIZE, SIZE)
    window_b3 = torch.tensor([[0.0, 0.5, 0.5], [-0.5, -0.5, 0.5]])
    found = crop(image_bchw, window_b3, 32)
    expected = torch.stack([image_bchw[0, :, 32:64, 16:48], image_bchw[1, :, :32, :32]])
    smooth = nn.functional.avg_pool2d(nn.functional.interpolate(expected, scale_factor=2, mode="bilinear"), 2)
    torch.testing.assert_close(found[..., 1:-1, 1:-1], smooth[..., 1:-1, 1:-1])


def test_a_crop_of_the_whole_image_at_half_size_averages():
    image_bchw = torch.rand(1, 3, SIZE, SIZE)
    found = crop(image_bchw, torch.tensor([[0.0, 0.0, 1.0]]), SIZE // 2)
    torch.testing.assert_close(found, nn.functional.avg_pool2d(image_bchw, 2))


def test_what_was_cropped_is_pasted_where_it_was():
    coarse, fine = torch.full((1, 1, 16, 16), -5.0), torch.full((1, 1, 32, 32), 7.0)
    found_hw = pasted(coarse, fine, torch.tensor([[0.0, 0.5, 0.5]]), SIZE)[0, 0]
    expected_hw = torch.full((SIZE, SIZE), -5.0)
    expected_hw[32:64, 16:48] = 7.0
    torch.testing.assert_close(found_hw, expected_hw)


def test_pasting_undoes_cropping():
    y, x = torch.meshgrid(torch.linspace(0, 3, SIZE), torch.linspace(0, 3, SIZE), indexing="ij")
    smooth_bchw = (x.sin() * y.cos())[None, None]
    window_b3 = torch.tensor([[0.1, -0.2, 0.6]])
    back_bchw = pasted(torch.full((1, 1, 8, 8), 9.0), crop(smooth_bchw, window_b3, 80), window_b3, SIZE)
    within = back_bchw != 9.0
    assert 0.3 < within.float().mean() < 0.4
    assert (back_bchw - smooth_bchw)[within].abs().max() < 0.05


@given(st.integers(0, 47), st.integers(0, 47), st.integers(1, 16), st.integers(1, 16), st.integers(0, 15))
def test_a_box_in_a_window_has_its_place_in_the_image(left, top, width, height, before):
    craft_hw = craft(left, top, width, height)[0].numpy()
    x, y, side = max(left - before, 0), max(top - before // 2, 0), 32
    window_b3 = torch.tensor([[(2 * x + side) / SIZE - 1, (2 * y + side) / SIZE - 1, side / SIZE]])
    near = box_from_mask(craft_hw[y : y + side, x : x + side])
    found = in_image(torch.tensor([near]) / side, window_b3)
    torch.testing.assert_close(found, torch.tensor([box_from_mask(craft_hw)]) / SIZE)


def test_what_is_found_hangs_together_with_the_likeliest_place():
    """A panel two cells of 2 pixels away belongs to the craft; a likely speck far off does not."""
    probability_bhw = torch.zeros(1, SIZE, SIZE)
    probability_bhw[0, 20:30, 10:20], probability_bhw[0, 22:28, 23:31] = 0.9, 0.4
    probability_bhw[0, 50:52, 60:62] = 0.8
    together_bhw = craft(10, 20, 21, 10)
    torch.testing.assert_close(found_window(probability_bhw, 0.3), window_of(together_bhw))
    torch.testing.assert_close(found_window(probability_bhw, 0.5), window_of(craft(10, 20, 10, 10)))
    probability_bhw[0, 50:52, 60:62] = 0.95  # the likeliest is now the speck: nothing says which is the craft
    torch.testing.assert_close(found_window(probability_bhw, 0.3), window_of(craft(60, 50, 2, 2)))


def test_nothing_found_is_the_whole_image():
    assert found_window(torch.full((2, SIZE, SIZE), 0.1), 0.3).tolist() == [[0, 0, 1]] * 2


def test_a_long_craft_is_found_from_end_to_end():
    probability_bhw = torch.full((1, SIZE, SIZE), 0.0)
    probability_bhw[0, 30:33, :] = torch.linspace(0.9, 0.5, SIZE)
    torch.testing.assert_close(found_window(probability_bhw, 0.3), torch.tensor([[0.0, 0.0, 1.0]]))


@pytest.mark.parametrize(
    ("window", "good"),
    [
        ((0.0, 0.0, 0.4), True),
        ((0.1, 0.0, 0.4), True),  # 0.875 of the true one is covered
        ((0.25, 0.25, 0.4), False),  # 0.6875 squared: less than half is
        ((0.0, 0.0, 0.3), False),  # 0.5625 is
        ((0.0, 0.0, 0.99), True),
        ((0.0, 0.0, 1.01), False),  # more than 2.5 times as large
    ],
)
def test_windows_that_training_can_use(window, good):
    assert fits(torch.tensor([window]), torch.tensor([[0.0, 0.0, 0.4]])).tolist() == [good]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_moves_no_window(dtype):
    """Of a ramp of places, what is cut and put back is where it was, to the precision of the ramp itself."""
    ramp_bchw = torch.linspace(0, 1, SIZE).expand(1, 1, SIZE, SIZE)
    window_b3 = torch.tensor([[0.137, -0.211, 0.377]])
    with torch.autocast("cpu", dtype=dtype):
        found = crop(ramp_bchw, window_b3, 40)
        back = pasted(ramp_bchw, found, window_b3, SIZE)
    torch.testing.assert_close(found, crop(ramp_bchw, window_b3, 40), atol=0, rtol=0)
    torch.testing.assert_close(back, pasted(ramp_bchw, found, window_b3, SIZE), atol=0, rtol=0)


def test_jitter_stays_inside():
    windows_b3 = jittered(torch.tensor([[0.3, -0.3, 0.7]]).repeat(500, 1))
    assert (windows_b3[:, :2].abs().amax(1) + windows_b3[:, 2] <= 1 + 1e-6).all()


def test_resized_is_averages_below_nothing_at_and_straight_lines_above_its_own_size():
    image_bchw = torch.rand(1, 1, 4, 4)
    assert torch.equal(resized(image_bchw, 4), image_bchw)
    torch.testing.assert_close(resized(image_bchw, 2), image_bchw.reshape(1, 1, 2, 2, 2, 2).mean(dim=(3, 5)))
    between = [0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0]
    ramp_bchw = torch.arange(4.0).expand(1, 1, 4, 4)
    torch.testing.assert_close(resized(ramp_bchw, 8)[0, 0], torch.tensor(between).expand(8, 8))
