"""Stages know no competition: one that lives here, with another truth, answer, judge and upload, goes through them."""

import json

import pandas as pd
import pytest

from pipeline.cli import main
from pipeline.tracks import track_named
from tests.toy.data import numbers

TOY = "tests.toy.track"
RECIPE = f"""
track: {TOY}
seed: 7
optim: {{epochs: 3, batch_size: 4, lr: 1.0}}
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with the toy's data set and a finished run."""
    folder = tmp_path_factory.mktemp("toy")
    numbers(folder / "data" / "numbers")
    (folder / "mine.yaml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["index", "--track", TOY]) == 0
        assert main(["train", "--recipe", "mine.yaml"]) == 0
    return folder


@pytest.fixture(autouse=True)
def stand_here(here, monkeypatch):
    monkeypatch.chdir(here)


def test_the_index_holds_its_truth_and_no_other(here):
    rows = pd.read_parquet(here / "data/numbers/index.parquet")
    assert rows["split"].value_counts()[["val", "test"]].tolist() == [6, 3]
    assert rows["number"].isna().sum() == 3
    assert not {"class_index", "body_rle", "x_min"} & set(rows.columns)


def test_the_lowest_error_is_selected(here):
    errors = [json.loads(line)["error"] for line in (here / "submissions/mine/metrics.jsonl").read_text().splitlines()]
    best = min(errors)
    assert errors.index(best) == 1  # neither the first epoch nor the last: at this rate it leaps
    manifest = json.loads((here / "submissions/mine/manifest.json").read_text())
    assert main(["predict", "mine", "--split", "tune"]) == 0
    assert main(["score", "mine", "--split", "tune"]) == 0
    found = json.loads(next((here / "submissions/mine").glob("*tune*/score.json")).read_text())
    assert found["error"] == pytest.approx(best, abs=1e-6)
    assert manifest["train"]["weights_hash"]


def test_its_score_is_the_mean_absolute_difference(here, capsys):
    assert main(["score", "mine", "--details"]) == 0
    said = capsys.readouterr().out
    assert "mean absolute difference" in said
    place = next((here / "submissions/mine").glob("*-val-*"))
    truth = pd.read_csv(here / "data/numbers/val.csv").set_index("name")["number"]
    given = pd.read_csv(place / "answers.csv").set_index("image_id")["number"]
    off = (truth - given[truth.index]).abs()
    found = json.loads((place / "score.json").read_text())
    assert found["error"] == pytest.approx(off.mean())
    assert found["worst"][0]["image_id"] == off.idxmax()
    assert found["best"][0]["image_id"] == off.idxmin()


def test_its_upload_is_packaged_validated_and_judged_by_its_path(here, capsys):
    assert main(["package", "mine", "--split", "test"]) == 0
    path = next((here / "submissions/mine").glob("*-test-*/answers.csv"))
    assert pd.read_csv(path)["image_id"].tolist() == [f"test_{i}.png" for i in range(3)]
    assert main(["validate", str(path), "--track", TOY]) == 0
    assert "the CSV has every image once, and no other" in capsys.readouterr().out
    assert main(["validate", str(path), "--track", TOY, "--split", "val"]) == 2
    (here / "mean.csv").write_text("image_id,number\n" + "".join(f"val_{i}.png,0.5\n" for i in range(6)))
    assert main(["score", "mean.csv", "--track", TOY]) == 0


def test_views_that_it_forbids_are_refused_with_its_reason(capsys):
    assert main(["predict", "mine", "--tta", "d4"]) == 2
    assert track_named(TOY).no_views in capsys.readouterr().err


def test_a_way_to_decode_that_its_task_has_not_is_refused(capsys):
    assert main(["predict", "mine", "--decode", "half"]) == 2
    assert "run 'mine' has but one way" in capsys.readouterr().err


def test_its_cost_has_no_reward(capsys):
    assert main(["cost", "--recipe", "mine.yaml"]) == 0
    said = capsys.readouterr().out
    assert "GMAC" in said
    assert "S_flops" not in said


def test_its_report_shows_its_figure(here):
    assert main(["score", "mine"]) == 0
    assert main(["report", "mine"]) == 0
    page = next((here / "submissions/mine").glob("*-val-*/report.html")).read_text()
    assert "mean absolute difference" in page
    assert "s_acc" not in page
    assert main(["report"]) == 0


@pytest.mark.parametrize("words", [["bench", "score"], ["score", "mine", "--coco"], ["score", "--ceiling"]])
def test_what_it_does_not_have_is_said(words, capsys):
    assert main([*words, *(() if "mine" in words else ("--track", TOY))]) == 2
    assert TOY in capsys.readouterr().err
