import pytest
import torch

from pipeline.losses.looks import OverLooks
from pipeline.losses.segmentation import LossConfig, WeightedSum
from pipeline.masks.windows import crop

LOSS = WeightedSum(LossConfig(dice=1, bce=1, lovasz=0, cls=1))


@pytest.fixture
def batch():
    torch.manual_seed(0)
    mask_bchw = torch.zeros(2, 2, 64, 64, dtype=torch.uint8)
    mask_bchw[0, 0, 16:32, 16:48], mask_bchw[1, 1, 8:24, 32:64] = 255, 255
    return {"mask": mask_bchw, "class": torch.tensor([1, 0])}


def test_of_one_look_it_is_the_loss(batch):
    outputs = {"mask": torch.randn(2, 2, 64, 64), "class": torch.randn(2, 3)}
    expected, _ = LOSS(outputs, batch)
    assert torch.equal(OverLooks(LOSS)(outputs, batch)[0], expected)


def test_of_two_it_is_the_mean_each_against_what_it_was_shown(batch):
    window_b3 = torch.tensor([[0.0, -0.25, 0.5], [0.5, -0.5, 0.5]])
    looks = {
        **{"mask_coarse": torch.randn(2, 2, 16, 16), "class_coarse": torch.randn(2, 3)},
        **{"mask_fine": torch.randn(2, 2, 32, 32), "class_fine": torch.randn(2, 3), "window": window_b3},
    }
    total, parts = OverLooks(LOSS)(looks, batch)
    small = batch["mask"].float().reshape(2, 2, 16, 4, 16, 4).mean(dim=(3, 5))
    first, first_parts = LOSS({"mask": looks["mask_coarse"], "class": looks["class_coarse"]}, batch | {"mask": small})
    near = crop(batch["mask"].float(), window_b3, 32)
    second, second_parts = LOSS({"mask": looks["mask_fine"], "class": looks["class_fine"]}, batch | {"mask": near})
    assert total.item() == pytest.approx((first + second).item() / 2)
    for name in ("dice", "bce", "cls"):
        assert parts[name].item() == pytest.approx((first_parts[name] + second_parts[name]).item() / 2)


def test_the_sum_is_that_of_the_parts_by_their_weights(batch):
    loss = OverLooks(WeightedSum(LossConfig(dice=1, bce=0.5, lovasz=3, cls=2)))
    total, parts = loss({"mask": torch.randn(2, 2, 64, 64), "class": torch.randn(2, 3)}, batch)
    assert loss.weights == {"dice": 1, "bce": 0.5, "lovasz": 3, "cls": 2}
    assert total.item() == pytest.approx(sum(loss.weights[name] * part.item() for name, part in parts.items()))


def test_a_perfect_second_look_costs_nothing_there(batch):
    window_b3 = torch.tensor([[0.0, 0.0, 1.0]] * 2)
    sure = torch.where(batch["mask"] > 0, 50.0, -50.0)
    looks = {"mask_coarse": sure, "mask_fine": sure, "window": window_b3}
    total, _ = OverLooks(WeightedSum(LossConfig(dice=0, bce=1, cls=0)))(looks, batch)
    assert total.item() < 0.02 * 50  # the edges, which a crop of the same size smooths
