import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from pipeline.models.bifpn import BiFPN, BiFPNLayer, Fusion


def halves(height: int, width: int, count: int) -> list[tuple[int, int]]:
    return [(-(-height // 2**level), -(-width // 2**level)) for level in range(count)]


def features_of(channels, height, width):
    sizes = halves(height, width, len(channels))
    return [torch.randn(2, of, *size) for of, size in zip(channels, sizes, strict=True)]


@pytest.mark.parametrize("pooled", [0, 2])
def test_levels_keep_their_sizes_whatever_those_are(pooled):
    network = BiFPN([3, 5, 7], 8, 2, pooled).eval()

    @given(height=st.integers(1, 41), width=st.integers(1, 41))
    @settings(max_examples=20)
    def holds(height, width):
        levels = network(features_of([3, 5, 7], height, width))
        assert [tuple(level.shape) for level in levels] == [(2, 8, *size) for size in halves(height, width, 3 + pooled)]

    holds()


def test_a_fusion_is_a_mean_by_weights_that_are_not_negative():
    fusion = Fusion(3, 4)
    fusion.convolution = torch.nn.Identity()
    maps = [torch.randn(1, 4, 2, 2) for _ in range(3)]
    torch.testing.assert_close(fusion(maps), functional.silu(sum(maps) / 3), atol=1e-3, rtol=0)
    fusion.weights.data = torch.tensor([3.0, -5.0, 1.0])
    expected = (3 * maps[0] + maps[2]) / 4.0001
    torch.testing.assert_close(fusion(maps), expected * expected.sigmoid())
    fusion.weights.data = torch.full((3,), -1.0)
    assert (fusion(maps) == 0).all()


def test_a_layer_is_wired_as_in_the_paper():
    """Figure 2 (d), of four levels, written out."""
    torch.manual_seed(0)
    layer = BiFPNLayer(4, 6, back=True).eval()
    for weights in (parameter for name, parameter in layer.named_parameters() if name.endswith("weights")):
        torch.nn.init.uniform_(weights, 0.1, 2)
    p3, p4, p5, p6 = features_of([6, 6, 6, 6], 13, 10)

    def up(small, large):
        return functional.interpolate(small, large.shape[-2:])

    def down(large):
        return functional.max_pool2d(large, 3, 2, 1)

    p5_between = layer.down[0]([p5, up(p6, p5)])
    p4_between = layer.down[1]([p4, up(p5_between, p4)])
    p3_out = layer.down[2]([p3, up(p4_between, p3)])
    p4_out = layer.back[0]([p4, p4_between, down(p3_out)])
    p5_out = layer.back[1]([p5, p5_between, down(p4_out)])
    p6_out = layer.back[2]([p6, down(p5_out)])
    for found, expected in zip(layer([p3, p4, p5, p6]), [p3_out, p4_out, p5_out, p6_out], strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("finest_only", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
def test_nothing_is_there_that_learns_nothing(finest_only, layers):
    network = BiFPN([3, 5, 7], 8, layers, pooled=2, finest_only=finest_only).train()
    levels = network(features_of([3, 5, 7], 64, 64))
    assert len(levels) == (1 if finest_only else 5)
    levels[-1].square().mean().backward()  # of the deepest alone, all others depend on
    assert [key for key, value in network.named_parameters() if not value.grad.abs().sum() > 0] == []


def test_the_finest_alone_is_the_same():
    whole, part = BiFPN([3, 5, 7], 8, 2, 1), BiFPN([3, 5, 7], 8, 2, 1, finest_only=True)
    part.load_state_dict({key: whole.state_dict()[key] for key in part.state_dict()})
    features = features_of([3, 5, 7], 32, 24)
    torch.testing.assert_close(part.eval()(features)[0], whole.eval()(features)[0])


def test_its_size_is_that_of_its_nodes():
    """Of 6 levels a layer has 5 + 5 fusions, four of them of 3 inputs."""
    found = sum(parameter.numel() for parameter in BiFPN([24, 40, 112, 320], 64, 3, pooled=2).parameters())
    fusion = 64 * 9 + 64 * 64 + 2 * 64
    sideways = (24 + 40 + 112 + 320) * 64 + 4 * 2 * 64
    assert found == sideways + 3 * (10 * fusion + 4 * 3 + 6 * 2)
