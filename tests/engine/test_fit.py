"""One training without a run's folder: what it tells after each epoch, what it selects, and how it is resumed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.config import config_of
from pipeline.dataset.index_table import rows_of
from pipeline.engine.fit import fit, refuse_blind
from pipeline.errors import UserError
from pipeline.stages.indexed import indexed
from tests.toy.data import numbers
from tests.toy.track import TRACK

VALUES = {"track": TRACK.name, "optim.epochs": 4, "optim.batch_size": 4, "optim.lr": 0.05, "loader.cache": False}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = numbers(tmp_path_factory.mktemp("fit") / "numbers")
    index = indexed(folder, TRACK)
    return folder, rows_of(index, ("train",)), rows_of(index, ("val",))


def trained(data, on_epoch=lambda epoch: None, state=None, **values):
    config = config_of(VALUES | values)
    torch.manual_seed(config.seed)
    return fit(TRACK, config, TRACK.task.network(config), *data, on_epoch, state)


def test_it_tells_of_every_epoch_and_keeps_what_it_told(data):
    told = []
    training = trained(data, lambda epoch: told.append(epoch.line))
    assert [line["epoch"] for line in told] == [1, 2, 3, 4]
    assert [line["step"] for line in told] == [3, 6, 9, 12]  # 15 images in batches of 4, the last three left out
    assert training.lines == told
    assert told[-1].keys() == {"epoch", "step", "lr", "loss", "l1", "error", "weights", "raw_error", "average_error"}


def test_the_lowest_is_the_best_and_of_raw_and_averaged_weights_the_lower(data):
    seen = []

    def on_epoch(epoch):
        seen.append((epoch.best, epoch.line))
        chosen = epoch.training.network if epoch.line["weights"] == "raw" else epoch.training.average.module
        assert epoch.network is chosen

    training = trained(data, on_epoch, **{"optim.epochs": 8, "optim.lr": 0.3})
    lowest = np.inf
    for best, line in seen:
        assert line["error"] == min(line["raw_error"], line["average_error"])
        assert best == (line["error"] < lowest)
        lowest = min(lowest, line["error"])
    assert training.best == lowest
    assert {best for best, _ in seen} == {True, False}


def test_who_is_told_may_end_it(data):
    training = trained(data, lambda epoch: epoch.line["epoch"] == 2)
    assert training.epoch == 2


@pytest.mark.parametrize("after", [1, 3])
def test_resumed_it_ends_with_the_same_bits(data, after, tmp_path):
    whole = trained(data)
    state = {}

    def stop(epoch):
        if epoch.line["epoch"] == after:
            torch.save(epoch.training.state(), tmp_path / "state.pt")
            return True
        return False

    trained(data, stop)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    resumed = trained(data, state=state)
    assert resumed.lines == whole.lines
    for ours, theirs in ((resumed.network, whole.network), (resumed.average.module, whole.average.module)):
        for name, tensor in theirs.state_dict().items():
            assert torch.equal(tensor, ours.state_dict()[name]), name


def test_tune_images_without_the_truth_that_selects_are_refused(data):
    _, _, tune_rows = data
    refuse_blind(TRACK, tune_rows)
    with pytest.raises(UserError, match="lack the truth that error needs"):
        refuse_blind(TRACK, tune_rows.assign(number=np.nan))


def test_a_network_that_wants_the_batch_is_given_it_while_it_trains_and_only_then(data):
    config = config_of(VALUES | {"optim.epochs": 1})
    network, given = TRACK.task.network(config), []
    forward = network.forward
    network.forward = lambda image, batch=None: given.append((network.training, batch)) or forward(image, batch)
    fit(TRACK, config, network, *data, lambda epoch: None)
    assert all(training == (batch is not None) for training, batch in given)
    assert any(batch is not None and set(batch) == {"image", "number"} for _, batch in given)


def test_every_epoch_has_an_order_of_its_own(data):
    config = config_of(VALUES | {"optim.epochs": 2})
    network, seen = TRACK.task.network(config), []
    forward = network.forward
    network.forward = lambda image, batch=None: seen.append(batch and batch["number"].tolist()) or forward(image, batch)
    fit(TRACK, config, network, *data, lambda epoch: None)
    batches = [numbers for numbers in seen if numbers]
    first, second = ([number for batch in epoch for number in batch] for epoch in (batches[:3], batches[3:]))
    assert len(set(first)) == len(set(second)) == 12
    assert first != second


def test_a_figure_to_be_made_large_is_selected_by_its_highest(data):
    upside_down = replace(TRACK, selects=("error", "max"))
    assert upside_down.better(0.2, 0.1)
    assert TRACK.better(0.1, 0.2)
