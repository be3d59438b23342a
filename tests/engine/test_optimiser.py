import math

import pytest

from pipeline.config import config_of, recipe_values
from pipeline.engine.optimiser import adamw, learning_rate_share, set_learning_rate
from pipeline.models.network import build_network
from pipeline.settings import OptimConfig


def test_two_learning_rates_and_decay_on_kernels_only():
    network = build_network(config_of(recipe_values("smoke")).model, 10)
    optimiser = adamw(network, OptimConfig(lr=4e-3, encoder_lr_factor=0.25, weight_decay=1e-2))
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
