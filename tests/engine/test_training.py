import pytest
import torch
from lightning_fabric.plugins.precision import MixedPrecision

from pipeline.config import config_of
from pipeline.engine.training import Training, fabric_for
from pipeline.errors import UserError
from tests.toy.track import TRACK


def training(**values):
    config = config_of({"track": TRACK.name, "optim.epochs": 1, "optim.batch_size": 2} | values)
    return Training(TRACK.task, config, TRACK.task.network(config), 1)


@pytest.mark.parametrize(("amp", "precision"), [("auto", "32-true"), ("off", "32-true"), ("bf16", "bf16-mixed")])
def test_precision_on_a_cpu(amp, precision, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = config_of({"track": TRACK.name, "optim.amp": amp})
    assert fabric_for(config).strategy.precision.precision == precision


def test_the_scale_of_16_bit_gradients_is_resumed():
    """With a real scaler, which torch has for CPUs too."""

    def scaled(scale):
        one = training()
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        one.fabric.strategy._precision = MixedPrecision("16-mixed", "cpu", scaler)
        scaler.scale(torch.ones(1))  # it makes its tensors with the first loss
        return one, scaler

    before, _ = scaled(2.0**9)
    after, scaler = scaled(2.0**16)
    after.restore(before.state())
    assert scaler.get_scale() == 2.0**9


def test_a_state_of_another_network_is_one_line():
    state = training().state()
    state["network"] = {"other": torch.zeros(1)}
    with pytest.raises(UserError, match=r"another network or another version \(.*another --run") as error:
        training().restore(state)
    assert "\n" not in str(error.value)


def test_a_state_without_something_is_one_line():
    state = training().state()
    del state["optimiser"]
    with pytest.raises(UserError, match="another network or another version"):
        training().restore(state)
