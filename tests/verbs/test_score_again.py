"""A score says what has changed since its run was trained, and what the run has seen."""

import os
import shutil

import cv2
import pandas as pd
import pytest

from pipeline.config import config_of, recipe_values
from pipeline.dataset.index_table import read_index
from pipeline.errors import UserError
from pipeline.files import file_hash
from pipeline.run_folder import manifest_of
from pipeline.tracks.spark2026 import submission
from pipeline.tracks.spark2026.track import TRACK
from pipeline.verbs.predict import predict
from pipeline.verbs.score import score
from pipeline.verbs.train import train
from tests.makers import true_answers


def test_a_run_fitted_on_val_says_so(stand, capsys):
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1, "fit_on": "train+val"}), "smoke", run="final")
    score()
    assert "note: final was fitted on 3 of these 3 images of val" in capsys.readouterr().out
    score(run="smoke")
    assert "note:" not in capsys.readouterr().out
    score(run="smoke", split="tune")
    assert "note: the weights of smoke were selected on 1 of these 1 images of tune" in capsys.readouterr().out


def test_a_split_without_labels(stand):
    with pytest.raises(UserError, match="has no labels") as error:
        score(split="test")
    assert "\n" not in str(error.value)


def test_a_config_that_was_edited_is_not_scored_with_the_answers_of_before(stand):
    score()
    config = stand / "submissions/smoke/config.yaml"
    config.write_text(config.read_text().replace("size: 64", "size: 128"))
    with pytest.raises(UserError, match=r"model\.size 64 -> 128"):
        score()
    predict(overwrite=True)
    assert score()["gmac"] == pytest.approx(4 * 0.004734, rel=0.02)


def test_corrected_labels_count_at_once_whatever_time_their_file_has(stand):
    table = stand / "data/tiny/val.csv"
    rows = pd.read_csv(table)
    answers = true_answers(stand / "data/tiny")
    submission.write(stand / "truth.zip", answers, {"gmac": 1.0, "mparams": 1.0})
    assert score(str(stand / "truth.zip"))["s_det"] == 1.0
    rows["Bounding box"] = "(0, 0, 10, 10)"
    rows.to_csv(table, index=False)
    os.utime(table, (10**9, 10**9))
    assert score(str(stand / "truth.zip"))["s_det"] == 0.0


def test_a_zip_that_comes_while_another_is_judged_is_not_called_judged(stand, monkeypatch):
    score()
    path = stand / "submissions/smoke/tiny-val-none/submission.zip"
    judged, real = file_hash(path), TRACK.judge.per_image

    def per_image(truth, given):
        path.write_bytes(path.read_bytes() + b" ")
        return real(truth, given)

    monkeypatch.setitem(vars(TRACK.judge), "per_image", per_image)
    score()
    assert manifest_of(path.parent, "score")["zip_hash"] == judged != file_hash(path)


def test_masks_replaced_in_place_count_at_once(stand):
    submission.write(stand / "truth.zip", true_answers(stand / "data/tiny"), {"gmac": 1.0, "mparams": 1.0})
    assert score(str(stand / "truth.zip"))["s_seg"] == 1.0
    for path in (stand / "data/tiny/mask").rglob("val/*.jpg"):
        cv2.imwrite(str(path), cv2.imread(str(path))[::-1])
    assert score(str(stand / "truth.zip"))["s_seg"] < 0.5


def test_images_that_a_run_was_fitted_on_are_known_after_a_new_split(stand, capsys):
    """The train images become val, names and folders and all."""
    folder = stand / "data/tiny"
    index = read_index(folder)
    fitted = (index["split"] == "train").sum()
    for name in ("images", "mask"):
        for path in (folder / name).glob("*/train"):
            shutil.rmtree(path.parent / "val", ignore_errors=True)
            path.rename(path.parent / "val")
    (folder / "train.csv").rename(folder / "val.csv")
    score(run="smoke")
    said = capsys.readouterr().out
    assert f"note: smoke was fitted on {fitted} of these {fitted + 1} images of val" in said
    assert "note: the weights of smoke were selected on 1 of these" in said


def test_a_run_of_a_set_that_is_not_there_any_more(stand):
    shutil.move(stand / "data/tiny", stand / "elsewhere")
    with pytest.raises(UserError, match=r"trained on data/tiny, which is not there; name it with --data"):
        score()


@pytest.mark.parametrize("content", [b"", b"model: {size: 64}\n", b"model: [", b"seed: x\n"])
def test_a_damaged_config_is_one_line(stand, content):
    (stand / "submissions/smoke/config.yaml").write_bytes(content)
    with pytest.raises(UserError, match=r"smoke/config\.yaml"):
        score()
