"""The zip that package writes, and when it is made anew."""

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pipeline.cli import main
from pipeline.config import config_of, recipe_values
from pipeline.errors import UserError
from pipeline.stages import packaged as stage
from pipeline.tracks import track_named
from pipeline.tracks.findings import Findings
from pipeline.tracks.spark2026 import submission
from pipeline.tracks.spark2026.track import TRACK
from pipeline.verbs.package import package
from pipeline.verbs.predict import predict
from pipeline.verbs.score import score
from pipeline.verbs.train import train
from tests.makers import COLOURS, OF_PARTS, scene, spark2024, true_answers, write_rgb


def declare(path, **changes):
    """Change what a zip says of its compute."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(members["efficiency.json"])
    members["efficiency.json"] = json.dumps(said | {name: change(said[name]) for name, change in changes.items()})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_the_upload_answers_every_test_image(stand):
    place = package(split="test")
    asked = pd.DataFrame({"image_id": ["test_00000_img.jpg", "test_00001_img.jpg"], "height": 1024, "width": 1024})
    rows, efficiency = TRACK.upload.read(place.folder / "submission.zip", asked)
    assert len(rows) == 2
    assert efficiency["mparams"] == pytest.approx(0.282828)
    assert efficiency["gmac"] == pytest.approx(0.004734, abs=1e-6)


def test_the_same_bytes_when_made_again(stand):
    first = (package().folder / "submission.zip").read_bytes()
    shutil.rmtree(package().folder)
    assert (package().folder / "submission.zip").read_bytes() == first


def test_a_zip_that_is_not_the_runs_is_refused_by_score_and_mended_by_package(stand):
    path = package().folder / "submission.zip"
    whole = path.read_bytes()
    declare(path, gmac=lambda value: value / 2)
    for content in (path.read_bytes(), whole[:100]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="is not what package made of the run's predictions"):
            score()
    assert (package().folder / "submission.zip").read_bytes() == whole
    assert score()["compute"] == "recounted from the run"


def test_an_invalid_zip_is_not_scored_nor_left(stand, monkeypatch):
    real = submission.write

    def write(path, rows, efficiency):
        real(path, rows[1:], efficiency)

    monkeypatch.setitem(vars(TRACK.upload), "write", write)
    with pytest.raises(UserError, match="is missing"):
        package()
    assert not list(stand.glob("submissions/*/*/submission.zip"))


def test_killed_at_any_step_the_zip_is_made_and_scored(stand, tmp_path, monkeypatch):
    """Over a zip of before: copies of all as a kill would leave it, at the examination and before each renaming."""
    copies = []

    def copied_before(function):
        def call(*given):
            copies.append(shutil.copytree(stand, tmp_path / f"killed {len(copies)}"))
            return function(*given)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(stage, "efficiency_of", lambda trained: {"gmac": 1.0, "mparams": 1.0})
        package()
    with monkeypatch.context() as patch:
        patch.setitem(vars(TRACK.upload), "examine", copied_before(TRACK.upload.examine))
        patch.setattr(Path, "replace", copied_before(Path.replace))
        package()
    assert len(copies) == 3  # of the zip, which is examined, its record and its name
    for copy in copies:
        monkeypatch.chdir(copy)
        assert score()["gmac"] == pytest.approx(0.004734, abs=1e-6)


def test_predictions_hold_what_the_zip_says(stand):
    place = package()
    rows = pd.read_parquet(place.predictions)
    given, _ = TRACK.upload.read(place.folder / "submission.zip", rows)
    for name in given.columns:
        assert given[name].tolist() == rows[name].tolist()


def test_the_views_last_asked_for_are_taken_and_said(stand, capsys):
    predict(tta="hflip")
    predict(tta="none")
    predict(tta="hflip")  # there already
    capsys.readouterr()
    assert package().tta == "hflip"
    assert "views: hflip, as last asked for tiny-val" in capsys.readouterr().out
    assert package(split="test").tta == "hflip"  # of another split: those last asked for at all
    assert package(split="test", tta="none").tta == "none"
    capsys.readouterr()
    score()
    assert "views: hflip, as last asked for tiny-val" in capsys.readouterr().out


def test_a_zip_that_is_there_is_read_again_before_it_is_called_valid(stand, monkeypatch):
    package()
    refused = Findings(("a check",))
    refused.update({"a check": ["a complaint"]})
    monkeypatch.setitem(vars(TRACK.upload), "examine", lambda path, images: (refused, pd.DataFrame(), {}))
    with pytest.raises(UserError, match="not a valid submission"):
        package()


def test_a_zip_written_by_other_code_is_made_anew(stand, monkeypatch, capsys):
    package()
    real = stage.sources
    monkeypatch.setattr(stage, "sources", lambda files: real(files) | {"tracks/spark2026/submission.py": "other"})
    package()
    assert "the zip is made anew: code of tracks/spark2026/submission.py" in capsys.readouterr().out


def test_a_set_of_another_size_is_for_local_work(tmp_path, monkeypatch, capsys):
    """At 128 px all goes as at 1024, but for the upload."""
    spark2024(tmp_path / "data" / "small", size=128, tests=2)
    monkeypatch.chdir(tmp_path)
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1}), "smoke")
    capsys.readouterr()
    assert score()["images"] == 2
    assert "note: 2 of 2 images of val are not 1024x1024; they are answered and judged at their own size" in (
        capsys.readouterr().out
    )
    for track in OF_PARTS:
        track_named(track).upload.write(
            Path("truth.zip"), true_answers(Path("data/small")), {"gmac": 1.0, "mparams": 1.0}
        )
        assert score("truth.zip", track=track)["s_seg"] == 1.0
        assert main(["validate", "truth.zip", "--split", "val", "--track", track]) == 0
    with pytest.raises(UserError, match=r"an upload answers images of 1024x1024 pixels; 2 of 2 of test .*\n.*128x128"):
        package(split="test")
    assert not list(Path("submissions").glob("*/small-test-*"))  # told before anything was predicted


def test_one_image_of_another_size(tmp_path, monkeypatch, capsys):
    """A val image of 100 rows more keeps nobody from scoring; a test image is told before anything is predicted."""
    folder = spark2024(tmp_path / "data" / "odd", tests=2)
    image_hwc, labels_hw, _ = scene(2)
    write_rgb(folder / "images/Cheops/val/00002_img.jpg", image_hwc[:1000])
    write_rgb(folder / "mask/Cheops/val/00002_layer.jpg", COLOURS[labels_hw[:1000]], full_colour=True)
    write_rgb(folder / "images/test/test_00001_img.jpg", scene(1, 600)[0])
    monkeypatch.chdir(tmp_path)
    train(config_of(recipe_values("smoke") | {"optim.epochs": 1}), "smoke")
    assert score()["images"] == 2
    assert "Cheops/00002_img.jpg: 1024x1000" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"test_00001_img.jpg: 600x600"):
        package(split="test")
