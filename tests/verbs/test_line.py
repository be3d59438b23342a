"""The whole line on eight tiny images, as a user types it."""

import json
import os
import re
import shutil

import pandas as pd
import pytest

from pipeline.cli import main


def run(*arguments, code=0):
    assert main(list(arguments)) == code


def test_the_commands_of_the_readme_in_their_order(workplace, capsys):
    run("train", "--recipe", "smoke")
    run("predict", "--tta", "d4")
    run("score")
    run("package", "--split", "test")
    out = capsys.readouterr().out
    assert "index of data/tiny: there is none yet. Making it" in out
    assert "no predictions of 'smoke' for test with tta d4 yet: making them" in out
    folder = workplace / "submissions" / "smoke"
    figures = json.loads((folder / "tiny-val-d4" / "score.json").read_text())
    assert figures["images"] == 3
    assert 0 < figures["s_final"] < 1
    assert pd.read_parquet(folder / "tiny-val-d4" / "predictions.parquet")["image_id"].nunique() == 3
    assert (folder / "tiny-test-d4" / "submission.zip").exists()
    assert not (folder / "tiny-val-d4" / "parts").exists()
    assert {"predict", "package spark2026", "score"} == json.loads(
        (folder / "tiny-val-d4" / "manifest.json").read_text()
    ).keys()


def test_a_network_that_looks_twice_takes_the_same_way(workplace, capsys):
    looks = ("--model.size", "128", "--model.coarse", "32", "--model.fine", "64")
    run("train", "--recipe", "smoke", *looks)
    assert "segformer on tu-lcnet_050, looking twice (32 and 64 px) at 128 px" in capsys.readouterr().out
    run("predict", "--tta", "d4")
    run("score")
    run("package", "--split", "test")
    counted = json.loads((workplace / "submissions/smoke/tiny-val-d4/score.json").read_text())
    capsys.readouterr()
    run("cost", "--recipe", "smoke", *looks)
    one = [cost(f"--model.size {size}", capsys) for size in (32, 64)]
    assert counted["gmac"] == pytest.approx(sum(one), rel=0.15)  # and what cutting out and pasting take


def cost(options, capsys):
    capsys.readouterr()
    run("cost", "--recipe", "smoke", *options.split())
    return float(re.search(r"compute +([0-9.]+) GMAC", capsys.readouterr().out)[1])


def test_score_does_first_what_is_missing(workplace, capsys):
    run("train", "--recipe", "smoke", "--optim.epochs", "1")
    run("score")
    said = capsys.readouterr().out
    for words in ("for val with tta none yet: making them", "valid: 3 images", "s_final"):
        assert words in said
    run("package")
    assert "the zip is there already, and valid" in capsys.readouterr().out


def test_the_newest_run_is_meant(workplace, capsys):
    run("train", "--recipe", "smoke", "--optim.epochs", "1", "--run", "first")
    run("train", "--recipe", "smoke", "--optim.epochs", "1", "--run", "second")
    run("predict")
    assert "with 'second'" in capsys.readouterr().out
    run("predict", "--run", "first")
    assert "with 'first'" in capsys.readouterr().out
    run("predict", "--run", "third", code=2)
    assert "first, second" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["index", "train"])
def test_without_data_one_line_names_simulate_and_download(tmp_path, monkeypatch, capsys, verb):
    monkeypatch.chdir(tmp_path)
    run(verb, code=2)
    error = capsys.readouterr().err
    assert "./run.sh simulate" in error
    assert "./run.sh download" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("verb", ["predict", "package", "score"])
def test_without_a_run_one_line_names_train(workplace, capsys, verb):
    run(verb, code=2)
    error = capsys.readouterr().err
    assert "./run.sh train" in error
    assert error.count("\n") == 1


def test_several_sets_must_be_chosen_from(workplace, capsys):
    (workplace / "data" / "other" / "images").mkdir(parents=True)
    run("train", code=2)
    assert "--data: data/other, data/tiny" in capsys.readouterr().err


def test_the_demo_s_set_does_not_stand_in_the_way(workplace, capsys):
    shutil.copytree(workplace / "data" / "tiny", workplace / "data" / "demo")
    run("train", "--recipe", "smoke", "--optim.epochs", "1")
    assert "data set: data/tiny (the demo's is left aside)" in capsys.readouterr().out


def test_loose_images_do_not_decide_the_views(workplace, capsys):
    run("train", "--recipe", "smoke", "--optim.epochs", "1")
    run("predict", "--tta", "hflip")
    run("predict", "--images", "data/tiny/images/test")
    run("package", "--split", "test")
    assert (workplace / "submissions/smoke/tiny-test-hflip/submission.zip").exists()


def test_a_table_that_changed_is_indexed_again(workplace, capsys):
    run("index")
    table = workplace / "data/tiny/val.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:-1]) + "\n")
    os.utime(table, (10**9, 10**9))  # as unzip, cp -p, rsync -t or git may leave it
    run("train", "--recipe", "smoke", "--optim.epochs", "1")
    assert "index of data/tiny: val.csv has changed. Making it" in capsys.readouterr().out
    run("predict")
    assert "predict: 2 images" in capsys.readouterr().out


def test_a_split_without_labels_is_one_line(workplace, capsys):
    run("train", "--recipe", "smoke", "--optim.epochs", "1")
    run("score", "--split", "test", code=2)
    error = capsys.readouterr().err
    assert "has no labels" in error
    assert error.count("\n") == 1
