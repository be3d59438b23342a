import math

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.losses.boxes import giou
from pipeline.losses.pose import PoseLoss, PoseLossConfig, untaught
from pipeline.poses.camera import SPEED_PLUS
from pipeline.poses.rotations import matrix_of
from tests.losses.of_pose import KEY_POINTS, OFF, of

WIDTH, HEIGHT = SPEED_PLUS.width, SPEED_PLUS.height
CAMERA_9 = SPEED_PLUS.values / [WIDTH, HEIGHT, WIDTH, HEIGHT, 1, 1, 1, 1, 1]
PLACES = np.array([[0.3, -0.4, 5.0], [-0.9, 0.6, 8.0], [0.0, 0.0, 3.0]])


def pose_case() -> tuple[dict, dict]:
    """Three poses, and outputs that say them exactly."""
    torch.manual_seed(0)
    rotation_b33 = matrix_of(torch.randn(3, 4))
    share_b2 = SPEED_PLUS.project(PLACES) / (WIDTH, HEIGHT)
    batch = {
        "rotation": rotation_b33,
        "translation": torch.tensor(PLACES),
        "camera": torch.tensor(CAMERA_9).float().repeat(3, 1),
    }
    outputs = {
        "rotation": rotation_b33[:, :, :2].mT.flatten(1) * torch.tensor([[1.0], [3.0], [0.2]]),
        "position": torch.tensor(np.column_stack([share_b2, np.log(PLACES[:, 2])])).float(),
    }
    return outputs, batch


def test_the_right_pose_costs_nothing_and_pulls_nowhere_wild():
    outputs, batch = pose_case()
    for tensor in outputs.values():
        tensor.requires_grad_()
    total = of("pose", outputs, batch)
    total.backward()
    assert total.item() == pytest.approx(0, abs=3e-6)
    assert all(tensor.grad.isfinite().all() and tensor.grad.abs().max() < 100 for tensor in outputs.values())


@pytest.mark.parametrize("angle", [0.01, 0.5, 3.0, math.pi])
def test_a_turn_costs_its_angle(angle):
    outputs, batch = pose_case()
    turn_33 = matrix_of(torch.tensor([math.cos(angle / 2), 0, math.sin(angle / 2), 0]))
    batch["rotation"] = turn_33 @ batch["rotation"]
    outputs["rotation"].requires_grad_()
    total = of("pose", outputs, batch)
    total.backward()
    assert total.item() == pytest.approx(angle, abs=2e-5)
    assert outputs["rotation"].grad.isfinite().all()


def test_a_tenth_too_far_costs_a_tenth():
    outputs, batch = pose_case()
    outputs["position"][:, 2] += math.log(1.1)
    _, parts = PoseLoss(PoseLossConfig(), "P", KEY_POINTS)(outputs, batch)
    assert parts["translation_share"].item() == pytest.approx(0.1, abs=1e-5)
    assert parts["rotation_rad"].item() == pytest.approx(0, abs=1e-5)
    assert parts["pose"].item() == pytest.approx(0.1, abs=1e-5)


def test_a_miss_aside_costs_its_share_of_the_distance():
    outputs, batch = pose_case()
    batch["translation"] += torch.tensor([0.3, 0.0, -0.4])  # half a metre
    expected = np.mean(0.5 / np.linalg.norm(batch["translation"].numpy(), axis=1))
    assert of("pose", outputs, batch).item() == pytest.approx(expected, abs=1e-5)


def ciou_by_hand(one, other) -> float:
    """1 - IoU + (distance of the centres / diagonal around both)^2 + aspect term, https://arxiv.org/abs/1911.08287."""
    (a, b, c, d), (e, f, g, h) = one, other
    both = max(0, min(c, g) - max(a, e)) * max(0, min(d, h) - max(b, f))
    iou = both / ((c - a) * (d - b) + (g - e) * (h - f) - both)
    diagonal = (max(c, g) - min(a, e)) ** 2 + (max(d, h) - min(b, f)) ** 2
    apart = ((a + c - e - g) ** 2 + (b + d - f - h) ** 2) / 4
    aspect = 4 / math.pi**2 * (math.atan((c - a) / (d - b)) - math.atan((g - e) / (h - f))) ** 2
    return 1 - iou + apart / diagonal + aspect**2 / (1 - iou + aspect)


