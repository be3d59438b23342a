import pytest
import timm
import torch
from torch import nn
from torch.nn import functional

from pipeline.config import RECIPES, config_of, recipe_values
from pipeline.errors import UserError
from pipeline.models import cost as counts
from pipeline.models.cost import by_thop, check, count, gmac, mparams
from pipeline.models.network import ModelConfig, build_network
from pipeline.tracks import track_named
from tests.oracles.published import COSTS, FLOP_COUNTER_GMAC, PVT_GMAC, THOP_GMAC


def image(size):
    return torch.zeros(1, 3, size, size)


PAIRS = [(encoder, decoder) for encoder, decoders in COSTS.items() for decoder in decoders]


@pytest.mark.parametrize(("encoder", "decoder"), PAIRS)
def test_published_costs(encoder, decoder):
    width = 128 if decoder == "segformer" else None
    network = build_network(ModelConfig(encoder, decoder, width, size=512), classes=10)
    published_mparams, published_gmac = COSTS[encoder][decoder]
    assert mparams(network) == pytest.approx(published_mparams, rel=0.005)
    assert gmac(network, image(512)) == pytest.approx(published_gmac, rel=0.005)


@pytest.mark.parametrize(("recipe", "cost"), [("segformer_b0", (3.454, 4.483)), ("mobilenetv3_unet", (3.695, 12.491))])
def test_recipes_to_the_digit(recipe, cost):
    network = build_network(config_of(recipe_values(recipe)).model, classes=10)
    assert (round(mparams(network), 3), round(gmac(network, network.example_input()), 3)) == cost


def test_counting_leaves_the_network_as_it_was():
    network = build_network(config_of(recipe_values("smoke")).model, classes=10).train()
    keys = list(network.state_dict())
    assert gmac(network, image(64)) == gmac(network, image(64))
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
    assert gmac(_Attention(), image(side)) * 1e9 == pytest.approx(linear + attention, abs=side * channels * 3 + 1)


def test_a_shared_parameter_counts_once():
    shared = nn.Linear(10, 10, bias=False)
    assert mparams(nn.Sequential(shared, shared)) == 100 / 1e6
    assert torch.equal(shared.weight, shared.weight)


def test_attention_of_a_real_network():
    network = timm.create_model("pvt_v2_b0", pretrained=False, features_only=True)
    counted = count(network, image(512))
    assert check(network, image(512), counted) == pytest.approx((PVT_GMAC["products"],) * 2, rel=0.001)
    unseen = counted[""]["scaled_dot_product_attention"] / 1e9
    assert gmac(network, image(512)) - unseen == pytest.approx(PVT_GMAC["without attention"], rel=0.001)


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_two_counters_agree_on_every_recipe(path):
    config = config_of(recipe_values(str(path)))
    network = track_named(config.track).task.network(config, load_weights=False).eval()
    ours, torchs = check(network, image(config.model.size), count(network, image(config.model.size)))
    assert 0 < ours == pytest.approx(torchs, rel=0.001)
    assert ours <= gmac(network, image(config.model.size))


@pytest.mark.parametrize(("encoder", "decoder"), THOP_GMAC)
def test_thop_sees_less_and_leaves_nothing_behind(encoder, decoder):
    width = 128 if decoder == "segformer" else None
    network = build_network(ModelConfig(encoder, decoder, width, size=512), classes=10)
    keys, counted = list(network.state_dict()), count(network, image(512))
    total, missed = by_thop(network, image(512), counted)
    assert total == pytest.approx(THOP_GMAC[encoder, decoder], rel=0.005)
    assert sum(missed.values()) == pytest.approx(gmac(network, image(512)) - total)
    blind = {"mit_b0": "Attention", "efficientnet-b0": "Conv2dStaticSamePadding"}[encoder]
    assert max(missed, key=missed.get) == blind
    assert list(network.state_dict()) == keys
    if encoder == "mit_b0":
        assert check(network, image(512), counted)[1] == pytest.approx(FLOP_COUNTER_GMAC, rel=0.005)


def test_counters_that_disagree_name_the_module(monkeypatch):
    monkeypatch.setattr(counts, "_attention", lambda *_: 0)
    network = nn.Sequential(nn.Conv2d(3, 3, 1), _Attention())
    with pytest.raises(UserError, match=r"disagree by more than 0.1 %, in\n  1: 512 by fvcore, 1,536 by torch$"):
        check(network, image(8), count(network, image(8)))


def test_a_second_pass_of_the_network_counts():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Conv2d(3, 3, 3, padding=1, bias=False)

        def forward(self, image_bchw):
            return self.inner(self.inner(image_bchw))

    network = Twice()
    assert gmac(network, image(16)) * 1e9 == 2 * 81 * 256
    assert check(network, image(16), count(network, image(16))) == (2 * 81 * 256 / 1e9,) * 2
    assert mparams(network) * 1e6 == 81
