import os
from pathlib import Path

import pytest

from pipeline.dataset import folders
from pipeline.dataset.folders import image_files
from pipeline.errors import UserError


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names(folder):
    return [path.as_posix() for path in image_files(folder)[0]]


def test_images_of_any_case_and_depth_in_order(tmp_path):
    touch(tmp_path, "b/2.PNG", "b/10.jpg", "a.JpEg", "c/d/e/f.png", "a/z.jpg")
    assert image_files(tmp_path) == (
        [Path(name) for name in ("a/z.jpg", "a.JpEg", "b/10.jpg", "b/2.PNG", "c/d/e/f.png")],
        [],
    )


def test_hidden_names_are_passed_over(tmp_path):
    touch(tmp_path, "a.jpg", ".b.jpg", ".git/c.jpg", "d/._e.jpg", "._f")
    images, remarks = image_files(tmp_path)
    assert images == [Path("a.jpg")]
    assert remarks == ["2 junk files (._*), left out: ._f, d/._e.jpg"]


def test_other_formats_are_counted_and_five_named(tmp_path):
    touch(tmp_path, "a.jpg", *(f"{i}.tif" for i in range(7)))
    assert image_files(tmp_path)[1] == [
        "7 files of other formats than .jpg, .jpeg, .png, left out: 0.tif, 1.tif, 2.tif, 3.tif, 4.tif, ..."
    ]


def test_names_that_are_not_utf8_are_left_out_and_can_be_printed(tmp_path):
    touch(tmp_path, "café.jpg", os.fsdecode(b"caf\xe9.jpg"), os.fsdecode(b"\xff/a.jpg"))
    images, (remark,) = image_files(tmp_path)
    assert images == [Path("café.jpg")]
    assert remark == r"2 files or folders whose names are not UTF-8, left out: b'caf\xe9.jpg', b'\xff'"


def test_links_are_followed_but_not_in_a_circle(tmp_path):
    touch(tmp_path, "elsewhere/a.jpg", "elsewhere/deep/b.jpg", "set/c.jpg", "set/d/e.jpg")
    for link, target in (
        ("set/linked", "../elsewhere"),
        ("set/d/up", ".."),
        ("elsewhere/deep/back", "../../set"),
        ("set/dangling.jpg", "gone.jpg"),
        ("set/self.png", "self.png"),
        ("set/to.jpg", "c.jpg"),
    ):
        (tmp_path / link).symlink_to(target)
    assert names(tmp_path / "set") == [
        "c.jpg",
        "d/e.jpg",
        "dangling.jpg",
        "linked/a.jpg",
        "linked/deep/b.jpg",
        "self.png",
        "to.jpg",
    ]
    (tmp_path / "way in").symlink_to("set")
    assert names(tmp_path / "way in") == names(tmp_path / "set")


def test_folders_that_cannot_be_read_are_all_named(tmp_path, monkeypatch):
    touch(tmp_path, "a.jpg", *(f"{i}/b.jpg" for i in range(7)))
    scandir = os.scandir

    def refused(path):
        if Path(path).name in "123456":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(folders.os, "scandir", refused)
    with pytest.raises(UserError) as error:
        image_files(tmp_path)
    words = str(error.value)
    assert words.count(": Permission denied") == 5
    assert words.endswith("and 1 more (6 in all)")
    assert "\n" not in words
    assert f"{tmp_path}/0" not in words


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"cannot read .*gone: No such file or directory"):
        image_files(tmp_path / "gone")
