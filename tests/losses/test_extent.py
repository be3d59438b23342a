import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import generalized_box_iou, generalized_box_iou_loss, masks_to_boxes

from pipeline.losses.extent import box_loss, giou, soft_extent
from pipeline.losses.segmentation import LossConfig, WeightedSum

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


def test_giou_is_torchvision_s():
    torch.manual_seed(0)
    corners = torch.rand(2, 200, 2, 2).sort(dim=2).values.flatten(2)
    torch.testing.assert_close(giou(*corners), generalized_box_iou(*corners).diagonal())


def test_worked_numbers():
    mask_bhw = mask_of(4, 4, 8, 8)
    assert box_loss(soft_extent(sure(mask_bhw)), mask_bhw).item() == pytest.approx(0.0, abs=1e-6)
    wider = sure(mask_of(4, 4, 12, 8))  # 4 of 16 too far on one side; 64 of 96 pixels are right
    assert box_loss(soft_extent(wider), mask_bhw).item() == pytest.approx(4 / 16 + 1 - 64 / 96)
    apart = sure(mask_of(12, 4, 4, 8))  # sides off by 8, 0, 4, 0; of the 96 around both, none is of neither
    assert box_loss(soft_extent(apart), mask_bhw).item() == pytest.approx(12 / 16 + 1)


def test_images_without_a_craft_do_not_count():
    masks = torch.cat([mask_of(4, 4, 8, 8), mask_of(0, 0, 1, 1) & False])
    boxes = soft_extent(torch.cat([sure(mask_of(4, 4, 12, 8)), torch.randn(1, SIZE, SIZE)]))
    assert box_loss(boxes, masks).item() == pytest.approx(box_loss(boxes[:1], masks[:1]).item())
    assert box_loss(boxes[1:], masks[1:]).item() == 0.0


@pytest.mark.parametrize("start", [-8.0, 0.0, 8.0])
def test_descent_from_anywhere_finds_the_box(start):
    mask_bhw = mask_of(3, 5, 6, 4)
    logits_bhw = torch.full((1, SIZE, SIZE), start, requires_grad=True)
    optimiser = torch.optim.Adam([logits_bhw], lr=0.5)
    for _ in range(600):
        loss = box_loss(soft_extent(logits_bhw), mask_bhw)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert logits_bhw.isfinite().all()
    assert loss.item() < 0.1


def test_it_is_a_loss_of_the_union_of_body_and_panel():
    mask = torch.cat([mask_of(4, 4, 4, 8), mask_of(8, 4, 4, 8)])[None]
    batch = {"mask": (mask * 255).to(torch.uint8), "class": torch.tensor([0])}
    config = LossConfig(dice=0, bce=0, cls=0, box=1)
    right, parts = WeightedSum(config)({"mask": sure(mask)}, batch)
    assert right.item() == pytest.approx(0.0, abs=1e-6)
    assert parts.keys() == {"box"}
    swapped, _ = WeightedSum(config)({"mask": sure(mask.flip(1))}, batch)
    assert swapped.item() == pytest.approx(0.0, abs=1e-6)


def test_a_head_s_box_is_held_against_that_of_body_and_panel_together():
    torch.manual_seed(0)
    mask = torch.stack([torch.cat([mask_of(4, 4, 4, 8), mask_of(8, 2, 4, 8)]), mask_of(0, 9, 16, 3).repeat(2, 1, 1)])
    batch = {"mask": (mask * 255).to(torch.uint8)}
    true_b4 = (masks_to_boxes(mask.any(dim=1)) + torch.tensor([0, 0, 1, 1])) / SIZE  # its max is inclusive
    box_b4 = torch.rand(2, 2, 2).sort(dim=1).values.flatten(1)
    total, parts = WeightedSum(LossConfig(dice=0, bce=0, cls=0, box_head=2))({"box": box_b4}, batch)
    each_b = (box_b4 - true_b4).abs().sum(dim=1) + generalized_box_iou_loss(box_b4, true_b4)
    assert (parts.keys(), total.item()) == ({"box_head"}, pytest.approx(2 * each_b.mean().item()))
