"""What the reader makes of a CSV's cells: columns, boxes, class names, and rows that cannot be meant."""

import math

import pytest

from pipeline.errors import UserError
from pipeline.tracks.spark2024 import CLASSES, reader
from tests.tracks.spark2024.files import ROWS, labelled, touch


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


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"Class;Image name;Mask name;Bounding box\nSoho;a.jpg;b.jpg;(1, 2, 3, 4)\n",
            "is separated by ';', exp",
        ),
        (b"Class\tImage name\tMask name\tBounding box\n", r"is separated by '\t', expected ','."),
        ("Class,Image name,Bounding box\n".encode("utf-16"), "is not UTF-8 (starts like UTF-16): save it as UTF-8."),
        ("Class,Image name,Bounding box\n".encode("utf-16-be"), "is not UTF-8 (starts like UTF-16): save it as UTF-8."),
        (
            "Class,Image name\nSoho,a\nSoho,café".encode("latin-1"),
            "is not UTF-8 (byte 0xe9 in line 3): save it as UTF-8.",
        ),
        (b'a,b\n"1,2\n', "is not a CSV file"),
        (b"", "is not a CSV file"),
    ],
)
def test_tables_that_are_saved_otherwise(tmp_path, content, words):
    (tmp_path / "train.csv").write_bytes(content)
    with pytest.raises(UserError) as error:
        reader.items(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'train.csv'} {words}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0", b"\xff\xfec\0l\0", b'a,b\n"1,2\n'])
def test_what_is_no_csv(tmp_path, content):
    (tmp_path / "train.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"train\.csv"):
        reader.items(tmp_path)


def test_a_csv_that_cannot_be_read(tmp_path):
    (tmp_path / "train.csv").mkdir()
    with pytest.raises(UserError, match=r"train\.csv cannot be read: Is a directory\."):
        reader.items(tmp_path)


def test_unquoted_boxes_are_an_error_and_not_other_columns(tmp_path):
    text = "Class,Image name,Mask name,Bounding box\nCheops,a.jpg,b.jpg,(1,2,3,4)\n"
    (tmp_path / "train.csv").write_text(text)
    with pytest.raises(UserError, match=r"train\.csv"):
        reader.items(tmp_path)


def test_an_empty_mask_name(tmp_path):
    first, second = labelled(tmp_path, [[*ROWS[0][:2], " ", ROWS[0][3]], ROWS[1]])
    assert (first.mask_path, first.problems) == (None, (("mask-missing", "", "no mask named"),))
    assert (second.mask_path, second.problems) == ("mask/XMM Newton/train/a_layer.jpg", ())


@pytest.mark.parametrize(
    "row",
    [
        ["../x", "a.jpg", "a.png", "(1, 2, 3, 4)"],
        ["Soho", "../../../../a.jpg", "a.png", "(1, 2, 3, 4)"],
        ["Soho", "a.jpg", "b/../../a.png", "(1, 2, 3, 4)"],
    ],
)
def test_no_row_leads_out_of_the_set(tmp_path, row):
    with pytest.raises(UserError) as error:
        labelled(tmp_path, [ROWS[0], row, ROWS[1], row])
    assert "train.csv names files outside of the set" in str(error.value)
    assert "row 2: " in str(error.value)
    assert "row 4: " in str(error.value)
    assert "row 1: " not in str(error.value)


def test_a_class_that_is_a_whole_path_leads_out_too(tmp_path):
    touch(tmp_path, "away/train/a.jpg")
    with pytest.raises(UserError, match="outside of the set"):
        labelled(tmp_path / "set", [[str(tmp_path / "away"), "a.jpg", "", "(1, 2, 3, 4)"]])


def test_names_with_two_dots_lead_nowhere(tmp_path):
    (item,) = labelled(tmp_path, [["Soho", "a..jpg", "..a.png", "(1, 2, 3, 4)"]])
    assert (item.image_path, item.mask_path) == ("images/Soho/train/a..jpg", "mask/Soho/train/..a.png")


def test_short_rows_are_kept_and_marked(tmp_path):
    (tmp_path / "train.csv").write_text("Class,Image name,Mask name,Bounding box\nCheops,a_img.jpg\n")
    (item,) = reader.items(tmp_path)
    assert item.image_id == "Cheops/a_img.jpg"
    assert item.mask_path is None
    assert item.problems == (("box-unreadable", "", "''"), ("mask-missing", "", "no mask named"))
