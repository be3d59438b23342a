import pytest
import torch
from torch import nn

from pipeline.engine.checkpoints import load_last, load_weights, save_last, save_weights
from pipeline.errors import UserError


def test_what_is_saved_is_read(tmp_path):
    state = {"network": {"weight": torch.arange(3.0)}, "epoch": 4, "best": None, "lines": [{"loss": 0.5}]}
    save_last(tmp_path / "last.ckpt", state)
    found = load_last(tmp_path / "last.ckpt")
    assert torch.equal(found["network"].pop("weight"), state["network"].pop("weight"))
    assert found == state


@pytest.mark.parametrize("keep", [0, 1, 100])
def test_a_cut_checkpoint_is_one_line(tmp_path, keep):
    path = tmp_path / "last.ckpt"
    save_last(path, {"epoch": 1})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"last\.ckpt is damaged \(.*--overwrite") as error:
        load_last(path)
    assert "\n" not in str(error.value)


def test_a_checkpoint_runs_nothing(tmp_path):
    """Unpickled, it would call what it names."""

    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath("called").touch, ())

    torch.save({"epoch": Evil()}, tmp_path / "last.ckpt")
    with pytest.raises(UserError, match="damaged"):
        load_last(tmp_path / "last.ckpt")
    assert not (tmp_path / "called").exists()


def test_weights_are_the_same_bits_whatever_their_layout(tmp_path):
    network, other = (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)) for _ in range(2))
    network = network.to(memory_format=torch.channels_last)
    save_weights(tmp_path / "w.safetensors", network)
    load_weights(tmp_path / "w.safetensors", other)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])


@pytest.mark.parametrize("other", [nn.Linear(2, 3), nn.Linear(3, 2, bias=False), nn.Conv2d(3, 2, 1)])
def test_weights_of_another_network_do_not_fit(tmp_path, other):
    save_weights(tmp_path / "w.safetensors", nn.Linear(3, 2))
    with pytest.raises(UserError, match="does not fit the run's config or is damaged"):
        load_weights(tmp_path / "w.safetensors", other)


def test_cut_weights_do_not_fit(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(path, nn.Linear(3, 2))
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(UserError, match="does not fit the run's config or is damaged"):
        load_weights(path, nn.Linear(3, 2))
