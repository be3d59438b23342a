import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masks.extent import soft_extent

SIZE = 16
PLACES = st.tuples(st.integers(0, 15), st.integers(0, 15), st.integers(1, 16), st.integers(1, 16))


def mask_of(left, top, width, height):
    mask_bhw = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    mask_bhw[:, top : top + height, left : left + width] = True
    return mask_bhw


def sure(mask_bhw, logit=50.0):
    return torch.where(mask_bhw, logit, -logit)


@given(PLACES)
def test_of_a_mask_it_is_its_box(place):
    left, top, width, height = place
    right, bottom = min(left + width, SIZE), min(top + height, SIZE)
    expected = torch.tensor([[left, top, right, bottom]]) / SIZE
    torch.testing.assert_close(soft_extent(sure(mask_of(*place))), expected)


def test_of_probabilities_it_is_the_running_product():
    logits_bhw = torch.randn(1, 3, 4)
    column = [logits_bhw[0, :, j].max().sigmoid().item() for j in range(4)]
    product, shares = 1.0, []
    for p in column:
        product *= 1 - p
        shares.append(product)
    assert soft_extent(logits_bhw)[0, 0].item() == pytest.approx(sum(shares) / 4)


def test_of_nothing_it_is_upside_down():
    assert soft_extent(torch.full((1, 4, 4), -50.0)).tolist() == [[1.0, 1.0, 0.0, 0.0]]
