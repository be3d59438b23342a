"""The reader looks at names and CSV cells only, so most image files here are empty: where things lie."""

import os
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.scenes import craft
from pipeline.tracks.spark2024 import CLASSES, reader
from tests.makers import HEADER, write_csv
from tests.tracks.spark2024.files import ROWS, labelled, touch


def test_the_layout_of_2024(tmp_path):
    touch(tmp_path, "images/test/test_00001_img.jpg", "images/test/test_00000_img.jpg", "images/test/notes.txt")
    labelled(tmp_path, split="val")
    cheops, newton, *tests = labelled(tmp_path, [["Cheops", "b_img.jpg", "b_layer.jpg", "(1,2,3,4)"]])[1:]
    assert cheops == reader.Item(
        "Cheops/a_img.jpg", "val", "Cheops", 1, (1, 2, 30, 40),
        "images/Cheops/val/a_img.jpg", "mask/Cheops/val/a_layer.jpg",
    )  # fmt: skip
    assert (newton.image_id, newton.class_index, newton.box) == ("XMM Newton/a_img.jpg", 9, (5, 6, 70.5, 80))
    assert newton.image_path == "images/XMM Newton/val/a_img.jpg"
    names = [f"test_0000{i}_img.jpg" for i in (0, 1)]
    assert tests == [reader.Item(n, "test", None, -1, None, f"images/test/{n}", None) for n in names]


def test_row_first_in_2022(tmp_path):
    touch(tmp_path, "train/img1.png", "train/img2.png")
    rows = [["img1.png", "proba_2", "[121, 258, 783, 1024]"], ["img2.png", "debris", "[535, 437, 694, 589]"]]
    first, second = labelled(tmp_path, rows, ["filename", "class", "bbox"])
    assert (first.class_name, first.class_index, first.box) == ("Proba2", 4, (258, 121, 1024, 783))
    assert (first.image_path, first.mask_path, first.problems) == ("train/img1.png", None, ())
    assert (second.class_name, second.class_index) == ("debris", -1)
    assert second.problems == (("class-unknown", "", "'debris'"),)


@pytest.mark.parametrize(
    "header",
    [
        ["class", "image_name", "mask_name", "bounding_box"],
        ["CLASS", "IMAGE NAME", "Mask_Name", "BBox"],
        ["Label", "Image", "mask", "box"],
        ["class ", " Image  Name", "MaskName", "boundingBox"],
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_columns_are_found_by_name(tmp_path, header, order):
    expected = labelled(tmp_path)
    header, *rows = [[row[i] for i in order] + [extra] for row, extra in zip([header, *ROWS], "R78", strict=True)]
    assert labelled(tmp_path, rows, header) == expected


@pytest.mark.parametrize("header", ["filename", "Filename", " filename", "filename ", "\ufefffilename"])
def test_2022_is_known_by_its_column_of_file_names(tmp_path, header):
    (item,) = labelled(tmp_path, [["a.png", "soho", "[1, 2, 3, 4]"]], [header, "class", "bbox"])
    assert item.box == (2, 1, 4, 3)


@pytest.mark.parametrize("name", ["train.csv", "images/test"])
def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path, name):
    labelled(tmp_path, split="val")
    (tmp_path / "images").mkdir()
    (tmp_path / name).symlink_to("gone")
    with pytest.raises(UserError, match=rf"{name}.*: No such file or directory"):
        reader.items(tmp_path)


@pytest.mark.parametrize("refused", ["train.csv", "images/test", "images"])
def test_what_may_not_be_looked_at_is_there(tmp_path, monkeypatch, refused):
    """As other users' folders are, on which not even the kind of a file can be asked for."""
    labelled(tmp_path)
    touch(tmp_path, "images/test/t.jpg")
    real = {"stat": Path.stat, "read_bytes": Path.read_bytes}

    def guarded(name):
        def look(path, *rest, **settings):
            if path.is_relative_to(tmp_path / refused):
                raise PermissionError(13, "Permission denied")
            return real[name](path, *rest, **settings)

        return look

    for name in real:
        monkeypatch.setattr(Path, name, guarded(name))
    assert reader.tables(tmp_path) == [tmp_path / "train.csv"]
    with pytest.raises(UserError) as error:
        reader.items(tmp_path)
    assert "Permission denied" in str(error.value)
    assert str(tmp_path / refused) in str(error.value)
    assert "\n" not in str(error.value)


def test_the_place_of_images_that_may_not_be_looked_at_is_found(tmp_path, monkeypatch):
    stat = Path.stat

    def refused(path, **settings):
        if path.parent == tmp_path / "Cheops/train":
            raise PermissionError(13, "Permission denied")
        return stat(path, **settings)

    monkeypatch.setattr(Path, "stat", refused)
    (item,) = labelled(tmp_path, ROWS[:1])
    assert item.image_path == "Cheops/train/a_img.jpg"


@pytest.mark.parametrize("names", [[], ["readme.txt"], ["images/test/._a.jpg"], ["other/a.jpg"]])
def test_no_data(tmp_path, names):
    touch(tmp_path, *names)
    with pytest.raises(UserError) as error:
        reader.items(tmp_path)
    for words in (str(tmp_path), "train.csv", "val.csv", "images/test"):
        assert words in str(error.value)


def test_the_same_name_in_both_splits_of_a_class(tmp_path):
    labelled(tmp_path, split="val")
    items = labelled(tmp_path, [ROWS[0], ["Soho", *ROWS[0][1:]]])
    ids = ["Cheops/train/a_img.jpg", "Soho/a_img.jpg", "Cheops/val/a_img.jpg", "XMM Newton/a_img.jpg"]
    assert [item.image_id for item in items] == ids
    assert not any(item.problems for item in items)


def test_a_row_repeated_is_said(tmp_path):
    first, again = labelled(tmp_path, [ROWS[0], ROWS[0]])
    assert first.image_id != again.image_id
    assert (first.problems, again.problems) == ((), (("row-repeated", "images/Cheops/train/a_img.jpg", ""),))


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("images/Cheops/train", "mask/Cheops/train"),
        ("Cheops/train", "masks/Cheops/train"),
        ("images/train/Cheops", "mask/train/Cheops"),
        ("train", "mask/Cheops/train"),
    ],
)
def test_other_places(tmp_path, images, masks):
    touch(tmp_path, f"{images}/a_img.jpg", f"{masks}/a_layer.jpg")
    (item,) = labelled(tmp_path, ROWS[:1])
    assert (item.image_path, item.mask_path) == (f"{images}/a_img.jpg", f"{masks}/a_layer.jpg")


