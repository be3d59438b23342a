import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masks.softmax import against_background, with_background


@given(st.integers(0, 2**32 - 1))
def test_a_part_is_above_a_half_just_where_softmax_prefers_it_to_the_background(seed):
    logits_bchw = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(seed))
    probability_bchw = against_background(logits_bchw).sigmoid()
    body, panel = probability_bchw[:, 0], probability_bchw[:, 1]
    chosen = torch.where(torch.maximum(body, panel) <= 0.5, 0, torch.where(panel > body, 2, 1))
    assert torch.equal(chosen, logits_bchw.softmax(dim=1).argmax(dim=1))


def test_masks_that_stand_by_themselves_stay():
    logits_bchw = torch.randn(1, 2, 3, 3)
    assert against_background(logits_bchw) is logits_bchw


def test_what_is_no_part_is_background():
    mask_bchw = torch.tensor([[0.25, 0.0, 1.0, 0.75], [0.5, 0.0, 0.0, 0.75]]).reshape(1, 2, 2, 2)
    expected = torch.tensor([[0.25, 1.0, 0.0, 0.0], [0.25, 0.0, 1.0, 0.5], [0.5, 0.0, 0.0, 0.5]])
    assert torch.equal(with_background(mask_bchw), expected.reshape(1, 3, 2, 2))
