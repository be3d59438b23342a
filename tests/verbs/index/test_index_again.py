"""An index that is there: what has changed is noticed, and nothing else is read again."""

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline import files
from pipeline.dataset.problems import has_problem
from pipeline.errors import UserError
from pipeline.locks import alone_in
from pipeline.stages import indexed as stage
from pipeline.stages.indexed import indexed, is_current
from pipeline.tracks import track_named
from pipeline.tracks.spark2024 import truth
from pipeline.verbs.index import index
from tests.makers import scene, write_rgb

SPARK = track_named("spark2026")


@pytest.fixture
def checked(monkeypatch):
    """Names of the image files that are read, as the index is made."""
    names = []
    real = truth.check_image
    monkeypatch.setattr(truth, "check_image", lambda item: names.append(item.image.name) or real(item))
    return names


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
    assert ("box-mask" in {problem.code for problem in after.loc[row, "problems"]}) == ("mask" in kind)


def test_a_changed_label_is_checked_again(folder, checked):
    index(folder)
    checked.clear()
    text = (folder / "val.csv").read_text()
    x_min = scene(2)[2][0]
    (folder / "val.csv").write_text(text.replace(f'"({x_min},', f'"({x_min + 50},'))
    rows = index(folder).set_index("image_id")
    assert checked == ["00002_img.jpg"]
    assert rows.loc["Cheops/00002_img.jpg", "problems"][0].code == "box-mask"


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


@pytest.mark.parametrize("name", ["images/Cheops/val/00002_img.jpg", "images/test/new.jpg"])
def test_an_index_that_could_not_be_written_is_not_taken_for_current(folder, monkeypatch, name):
    def full(path, *_):
        raise files.DiskError(f"cannot write {path}: No space left on device.")

    index(folder)
    write_rgb(folder / name, scene(5)[0])
    with monkeypatch.context() as patch:
        patch.setattr(stage, "write_index", full)
        patch.setattr(stage, "KEEP_EVERY", 1)
        with pytest.raises(UserError, match="No space left"):
            index(folder)
    assert not is_current(folder, SPARK)
    rows = index(folder).set_index("image_path")
    assert rows.loc[name, "content_hash"] == files.file_hash(folder / name)


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
    assert rows.loc["Cheops/00002_img.jpg", "problems"] == (("image-unreadable", path, "Stale file handle"),)
    capsys.readouterr()
    assert not has_problem(indexed(folder, SPARK)).any()
    assert "could not be read before (Cheops/00002_img.jpg). Making it" in capsys.readouterr().out


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
