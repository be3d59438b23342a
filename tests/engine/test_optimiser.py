import math

import pytest
import torch

from pipeline.config import config_of, recipe_values
from pipeline.engine.optimiser import learning_rate_share, optimiser_of, set_learning_rate
from pipeline.models.network import build_network
from pipeline.settings import OptimConfig


def test_two_learning_rates_and_decay_on_kernels_only():
    network = build_network(config_of(recipe_values("smoke")).model, 10)
    optimiser = optimiser_of(network, OptimConfig(lr=4e-3, encoder_lr_factor=0.25, weight_decay=1e-2))
    set_learning_rate(optimiser, 0.5)
    encoder = {id(p) for p in network.net.encoder.parameters()}
    seen = 0
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            seen += 1
            assert group["lr"] == pytest.approx(5e-4 if id(parameter) in encoder else 2e-3)
            assert group["weight_decay"] == (1e-2 if parameter.ndim > 1 else 0.0)
    assert seen == len(list(network.parameters()))


def test_schedule():
    shares = [learning_rate_share(step, 100, 10) for step in range(100)]
    assert shares[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert shares[10] == 1.0
    assert shares[55] == pytest.approx(0.5)
    assert shares[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 89 / 90)))
    assert learning_rate_share(0, 10, 0) == 1.0


def test_sgd_steps_along_the_gradient_and_keeps_its_momentum():
    network = build_network(config_of(recipe_values("smoke")).model, 10)
    config = OptimConfig(name="sgd", momentum=0.5, lr=0.1, encoder_lr_factor=1.0, weight_decay=0.0)
    optimiser = optimiser_of(network, config)
    set_learning_rate(optimiser, 1.0)
    weight = next(network.parameters())
    before = weight.detach().clone()
    for _ in range(2):
        weight.grad = torch.ones_like(weight)
        optimiser.step()
    torch.testing.assert_close(weight.detach(), before - 0.1 * (1 + 1.5))