BOXES = torch.tensor([[0.1, 0.2, 0.5, 0.4], [-0.1, 0.3, 0.2, 1.2], [0.7, 0.7, 0.9, 0.95]])
TRUE_BOXES = torch.tensor([[0.2, 0.1, 0.6, 0.5], [0.0, 0.3, 0.2, 1.0], [0.1, 0.1, 0.3, 0.2]])


def test_boxes_by_independent_lines():
    outputs, batch = {"box": BOXES}, {"box": TRUE_BOXES}
    expected = np.mean([ciou_by_hand(*pair) for pair in zip(BOXES.tolist(), TRUE_BOXES.tolist(), strict=True)])
    assert of("ciou", outputs, batch).item() == pytest.approx(expected, abs=1e-5)
    assert of("giou", outputs, batch).item() == pytest.approx(1 - giou(BOXES, TRUE_BOXES).mean().item(), abs=1e-5)


@pytest.mark.parametrize("name", ["ciou", "giou"])
def test_boxes_that_are_not_known_do_not_count(name):
    unknown = torch.tensor([[math.nan] * 4, [0.3, 0.3, 0.3, 0.3]])
    alone = of(name, {"box": BOXES[:1]}, {"box": TRUE_BOXES[:1]}).item()
    box_b4 = BOXES.clone().requires_grad_()
    total = of(name, {"box": box_b4}, {"box": torch.cat([TRUE_BOXES[:1], unknown])})
    total.backward()
    assert total.item() == pytest.approx(alone)
    assert box_b4.grad.isfinite().all()
    assert (box_b4.grad[1:] == 0).all()
    assert of(name, {"box": BOXES[:2]}, {"box": unknown}).item() == 0


@pytest.mark.parametrize("name", ["ciou", "giou"])
def test_the_right_box_costs_nothing_and_its_gradient_is_finite(name):
    box_b4 = TRUE_BOXES.clone().requires_grad_()
    total = of(name, {"box": box_b4}, {"box": TRUE_BOXES})
    total.backward()
    assert total.item() == pytest.approx(0, abs=1e-5)
    assert box_b4.grad.isfinite().all()


def test_masks_are_judged_at_the_stride_of_the_logits():
    mask_bchw = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    mask_bchw[..., :6] = 255  # of the two cells to a side, the right ones are half craft
    batch, logits = {"mask": mask_bchw, "masked": torch.tensor([True])}, torch.tensor([[[[2.0, -1.0], [0.0, 3.0]]]])
    p, t = logits.sigmoid().numpy(), np.array([[[[1, 0.5], [1, 0.5]]]])
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    assert of("bce", {"mask": logits}, batch).item() == pytest.approx(expected, rel=1e-5)
    assert of("mse", {"mask": logits}, batch).item() == pytest.approx(((p - t) ** 2).mean(), rel=1e-5)
    assert of("bce", {"mask": torch.zeros(1, 1, 2, 2)}, batch).item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("name", ["bce", "mse"])
def test_masks_that_are_not_known_do_not_count(name):
    torch.manual_seed(2)
    logits, mask = torch.randn(3, 1, 4, 4), torch.randint(0, 256, (3, 1, 16, 16), dtype=torch.uint8)
    alone = of(name, {"mask": logits[1:2]}, {"mask": mask[1:2], "masked": torch.tensor([True])})
    batch = {"mask": mask, "masked": torch.tensor([False, True, False])}
    assert of(name, {"mask": logits}, batch).item() == pytest.approx(alone.item())
    assert of(name, {"mask": logits}, batch | {"masked": torch.zeros(3, dtype=torch.bool)}).item() == 0


