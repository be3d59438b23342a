import os

import pytest

from pipeline.errors import UserError
from pipeline.run_folder import Run, find_data, find_run, manifest_of, recorded, run_named


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(name: str, at: int) -> Run:
    run = run_named(name)
    run.best.parent.mkdir(parents=True)
    run.best.touch()
    os.utime(run.best, (at, at))
    return run


def test_the_newest_weights_are_meant_and_not_the_last_name():
    trained("b", 100), trained("a", 300), trained("c", 200)
    run_named("d").folder.mkdir()  # has no weights
    assert find_run(None).name == "a"
    assert find_run("c").name == "c"


def test_a_run_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(UserError, match=r"no trained run in .*submissions: run `\./run\.sh train` first"):
        find_run(None)
    trained("b", 1), trained("a", 2)
    with pytest.raises(UserError, match=r"no trained run 'x' in .*; there: a, b\."):
        find_run("x")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "/tmp/x", ".hidden", "-x", "a b", "a\n"])
def test_a_name_that_would_leave_the_folder_is_refused(name):
    with pytest.raises(UserError, match="use letters, digits"):
        run_named(name)


def test_the_only_data_set_is_meant_beside_the_demo_s(here, capsys):
    with pytest.raises(UserError, match="no data set in"):
        find_data(None)
    (here / "data" / "notes").mkdir(parents=True)
    (here / "data" / "demo" / "images").mkdir(parents=True)
    assert find_data(None).name == "demo"
    (here / "data" / "mine").mkdir()
    (here / "data" / "mine" / "val.csv").touch()
    assert find_data(None).name == "mine"
    assert "the demo's is left aside" in capsys.readouterr().out
    (here / "data" / "other" / "images").mkdir(parents=True)
    with pytest.raises(UserError, match="choose one with --data: data/demo, data/mine, data/other"):
        find_data(None)


@pytest.mark.parametrize("table", ["train.json", "train/train.csv", "val/val.csv"])
def test_sets_of_poses_are_found_before_they_are_indexed(here, table):
    (here / "data/poses" / table).parent.mkdir(parents=True)
    (here / "data/poses" / table).touch()
    assert find_data(None).name == "poses"


def test_a_data_set_that_is_named_must_be_a_folder(here):
    (here / "file").touch()
    for name in ("file", "missing"):
        with pytest.raises(UserError, match=f"no folder .*{name}"):
            find_data(here / name)
    assert find_data(here) == here


def test_views_are_those_last_asked_for_of_the_split_else_of_any(here):
    run, data = Run(here / "run"), here / "data" / "a"
    run.folder.mkdir()
    assert run.views(data, "val", "d4") == "d4"
    assert run.views(data, "val", None) == "none"
    for split, tta in (("val", "hflip"), ("test", "flips"), ("val", "d4"), ("test", "none")):
        run.ask(data, split, tta)
    assert run.views(data, "val", None) == "d4"
    assert run.views(data, "train", None) == "none"  # as last asked for of test
    assert run.views(here / "data" / "b", "val", None) == "none"
    run.ask(data, "val", "flips")
    assert run.views(data, "train", None) == "flips"  # as last asked for of val, though val was asked for first


def test_answers_of_other_sets_splits_and_views_have_folders_of_their_own(here):
    run = Run(here / "run")
    kinds = [("a", "val", "d4"), ("a", "val", "none"), ("a", "test", "d4"), ("b", "val", "d4")]
    folders = {run.answers(here / data, split, tta).folder for data, split, tta in kinds}
    assert len(folders) == 4
    assert run.answers(here / "a", "val", "d4").tta == "d4"


def test_a_stage_is_recorded_once_it_has_ended_well(here):
    with recorded(here, "train", seed=3) as facts:
        facts["epochs"] = 7
    first = manifest_of(here, "train")
    assert (first["seed"], first["epochs"]) == (3, 7)
    assert {"command", "versions", "git_commit", "started", "seconds"} <= first.keys()
    with pytest.raises(RuntimeError), recorded(here, "train", seed=4):
        raise RuntimeError
    assert manifest_of(here, "train") == first
    with recorded(here, "score", zip_hash="x"):
        pass
    assert manifest_of(here, "train") == first
    assert manifest_of(here, "score")["zip_hash"] == "x"
    assert manifest_of(here, "predict") == {}
