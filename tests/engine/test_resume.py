"""May a training of this name begin, or resume?"""

import pytest
import yaml

from pipeline.engine.checkpoints import save_last
from pipeline.engine.resume import is_finished, state_of
from pipeline.errors import UserError
from pipeline.files import write_json
from pipeline.run_folder import Run

WANTED = {"track": "some", "optim": {"lr": 0.1, "epochs": 3}, "loader": {"workers": 2}, "data": "data/a"}
MADE_FROM = {"index_hash": "i", "code": {"a.py": "1"}}


@pytest.fixture
def run(tmp_path):
    """A run after its first epoch of three."""
    run = Run(tmp_path / "mine")
    (run.folder / "checkpoints").mkdir(parents=True)
    run.config.write_text(yaml.safe_dump(WANTED))
    save_last(run.last, {"epoch": 1, **MADE_FROM})
    return run


def finish(run):
    write_json(run.folder / "manifest.json", {"train": {"epochs": 3}})


def changed(**values):
    return WANTED | values


def test_an_empty_folder_begins(tmp_path):
    assert state_of(Run(tmp_path), WANTED, MADE_FROM, overwrite=False) is None


def test_a_folder_of_other_files_is_left_alone_even_with_overwrite(tmp_path):
    (tmp_path / "thesis.tex").touch()
    for overwrite in (False, True):
        with pytest.raises(UserError, match="holds files that are no run's"):
            state_of(Run(tmp_path), WANTED, MADE_FROM, overwrite)


def test_the_same_config_and_data_resume(run):
    assert not is_finished(run)
    assert state_of(run, WANTED, MADE_FROM, overwrite=False)["epoch"] == 1


@pytest.mark.parametrize(
    ("wanted", "made_from"),
    [
        (changed(seed=7), MADE_FROM),
        (WANTED, MADE_FROM | {"index_hash": "j"}),
        (WANTED, MADE_FROM | {"code": {"a.py": "2"}}),
    ],
)
def test_overwrite_resumes_the_very_same_training_and_begins_any_other_anew(run, capsys, wanted, made_from):
    assert state_of(run, WANTED, MADE_FROM, overwrite=True)["epoch"] == 1
    assert state_of(run, wanted, made_from, overwrite=True) is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["config", "last"])
def test_overwrite_begins_anew_where_something_is_damaged(run, name):
    getattr(run, name).write_bytes(b"\xff")
    assert state_of(run, WANTED, MADE_FROM, overwrite=True) is None


@pytest.mark.parametrize("wanted", [changed(loader={"workers": 0}), changed(data="data/moved")])
def test_how_and_where_images_are_read_may_change(run, wanted):
    assert state_of(run, wanted, MADE_FROM, overwrite=False)["epoch"] == 1


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (changed(optim={"lr": 0.2, "epochs": 3}), "begun with another config: optim.lr 0.1 -> 0.2"),
        (changed(track="other"), "begun with another config: track some -> other"),
        (changed(extra=1), "begun with another config: extra None -> 1"),
    ],
)
def test_another_config_is_refused_with_what_differs(run, wanted, words):
    with pytest.raises(UserError, match=words):
        state_of(run, wanted, MADE_FROM, overwrite=False)


def test_other_data_are_refused(run):
    with pytest.raises(UserError, match="data/a has changed since run 'mine' was begun"):
        state_of(run, WANTED, MADE_FROM | {"index_hash": "j"}, overwrite=False)


def test_other_code_is_a_note(run, capsys):
    assert state_of(run, WANTED, MADE_FROM | {"code": {"a.py": "2"}}, overwrite=False)["epoch"] == 1
    assert "note: begun with other code (code of a.py)" in capsys.readouterr().out


def test_a_finished_run_is_refused_and_overwritten_when_asked(run):
    finish(run)
    assert is_finished(run)
    with pytest.raises(UserError, match=r"run 'mine' is finished \(3 epochs\)"):
        state_of(run, WANTED, MADE_FROM, overwrite=False)
    assert state_of(run, WANTED, MADE_FROM, overwrite=True) is None


def test_a_finished_run_needs_no_checkpoint_to_be_refused(run):
    finish(run)
    run.last.unlink()
    with pytest.raises(UserError, match="is finished"):
        state_of(run, WANTED, MADE_FROM, overwrite=False)


def test_a_run_that_was_killed_before_its_first_epoch_begins(run):
    run.last.unlink()
    assert state_of(run, WANTED, MADE_FROM, overwrite=False) is None


def test_weights_without_a_checkpoint_are_no_reason_to_begin_another_training(run):
    run.last.unlink()
    run.best.touch()
    with pytest.raises(UserError, match=r"begun with another config: optim.lr 0.1 -> 0.2.*--overwrite to delete"):
        state_of(run, changed(optim={"lr": 0.2, "epochs": 3}), MADE_FROM, overwrite=False)
    assert state_of(run, WANTED, MADE_FROM, overwrite=False) is None  # killed as it kept its first epoch
    assert state_of(run, changed(extra=1), MADE_FROM, overwrite=True) is None
