import math

import pytest
import torch

from pipeline.losses.segmentation import LossConfig, WeightedSum


def run(config, mask_logits, class_logits, mask, cls):
    batch = {"mask": (mask * 255).to(torch.uint8), "class": cls}
    return WeightedSum(config)({"mask": mask_logits, "class": class_logits}, batch)


def test_closed_forms_at_zero_logits():
    mask = torch.zeros(1, 2, 4, 4)
    mask[:, :, :2] = 1.0  # half of each channel
    total, parts = run(LossConfig(), torch.zeros(1, 2, 4, 4), torch.zeros(1, 10), mask, torch.tensor([3]))
    assert parts["bce"].item() == pytest.approx(math.log(2))
    assert parts["cls"].item() == pytest.approx(math.log(10))
    assert parts["dice"].item() == pytest.approx(1 - 2 * (8 * 0.5) / (16 * 0.5 + 8), abs=1e-6)
    assert total.item() == pytest.approx(sum(part.item() for part in parts.values()))


def test_weights_and_their_absence():
    config = LossConfig(dice=0.0, bce=2.0, lovasz=0.5, cls=0.0)
    mask = (torch.rand(2, 2, 8, 8, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    logits = torch.randn(2, 2, 8, 8, generator=torch.Generator().manual_seed(1))
    total, parts = run(config, logits, torch.zeros(2, 10), mask, torch.tensor([0, 1]))
    assert set(parts) == {"bce", "lovasz"}
    assert total.item() == pytest.approx(2 * parts["bce"].item() + 0.5 * parts["lovasz"].item())


def test_lovasz_is_zero_for_a_confident_right_answer_and_large_for_a_wrong_one():
    mask = torch.zeros(1, 2, 4, 4)
    mask[:, :, :2] = 1.0
    config = LossConfig(dice=0, bce=0, lovasz=1, cls=0)
    right, _ = run(config, (mask - 0.5) * 20, torch.zeros(1, 10), mask, torch.tensor([0]))
    wrong, _ = run(config, (0.5 - mask) * 20, torch.zeros(1, 10), mask, torch.tensor([0]))
    assert right.item() == 0.0
    assert wrong.item() > 5.0


def test_half_precision_logits_are_judged_in_single():
    logits = torch.full((1, 2, 4, 4), 60.0, dtype=torch.bfloat16)
    total, _ = run(
        LossConfig(), logits, torch.zeros(1, 10, dtype=torch.bfloat16), torch.zeros(1, 2, 4, 4), torch.tensor([0])
    )
    assert total.dtype == torch.float32
    assert math.isfinite(total.item())


def test_closed_forms_of_exclusive_masks_at_zero_logits():
    mask = torch.zeros(1, 2, 4, 4)
    mask[:, 0, 0], mask[:, 1, 1] = 1.0, 1.0  # a quarter each; half is background
    config = LossConfig(dice=0, bce=0, cls=0, ce=1, jaccard=1)
    total, parts = run(config, torch.zeros(1, 3, 4, 4), torch.zeros(1, 10), mask, torch.tensor([0]))
    assert parts["ce"].item() == pytest.approx(math.log(3))
    shares = (
        0.5,
        0.25,
        0.25,
    )  # each class has a third of every pixel's probability: intersection f/3, union (1 + 2f)/3
    assert parts["jaccard"].item() == pytest.approx(1 - sum(f / (1 + 2 * f) for f in shares) / 3, abs=1e-6)
    assert total.item() == pytest.approx(parts["ce"].item() + parts["jaccard"].item())


def test_losses_of_masks_by_themselves_take_exclusive_ones_against_the_background():
    config, mask = LossConfig(lovasz=1), (torch.rand(1, 2, 4, 4) > 0.5).float()
    logits, classes = torch.randn(1, 3, 4, 4), torch.zeros(1, 10)
    total, _ = run(config, logits, classes, mask, torch.tensor([0]))
    same, _ = run(config, logits[:, 1:] - logits[:, :1], classes, mask, torch.tensor([0]))
    assert torch.equal(total, same)
