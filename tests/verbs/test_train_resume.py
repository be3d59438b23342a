"""Killed and resumed: the same bits, or a refusal."""

import shutil

import pytest
import torch
import yaml

from pipeline.engine import training as engine
from pipeline.errors import UserError
from pipeline.run_folder import Run, manifest_of
from pipeline.stages.trained import Trained
from pipeline.verbs import train as verb
from pipeline.verbs.train import train
from tests.verbs.trainings import config


class Killed(BaseException):
    pass


def die_after(monkeypatch, epoch):
    real = verb.save_last

    def save_last(path, state):
        real(path, state)
        if state["epoch"] == epoch:
            raise Killed

    monkeypatch.setattr(verb, "save_last", save_last)


def same(first: Run, second: Run) -> None:
    assert first.best.read_bytes() == second.best.read_bytes()
    assert first.metrics.read_text() == second.metrics.read_text()
    one, two = (torch.load(run.last, weights_only=True) for run in (first, second))
    for part in ("network", "average"):
        assert all(torch.equal(one[part][key], two[part][key]) for key in one[part])
    for i, state in one["optimiser"]["state"].items():
        assert all(torch.equal(state[key], two["optimiser"]["state"][i][key]) for key in state)


def test_killed_after_two_of_four_epochs_and_resumed_is_bit_for_bit_one_not_killed(workplace, monkeypatch):
    whole = train(config(), "smoke", run="whole")
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(Killed):
            train(config(), "smoke", run="killed")
    torch.manual_seed(123)  # what happened in between must not matter
    resumed = train(config(), "smoke", run="killed")
    same(whole, resumed)
    assert [manifest_of(run.folder, "train")["resumed_after"] for run in (whole, resumed)] == [0, 2]


def test_what_a_kill_in_the_middle_of_a_file_leaves_is_dropped(workplace, monkeypatch):
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(Killed):
            train(config(), "smoke")
    folder = workplace / "submissions" / "smoke"
    for name in ("checkpoints/.last.99999999.part.ckpt", ".metrics.99999999.part.jsonl"):
        (folder / name).write_text("half")
    train(config(), "smoke")
    assert not list(folder.rglob("*.part*"))


def test_killed_inside_an_epoch(workplace, monkeypatch):
    whole = train(config(), "smoke", run="whole")
    real = engine.Training._one_step

    def step(self, batch):
        if self.step == 5:
            raise Killed
        return real(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(engine.Training, "_one_step", step)
        with pytest.raises(Killed):
            train(config(), "smoke", run="killed")
    assert 0 < torch.load(Run(whole.folder.parent / "killed").last, weights_only=True)["epoch"] < 4
    same(whole, train(config(), "smoke", run="killed"))


def test_how_images_are_read_may_change_between_two_halves(workplace, monkeypatch):
    whole = train(config(loader__cache=False), "smoke", run="whole")
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(Killed):
            train(config(loader__cache=True), "smoke", run="killed")
    same(whole, train(config(loader__workers=2), "smoke", run="killed"))


def test_a_data_set_that_changed_is_not_resumed(workplace, monkeypatch):
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(Killed):
            train(config(), "smoke")
    (workplace / "data/tiny/index.parquet").unlink()
    shutil.rmtree(workplace / "data/tiny/images/test")
    with pytest.raises(UserError, match="has changed since"):
        train(config(), "smoke")


def test_overwriting_that_was_killed_is_resumed_by_the_same_command(workplace, monkeypatch, capsys):
    whole = train(config(seed=1), "smoke", run="whole")
    train(config(optim__epochs=1), "smoke", run="killed")
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(Killed):
            train(config(seed=1), "smoke", run="killed", overwrite=True)
    capsys.readouterr()
    same(whole, train(config(seed=1), "smoke", run="killed", overwrite=True))
    assert "resuming after epoch 2 of 4" in capsys.readouterr().out


@pytest.mark.parametrize("step", ["write_text", "write_seen"])
def test_a_name_stays_a_run_s_wherever_its_beginning_is_killed(workplace, monkeypatch, step):
    def die(*_):
        raise Killed

    for before in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(verb, step, die)
            with pytest.raises(Killed):
                train(config(seed=1), "smoke", overwrite=before)
        (workplace / "submissions/smoke").mkdir(exist_ok=True)
        (workplace / "submissions/smoke/.config.01234567.part.yaml").touch()
        run = train(config(optim__epochs=1), "smoke", overwrite=before)
        assert run.seen.exists()


def test_the_same_data_in_another_place_is_resumed_and_stays_known(workplace, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        die_after(patch, 1)
        with pytest.raises(Killed):
            train(config(optim__epochs=2), "smoke")
    (workplace / "data" / "tiny").rename(workplace / "moved")
    run = train(config(optim__epochs=2), "smoke", data=workplace / "moved")
    assert "resuming after epoch 1" in capsys.readouterr().out
    assert Trained.of(run).data(None) == workplace / "moved"
    assert yaml.safe_load(run.config.read_text())["data"] == str(workplace / "moved")


def test_resumed_with_other_code_is_said(workplace, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        die_after(patch, 1)
        with pytest.raises(Killed):
            train(config(optim__epochs=2), "smoke")
    run = Run(workplace / "submissions" / "smoke")
    kept = torch.load(run.last, weights_only=True)
    kept["code"]["losses/segmentation.py"] = "another"
    torch.save(kept, run.last)
    train(config(optim__epochs=2), "smoke")
    said = capsys.readouterr().out
    assert "note: begun with other code (code of losses/segmentation.py); --overwrite begins anew" in said


def test_a_damaged_checkpoint_can_be_overwritten(workplace, monkeypatch):
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(Killed):
            train(config(), "smoke")
    last = Run(workplace / "submissions" / "smoke").last
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"damaged .*start again with --overwrite"):
        train(config(), "smoke")
    assert train(config(), "smoke", overwrite=True).best.exists()


def test_a_finished_run_without_its_last_checkpoint_is_still_a_run(workplace):
    run = train(config(optim__epochs=1), "smoke")
    run.last.unlink()
    with pytest.raises(UserError, match="is finished"):
        train(config(optim__epochs=1), "smoke")
    assert run.best.exists()


def test_a_checkpoint_of_another_network_is_one_line(workplace, monkeypatch):
    with monkeypatch.context() as patch:
        die_after(patch, 1)
        with pytest.raises(Killed):
            train(config(optim__epochs=2), "smoke")
    last = Run(workplace / "submissions" / "smoke").last
    kept = torch.load(last, weights_only=True)
    for changed in (
        kept | {"network": {f"other.{key}": tensor for key, tensor in kept["network"].items()}},
        {name: value for name, value in kept.items() if name != "optimiser"},
    ):
        torch.save(changed, last)
        with pytest.raises(UserError, match=r"of another network or another version .*another --run") as error:
            train(config(optim__epochs=2), "smoke")
        assert "\n" not in str(error.value)
