import pytest
import torch
import torchvision

from pipeline.errors import UserError
from pipeline.models import weights
from pipeline.models.cost import mparams
from pipeline.models.network import ModelConfig, build_network
from pipeline.models.torchvision_nets import ENCODERS, TorchvisionNet, encoder_state
from pipeline.models.weights import encoder_normalisation, load_encoder_weights


@pytest.mark.parametrize(
    ("decoder", "encoder", "channels"),
    [("deeplabv3", "mobilenet_v3_large", 3), ("deeplabv3", "resnet50", 2), ("fcn", "resnet50", 3)],
)
def test_it_answers_as_torchvision_s_own(decoder, encoder, channels):
    torch.manual_seed(0)
    build = getattr(torchvision.models.segmentation, f"{decoder}_{encoder}")
    theirs = build(weights=None, weights_backbone=None, num_classes=channels).eval()
    ours = TorchvisionNet(decoder, encoder, channels, None).eval()
    ours.encoder.load_state_dict(theirs.backbone.state_dict())
    ours.decoder.load_state_dict(theirs.classifier.state_dict())
    image_bchw = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        assert torch.equal(ours(image_bchw), theirs(image_bchw)["out"])


def test_its_size_is_the_published_one():
    config = ModelConfig("mobilenet_v3_large", "tv-deeplabv3", size=64, masks="softmax", classify=False)
    assert mparams(build_network(config, 10)) == pytest.approx(11.021, abs=5e-4)


def test_its_class_head_is_linear_on_the_mean_of_the_deepest_features():
    config = ModelConfig("mobilenet_v3_large", "tv-deeplabv3", size=64)
    network = build_network(config, 7).eval()
    image_bchw = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        deepest = network.net.encoder((image_bchw - network.mean) / network.std)["out"]
        linear = network.net.classification_head[-1]
        torch.testing.assert_close(network(image_bchw)["class"], linear(deepest.mean(dim=(2, 3))))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_imagenet_weights_of_torchvision_fit(encoder, monkeypatch):
    """Those of a network made here: nothing is downloaded, the names are the same."""
    kind = type(torchvision.models.get_model_weights(encoder).DEFAULT)
    whole = torchvision.models.get_model(encoder, weights=None).state_dict()
    monkeypatch.setattr(kind, "get_state_dict", lambda *_, **__: whole)
    network = TorchvisionNet("deeplabv3", encoder, 2, None)
    load_encoder_weights(network.encoder, f"tv-{encoder}", "hub")
    first = next(name for name in network.encoder.state_dict() if name.endswith("weight"))
    assert torch.equal(network.encoder.state_dict()[first], encoder_state(encoder)[first])


def test_its_normalisation_is_imagenet_s():
    assert encoder_normalisation("tv-resnet50", "hub") == encoder_normalisation("resnet50", "a file")


def test_without_a_network_the_choices_are_named(monkeypatch):
    def refused(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(weights, "encoder_state", refused)
    with pytest.raises(UserError, match=r"for tv-resnet50 \(.*no network.*Choices for --model.weights"):
        load_encoder_weights(torch.nn.Identity(), "tv-resnet50", "hub")


def test_kept_statistics_follow_within_a_short_training():
    """Where they do not, a network that has learnt something answers as if it had not."""
    network = TorchvisionNet("deeplabv3", "mobilenet_v3_large", 2, None)
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert len(norms) > 40
    assert {norm.momentum for norm in norms} == {torch.nn.BatchNorm2d(1).momentum}
