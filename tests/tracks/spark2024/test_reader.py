"""The reader looks at names and CSV cells only, so most image files here are empty."""

import math

import pytest

from pipeline.errors import UserError
from pipeline.scenes import craft
from pipeline.tracks.spark2024 import CLASSES, reader
from tests.makers import HEADER, write_csv

ROWS = [
    ["Cheops", "a_img.jpg", "a_layer.jpg", "(1, 2, 30, 40)"],
    ["XMM Newton", "a_img.jpg", "a_layer.jpg", "[5, 6, 70.5, 80]"],
]


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def labelled(folder, rows=ROWS, header=HEADER, split="train"):
    """Items of a folder with that CSV."""
    write_csv(folder / f"{split}.csv", header, rows)
    return reader.read(folder)[0]


def test_the_layout_of_2024(tmp_path):
    touch(tmp_path, "images/test/test_00001_img.jpg", "images/test/test_00000_img.jpg", "images/test/notes.txt")
    labelled(tmp_path, split="val")
    cheops, newton, *tests = labelled(tmp_path, [["Cheops", "b_img.jpg", "b_layer.jpg", "(1,2,3,4)"]])[1:]
    assert cheops == reader.Item(
        "Cheops/a_img.jpg", "val", "Cheops", 1, (1, 2, 30, 40),
        "images/Cheops/val/a_img.jpg", "mask/Cheops/val/a_layer.jpg", "",
    )  # fmt: skip
    assert (newton.image_id, newton.class_index, newton.box) == ("XMM Newton/a_img.jpg", 9, (5, 6, 70.5, 80))
    assert newton.image_path == "images/XMM Newton/val/a_img.jpg"
    names = [f"test_0000{i}_img.jpg" for i in (0, 1)]
    assert tests == [reader.Item(n, "test", None, -1, None, f"images/test/{n}", None, "") for n in names]


def test_row_first_in_2022(tmp_path):
    touch(tmp_path, "train/img1.png", "train/img2.png")
    rows = [["img1.png", "proba_2", "[121, 258, 783, 1024]"], ["img2.png", "debris", "[535, 437, 694, 589]"]]
    first, second = labelled(tmp_path, rows, ["filename", "class", "bbox"])
    assert (first.class_name, first.class_index, first.box) == ("Proba2", 4, (258, 121, 1024, 783))
    assert (first.image_path, first.mask_path, first.complaint) == ("train/img1.png", None, "")
    assert (second.class_name, second.class_index) == ("debris", -1)
    assert second.complaint == "class-unknown: 'debris'"


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


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("(1, 2, 3, 4)", (1, 2, 3, 4)),
        ("[1,2,3,4]", (1, 2, 3, 4)),
        ("1 2 3 4", (1, 2, 3, 4)),
        ("(-1.5, .5, 3., 1e3)", (-1.5, 0.5, 3, 1000)),
        ("(1, 2, 3)", None),
        ("(1, 2, 3, 4, 5)", None),
        ("", None),
        ("none", None),
    ],
)
def test_boxes(text, box):
    assert reader.parse_box(text, row_first=False) == box
    swapped = box and (box[1], box[0], box[3], box[2])
    assert reader.parse_box(text, row_first=True) == swapped


def test_boxes_that_are_not_numbers_are_read_as_such():
    found = reader.parse_box("(nan, inf, 3, 4)", row_first=False)
    assert math.isnan(found[0])
    assert found[1:] == (math.inf, 3, 4)


def test_official_names_in_the_official_order():
    assert [reader.class_of(name) for name in CLASSES] == [(name, i) for i, name in enumerate(CLASSES)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("xmm_newton", "XMM Newton"),
        ("XMMNewton", "XMM Newton"),
        ("proba_3_csc", "Proba3"),
        ("proba_3_ocs", "Proba3ocs"),
        ("earth_observation_sat_1", "ObservationSat1"),
        ("observation-sat-1", "ObservationSat1"),
        ("LISA_PATHFINDER", "LisaPathfinder"),
        ("smart_1", "Smart1"),
    ],
)
def test_class_spellings(text, name):
    assert reader.class_of(text) == (name, CLASSES.index(name))


@pytest.mark.parametrize("text", ["debris", "double_star", "Proba", "Proba 33", ""])
def test_classes_that_are_none_of_the_ten_keep_their_name(text):
    assert reader.class_of(text) == (text, -1)


def test_missing_columns_are_all_named_with_what_was_looked_for(tmp_path):
    with pytest.raises(UserError) as error:
        labelled(tmp_path, [["a.jpg", "7"]], ["picture", "class"])
    for words in ("train.csv", "picture", "imagename, filename, image", "boundingbox, bbox, box"):
        assert words in str(error.value)
    assert "label" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0", b"\xff\xfec\0l\0", b'a,b\n"1,2\n'])
def test_what_is_no_csv(tmp_path, content):
    (tmp_path / "train.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"train\.csv"):
        reader.read(tmp_path)


def test_a_csv_that_cannot_be_read(tmp_path):
    (tmp_path / "train.csv").mkdir()
    with pytest.raises(UserError, match=r"train\.csv"):
        reader.read(tmp_path)


def test_unquoted_boxes_are_an_error_and_not_other_columns(tmp_path):
    text = "Class,Image name,Mask name,Bounding box\nCheops,a.jpg,b.jpg,(1,2,3,4)\n"
    (tmp_path / "train.csv").write_text(text)
    with pytest.raises(UserError, match=r"train\.csv"):
        reader.read(tmp_path)


@pytest.mark.parametrize("names", [[], ["readme.txt"], ["images/test/._a.jpg"], ["other/a.jpg"]])
def test_no_data(tmp_path, names):
    touch(tmp_path, *names)
    with pytest.raises(UserError) as error:
        reader.read(tmp_path)
    for words in (str(tmp_path), "train.csv", "val.csv", "images/test"):
        assert words in str(error.value)


def test_the_same_name_in_both_splits_of_a_class(tmp_path):
    labelled(tmp_path, split="val")
    items = labelled(tmp_path, [ROWS[0], ["Soho", *ROWS[0][1:]]])
    ids = ["Cheops/train/a_img.jpg", "Soho/a_img.jpg", "Cheops/val/a_img.jpg", "XMM Newton/a_img.jpg"]
    assert [item.image_id for item in items] == ids
    assert not any(item.complaint for item in items)


def test_a_row_repeated_is_said(tmp_path):
    first, again = labelled(tmp_path, [ROWS[0], ROWS[0]])
    assert first.image_id != again.image_id
    assert (first.complaint, again.complaint) == ("", "row-repeated: images/Cheops/train/a_img.jpg")


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
    items, remarks = reader.read(tmp_path)
    assert [item.image_id for item in items] == ["Cheops/a_img.jpg", "XMM Newton/a_img.jpg", "t.jpg"]
    junk, left_out = remarks
    assert "2 junk" in junk
    assert "2 image files" in left_out
    assert all(name in left_out for name in loose)


def test_short_rows_are_kept_and_marked(tmp_path):
    (tmp_path / "train.csv").write_text("Class,Image name,Mask name,Bounding box\nCheops,a_img.jpg\n")
    (item,) = reader.read(tmp_path)[0]
    assert item.image_id == "Cheops/a_img.jpg"
    assert item.complaint.startswith("box-unreadable")


def test_the_simulator_s_classes_are_the_track_s():
    assert craft.CLASSES == CLASSES
