import copy

import pytest
import timm
import torch
from torch import nn

from pipeline.config import RECIPES, config_of, recipe_values
from pipeline.models.cost import gmac, mparams
from pipeline.models.fused import fused
from pipeline.models.network import ModelConfig, build_network
from tests.oracles.published import FUSED

BRANCHED = [
    ModelConfig("mobileone_s0", "unet", size=64),
    ModelConfig("tu-mobileone_s0", size=64, coarse=32, fine=64),
    ModelConfig("tu-repvgg_a0", size=64),
    ModelConfig("tu-repvit_m0_9", size=64),
    ModelConfig("tu-fastvit_t8", "pyramid", size=64, deepest=16),
]


def taught(config: ModelConfig) -> nn.Module:
    """A network whose statistics are those of a batch that it has seen; in float64, as untrained ones answer large."""
    torch.manual_seed(0)
    network = build_network(config, classes=10, load_weights=False).double()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    network.train()(images(4))
    return network


def images(number: int) -> torch.Tensor:
    return torch.rand(number, 3, 64, 64, dtype=torch.float64)


@pytest.mark.parametrize("config", BRANCHED, ids=str)
def test_fewer_parameters_and_less_compute_give_the_same_answers(config):
    network, image_bchw = taught(config), images(2)
    whole = fused(network).double()  # RepViT's modules fold to float32
    assert mparams(whole) < mparams(network)
    assert gmac(whole, image_bchw[:1]) < gmac(network, image_bchw[:1])
    assert not any(module.training for module in whole.modules())
    with torch.no_grad():
        found, expected = whole(image_bchw), network.eval()(image_bchw)
    assert expected["mask"].std() > 0.01
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("config", BRANCHED[:1], ids=str)
def test_the_network_itself_stays_as_it_was(config):
    network = taught(config)
    before = copy.deepcopy(network.state_dict())
    fused(network)
    assert all(module.training for module in network.modules())
    torch.testing.assert_close(dict(network.state_dict()), dict(before), atol=0, rtol=0)
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("spark*/*.yaml")))
def test_a_network_with_nothing_to_fuse_is_the_same_to_the_last_bit(name):
    config = config_of(recipe_values(name)).model
    config.size, (config.coarse, config.fine) = 64, (32, 64) if config.coarse else (0, 0)
    network, image_bchw = taught(config), images(2)
    whole = fused(network)
    assert list(whole.state_dict()) == list(network.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(whole(image_bchw), network.eval()(image_bchw), atol=0, rtol=0)


@pytest.mark.parametrize("name", FUSED)
def test_published_costs(name):
    whole = fused(timm.create_model(name))
    assert (round(mparams(whole), 1), round(gmac(whole, torch.zeros(1, 3, 224, 224)), 3)) == FUSED[name]
