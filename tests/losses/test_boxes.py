import pytest
import torch
from torchvision.ops import generalized_box_iou

from pipeline.losses.boxes import box_loss, giou
from pipeline.losses.segmentation import LossConfig, WeightedSum
from pipeline.masks.extent import soft_extent
from tests.masks.test_extent import SIZE, mask_of, sure


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
