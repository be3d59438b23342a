import errno
import json
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

from pipeline import files
from pipeline.dataset.index_table import read_index
from pipeline.errors import UserError
from pipeline.locks import alone_in
from pipeline.masks import rle
from pipeline.stages import indexed as stage
from pipeline.stages.indexed import indexed
from pipeline.tracks import track_named
from pipeline.tracks.spark2024 import truth
from pipeline.verbs.index import index
from tests.makers import COLOURS, scene, spark2022, spark2024, write_rgb

SPARK = track_named("spark2026")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return spark2024(tmp_path_factory.mktemp("made") / "set")


@pytest.fixture
def folder(made, tmp_path):
    """Four train and two val images of two classes, and a test image; never indexed."""
    return shutil.copytree(made, tmp_path / "set")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Small images: 60, 30, 2 and 1 for training."""
    counts = {"Cheops": (60, 3), "Soho": (30, 0), "XMM Newton": (2, 0), "Proba2": (1, 0)}
    return spark2024(tmp_path_factory.mktemp("many") / "set", counts, size=64)


@pytest.fixture
def checked(monkeypatch):
    """Names of the image files that are read, as the index goes on."""
    names = []
    real = truth.check_image
    monkeypatch.setattr(truth, "check_image", lambda item: names.append(item.image.name) or real(item))
    return names


def by_id(folder):
    return read_index(folder).set_index("image_id")


def test_the_index_says_what_the_files_hold(folder):
    rows = index(folder)
    pd.testing.assert_frame_equal(rows, read_index(folder), check_dtype=False)
    assert rows["image_id"].is_unique
    assert rows["split"].value_counts().to_dict() == {"train": 2, "tune": 2, "val": 2, "test": 1}
    assert (rows["problems"] == "").all()
    row = by_id(folder).loc["XMM Newton/00002_img.jpg"]
    _, labels_hw, box = scene(1002)
    assert (row["split"], row["class_name"], row["class_index"]) == ("val", "XMM Newton", 9)
    assert tuple(row[["x_min", "y_min", "x_max", "y_max"]]) == box
    assert row["image_path"] == "images/XMM Newton/val/00002_img.jpg"
    for label, name in ((1, "body_rle"), (2, "panel_rle")):
        found, true = rle.decode(row[name], row["height"], row["width"]), labels_hw == label
        assert (found & true).sum() / (found | true).sum() > 0.99
    test = by_id(folder).loc["test_00000_img.jpg"]
    assert test[["class_name", "x_min", "body_rle", "panel_rle", "mask_path"]].isna().all()


def test_tune_is_a_seeded_share_of_every_class_of_train(many, capsys):
    first = index(many)
    tune = first[first["split"] == "tune"]
    assert tune["class_name"].value_counts().to_dict() == {"Cheops": 3, "Soho": 2, "XMM Newton": 1}
    assert (first["split"] == "val").sum() == 3
    assert tune["image_path"].str.contains("/train/").all()
    data = (many / "index.parquet").read_bytes()
    other = index(many, seed=1)
    assert set(other.loc[other["split"] == "tune", "image_id"]) != set(tune["image_id"])
    assert (other["split"] == "tune").sum() == 6
    kept = index(many)
    assert set(kept.loc[kept["split"] == "tune", "image_id"]) == set(other.loc[other["split"] == "tune", "image_id"])
    index(many, seed=0)
    assert (many / "index.parquet").read_bytes() == data
    assert (first["problems"] == "").all()
    assert "images are 64x64: good for local work; uploads are 1024x1024\nno problems" in capsys.readouterr().out


def test_images_of_equal_content_go_to_tune_together(folder):
    source = folder / "images/Cheops/train"
    for name in ("00001_img.jpg", "00000_img.jpg"):
        shutil.copy(folder / "images/XMM Newton/train/00000_img.jpg", source / name)
    rows = index(folder).set_index("image_id")
    assert rows.loc["Cheops/00000_img.jpg", "split"] == rows.loc["Cheops/00001_img.jpg", "split"]
    same = ["Cheops/00000_img.jpg", "Cheops/00001_img.jpg", "XMM Newton/00000_img.jpg"]
    assert rows.loc[same, "split"].nunique() == 1


def test_duplicates_are_marked_on_both_rows(folder):
    shutil.copy(folder / "images/Cheops/train/00000_img.jpg", folder / "images/XMM Newton/train/00001_img.jpg")
    shutil.copy(folder / "images/Cheops/train/00001_img.jpg", folder / "images/test/test_00000_img.jpg")
    index(folder)
    problems = by_id(folder)["problems"]
    assert problems["Cheops/00000_img.jpg"] == "duplicate: same bytes as XMM Newton/00001_img.jpg (train)"
    assert problems["XMM Newton/00001_img.jpg"].endswith("duplicate: same bytes as Cheops/00000_img.jpg (train)")
    assert problems["Cheops/00001_img.jpg"] == "duplicate-across-splits: same bytes as test_00000_img.jpg (test)"
    assert problems["test_00000_img.jpg"] == "duplicate-across-splits: same bytes as Cheops/00001_img.jpg (train)"
    assert (problems != "").sum() == 4


def test_bad_rows_are_kept_marked_and_said(folder, capsys):
    (folder / "images/Cheops/train/00000_img.jpg").write_bytes(b"")
    (folder / "mask/Cheops/train/00001_layer.jpg").unlink()
    (folder / "images/test/test_00000_img.jpg").write_bytes(b"not an image")
    rows = index(folder)
    assert len(rows) == 7
    bad = rows[rows["problems"] != ""].set_index("image_id")["problems"].str.partition(":")[0]
    assert bad.to_dict() == {
        "Cheops/00000_img.jpg": "image-undecodable",
        "Cheops/00001_img.jpg": "mask-missing",
        "test_00000_img.jpg": "image-undecodable",
    }
    out = capsys.readouterr().out
    assert "3 of 7 images have problems" in out
    assert "image-undecodable: 2" in out


def test_strict(folder):
    index(folder, strict=True)
    (folder / "mask/Cheops/train/00001_layer.jpg").write_bytes(b"")
    with pytest.raises(UserError, match="1 rows have problems"):
        index(folder, strict=True)
    assert (read_index(folder)["problems"] != "").sum() == 1


def test_a_second_run_decodes_nothing(folder, monkeypatch):
    index(folder)
    data = (folder / "index.parquet").read_bytes()

    def refused(*_):
        raise AssertionError("a file was read again")

    monkeypatch.setattr(truth, "check_image", refused)
    monkeypatch.setattr(cv2, "imdecode", refused)
    (folder / "index.parquet").unlink()
    index(folder)
    assert (folder / "index.parquet").read_bytes() == data


@pytest.mark.parametrize("kind", ["images/Cheops/train/00001_img.jpg", "mask/Cheops/train/00001_layer.jpg"])
def test_a_changed_file_is_checked_again_and_no_other(folder, checked, kind):
    before = index(folder).set_index("image_id")
    assert len(checked) == 7
    checked.clear()
    image_hwc, labels_hw, _ = scene(77)
    changed = image_hwc if "images" in kind else np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)[labels_hw]
    write_rgb(folder / kind, changed)
    after = index(folder).set_index("image_id")
    assert checked == ["00001_img.jpg"]
    row = "Cheops/00001_img.jpg"
    assert (before.loc[row, "content_hash"] != after.loc[row, "content_hash"]) == ("images" in kind)
    assert after.loc[row, "problems"].startswith("box-mask") == ("mask" in kind)


def test_a_changed_label_is_checked_again(folder, checked):
    index(folder)
    checked.clear()
    text = (folder / "val.csv").read_text()
    x_min = scene(2)[2][0]
    (folder / "val.csv").write_text(text.replace(f'"({x_min},', f'"({x_min + 50},'))
    rows = index(folder).set_index("image_id")
    assert checked == ["00002_img.jpg"]
    assert rows.loc["Cheops/00002_img.jpg", "problems"].startswith("box-mask")


def test_file_times_do_not_matter_to_the_bytes(folder):
    index(folder)
    data = (folder / "index.parquet").read_bytes()
    for path in folder.rglob("*.jpg"):
        os.utime(path, (1_000_000_000, 1_234_567_890))
    index(folder)
    assert (folder / "index.parquet").read_bytes() == data


def test_a_damaged_cache_is_made_again(folder, checked):
    index(folder)
    data = (folder / "index.parquet").read_bytes()
    for content in (None, b"", b"PAR1 garbage PAR1", (folder / "index.cache").read_bytes()[:-200]):
        checked.clear()
        (folder / "index.cache").unlink() if content is None else (folder / "index.cache").write_bytes(content)
        index(folder)
        assert len(checked) == 7
        assert (folder / "index.parquet").read_bytes() == data


def test_an_empty_file_name_in_the_csv_is_marked(folder):
    text = (folder / "train.csv").read_text()
    (folder / "train.csv").write_text(text.replace("00000_img.jpg", "", 1))
    rows = index(folder).set_index("image_id")
    assert rows.loc["Cheops/", "problems"].startswith(("image-missing", "image-undecodable"))


@pytest.mark.parametrize("name", ["a" * 300 + ".jpg", "a\0.jpg"], ids=["too long", "zero byte"])
def test_names_that_no_file_can_have_are_marked(folder, name):
    text = (folder / "train.csv").read_text()
    (folder / "train.csv").write_text(text.replace("00000_img.jpg", name, 1))
    rows = index(folder).set_index("image_id")
    assert rows.loc[f"Cheops/{name}", "problems"].startswith("image-missing")
    assert (rows["problems"] != "").sum() == 1


def test_spark_2022(tmp_path):
    folder = spark2022(tmp_path / "old")
    rows = index(folder).set_index("image_id")
    proba, debris = rows.loc["Proba2/img000000.png"], rows.loc["debris/img000001.png"]
    assert (proba["split"], proba["class_index"], proba["problems"]) == ("train", 4, "")
    assert tuple(proba[["x_min", "y_min", "x_max", "y_max"]]) == scene(0)[2]
    assert (debris["class_index"], debris["problems"]) == (-1, "class-unknown: 'debris'")
    assert rows["body_rle"].isna().all()


def test_no_data(tmp_path):
    with pytest.raises(UserError, match="no SPARK data"):
        index(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        index(tmp_path / "nothing")


def test_the_seed_belongs_to_the_index_and_is_kept(many, capsys):
    chosen = index(many, seed=5)
    tune = set(chosen.loc[chosen["split"] == "tune", "image_id"])
    (many / "val.csv").write_text((many / "val.csv").read_text() + "\n")
    assert set(indexed(many, SPARK)[lambda rows: rows["split"] == "tune"]["image_id"]) == tune
    assert "val.csv has changed. Making it" in capsys.readouterr().out
    for name in ("index.parquet", "index.cache"):  # either file remembers it
        (many / name).unlink()
        assert set(indexed(many, SPARK)[lambda rows: rows["split"] == "tune"]["image_id"]) == tune
    index(many, seed=0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda folder: touched(folder / "val.csv", (folder / "val.csv").read_text().replace("(", "[", 1)),
            "val.csv has",
        ),
        (lambda folder: (folder / "val.csv").unlink(), "val.csv is gone"),
        (lambda folder: (folder / "images/test/test_00000_img.jpg").unlink(), "1 are gone"),
        (lambda folder: shutil.copy(folder / "images/test/test_00000_img.jpg", folder / "images/test/b.jpg"), "b.jpg"),
        (lambda folder: write_rgb(folder / "images/Cheops/val/00002_img.jpg", scene(5)[0]), "Cheops/00002_img.jpg"),
        (lambda folder: write_rgb(folder / "mask/Cheops/val/00002_layer.jpg", scene(5)[0]), "Cheops/00002_img.jpg"),
        (lambda folder: (folder / "index.cache").unlink(), "7 images are new"),
        (lambda folder: (folder / "index.parquet").unlink(), "there is none yet"),
    ],
)
def test_whatever_changes_is_noticed_whatever_its_time(folder, capsys, change, words):
    index(folder)
    change(folder)
    for path in folder.rglob("*"):
        if path.stat().st_mtime > 1.7e9 and path.is_file() and path.suffix == ".csv":
            os.utime(path, (10**9, 10**9))
    capsys.readouterr()
    indexed(folder, SPARK)
    assert re.search(rf"^index of .*{words}.*Making it$", capsys.readouterr().out, re.MULTILINE)
    indexed(folder, SPARK)
    assert capsys.readouterr().out == ""


def touched(path, text):
    path.write_text(text)


def test_other_code_makes_the_index_anew(folder, monkeypatch, capsys):
    index(folder)
    real = stage.sources
    monkeypatch.setattr(stage, "sources", lambda files: real(files) | {"dataset/splits.py": "other"})
    indexed(folder, SPARK)
    assert "code of dataset/splits.py. Making it" in capsys.readouterr().out


def test_nothing_is_written_where_nothing_has_changed(folder, monkeypatch):
    index(folder)
    monkeypatch.setattr(files, "written_aside", None)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    index(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_set_that_may_not_be_written_is_told_how_to_link_it(folder, monkeypatch):
    def mkdir(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(type(folder), "mkdir", mkdir)
    with pytest.raises(UserError, match=rf"Read-only file system.*ln -s {folder}/\* data/mine/"):
        index(folder)


def test_what_could_not_be_read_is_not_remembered(folder, monkeypatch, capsys):
    real = Path.read_bytes
    bad = folder / "images/Cheops/val/00002_img.jpg"

    def read(self):
        if self == bad:
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(self)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", read)
        rows = index(folder).set_index("image_id")
    path = "images/Cheops/val/00002_img.jpg"
    assert rows.loc["Cheops/00002_img.jpg", "problems"] == f"image-unreadable: {path}: Stale file handle"
    capsys.readouterr()
    assert (indexed(folder, SPARK)["problems"] == "").all()
    assert "could not be read before (Cheops/00002_img.jpg). Making it" in capsys.readouterr().out


def test_boxes_that_are_none_are_cleared_and_not_exported(folder, capsys):
    text = (folder / "val.csv").read_text()
    box = str(scene(2)[2])
    for none in ("(0, 0, 0, 0)", "(500, 500, 100, 100)", "(inf, 200, 300, 400)", "(nan, nan, nan, nan)"):
        (folder / "val.csv").write_text(text.replace(box, none))
        row = index(folder, coco=True).set_index("image_id").loc["Cheops/00002_img.jpg"]
        assert row["problems"].startswith("box-invalid: ")
        assert row[["x_min", "y_min", "x_max", "y_max"]].isna().all()

        def refuse(word):
            raise AssertionError(word)

        truth = json.loads((folder / "coco_val_craft.json").read_text(), parse_constant=refuse)
        assert [annotation["image_id"] for annotation in truth["annotations"]] == ["XMM Newton/00002_img.jpg"]


def test_one_image_of_another_size_is_marked(folder, capsys):
    image_hwc, labels_hw, _ = scene(2)
    write_rgb(folder / "images/Cheops/val/00002_img.jpg", image_hwc[:1000])
    write_rgb(folder / "mask/Cheops/val/00002_layer.jpg", COLOURS[labels_hw[:1000]])
    rows = index(folder).set_index("image_id")["problems"]
    assert rows["Cheops/00002_img.jpg"] == "image-size: 1024x1000, most are 1024x1024"
    assert (rows != "").sum() == 1
    assert "good for local work" not in capsys.readouterr().out


def test_strict_counts_notes(folder):
    index(folder, strict=True)
    shutil.copy(folder / "train.csv", folder / "Train.csv")
    with pytest.raises(UserError, match="0 rows have problems and there are 1 notes"):
        index(folder, strict=True)


def test_damaged_pages_are_one_line_and_index_mends_them(folder):
    index(folder)
    content = (folder / "index.parquet").read_bytes()
    (folder / "index.parquet").write_bytes(content[:200] + bytes(1000) + content[1200:])
    with pytest.raises(
        UserError, match=r"index\.parquet is damaged .*`./run.sh index --data .*` makes it anew"
    ) as error:
        indexed(folder, SPARK)
    assert "\n" not in str(error.value)
    index(folder)
    assert (folder / "index.parquet").read_bytes() == content


def test_two_at_once(folder):
    with alone_in(folder, "index"):
        command = [sys.executable, "-m", "pipeline", "index", "--data", str(folder)]
        environment = os.environ | {"PYTHONPATH": str(Path(stage.__file__).parents[2])}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.search(rf"^error: {folder} is in use: `index`, process {os.getpid()} on .*\n$", done.stderr)
