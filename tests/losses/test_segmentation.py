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
