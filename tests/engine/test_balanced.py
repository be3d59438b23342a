"""Trainings whose losses are balanced: what they log, and that they are resumed; and what is refused."""

from dataclasses import replace

import pytest
import torch

from pipeline.config import config_of, recipe_values
from pipeline.dataset.index_table import rows_of
from pipeline.engine.fit import fit
from pipeline.engine.training import Training, balance_of
from pipeline.errors import UserError
from pipeline.losses.balance import BALANCES
from pipeline.stages.indexed import indexed
from pipeline.tracks import track_named
from tests.toy.data import numbers
from tests.toy.track import TRACK, Number

VALUES = {"track": TRACK.name, "optim.epochs": 5, "optim.batch_size": 4, "optim.lr": 0.05, "loader.cache": False}
COMPARING = [{"optim.balance": "gradnorm"}, {"optim.balance": "pcgrad"}, {"optim.gradients": True}]


class Both(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = {"l1": 1.0, "l2": 0.5}

    def forward(self, outputs, batch):
        off = outputs["number"] - batch["number"].float()
        parts = {"l1": off.abs().mean(), "l2": (off**2).mean()}
        return parts["l1"] + 0.5 * parts["l2"], parts


class Twice(Number):
    """The toy's task, with two losses."""

    def loss(self, config):
        return Both()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = numbers(tmp_path_factory.mktemp("balanced") / "numbers")
    index = indexed(folder, TRACK)
    return folder, rows_of(index, ("train",)), rows_of(index, ("val",))


def trained(data, balance, on_epoch=lambda epoch: None, state=None, **values):
    config = config_of(VALUES | {"optim.balance": balance} | values)
    torch.manual_seed(config.seed)
    return fit(replace(TRACK, task=Twice()), config, Twice().network(config), *data, on_epoch, state)


@pytest.mark.parametrize("balance", BALANCES)
def test_resumed_it_ends_with_the_same_bits(data, balance, tmp_path):
    """After three epochs of five, when a dynamic weight average has begun to weigh."""
    whole = trained(data, balance)

    def stop(epoch):
        torch.save(epoch.training.state(), tmp_path / "state.pt")
        return epoch.line["epoch"] == 3

    trained(data, balance, stop)
    resumed = trained(data, balance, state=torch.load(tmp_path / "state.pt", weights_only=True))
    assert resumed.lines == whole.lines
    for ours, theirs in (
        (resumed.network, whole.network),
        (resumed.average.module, whole.average.module),
        (resumed.balance, whole.balance),
    ):
        mine = ours.state_dict()
        for name, tensor in theirs.state_dict().items():
            assert not isinstance(tensor, torch.Tensor) or torch.equal(tensor, mine[name]), name


def test_weights_are_logged_beside_unweighted_losses(data):
    logged = {balance: trained(data, balance).lines for balance in ("none", *BALANCES)}
    for balance, lines in logged.items():
        names = {"weight_l1", "weight_l2"} if balance != "none" else set()
        assert {name for name in lines[0] if name not in logged["none"][0]} == names
        assert all(line["loss"] == pytest.approx(line["l1"] + 0.5 * line["l2"]) for line in lines)
    last = {balance: lines[-1] for balance, lines in logged.items() if balance != "none"}
    sums = {balance: line["weight_l1"] + line["weight_l2"] for balance, line in last.items()}
    assert sums == {
        **{"ew": 2, "rlw": pytest.approx(1), "dwa": pytest.approx(2), "gradnorm": pytest.approx(2)},
        **{name: sums[name] for name in ("uw", "pcgrad")},
    }
    assert last["dwa"]["weight_l1"] != 1
    assert last["gradnorm"]["weight_l2"] > 1  # half a squared distance below 1 has the smaller gradient
    assert [line["loss"] for line in logged["ew"]] == pytest.approx([line["loss"] for line in logged["none"]])


def test_dynamic_weights_are_of_the_epochs_means(data):
    lines = trained(data, "dwa").lines
    for before, last, now in zip(lines, lines[1:], lines[2:], strict=False):
        rates = torch.tensor([last[name] / before[name] for name in ("l1", "l2")])
        expected = 2 * (rates / 2).softmax(dim=0)
        assert [now["weight_l1"], now["weight_l2"]] == pytest.approx(expected.tolist(), rel=1e-5)


def test_what_uncertainty_learns_is_a_group_without_decay_and_not_the_network_s(data):
    training = trained(data, "uw", **{"optim.weight_decay": 0.1})
    (learnt,) = training.balance.learnt()
    group = training.optimiser.param_groups[-1]
    assert [id(parameter) for parameter in group["params"]] == [id(learnt)]
    assert (group["weight_decay"], group["peak_lr"]) == (0, 0.05)
    assert learnt.abs().min() > 0.05
    assert training.network.state_dict().keys() == Twice().network(training.config).state_dict().keys()


def test_looking_at_gradients_changes_none(data):
    plain, looked = (trained(data, "none", **{"optim.gradients": gradients}).lines for gradients in (False, True))
    for one, other in zip(plain, looked, strict=True):
        assert {name: other[name] for name in one} == one
        assert other.keys() - one.keys() == {"norm_l1", "norm_l2", "cosine_l1_l2"}
        assert other["norm_l2"] > 0
        assert 0.5 < other["cosine_l1_l2"] <= 1 + 1e-6  # both draw the same number to the same truth


@pytest.mark.parametrize("values", COMPARING)
def test_gradients_are_compared_in_bfloat16_too(values):
    config = config_of(recipe_values("smoke") | {"optim.amp": "bf16"} | values)
    task, size = track_named(config.track).task, config.model.size
    training = Training(task, config, task.network(config), 2)
    torch.manual_seed(0)
    batch = {
        "image": torch.randint(256, (2, 3, size, size), dtype=torch.uint8),
        "mask": torch.randint(2, (2, 2, size, size), dtype=torch.uint8) * 255,
        "class": torch.tensor([0, 1]),
    }
    line = training.run_epoch([batch, batch], iter(()))
    found = {name: value for name, value in line.items() if name.split("_")[0] in ("weight", "norm", "cosine")}
    assert len(found) >= 3
    assert all(value >= -1.001 and value for value in found.values())


@pytest.mark.parametrize("values", COMPARING)
def test_scaled_gradients_are_not_compared(values, monkeypatch):
    """As on a GPU without bfloat16, which mixes precisions unless told not to."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    (name,) = values
    with pytest.raises(
        UserError, match=f"{name}.*: gradients cannot be compared where they are scaled.*--optim.amp off"
    ):
        balance_of(Twice(), config_of(VALUES | values))
    balance_of(Twice(), config_of(VALUES | values | {"optim.amp": "off"}))
    balance_of(Twice(), config_of(VALUES | {"optim.balance": "uw"}))


def test_one_loss_has_nothing_to_be_balanced_against():
    with pytest.raises(UserError, match="there is jaccard: give two or more a weight"):
        config = config_of(recipe_values("spark2024/deeplabv3") | {"optim.balance": "ew"})
        balance_of(track_named(config.track).task, config)


def test_a_state_of_another_balance_is_one_line():
    config = config_of(VALUES | {"optim.balance": "dwa"})
    training = Training(Twice(), config, Twice().network(config), 1)
    with pytest.raises(UserError, match="another network or another version"):
        training.restore(training.state() | {"balance": None})