def test_junk_and_images_that_no_csv_names_are_remarked(tmp_path):
    loose = ["images/Cheops/train/b_img.jpg", "mask/Cheops/train/b_layer.jpg"]
    touch(tmp_path, "images/Cheops/train/a_img.jpg", *loose, "images/Cheops/train/._a_img.jpg", "images/test/._t.jpg")
    touch(tmp_path, "images/test/t.jpg")
    write_csv(tmp_path / "train.csv", HEADER, ROWS)
    items = reader.items(tmp_path)
    assert [item.image_id for item in items] == ["Cheops/a_img.jpg", "XMM Newton/a_img.jpg", "t.jpg"]
    assert reader.remarks(tmp_path, items) == [
        f"2 image files that no CSV names, left out: {', '.join(loose)}",
        "2 junk files (._*), left out: images/Cheops/train/._a_img.jpg, images/test/._t.jpg",
    ]


def test_linked_folders_are_walked(tmp_path):
    touch(tmp_path, "elsewhere/a_img.jpg", "elsewhere/b_img.jpg", "tests/t.jpg", "tests/deeper/u.jpg")
    (tmp_path / "set/images/Cheops").mkdir(parents=True)
    (tmp_path / "set/images/Cheops/train").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set/images/test").symlink_to(tmp_path / "tests")
    (tmp_path / "tests/round").symlink_to(tmp_path / "set/images")
    items = labelled(tmp_path / "set", ROWS[:1])
    assert [item.image_path for item in items] == ["images/Cheops/train/a_img.jpg", "images/test/t.jpg"]
    loose, deep = reader.remarks(tmp_path / "set", items)[::-1]
    assert loose == "1 image files that no CSV names, left out: images/Cheops/train/b_img.jpg"
    assert deep == "1 test images that do not lie in images/test itself, left out: images/test/deeper/u.jpg"


def test_dangling_test_images_are_items(tmp_path):
    touch(tmp_path, "images/test/a.jpg")
    (tmp_path / "images/test/b.jpg").symlink_to("gone.jpg")
    assert [item.image_id for item in reader.items(tmp_path)] == ["a.jpg", "b.jpg"]


def test_what_is_not_read_is_said(tmp_path):
    touch(tmp_path, "images/test/t.jpg", "images/test/u.tif", "images/test/deep/v.jpg", "labels.CSV", ".x.csv")
    touch(tmp_path, os.fsdecode(b"images/test/caf\xe9.jpg"), "other/a.jpg")
    write_csv(tmp_path / "Train.csv", HEADER, ROWS)
    write_csv(tmp_path / "val.csv", HEADER, [])
    items = reader.items(tmp_path)
    assert [item.image_id for item in items] == ["t.jpg"]
    assert reader.remarks(tmp_path, items) == [
        "val.csv has no rows",
        "2 tables other than train.csv and val.csv (case matters), left out: Train.csv, labels.CSV",
        "1 test images that do not lie in images/test itself, left out: images/test/deep/v.jpg",
        "1 files of other formats than .jpg, .jpeg, .png, left out: images/test/u.tif",
        r"1 files or folders whose names are not UTF-8, left out: b'images/test/caf\xe9.jpg'",
    ]


def test_without_any_data_what_there_is_is_said(tmp_path):
    touch(tmp_path, "images/test/deep/v.jpg")
    write_csv(tmp_path / "train.csv", HEADER, [])
    with pytest.raises(UserError) as error:
        reader.items(tmp_path)
    for words in ("no SPARK data", "train.csv has no rows", "images/test/deep/v.jpg"):
        assert words in str(error.value)


def test_the_simulator_s_classes_are_the_track_s():
    assert craft.CLASSES == CLASSES