def everything() -> tuple[dict, dict]:
    outputs, batch = pose_case()
    torch.manual_seed(1)
    outputs |= {"heat": torch.randn(3, 4, 16, 16), "box": BOXES, "mask": torch.randn(3, 1, 16, 16)}
    batch |= {"box": TRUE_BOXES, "masked": torch.ones(3, dtype=torch.bool)}
    return outputs, batch | {"mask": torch.randint(0, 256, (3, 1, 64, 64), dtype=torch.uint8)}


def test_the_sum_is_of_the_heads_that_there_are():
    outputs, batch = everything()
    config = PoseLossConfig(pose=2, heat=0.5, giou=0.25)
    outputs["position"] += 0.1
    total, parts = PoseLoss(config, "PHB", KEY_POINTS)(
        {name: outputs[name] for name in outputs if name != "mask"}, batch
    )
    assert list(parts) == ["pose", "heat", "ciou", "giou", "rotation_rad", "translation_share"]
    value = {name: part.item() for name, part in parts.items()}
    assert value["pose"] == pytest.approx(value["rotation_rad"] + value["translation_share"])
    expected = 2 * value["pose"] + 0.5 * value["heat"] + value["ciou"] + 0.25 * value["giou"]
    assert total.item() == pytest.approx(expected)
    without, parts = PoseLoss(PoseLossConfig(**OFF), "PH", KEY_POINTS)(outputs, batch)
    assert (without.item(), parts) == (0, {})


def test_half_precision_is_judged_in_single():
    outputs, batch = everything()
    half = {name: tensor.bfloat16() for name, tensor in outputs.items()}
    loss = PoseLoss(PoseLossConfig(giou=1, mse=1), "PHBS", KEY_POINTS)
    total, parts = loss({name: tensor.float() for name, tensor in half.items()}, batch)
    with torch.autocast("cpu", torch.bfloat16):
        same, same_parts = loss(half, batch)
    assert same.dtype == torch.float32
    assert torch.equal(total, same)
    assert all(torch.equal(part, same_parts[name]) for name, part in parts.items())


def test_heads_without_a_loss_are_named():
    assert untaught(PoseLossConfig(), "PHBS") == []
    assert untaught(PoseLossConfig(**OFF | {"giou": 1}), "PB") == ["head P has no loss; give a weight to loss.pose"]
    assert untaught(PoseLossConfig(**OFF), "S") == ["head S has no loss; give a weight to loss.bce or loss.mse"]


def test_descent_finds_the_truth_from_a_fresh_network_s_answers():
    """Each output as free parameters, a box as the head makes it, so that it is the losses that are tried."""
    outputs, batch = everything()
    outputs["rotation"] = torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(3, 1)
    outputs["position"] = torch.tensor([0.5, 0.5, math.log(6)]).repeat(3, 1)
    outputs |= {name: torch.zeros_like(outputs[name]) for name in ("heat", "box", "mask")}
    free = {name: nn.Parameter(tensor) for name, tensor in outputs.items()}

    def answered() -> dict:
        centre_b2, side_b2 = free["box"].sigmoid().chunk(2, dim=1)
        return free | {"box": torch.cat([centre_b2 - side_b2 / 2, centre_b2 + side_b2 / 2], dim=1)}

    loss, optimiser = PoseLoss(PoseLossConfig(), "PHBS", KEY_POINTS), torch.optim.Adam(free.values())
    before = loss(answered(), batch)[1]
    for step in range(150):
        optimiser.param_groups[0]["lr"] = 0.1 * (1 - step / 150)
        total, parts = loss(answered(), batch)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    assert parts["pose"].item() < 0.05 < 1 < before["pose"].item()
    assert parts["heat"].item() < 0.02
    assert parts["ciou"].item() < 0.1 < 0.7 < before["ciou"].item()
    assert parts["bce"].item() < before["bce"].item()
