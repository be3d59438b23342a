import math

import numpy as np
import pytest
import torch

from pipeline.losses.pose import PoseLoss, PoseLossConfig
from tests.losses.of_pose import of

HEAT = {  # a camera that sees x + 0.5 and y + 0.5 of what is a metre away
    "rotation": torch.eye(3).expand(2, 3, 3),
    "translation": torch.tensor([[0.0, 0.0, 1.0], [-0.4, -0.48, 1.0]]),
    "camera": torch.tensor([[1.0, 1.0, 0.5, 0.5, 0, 0, 0, 0, 0]]).expand(2, 9),
}


def gaussian(x: float, y: float, side: int) -> np.ndarray:
    """Of sigma 2 around a share of the image, by a loop."""
    return np.array(
        [
            [math.exp(-((j + 0.5 - x * side) ** 2 + (i + 0.5 - y * side) ** 2) / 8) for j in range(side)]
            for i in range(side)
        ]
    )


def test_heat_maps_are_gaussians_inside_and_empty_outside_and_behind():
    side = 32
    expected_bkhw = np.zeros((2, 4, side, side))
    inside = {(0, 0): (0.5, 0.5), (0, 1): (0.31, 0.77), (1, 0): (0.1, 0.02), (1, 2): (0.61, 0.02)}
    for (i, j), place in inside.items():
        expected_bkhw[i, j] = gaussian(*place, side)
    found = torch.tensor(expected_bkhw).float().requires_grad_()
    total = of("heat", {"heat": found}, HEAT)
    total.backward()
    assert total.item() == pytest.approx(0, abs=1e-9)
    assert found.grad.isfinite().all()
    noise = torch.randn(2, 4, side, side)
    squares = ((noise.numpy() - expected_bkhw) ** 2).sum(axis=(2, 3)).mean()
    assert of("heat", {"heat": noise}, HEAT).item() == pytest.approx(squares / (4 * math.pi), rel=1e-5)


def test_an_empty_heat_map_costs_one_a_point_that_is_in_the_middle():
    for side in (32, 64):
        costs = PoseLoss(PoseLossConfig(), "H", [[0.0, -0.1, 0.0]])({"heat": torch.zeros(2, 1, side, side)}, HEAT)
        nothing = PoseLoss(PoseLossConfig(), "H", [[0.6, 0.0, 0.0]])
        first = {name: values[:1] for name, values in HEAT.items()}
        assert nothing({"heat": torch.zeros(1, 1, side, side)}, first)[0].item() == 0
        middle = PoseLoss(PoseLossConfig(), "H", [[0.0, -0.1, 0.0]])
        assert middle({"heat": torch.zeros(1, 1, side, side)}, first)[0].item() == pytest.approx(1, abs=1e-4)
        assert costs[0].item() < 1  # of the second a part lies outside
