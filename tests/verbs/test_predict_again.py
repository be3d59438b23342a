"""Predictions that are there, or half there: resumed, refused or made anew."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from pipeline.config import config_of, recipe_values
from pipeline.dataset import prediction_table as table
from pipeline.errors import UserError
from pipeline.files import write_json
from pipeline.run_folder import manifest_of
from pipeline.stages import predicted as stage
from pipeline.tasks.parts import Parts as PartsTask
from pipeline.verbs.predict import predict
from pipeline.verbs.train import train


class Killed(BaseException):
    pass


def cut_into(monkeypatch, part, batch_size=1):
    monkeypatch.setattr(table, "PART", part)
    monkeypatch.setattr(stage, "_batch_size", lambda config: batch_size)


def test_killed_in_the_middle_it_resumes_to_the_same_answers(stand, monkeypatch, capsys):
    cut_into(monkeypatch, 1)
    whole = predict(split="train").predictions.read_bytes()
    real = table.Parts.write

    def write(self, span, rows):
        real(self, span, rows)
        if span.start == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(table.Parts, "write", write)
        with pytest.raises(Killed):
            predict(split="train", overwrite=True)
    place = predict(split="train")
    assert "resuming after 2" in capsys.readouterr().out
    assert place.predictions.read_bytes() == whole
    assert not place.parts.exists()


def test_resumed_batches_are_those_of_a_predict_that_was_not_killed(stand, monkeypatch):
    cut_into(monkeypatch, 2, batch_size=3)
    batches = []
    merge, write = PartsTask.merge, table.Parts.write

    def merged(self, network, image_bchw, views):
        batches.append(image_bchw.sum((1, 2, 3)).tolist())
        return merge(self, network, image_bchw, views)

    def die(self, span, rows):
        write(self, span, rows)
        raise Killed

    monkeypatch.setattr(PartsTask, "merge", merged)
    predict(split="train")
    whole = batches.copy()
    assert [len(batch) for batch in whole] == [3, 1]
    with monkeypatch.context() as patch:
        patch.setattr(table.Parts, "write", die)
        with pytest.raises(Killed):
            predict(split="train", overwrite=True)
    batches.clear()
    predict(split="train")
    assert batches == whole[1:]


@pytest.mark.parametrize(("batch_size", "rows"), [(1, 256), (16, 256), (10, 250), (300, 300)])
def test_parts_are_of_whole_batches(tmp_path, batch_size, rows):
    assert table.Parts(tmp_path / "parts", 301, (), {}, batch_size).spans == [range(rows), range(rows, 301)]


def test_parts_made_from_something_else_are_thrown_away(tmp_path):
    parts = table.Parts(tmp_path / "parts", 300, (), {"weights": "a"}, 16)
    assert parts.missing() == [range(256), range(256, 300)]
    parts.write(range(256), [])
    assert table.Parts(tmp_path / "parts", 300, (), {"weights": "a"}, 16).missing() == [range(256, 300)]
    assert table.Parts(tmp_path / "parts", 300, (), {"weights": "b"}, 16).missing() == parts.spans


def test_answers_of_other_weights_are_not_mixed_in(stand):
    predict()
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1, "seed": 7}), "smoke", run="other")
    shutil.copy("submissions/other/checkpoints/best.safetensors", "submissions/smoke/checkpoints/best.safetensors")
    with pytest.raises(UserError, match="--overwrite"):
        predict(run="smoke")
    predict(run="smoke", overwrite=True)


def test_killed_between_the_table_and_the_manifest_the_same_command_records_it(stand, monkeypatch, capsys):
    path = stand / "data/tiny/images/test/test_00000_img.jpg"
    path.write_bytes(path.read_bytes()[:30_000])
    place = predict(split="test")
    content, facts = place.predictions.read_bytes(), manifest_of(place.folder, "predict")
    assert facts["unreadable"]
    said = capsys.readouterr().out.partition("1 images could not be read whole")[2]
    monkeypatch.setattr(stage, "answers", None)  # nothing is answered again
    for manifest in ({}, {"predict": facts | {"weights_hash": "before"}}):
        write_json(place.folder / "manifest.json", manifest)
        predict(split="test")
        again = manifest_of(place.folder, "predict")
        assert {name for name in facts if facts[name] != again.get(name)} <= {
            "command",
            "started",
            "seconds",
            "resumed_after",
        }
        assert (facts["resumed_after"], again["resumed_after"]) == (0, 2)  # of two images
        assert capsys.readouterr().out.partition("1 images could not be read whole")[2] == said
    assert place.predictions.read_bytes() == content
    predict(split="test")
    assert capsys.readouterr().out == f"predictions are there already: {place.predictions}\n"


@pytest.mark.parametrize("name", ["masks/postprocess.py", "masks/boxes.py", "dataset/images.py"])
def test_answers_of_other_code_are_not_taken_for_this_one_s(stand, monkeypatch, name):
    before = predict().predictions.read_bytes()
    real = stage.sources
    monkeypatch.setattr(stage, "sources", lambda files: real(files) | ({name: "changed"} if name in files else {}))
    with pytest.raises(
        UserError, match=rf"made from something else: code of {name}.\n`./run.sh predict .*--overwrite`"
    ):
        predict()
    assert predict(overwrite=True).predictions.read_bytes() != before  # says other code


def test_parts_of_other_code_are_not_resumed(stand, monkeypatch, capsys):
    cut_into(monkeypatch, 1)
    real_write, real = table.Parts.write, stage.sources

    def write(self, span, rows):
        real_write(self, span, rows)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(table.Parts, "write", write)
        patch.setattr(stage, "sources", lambda files: real(files) | {"masks/postprocess.py": "before"})
        with pytest.raises(Killed):
            predict()
    predict()
    assert "resuming" not in capsys.readouterr().out


def test_a_config_that_was_edited_makes_other_answers(stand):
    predict()
    config = stand / "submissions/smoke/config.yaml"
    config.write_text(config.read_text().replace("size: 64", "size: 128"))
    with pytest.raises(UserError, match=r"model\.size 64 -> 128"):
        predict()


def test_an_image_replaced_in_place_is_noticed(stand):
    predict(split="test")
    path = stand / "data/tiny/images/test/test_00000_img.jpg"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (1024, 1024, 3), np.uint8))
    os.utime(path, (10**9, 10**9))
    with pytest.raises(UserError, match="made from something else: the images"):
        predict(split="test")


def test_what_a_killed_predict_could_not_read_is_still_told(stand, monkeypatch, capsys):
    cut_into(monkeypatch, 1)
    path = stand / "data/tiny/images/test/test_00000_img.jpg"
    path.write_bytes(path.read_bytes()[:30_000])
    real = table.Parts.write

    def write(self, span, rows):
        real(self, span, rows)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(table.Parts, "write", write)
        with pytest.raises(Killed):
            predict(split="test")
    place = predict(split="test")
    said = capsys.readouterr().out
    assert "resuming after 1" in said
    assert (
        "1 images could not be read whole; what is missing was taken for black:\n  test_00000_img.jpg: cut short"
        in said
    )
    rows = pd.read_parquet(place.predictions).set_index("image_id")
    assert rows["fault"].str.startswith("cut short").tolist() == [True, False]


def test_damaged_predictions_are_one_line_with_the_command(stand):
    place = predict()
    content = place.predictions.read_bytes()
    for damaged in (content[:1500], b"", content[:-1]):
        place.predictions.write_bytes(damaged)
        with pytest.raises(
            UserError, match=r"predictions.parquet is damaged .*`./run.sh predict .*--overwrite`"
        ) as error:
            predict()
        assert "\n" not in str(error.value)
    assert predict(overwrite=True).predictions.read_bytes() == content


def test_two_at_once_are_refused(stand, monkeypatch):
    """The second comes while the first is at work, in a process of its own."""
    real = stage.answers
    refused = []

    def answers(*arguments):
        command = [sys.executable, "-m", "pipeline", "predict", "--overwrite"]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
        refused.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=False))
        return real(*arguments)

    monkeypatch.setattr(stage, "answers", answers)
    predict()
    assert refused[0].returncode == 2
    assert re.search(r"^error: .*tiny-val-none is in use: `predict`, process \d+ on ", refused[0].stderr)
