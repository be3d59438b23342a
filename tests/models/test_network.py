import pytest
import torch

from pipeline.config import RECIPES, config_of, recipe_values
from pipeline.errors import UserError
from pipeline.losses.segmentation import WeightedSum
from pipeline.masks.extent import soft_extent
from pipeline.models import network as networks
from pipeline.models.network import SPARK_MEAN, SPARK_STD, WIDE, ModelConfig, build_network

NAMES = sorted(path.relative_to(RECIPES).with_suffix("").as_posix() for path in RECIPES.glob("spark*/*.yaml"))


def small(name: str) -> ModelConfig:
    config = config_of(recipe_values(name)).model
    config.size, looks = 64, bool(config.coarse)
    config.coarse, config.fine = (32, 64) if looks else (0, 0)
    return config


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_of_every_recipe_gets_a_gradient(name):
    torch.manual_seed(0)
    network = build_network(small(name), classes=10).train()
    mask_bchw = (torch.rand(2, 2, 64, 64) > 0.5).float()
    batch = {"mask": mask_bchw, "class": torch.tensor([1, 2])}
    loss, _ = WeightedSum(config_of(recipe_values(name)).loss)(network(torch.rand(2, 3, 64, 64)), batch)
    loss.backward()
    without = [key for key, value in network.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0]
    assert without == []


@pytest.mark.parametrize("name", NAMES)
def test_shapes(name):
    config = small(name)
    width = 64 if config.coarse else 96  # two looks are at squares
    outputs = build_network(config, classes=10).eval()(torch.rand(3, 3, 64, width))
    assert outputs["mask"].shape == (3, 3 if config.masks == "softmax" else 2, 64, width)
    assert outputs["class"].shape == (3, 10) if config.classify else "class" not in outputs


def test_a_network_of_smp_may_have_no_class_head_and_exclusive_masks():
    config = small("smoke")
    config.masks, config.classify = "softmax", False
    outputs = build_network(config, classes=10).eval()(torch.rand(1, 3, 64, 64))
    assert {name: tuple(tensor.shape) for name, tensor in outputs.items()} == {"mask": (1, 3, 64, 64)}


@pytest.mark.parametrize("name", ["smoke", "two_looks"])
def test_any_network_may_answer_the_extent_of_its_masks(name):
    config = small(name)
    config.box = "extent"
    network, image_bchw = build_network(config, classes=10).eval(), torch.rand(2, 3, 64, 64)
    outputs = network(image_bchw)
    assert outputs["box"].shape == (2, 4)
    if name == "smoke":
        torch.testing.assert_close(outputs["box"], soft_extent(outputs["mask"].amax(dim=1)))
    looks = network.train()(image_bchw, {"mask": torch.ones(2, 2, 64, 64) * 255}) if name != "smoke" else {}
    assert not any("box" in key for key in looks)  # training takes it from the masks, in loss.box


def test_the_class_head_is_linear_on_the_mean_of_the_deepest_features():
    network = build_network(small("smoke"), classes=10).eval()
    image = torch.rand(2, 3, 64, 64)
    deepest = network.net.encoder((image - network.mean) / network.std)[-1]
    linear = next(module for module in network.net.classification_head if isinstance(module, torch.nn.Linear))
    torch.testing.assert_close(network(image)["class"], linear(deepest.mean(dim=(2, 3))))


def test_normalisation():
    assert build_network(small("smoke"), 10).mean.flatten().tolist() == pytest.approx(SPARK_MEAN)
    assert build_network(small("smoke"), 10).std.flatten().tolist() == pytest.approx(SPARK_STD)
    assert build_network(small("lite0"), 10).mean.flatten().tolist() == [0.5, 0.5, 0.5]
    config = small("segformer_b0")
    config.normalisation = "encoder"
    assert build_network(config, 10).mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])


def test_which_decoders_take_a_width():
    smp_own = {"segformer", "fpn", "pspnet", "deeplabv3", "deeplabv3plus", "pan", "upernet"}
    assert set(WIDE) == {"pyramid"} | smp_own


@pytest.mark.parametrize("decoder", WIDE)
def test_the_width_is_the_decoders(decoder):
    def decoder_parameters(width: int) -> int:
        net = build_network(ModelConfig("tu-tf_efficientnet_lite0", decoder, decoder_width=width, size=128), 10).net
        return sum(parameter.numel() for parameter in net.decoder.parameters())

    assert decoder_parameters(32) < decoder_parameters(64)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (ModelConfig(encoder="mit_b00"), "mit_b0"),
        (ModelConfig(encoder="tu-lcnet_05"), "tu-lcnet_050"),
        (ModelConfig(decoder="sgformer"), "segformer"),
        (ModelConfig("mit_b0", "linknet"), "not supported"),
        (ModelConfig(size=100), "multiple of 32"),
        (
            ModelConfig(size=256, coarse=64),
            "model.fine is 0; .* of at most model.size, 256",
        ),
        (ModelConfig(size=64, coarse=64, fine=96), "model.fine is 96; .* of at most model.size, 64"),
        (ModelConfig(decoder="unet", decoder_width=64), "decoder_width is for the pyramid, .*; unet takes no single"),
        (
            ModelConfig(decoder="fpn", decoder_channels=[64]),
            "is for the unet, unetplusplus, manet .*; fpn takes no such list",
        ),
        (ModelConfig(decoder="unet", decoder_channels=[64, 32]), "depth is 5, .*`decoder_channels` for 2 blocks"),
        (ModelConfig(decoder="unet", decoder_channels=[64, 32, 16, 0, 8]), r"is \[64, 32, 16, 0, 8\]; each must be 1"),
        (ModelConfig(decoder="unet", decoder_channels=[]), r"is \[\]; each must be 1"),
        (ModelConfig("resnet50", "tv-deeplabv4"), "tv-deeplabv3, tv-fcn"),
        (ModelConfig("mobilenet_v3_larg", "tv-deeplabv3"), "similar name: mobilenet_v3_large"),
        (ModelConfig("mobilenet_v3_large", "tv-fcn"), "fcn_mobilenet_v3_large"),
    ],
)
def test_what_cannot_be_built(config, words):
    with pytest.raises(UserError, match=words):
        build_network(config, 10)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            ModelConfig("tu-lcnet_050", "pan", size=32),
            "pan on tu-lcnet_050 cannot run on an image of 32 px: .*too small",
        ),
        (ModelConfig("tu-swin_tiny_patch4_window7_224", "unet", size=64), r"Input height \(64\) doesn't match model"),
        (ModelConfig("tu-vit_tiny_patch16_224", "dpt", size=64), r"Input height \(64\) doesn't match model"),
    ],
)
def test_what_cannot_run_at_a_size_is_told_when_it_is_built(config, words):
    with pytest.raises(UserError, match=words) as error:
        build_network(config, 10)
    assert "\n" not in str(error.value)


def test_trying_a_network_changes_nothing_of_it():
    """Its statistics are those of a network that has seen nothing, and chance continues where it was."""
    torch.manual_seed(5)
    network = build_network(small("smoke"), 10)
    after = torch.rand(3)
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    for norm in norms:
        assert norm.num_batches_tracked == 0
        assert (norm.running_mean == 0).all()
    assert all(module.training for module in network.modules())
    torch.manual_seed(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "_try", lambda *_: None)
        build_network(small("smoke"), 10)
    assert torch.equal(torch.rand(3), after)
