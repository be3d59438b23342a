import pytest
import torch
from torch import nn
from torch.nn import functional

from pipeline.config import ModelConfig, config_of, recipe_values
from pipeline.models.cost import gmac, mparams
from pipeline.models.network import build_network
from tests.oracles.published import COSTS

PAIRS = [(encoder, decoder) for encoder, decoders in COSTS.items() for decoder in decoders]


@pytest.mark.parametrize(("encoder", "decoder"), PAIRS)
def test_published_costs(encoder, decoder):
    width = 128 if decoder == "segformer" else None
    network = build_network(ModelConfig(encoder, decoder, width, "none", size=512), classes=10)
    published_mparams, published_gmac = COSTS[encoder][decoder]
    assert mparams(network) == pytest.approx(published_mparams, rel=0.005)
    assert gmac(network, 512) == pytest.approx(published_gmac, rel=0.005)


def test_the_published_recipe_to_the_digit():
    config = config_of(recipe_values("segformer_b0"))
    network = build_network(config.model, classes=10)
    assert round(mparams(network), 3) == 3.454
    assert round(gmac(network, config.model.size), 3) == 4.483


def test_counting_leaves_the_network_as_it_was():
    network = build_network(config_of(recipe_values("smoke")).model, classes=10).train()
    keys = list(network.state_dict())
    assert gmac(network, 64) == gmac(network, 64)
    assert network.training
    assert list(network.state_dict()) == keys


class _Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 8, bias=False)

    def forward(self, image_bchw):
        tokens = self.linear(image_bchw.mean(1))
        return functional.scaled_dot_product_attention(tokens, tokens, tokens)


def test_attention_is_counted():
    side, channels = 8, 8
    linear = side * channels * channels
    attention = 2 * side * side * channels  # query x key, weights x value
    assert gmac(_Attention(), side) * 1e9 == pytest.approx(linear + attention, abs=side * channels * 3 + 1)


def test_a_shared_parameter_counts_once():
    shared = nn.Linear(10, 10, bias=False)
    assert mparams(nn.Sequential(shared, shared)) == 100 / 1e6
    assert torch.equal(shared.weight, shared.weight)
